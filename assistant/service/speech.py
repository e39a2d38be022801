"""Something to be said: one thread makes its clips, the loudspeaker's plays them, and any may stop it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from assistant.types import AudioClip


class Kind(IntEnum):
    """What goes first."""

    SOUND = 0
    REPLY = 1
    NOTICE = 2
    RING = 3


def nothing(*_arguments: object) -> None:
    return None


class Plays(Protocol):
    """What a speech asks of its loudspeaker."""

    changed: threading.Condition

    def enqueue(self, speech: Speech) -> None: ...

    def cancel(self, speech: Speech) -> None: ...


class Speech:
    """Something to be said. One thread adds its clips (``speech(clip)``) and ends it; any thread may cancel it.

    ``on_first`` is called just before its first sound is played, ``on_over`` when it was heard to its end (True), or was
    stopped or could not be played (False); both in the loudspeaker's thread.
    """

    def __init__(
        self,
        owner: Plays,
        kind: Kind,
        on_first: Callable[[], object] = nothing,
        on_over: Callable[[bool], object] = nothing,
        clips: tuple[AudioClip, ...] = (),
    ) -> None:
        self.kind = kind
        self.cancelled = False
        self._owner = owner
        self.again = False
        """It was interrupted by somebody who spoke, and is to be said from its beginning later."""
        self._clips: deque[AudioClip] = deque(clips)
        self._played: list[AudioClip] = []
        self._ended = self._queued = bool(clips)  # what is whole from the beginning is played by its owner itself
        self._on_first = on_first
        self._on_over = on_over

    def __call__(self, clip: AudioClip) -> None:
        """Add the next clip; returns at once."""
        with self._owner.changed:
            self._clips.append(clip)
            self._queue()

    def end(self) -> None:
        """There are no more clips."""
        with self._owner.changed:
            self._ended = True
            self._queue()

    def cancel(self) -> None:
        """Stop it now, or do not begin it."""
        self._owner.cancel(self)

    def begins(self) -> None:
        """Called by the loudspeaker."""
        self._on_first()

    def over(self, heard: bool) -> None:
        """Called by the loudspeaker."""
        self._on_over(heard)

    def next_clip(self) -> AudioClip | None:
        """The next clip, waiting for it; ``None`` at the end, or when it was cancelled."""
        with self._owner.changed:
            while not (self._clips or self._ended or self.cancelled or self.again):
                self._owner.changed.wait()
            if not self._clips or self.cancelled or self.again:
                return None
            self._played.append(self._clips.popleft())
            return self._played[-1]

    def rewind(self) -> None:
        """Begin anew; called by the loudspeaker."""
        self._clips.extendleft(reversed(self._played))
        self._played.clear()
        self.again = False

    def _queue(self) -> None:
        # Only now: a reply that is still being thought about keeps no other sound waiting.
        if not self._queued:
            self._queued = True
            self._owner.enqueue(self)
        self._owner.changed.notify_all()

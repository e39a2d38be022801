"""The one thread that sounds: replies, announcements, short sounds and ringing, one after the other, the urgent first.

A reply's clips are played while the next are still being made. Whoever begins to speak to the assistant is not talked
over: announcements and ringing wait meanwhile (``hold``). A loudspeaker that is missing or was lost is reported and
looked for again with the next sound; nothing waits for it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Protocol

from assistant.errors import AudioError
from assistant.types import AudioClip

log = logging.getLogger(__name__)

RING_VOLUME = 0.3
"""What rings is at least so loud, unless the volume is zero."""
RING_PAUSE_S = 0.8
RETRY_S = 5.0


class PlayerLike(Protocol):
    """An open loudspeaker; ``audio.playback.Player`` is one."""

    volume: float

    def play(self, clip: AudioClip) -> bool: ...

    def stop(self) -> None: ...

    def resume(self) -> None: ...

    def drain(self) -> None: ...

    def close(self) -> None: ...


class Kind(IntEnum):
    """What goes first."""

    SOUND = 0
    REPLY = 1
    NOTICE = 2
    RING = 3


def _nothing(*_arguments: object) -> None:
    return None


class Speech:
    """Something to be said. One thread adds its clips (``speech(clip)``) and ends it; any thread may cancel it.

    ``on_first`` is called just before its first sound is played, ``on_over`` when it was heard to its end (True), or was
    stopped or could not be played (False); both in the loudspeaker's thread.
    """

    def __init__(
        self,
        owner: Loudspeaker,
        kind: Kind,
        on_first: Callable[[], object] = _nothing,
        on_over: Callable[[bool], object] = _nothing,
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


class Loudspeaker:
    """Plays on whatever ``open_player`` opens. ``report`` is told what is wrong with it ("" when it is right again)."""

    def __init__(
        self,
        open_player: Callable[[], PlayerLike],
        *,
        volume: float = 0.8,
        report: Callable[[str], object] = _nothing,
        ring_pause_s: float = RING_PAUSE_S,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._open_player = open_player
        self._report = report
        self._ring_pause_s = ring_pause_s
        self._clock_s = clock_s
        self._volume = volume
        self._device = threading.RLock()
        self._player: PlayerLike | None = None
        self._failed_s: float | None = None
        self._trouble = ""
        self._queue: list[Speech] = []
        self._current: Speech | None = None
        self._rings: dict[str, tuple[AudioClip, ...]] = {}
        self._held = False
        self._closed = False
        self._thread: threading.Thread | None = None

    # --- what others ask of it -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to play what there is."""
        self._thread = threading.Thread(target=self._run, name="loudspeaker", daemon=True)
        self._thread.start()

    def close(self, wait_s: float = 1.0) -> None:
        """Silence, and give the device back."""
        with self.changed:
            self._closed = True
            self._rings.clear()
            self.changed.notify_all()
        self.silence()
        if self._thread is not None:
            self._thread.join(wait_s)
        with self._device:
            self._release()

    def speech(
        self, kind: Kind, *, on_first: Callable[[], object] = _nothing, on_over: Callable[[bool], object] = _nothing
    ) -> Speech:
        """Something to be said; it takes its place when its first clip is there."""
        return Speech(self, kind, on_first, on_over)

    def sound(self, clip: AudioClip) -> None:
        """Play a short sound, before anything that waits."""
        speech = self.speech(Kind.SOUND)
        speech(clip)
        speech.end()

    def silence(self, *, only: Kind | None = None) -> None:
        """Stop what is being said, and forget what waits to be said (or ``only`` one kind of it); what rings goes on."""
        with self.changed:
            waiting = [speech for speech in self._queue if only in (None, speech.kind)]
            self._queue = [speech for speech in self._queue if speech not in waiting]
            current = self._current if self._current is not None and only in (None, self._current.kind) else None
        for speech in waiting:
            speech.cancelled = True
            self._told(lambda speech=speech: speech.over(False))  # type: ignore[misc]
        if current is not None:
            self.cancel(current)

    def cancel(self, speech: Speech) -> None:
        """Stop one speech, or take it out of the queue."""
        with self.changed:
            speech.cancelled = True
            current = speech is self._current
            waited = speech in self._queue
            if waited:
                self._queue.remove(speech)
            self.changed.notify_all()
        if current:
            self._stop_player()
        elif waited:
            self._told(lambda: speech.over(False))

    def hold(self, on: bool) -> None:
        """Somebody speaks to the assistant (or no longer): announcements and ringing stop, and begin anew afterwards."""
        with self.changed:
            self._held = on
            current = self._current
            disturbs = on and current is not None and current.kind >= Kind.NOTICE
            if disturbs and current is not None:
                current.again = current.kind is Kind.NOTICE
                current.cancelled = current.kind is Kind.RING
            self.changed.notify_all()
        if disturbs:
            self._stop_player()

    def ring(self, name: str, clips: tuple[AudioClip, ...]) -> None:
        """Play ``clips`` again and again, until ``stop_ring``."""
        with self.changed:
            self._rings[name] = clips
            self.changed.notify_all()

    def stop_ring(self, name: str) -> bool:
        """End a ringing; whether there was one of that name."""
        with self.changed:
            rang = self._rings.pop(name, None) is not None
            current = self._current
        if rang and current is not None and current.kind is Kind.RING:
            self.cancel(current)
        return rang

    @property
    def rings(self) -> tuple[str, ...]:
        """What rings now."""
        with self.changed:
            return tuple(self._rings)

    @property
    def busy(self) -> bool:
        """Whether something is being played, or is about to be."""
        with self.changed:
            return self._current is not None or bool(self._queue)

    @property
    def volume(self) -> float:
        """0 to 1. What is being played follows at once."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)
        player, current = self._player, self._current
        if player is not None and current is not None:
            player.volume = self._loudness(current.kind)

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """The device is closed within the block, and is opened again with the next sound.

        PortAudio only sees new devices when all streams are closed.
        """
        with self._device:
            self._release()
            self._failed_s = None
            yield

    # --- its own thread ------------------------------------------------------------------------------

    def enqueue(self, speech: Speech) -> None:
        """Called by a speech, with ``changed`` held."""
        if self._closed or speech.cancelled:
            return
        place = next((i for i, other in enumerate(self._queue) if other.kind > speech.kind), len(self._queue))
        self._queue.insert(place, speech)

    def _run(self) -> None:
        while (speech := self._next()) is not None:
            heard = False
            try:
                heard = self._play(speech)
            except AudioError as error:
                self._lost(error)
            finally:
                with self.changed:
                    self._current = None
                    again = speech.again and not (speech.cancelled or heard or self._closed)
                    if again:
                        speech.rewind()
                        self.enqueue(speech)
                    self.changed.notify_all()
                if not again:
                    self._told(lambda speech=speech, heard=heard: speech.over(heard))  # type: ignore[misc]

    def _next(self) -> Speech | None:
        with self.changed:
            while not self._closed:
                for speech in self._queue:
                    if not (self._held and speech.kind >= Kind.NOTICE):
                        self._queue.remove(speech)
                        self._current = speech
                        return speech
                if self._rings and not self._held:
                    self._current = self._ring_once()
                    return self._current
                self.changed.wait()
            return None

    def _ring_once(self) -> Speech:
        name, clips = next(iter(self._rings.items()))
        self._rings[name] = self._rings.pop(name)  # several take turns

        def pause(_heard: bool) -> None:
            with self.changed:
                self.changed.wait_for(lambda: self._closed or bool(self._queue) or not self._rings, self._ring_pause_s)

        return Speech(self, Kind.RING, on_over=pause, clips=clips)

    def _play(self, speech: Speech) -> bool:
        first = fresh = True
        player: PlayerLike | None = None
        while (clip := speech.next_clip()) is not None:
            if first:
                first = False
                player = self._opened()
                if player is not None:
                    player.volume = self._loudness(speech.kind)
                    player.resume()
                self._told(speech.begins)
            if player is None or speech.cancelled or speech.again:
                continue
            try:
                heard = player.play(clip)
            except AudioError:
                if not fresh or (player := self._opened_again(speech)) is None:
                    raise
                heard = player.play(clip)
            fresh = False
            if not heard:
                return False
        if player is None or speech.cancelled or speech.again:
            return False
        player.drain()
        return not (speech.cancelled or speech.again)

    def _loudness(self, kind: Kind) -> float:
        return max(self._volume, RING_VOLUME) if kind is Kind.RING and self._volume > 0 else self._volume

    def _opened(self) -> PlayerLike | None:
        with self._device:
            if self._player is not None:
                return self._player
            if self._failed_s is not None and self._clock_s() - self._failed_s < RETRY_S:
                return None
            try:
                self._player = self._open_player()
            except AudioError as error:
                self._lost(error)
                return None
            self._failed_s = None
            self._tell("")
            return self._player

    def _opened_again(self, speech: Speech) -> PlayerLike | None:
        """A device that was plugged over, or whose server began anew, since the last sound is tried once more."""
        with self._device:
            self._release()
        player = self._opened()
        if player is not None:
            player.volume = self._loudness(speech.kind)
        return player

    def _lost(self, error: AudioError) -> None:
        with self._device:
            self._release()
            self._failed_s = self._clock_s()
        self._tell(str(error))

    def _release(self) -> None:
        if self._player is not None:
            self._player.close()
            self._player = None

    def _stop_player(self) -> None:
        player = self._player
        if player is not None:
            try:
                player.stop()
            except AudioError as error:
                self._lost(error)

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self._told(lambda: self._report(trouble))

    @staticmethod
    def _told(call: Callable[[], object]) -> None:
        """A callback of somebody else's must not end this thread."""
        try:
            call()
        except Exception:
            log.exception("a callback of the loudspeaker failed")

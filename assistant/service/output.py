"""The sound device that the loudspeaker plays on: opened when it is needed, looked for again when it was lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from assistant.errors import AudioError
from assistant.service.speech import Kind, nothing
from assistant.types import AudioClip

log = logging.getLogger(__name__)

RING_VOLUME = 0.3
"""What rings is at least so loud, unless the volume is zero."""
RETRY_S = 5.0


class PlayerLike(Protocol):
    """An open loudspeaker; ``audio.playback.Player`` is one."""

    volume: float

    def play(self, clip: AudioClip) -> bool: ...

    def stop(self) -> None: ...

    def resume(self) -> None: ...

    def drain(self) -> None: ...

    def close(self) -> None: ...


class Output:
    """Whatever ``open_player`` opens. ``report`` is told what is wrong with it ("" when it is right again)."""

    def __init__(
        self,
        open_player: Callable[[], PlayerLike],
        volume: float,
        *,
        report: Callable[[str], object] = nothing,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.volume = volume
        """0 to 1."""
        self._open_player = open_player
        self._report = report
        self._clock_s = clock_s
        self._lock = threading.RLock()
        self._player: PlayerLike | None = None
        self._failed_s: float | None = None
        self._trouble = ""

    def opened(self) -> PlayerLike | None:
        """The device; ``None`` where there is none, or was none a moment ago."""
        with self._lock:
            if self._player is not None:
                return self._player
            if self._failed_s is not None and self._clock_s() - self._failed_s < RETRY_S:
                return None
            try:
                self._player = self._open_player()
            except AudioError as error:
                self.lost(error)
                return None
            self._failed_s = None
            self._tell("")
            return self._player

    def opened_again(self) -> PlayerLike | None:
        """A device that was plugged over, or whose server began anew, since the last sound is tried once more."""
        self.release()
        return self.opened()

    def as_loud_as(self, kind: Kind) -> None:
        """What is played now is of that kind: its loudness follows the volume."""
        player = self._player
        if player is not None:
            player.volume = max(self.volume, RING_VOLUME) if kind is Kind.RING and self.volume > 0 else self.volume

    def stop(self) -> None:
        """Break off what is being played; from any thread."""
        player = self._player
        if player is not None:
            try:
                player.stop()
            except AudioError as error:
                self.lost(error)

    def lost(self, error: AudioError) -> None:
        """The device failed; it is looked for again with a later sound."""
        with self._lock:
            self.release()
            self._failed_s = self._clock_s()
        self._tell(str(error))

    def release(self) -> None:
        """Give the device back; it is opened again when it is next needed."""
        with self._lock:
            if self._player is not None:
                self._player.close()
                self._player = None

    @contextmanager
    def given_back(self) -> Iterator[None]:
        """The device is closed within the block, and is opened again with the next sound."""
        with self._lock:
            self.release()
            self._failed_s = None
            yield

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            told(lambda: self._report(trouble))


def told(call: Callable[[], object]) -> None:
    """Call somebody back, whose failure must not end the thread that sounds."""
    try:
        call()
    except Exception:
        log.exception("a callback of the loudspeaker failed")

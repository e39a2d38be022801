"""The thread that turns the open utterance into words while it is being spoken, so that little is left to do at its end."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assistant.errors import AssistantError
from assistant.service.worker import Pulse
from assistant.types import AudioClip, Transcript, Utterance

if TYPE_CHECKING:
    import numpy.typing as npt

log = logging.getLogger(__name__)

RATE_HZ = 16_000
STEP = RATE_HZ // 10
MARGIN = RATE_HZ * 3 // 10
"""Silence before the first and after the last sound: a decoder that begins in the middle of a word loses it."""
NAME = "ears"
LIMIT_S = 30.0


class Stream(Protocol):
    """One utterance being heard; ``asr.ears.EarStream`` is one."""

    def accept(self, samples: npt.NDArray[np.int16]) -> str: ...

    def feed(self, samples: npt.NDArray[np.int16]) -> None: ...

    def finish(self) -> Transcript: ...

    def abandon(self) -> None: ...


class Ears(Protocol):
    """Where streams come from."""

    def start(self) -> Stream: ...


@dataclass(frozen=True, slots=True)
class _Begin:
    turn: int


@dataclass(frozen=True, slots=True)
class _End:
    turn: int
    at_s: float


@dataclass(frozen=True, slots=True)
class _Drop:
    pass


_Message = "_Begin | _End | _Drop | npt.NDArray[np.int16] | None"


class Recogniser:
    """Follows one utterance at a time. ``words`` is told the words so far, ``heard`` the whole utterance of a turn.

    ``failed`` is told where an utterance could not be recognised. All three are called in the recogniser's thread.
    """

    def __init__(
        self,
        ears: Ears,
        pulse: Pulse,
        *,
        words: Callable[[str], object],
        heard: Callable[[int, Utterance], object],
        failed: Callable[[int, str], object],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ears = ears
        self._pulse = pulse
        self._words = words
        self._heard = heard
        self._failed = failed
        self._clock_s = clock_s
        self._messages: queue.SimpleQueue[_Begin | _End | _Drop | npt.NDArray[np.int16] | None] = queue.SimpleQueue()
        self._stream: Stream | None = None
        self._rest: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._sound: list[npt.NDArray[np.int16]] = []
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        pulse.watch(NAME, LIMIT_S)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self, wait_s: float) -> None:
        """End."""
        self._messages.put(None)
        self._thread.join(wait_s)

    def begin(self, turn: int) -> None:
        """A new utterance; one that is open is given up."""
        self._messages.put(_Begin(turn))

    def feed(self, samples: npt.NDArray[np.int16]) -> None:
        """More of it: int16, 16 kHz, shape (n,)."""
        self._messages.put(samples)

    def end(self, turn: int) -> None:
        """That was all of it."""
        self._messages.put(_End(turn, self._clock_s()))

    def drop(self) -> None:
        """It is given up."""
        self._messages.put(_Drop())

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            self._pulse.beat(NAME)
            try:
                self._take(message)
            except AssistantError as error:
                self._give_up(message, str(error))
            except Exception as error:  # a defect in one utterance must not end the hearing
                log.exception("an utterance could not be recognised")
                self._give_up(message, f"{type(error).__name__}: {error}")
            if self._messages.empty():
                self._pulse.rest(NAME)

    def _take(self, message: _Begin | _End | _Drop | npt.NDArray[np.int16]) -> None:
        match message:
            case _Begin():
                self._abandon()
                self._rest = np.zeros(MARGIN, np.int16)
                self._sound = []
                self._stream = self._ears.start()
            case _End(turn=turn, at_s=at_s):
                if self._stream is None:
                    self._failed(turn, "the recogniser had failed before")
                    return
                stream, self._stream = self._stream, None
                stream.feed(np.concatenate([self._rest, np.zeros(MARGIN, np.int16)]))
                transcript = stream.finish()
                waited_ms = (self._clock_s() - at_s) * 1000
                sound = AudioClip(np.concatenate(self._sound), RATE_HZ) if self._sound else None
                self._heard(turn, Utterance(transcript, waited_ms, sound))
            case _Drop():
                self._abandon()
            case samples:
                self._feed(samples)

    def _feed(self, samples: npt.NDArray[np.int16]) -> None:
        if self._stream is None:
            return
        self._sound.append(samples)
        self._rest = np.concatenate([self._rest, samples])
        whole = len(self._rest) // STEP * STEP
        if whole:
            now, self._rest = self._rest[:whole], self._rest[whole:]
            self._words(self._stream.accept(now))

    def _abandon(self) -> None:
        stream, self._stream = self._stream, None
        self._sound = []
        if stream is not None:
            stream.abandon()

    def _give_up(self, message: object, reason: str) -> None:
        self._stream = None
        if isinstance(message, _End):
            self._failed(message.turn, reason)

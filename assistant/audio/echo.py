"""The assistant's own voice in its microphone: what is played is known, and is taken out of what is heard.

``played`` is called with each block as it is handed to the loudspeaker, ``clean`` with each frame from the microphone.
Both run on one time line: a block waits until as much sound was captured as was played before it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assistant.audio.kalman import KalmanCanceller
from assistant.audio.resampling import Resampler
from assistant.types import AudioClip

if TYPE_CHECKING:
    import numpy.typing as npt

RATE_HZ = 16_000
LONGEST_WAIT_S = 0.4
"""More sound than that never waits for the microphone: then frames were lost, and the oldest go."""
TAIL_S = 0.4
"""A room still sounds for so long after the last sample was played."""
LEAST_LEVEL = 30.0
"""RMS of int16 samples below which nothing is played."""


class Canceller(Protocol):
    """Removes ``far`` (what is played) from ``near`` (what is heard): int16, 16 kHz, whole ``block``s of one length."""

    block: int

    def process(self, near: npt.NDArray[np.int16], far: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]: ...

    def reset(self) -> None: ...


class EchoSuppressor:
    """Cleans the microphone's frames. ``canceller``: the Kalman filter by default, or ``PassThrough``."""

    def __init__(self, canceller: Canceller | None = None) -> None:
        self._canceller = canceller if canceller is not None else KalmanCanceller()
        self._resampler = Resampler(RATE_HZ)
        self._lock = threading.Lock()
        self._waiting: list[npt.NDArray[np.int16]] = []
        self._waiting_samples = 0
        self._quiet_samples = int(TAIL_S * RATE_HZ)
        self._rest = np.zeros(0, np.int16)
        self._lead = np.zeros(0, np.int16)

    @property
    def playing(self) -> bool:
        """Whether what is played can still be heard."""
        with self._lock:
            return self._waiting_samples > 0 or self._quiet_samples < TAIL_S * RATE_HZ

    def played(self, block: AudioClip) -> None:
        """The next block that the loudspeaker is given, at any rate; from any thread."""
        with self._lock:
            samples = self._resampler.take(block)
            self._waiting.append(samples)
            self._waiting_samples += len(samples)
            while self._waiting_samples > LONGEST_WAIT_S * RATE_HZ:
                self._waiting_samples -= len(self._waiting.pop(0))

    def stopped(self) -> None:
        """Playing was broken off: what was handed over but not played yet is never heard."""
        with self._lock:
            self._waiting.clear()
            self._waiting_samples = 0

    def clean(self, frame: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """``frame`` (int16, 16 kHz, shape (n,)) without what is played, by whole blocks: late by less than one."""
        far = self._take(len(frame))
        near = np.concatenate([self._rest, frame])
        far = np.concatenate([self._lead, far])
        whole = len(near) // self._canceller.block * self._canceller.block
        cleaned = self._canceller.process(near[:whole], far[:whole]) if whole else near[:0]
        self._rest, self._lead = near[whole:], far[whole:]
        return cleaned

    def _take(self, count: int) -> npt.NDArray[np.int16]:
        """What is played meanwhile; zeros where nothing is."""
        far = np.zeros(count, np.int16)
        filled = 0
        with self._lock:
            while filled < count and self._waiting:
                block = self._waiting[0]
                part = block[: count - filled]
                far[filled : filled + len(part)] = part
                filled += len(part)
                if len(part) == len(block):
                    self._waiting.pop(0)
                else:
                    self._waiting[0] = block[len(part) :]
            self._waiting_samples -= filled
            sounding = filled and level(far) >= LEAST_LEVEL
            self._quiet_samples = 0 if sounding else self._quiet_samples + count
        return far


class PassThrough:
    """Cancels nothing: for a microphone that does so itself. The suppressor still knows when it plays."""

    block = 1

    def process(self, near: npt.NDArray[np.int16], far: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """``near`` as it is."""
        return near

    def reset(self) -> None:
        """Nothing to forget."""


def level(samples: npt.NDArray[np.int16]) -> float:
    """Root mean square, in int16's units; 0 for no samples."""
    return float(np.sqrt(np.square(samples, dtype=np.float64).mean())) if len(samples) else 0.0

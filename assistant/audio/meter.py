"""How loud the sound is, a few times a second, for who sets up a microphone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from assistant.events import MicrophoneLevel

if TYPE_CHECKING:
    import numpy.typing as npt

EVERY_SAMPLES = 3200
FULL_SCALE = 32_768.0
LEAST_DB = -90.0


class LevelMeter:
    """Collects 16 kHz int16 samples, and gives their level every fifth of a second."""

    def __init__(self) -> None:
        self._power = 0.0
        self._peak = 0.0
        self._count = 0

    def take(self, samples: npt.NDArray[np.int16]) -> MicrophoneLevel | None:
        """More samples; the level where it is time for one."""
        if not len(samples):
            return None
        as_float = samples.astype(np.float32)
        self._power += float(np.dot(as_float, as_float))
        self._peak = max(self._peak, float(np.abs(as_float).max()))
        self._count += len(samples)
        if self._count < EVERY_SAMPLES:
            return None
        level = MicrophoneLevel(_db(math.sqrt(self._power / self._count)), _db(self._peak))
        self._power = self._peak = 0.0
        self._count = 0
        return level


def _db(amplitude: float) -> float:
    return round(max(LEAST_DB, 20 * math.log10(max(amplitude, 1e-3) / FULL_SCALE)), 1)

"""The last seconds of sound, with their samples counted, so that what was said before it was decided on is not lost."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

RATE_HZ = 16_000
KEPT_S = 3.0
EARLY_S, LATE_S = 0.08, 0.12
"""A wake word's end is known to about so much; the command begins at the quietest place between."""
QUIET_STEP = 160


class RecentSound:
    """Frames of 16 kHz int16 sound, each with whether somebody spoke in it."""

    def __init__(self) -> None:
        self._frames: deque[tuple[npt.NDArray[np.int16], bool]] = deque()
        self._kept = 0
        self.samples = 0
        """How many samples there were since the beginning, or since ``clear``."""

    def clear(self) -> None:
        """Forget everything, and count anew."""
        self._frames.clear()
        self._kept = self.samples = 0

    def keep(self, frame: npt.NDArray[np.int16], speech: bool) -> None:
        """Add the newest frame."""
        self._frames.append((frame, speech))
        self._kept += len(frame)
        self.samples += len(frame)
        while self._kept - len(self._frames[0][0]) >= KEPT_S * RATE_HZ:
            self._kept -= len(self._frames.popleft()[0])

    def since(self, sample: int) -> list[tuple[npt.NDArray[np.int16], bool]]:
        """What is kept from ``sample`` on."""
        parts = []
        position = self.samples - self._kept
        for frame, speech in self._frames:
            if position + len(frame) > sample:
                parts.append((frame[max(0, sample - position) :], speech))
            position += len(frame)
        return parts

    def quietest(self, sample: int) -> int:
        """The quietest place about ``sample``: between two words rather than inside of one."""
        first = max(sample - int(EARLY_S * RATE_HZ), self.samples - self._kept)
        sound = [frame for frame, _ in self.since(first)]
        if not sound:
            return sample
        near = np.concatenate(sound)[: int((EARLY_S + LATE_S) * RATE_HZ)]
        count = len(near) // QUIET_STEP
        if count < 2:
            return first
        power = np.square(near[: count * QUIET_STEP].reshape(count, QUIET_STEP), dtype=np.float64).mean(axis=1)
        return first + int(power.argmin()) * QUIET_STEP

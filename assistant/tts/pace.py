"""How long the pieces of a sentence are, so that each is made while the one before it is heard."""

from __future__ import annotations

AROUND = 14
"""Frames on either side that a piece of sound depends on, and that are worked on again with it: 10 in voices of medium quality
(beyond them -120 dB), 13 by the kernels of high ones."""
SHORTEST = 32
"""Frames of a piece: at 256 samples each, and 22,050 a second, 0.4 s."""
LONGEST = 96
"""1.1 s: longer ones take memory in proportion, and are no faster (0.59 ms of processor time a frame here; 0.64 at 64, 0.80 at 32)."""
SURE = 0.7
"""A piece is planned to be made in this share of the time that is there for it."""
WEIGHT = 0.3
"""Of the last piece among all before it."""


class Pace:
    """Learns from each piece how much faster than speech sound is made here. Lengths are in frames."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._share: float | None = None
        """Seconds of work for a second of sound."""

    def note(self, frames: int, samples: int, seconds: float) -> None:
        """So many frames, of so many samples each, took so long."""
        share = seconds * self._rate_hz / max(1, frames * samples)
        self._share = share if self._share is None else self._share + WEIGHT * (share - self._share)

    @property
    def keeps_up(self) -> bool:
        """Whether pieces can be made while others are heard: else a sentence is better heard whole, and later."""
        return self._share is not None and self._share * (LONGEST + 2 * AROUND) < SURE * LONGEST

    def next_length(self, before: int = 0) -> int:
        """The length of the piece behind one of ``before`` frames; the first is as short as those behind it allow."""
        share = max(self._share or SURE, 1e-6)
        wanted: float = LONGEST
        if before:
            wanted = SURE * before / share - 2 * AROUND
        elif share < SURE:
            wanted = 2 * AROUND / (SURE / share - 1)
        return round(min(max(wanted, SHORTEST), LONGEST))

"""What the ear measures of an utterance's sound: levels, and where in it somebody speaks to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assistant.asr.vosk_engine import RATE_HZ

if TYPE_CHECKING:
    import numpy.typing as npt

FRAME_SAMPLES = RATE_HZ // 100
QUIET_QUANTILE = 15
SPEECH_QUANTILE = 95
WINDOW_FRAMES = 25
MARGIN_BEFORE = 50
MARGIN_BEHIND = 90
"""Frames that are kept around what stands out: sentences begin and above all end softly."""
FADING_FRAMES = 50
FADING_DB = 2.5
SOFT_SPEECH_DB = 20.0
LEAST_CONTRAST_DB = 6.0
SILENT_DB = -20.0
WORTH_CUTTING = RATE_HZ * 6 // 10


class SoundLevels:
    """Levels of parts of an utterance (int16, 16 kHz), from sums of power over 10 ms frames; in dB of no reference."""

    def __init__(self, samples: npt.NDArray[np.int16]) -> None:
        self._power = _frame_power(samples)
        self._sums = np.concatenate([[0.0], np.cumsum(self._power)])

    def level_db(self, start_s: float, end_s: float) -> float:
        """Mean level between two times."""
        last = len(self._power)
        first = min(max(round(start_s * 100), 0), last)
        end = min(max(round(end_s * 100), first + 1), last)
        return _db((self._sums[end] - self._sums[first]) / (end - first)) if end > first else _db(0.0)


def foreground(samples: npt.NDArray[np.int16]) -> tuple[int, int]:
    """(first, behind last) of the samples between which somebody speaks in the foreground, with a margin.

    Where nothing stands out that is the whole. In a room full of other people's talk the decoder would else hear words
    before and after what was said to it.
    """
    levels = _smooth_levels(samples)
    sounding = levels[levels > SILENT_DB]
    if len(sounding) < WINDOW_FRAMES:
        return 0, len(samples)
    quiet, loud = np.percentile(sounding, [QUIET_QUANTILE, SPEECH_QUANTILE])
    if loud - quiet < LEAST_CONTRAST_DB:
        return 0, len(samples)
    # With little noise softly spoken ends count too; with much of it half the way up is as low as one can go.
    threshold = max(quiet + 3.0, min((quiet + loud) / 2, loud - SOFT_SPEECH_DB))
    above = np.flatnonzero(levels >= threshold)
    first, last = int(above[0]), int(above[-1])
    soft = levels > quiet + FADING_DB
    first -= _run(soft[max(0, first - FADING_FRAMES) : first][::-1])
    last += _run(soft[last + 1 : last + 1 + FADING_FRAMES])
    start = (first - MARGIN_BEFORE) * FRAME_SAMPLES
    end = (last + 1 + MARGIN_BEHIND) * FRAME_SAMPLES
    return (
        start if start >= WORTH_CUTTING else 0,
        end if len(samples) - end >= WORTH_CUTTING else len(samples),
    )


def _smooth_levels(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """The level of each 10 ms frame, in dB, as the mean power of a quarter of a second around it."""
    power = _frame_power(samples)
    if len(power) < WINDOW_FRAMES:
        return np.zeros(0)
    smooth = np.convolve(power, np.ones(WINDOW_FRAMES) / WINDOW_FRAMES, mode="same")
    return np.asarray(10 * np.log10(np.maximum(smooth, 0) + 1e-3))


def _frame_power(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float64]:
    """The mean power of each whole 10 ms frame."""
    count = len(samples) // FRAME_SAMPLES
    frames = samples[: count * FRAME_SAMPLES].astype(np.float64).reshape(count, FRAME_SAMPLES)
    return np.asarray(np.square(frames).mean(axis=1))


def _run(flags: npt.NDArray[np.bool_]) -> int:
    """How many flags are set before the first that is not."""
    return int(len(flags) if flags.all() else np.argmin(flags))


def _db(power: float) -> float:
    return float(10 * np.log10(power + 1e-3))

"""What the ear measures of an utterance's sound: levels, how noisy it is; and the same sound with less noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from assistant.asr.vosk_engine import RATE_HZ

if TYPE_CHECKING:
    import numpy.typing as npt

FRAME_SAMPLES = RATE_HZ // 100
SMOOTHED_FRAMES = 10
PRIMING_SAMPLES = RATE_HZ
NOISE_QUANTILE = 10
SPEECH_QUANTILE = 95


class SoundLevels:
    """Levels of parts of an utterance (int16, 16 kHz), from sums of power over 10 ms frames; in dB of no reference."""

    def __init__(self, samples: npt.NDArray[np.int16]) -> None:
        count = len(samples) // FRAME_SAMPLES
        frames = samples[: count * FRAME_SAMPLES].astype(np.float64).reshape(count, FRAME_SAMPLES)
        self._power = np.square(frames).mean(axis=1)
        self._sums = np.concatenate([[0.0], np.cumsum(self._power)])

    def level_db(self, start_s: float, end_s: float) -> float:
        """Mean level between two times."""
        last = len(self._power)
        first = min(max(round(start_s * 100), 0), last)
        end = min(max(round(end_s * 100), first + 1), last)
        return _db((self._sums[end] - self._sums[first]) / (end - first)) if end > first else _db(0.0)

    def snr_db(self) -> float:
        """How far the loud parts stand out from the quiet ones. Digital silence counts as no part."""
        sounding = self._power[self._power > 0]
        if len(sounding) < 2 * SMOOTHED_FRAMES:
            return 0.0
        smooth = np.convolve(sounding, np.ones(SMOOTHED_FRAMES) / SMOOTHED_FRAMES, mode="valid")
        quiet, loud = np.percentile(smooth, [NOISE_QUANTILE, SPEECH_QUANTILE])
        return _db(float(loud)) - _db(float(quiet))


def denoised(samples: npt.NDArray[np.int16], strength: int) -> npt.NDArray[np.int16]:
    """The sound through WebRTC's noise suppression (``strength`` 1 to 4), which hears its beginning twice:

    its estimate of the noise needs about a second to settle.
    """
    from webrtc_noise_gain import AudioProcessor

    processor = AudioProcessor(0, strength)
    lead = (min(PRIMING_SAMPLES, len(samples)) // FRAME_SAMPLES) * FRAME_SAMPLES
    tail = -len(samples) % FRAME_SAMPLES
    padded = np.concatenate([samples[:lead], samples, np.zeros(tail, np.int16)])
    blocks = (
        processor.Process10ms(padded[at : at + FRAME_SAMPLES].tobytes()).audio
        for at in range(0, len(padded), FRAME_SAMPLES)
    )
    return np.frombuffer(b"".join(blocks), np.int16)[lead : lead + len(samples)]


def _db(power: float) -> float:
    return float(10 * np.log10(power + 1e-3))

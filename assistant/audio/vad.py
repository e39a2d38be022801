"""Voice activity: whether somebody speaks, from frames of any length, decided every 10 ms and smoothed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assistant.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

RATE_HZ = 16_000
STEP = RATE_HZ // 100
SMOOTHING = 0.25
"""Weight of the newest 10 ms in the running mean: a time constant of about 35 ms."""
SPEECH_BEGINS = 0.5
SPEECH_GOES_ON = 0.25


SILENT_SPAN = 2
"""A frame whose samples differ by no more has no sound in it."""
QUIET_LEVEL = 4.0
"""Standard deviation of what stands for digital silence. The detector compares with the noise before: where there is none
(a microphone that gates, a sound server) it finds speech late, and goes on finding it in the zeros behind."""


class VoiceActivity(Protocol):
    """What the listener needs of a detector."""

    def process(self, samples: npt.NDArray[np.int16]) -> bool:
        """Whether there is speech at the end of ``samples`` (16 kHz, shape (n,))."""
        ...

    def reset(self) -> None:
        """Forget what was heard."""
        ...


class Probability(Protocol):
    """One 10 ms frame in, the probability of speech out."""

    def process(self, audio: npt.NDArray[np.int16]) -> float: ...

    def reset(self) -> None: ...


class SpeechDetector:
    """WebRTC's likelihood-ratio detector with two thresholds on the smoothed probability.

    It adapts to steady noise within a second or two. ``probability`` is replaced in tests.
    """

    def __init__(self, probability: Probability | None = None) -> None:
        self._probability = probability if probability is not None else _webrtc()
        self._rest: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._quiet = np.random.default_rng(0).normal(0.0, QUIET_LEVEL, (100, STEP)).astype(np.int16)
        self._steps = 0
        self._mean = 0.0
        self._speech = False

    def process(self, samples: npt.NDArray[np.int16]) -> bool:
        """Whether there is speech at the end of ``samples`` (int16, 16 kHz, shape (n,))."""
        for frame in self._frames(samples):
            self._mean += SMOOTHING * (float(self._probability.process(frame)) - self._mean)
            self._speech = self._mean >= (SPEECH_GOES_ON if self._speech else SPEECH_BEGINS)
        return self._speech

    def reset(self) -> None:
        """Forget what was heard."""
        self._probability.reset()
        self._rest = np.zeros(0, np.int16)
        self._mean = 0.0
        self._speech = False

    def _frames(self, samples: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.int16]]:
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // STEP * STEP
        self._rest = joined[whole:].copy()
        for start in range(0, whole, STEP):
            frame = joined[start : start + STEP]
            self._steps += 1
            yield frame if np.ptp(frame) > SILENT_SPAN else self._quiet[self._steps % len(self._quiet)]


def _webrtc() -> Probability:
    try:
        from pywebrtc_audio import VoiceDetector
    except ImportError as error:
        raise AudioError("the voice activity detector is not installed", mend="pip install pywebrtc-audio") from error
    detector: Probability = VoiceDetector(sample_rate=RATE_HZ, num_channels=1)
    return detector

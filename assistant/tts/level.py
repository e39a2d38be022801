"""One loudness for all sentences of a voice, that can be given before a sentence is whole."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

REMEMBERED = 8
"""So many sentences tell how loud the voice is."""
SILENT = 1e-8
FULL = 0.95
"""The amplitude that the loudest of them is brought to."""
RAMP_SAMPLES = 256
"""What is louder than all before lowers the gain, within 12 ms: no click."""


class SentenceGain:
    """Brings one sentence to full loudness, piece by piece; its gain never rises within it."""

    def __init__(self, gain: float | None) -> None:
        """``gain``: what the sentences before had; ``None``: the first piece tells."""
        self._gain = gain
        self.peak = 0.0
        """The largest amplitude so far."""

    def apply(self, sound: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
        """The sentence's next samples (-1 to 1, shape (n,)) as they are played."""
        peak = float(np.max(np.abs(sound), initial=0.0))
        self.peak = max(self.peak, peak)
        before, self._gain = self._gain, self._gain_for(peak)
        gains = np.full(len(sound), self._gain, np.float32)
        if before is not None and before > self._gain:
            ramp = min(RAMP_SAMPLES, len(sound))
            gains[:ramp] = np.linspace(before, self._gain, ramp, dtype=np.float32)
        return np.asarray(np.clip(np.rint(sound * gains * 32767.0), -32767, 32767), np.int16)

    def _gain_for(self, peak: float) -> float:
        if self._gain is not None and peak * self._gain <= 1.0:
            return self._gain
        return FULL / peak if peak > SILENT else 1.0


class Level:
    """How loud a voice is, by its last sentences. The first has to come whole: nothing has told yet."""

    def __init__(self) -> None:
        self._sentences: deque[SentenceGain] = deque(maxlen=REMEMBERED)

    @property
    def known(self) -> bool:
        """Whether a sentence may come in pieces."""
        return self._peak > SILENT

    def sentence(self) -> SentenceGain:
        """A sentence begins."""
        gain = SentenceGain(FULL / self._peak if self.known else None)
        self._sentences.append(gain)
        return gain

    @property
    def _peak(self) -> float:
        return max((sentence.peak for sentence in self._sentences), default=0.0)

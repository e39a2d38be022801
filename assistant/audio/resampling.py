"""Sound that comes in clips and is one stream: resampled one by one, each would begin and end with a click."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.audio.files import to_int16
from assistant.types import AudioClip


class Resampler:
    """Clips of any rate in, samples (int16, shape (n,)) at ``rate_hz`` out, a few milliseconds late. Not thread-safe."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._from_hz = rate_hz
        self._stream: Any = None

    def take(self, clip: AudioClip) -> npt.NDArray[np.int16]:
        """What can be given with the next clip; where that is of another rate, what was held of the one before comes first."""
        if clip.rate_hz == self._from_hz:
            return self._converted(clip.samples)
        held = self.rest()
        self._from_hz = clip.rate_hz
        if clip.rate_hz != self.rate_hz:
            import soxr

            self._stream = soxr.ResampleStream(clip.rate_hz, self.rate_hz, 1, dtype="float32")
        return np.concatenate([held, self._converted(clip.samples)])

    def rest(self) -> npt.NDArray[np.int16]:
        """What is held of the last clips; the next begins anew."""
        held = self._converted(np.zeros(0, np.int16), last=True)
        self.forget()
        return held

    def forget(self) -> None:
        """The next clip begins anew, and what is held is never given."""
        self._from_hz, self._stream = self.rate_hz, None

    def _converted(self, samples: npt.NDArray[np.int16], *, last: bool = False) -> npt.NDArray[np.int16]:
        if self._stream is None:
            return samples
        return to_int16(self._stream.resample_chunk(samples.astype(np.float32) / 32768.0, last=last))

"""Acoustic echo cancellation by a Kalman filter in the frequency domain, in numpy.

The loudspeaker's way to the microphone is estimated as a long filter, in partitions of one block each; how far each
estimate is trusted follows from its own uncertainty and from how loud everything else is. So it goes on adapting while
somebody speaks at the same time, and nothing is suppressed: what is not an echo stays as it was, which a wake word
detector needs. After Enzner and Vary (2006) and Kuech et al. (2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

BLOCK = 256
"""16 ms: the canceller's delay."""
PARTITIONS = 20
"""Blocks of echo that are modelled: 0.32 s, from the moment when a sample was due to be played."""
FORGETTING = 0.9995
NEAR_SMOOTHING = 0.9
START_UNCERTAINTY = 1.0
TINY = 1e-10
FULL_SCALE = 32768.0


class KalmanCanceller:
    """Removes what is played from what is heard. Not thread-safe."""

    block = BLOCK

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        bins = BLOCK + 1
        self._filter = np.zeros((PARTITIONS, bins), np.complex128)
        self._uncertainty = np.full((PARTITIONS, bins), START_UNCERTAINTY)
        self._near_power = np.full(bins, 1e-3)
        self._far = np.zeros(2 * BLOCK)
        self._spectra = np.zeros((PARTITIONS, bins), np.complex128)
        self._silent_blocks = PARTITIONS + 2

    def process(self, near: npt.NDArray[np.int16], far: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """``near`` without the echo of ``far``; both int16, 16 kHz, of one length that is a multiple of ``block``."""
        cleaned = near.copy()
        for start in range(0, len(near), BLOCK):
            part = slice(start, start + BLOCK)
            self._silent_blocks = 0 if far[part].any() else self._silent_blocks + 1
            if self._silent_blocks > PARTITIONS + 1:
                continue  # nothing that was played can still be heard
            error = self._step(near[part] / FULL_SCALE, far[part] / FULL_SCALE)
            cleaned[part] = np.clip(np.rint(error * FULL_SCALE), -32768, 32767)
        return cleaned

    def _step(self, near: npt.NDArray[np.float64], far: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        self._far = np.concatenate([self._far[BLOCK:], far])
        self._spectra = np.roll(self._spectra, 1, axis=0)
        self._spectra[0] = np.fft.rfft(self._far)
        echo = np.fft.irfft((self._filter * self._spectra).sum(axis=0))[BLOCK:]
        error: npt.NDArray[np.float64] = near - echo
        self._learn(error)
        return error

    def _learn(self, error: npt.NDArray[np.float64]) -> None:
        spectrum = np.fft.rfft(np.concatenate([np.zeros(BLOCK), error]))
        self._near_power = NEAR_SMOOTHING * self._near_power + (1 - NEAR_SMOOTHING) * np.abs(spectrum) ** 2
        far_power = np.abs(self._spectra) ** 2
        expected = (far_power * self._uncertainty).sum(axis=0) + 2 * self._near_power + TINY
        step = self._uncertainty / expected
        # The filter's second half must stay zero: the blocks overlap by half.
        change = np.fft.irfft(step * self._spectra.conj() * spectrum, axis=1)
        change[:, BLOCK:] = 0.0
        self._filter = FORGETTING * (self._filter + np.fft.rfft(change, axis=1))
        kept = FORGETTING**2 * (1 - 0.5 * step * far_power) * self._uncertainty
        self._uncertainty = kept + (1 - FORGETTING**2) * np.abs(self._filter) ** 2

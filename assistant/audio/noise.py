"""Noise for tests and measurements: room noise and babble from a seed, mixed in at a given distance to the speech."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from assistant.audio.files import SPEECH_RATE_HZ, resample
from assistant.errors import AudioError
from assistant.types import AudioClip

if TYPE_CHECKING:
    import numpy.typing as npt

FRAME_S = 0.02
MARGIN_DB = 15.9  # of the activity threshold below the active level, as in ITU-T P.56
SILENCE_POWER = 1e-9


def active_level_db(clip: AudioClip) -> float:
    """Level of the parts in which something sounds, in dB of full scale: pauses do not count.

    A simplified ITU-T P.56: the mean power of the frames that are less than 15.9 dB below that mean itself.
    """
    frame = max(1, int(FRAME_S * clip.rate_hz))
    count = len(clip.samples) // frame
    if not count:
        raise AudioError("the clip is too short to have a level")
    samples = clip.samples[: count * frame].astype(np.float64).reshape(count, frame) / 32768.0
    power = np.square(samples).mean(axis=1)
    active = power
    while True:
        threshold = active.mean() * 10 ** (-MARGIN_DB / 10)
        kept = active[active >= threshold]
        if len(kept) == len(active):
            return float(10 * np.log10(max(active.mean(), SILENCE_POWER)))
        active = kept


def add_noise(speech: AudioClip, noise: AudioClip, snr_db: float, *, seed: int = 0) -> AudioClip:
    """``speech`` with ``noise`` so much softer (dB) than the speech's active level.

    Noise that is longer than the speech is cut at a place chosen by ``seed``; shorter noise is repeated.
    Where the sum would overflow, both are made softer together.
    """
    length = len(speech.samples)
    noise = resample(noise, speech.rate_hz)
    if not len(noise.samples) or not length:
        raise AudioError("there is no sound to mix")
    start = int(np.random.default_rng(seed).integers(0, max(1, len(noise.samples) - length)))
    samples = np.resize(noise.samples[start:], length).astype(np.float64)
    noise_power = max(float(np.square(samples / 32768.0).mean()), SILENCE_POWER)
    gain_db = active_level_db(speech) - snr_db - 10 * np.log10(noise_power)
    mixed = speech.samples + samples * 10 ** (gain_db / 20)
    peak = float(np.abs(mixed).max())
    if peak > 32767:
        mixed *= 32767 / peak
    return AudioClip(np.rint(mixed).astype(np.int16), speech.rate_hz)


def room_noise(duration_s: float, *, seed: int = 0, rate_hz: int = SPEECH_RATE_HZ) -> AudioClip:
    """Noise of a kitchen: a fan's and refrigerator's hum under a broad rush, and now and then a clink of dishes."""
    random = np.random.default_rng(seed)
    length = max(1, int(duration_s * rate_hz))
    sound = _coloured(random, length, rate_hz, slope_db=-4.0)
    seconds = np.arange(length) / rate_hz
    for harmonic, gain in ((1, 0.5), (2, 0.35), (3, 0.2), (5, 0.1)):
        sound += gain * np.sin(2 * np.pi * 50.0 * harmonic * seconds + random.uniform(0, 2 * np.pi))
    for _ in range(random.poisson(1.5 * duration_s)):
        _clink(random, sound, rate_hz)
    return _normal(sound, rate_hz)


def babble(voices: Sequence[AudioClip], duration_s: float, *, seed: int = 0) -> AudioClip:
    """Talk of several people at once: each voice is a chain of the clips, in an order drawn by ``seed``."""
    if not voices:
        raise AudioError("babble needs clips of speech")
    random = np.random.default_rng(seed)
    rate_hz = voices[0].rate_hz
    length = max(1, int(duration_s * rate_hz))
    sound = np.zeros(length)
    for _ in range(6):
        parts: list[npt.NDArray[np.float64]] = []
        have = 0
        while have < 2 * length:
            clip = resample(voices[int(random.integers(len(voices)))], rate_hz)
            samples = clip.samples / 32768.0 / 10 ** (active_level_db(clip) / 20)
            parts.append(samples)
            have += len(samples)
        start = int(random.integers(0, have - length))
        sound += np.concatenate(parts)[start : start + length] * 10 ** (random.uniform(-6, 0) / 20)
    return _normal(sound, rate_hz)


def _coloured(random: np.random.Generator, length: int, rate_hz: int, *, slope_db: float) -> npt.NDArray[np.float64]:
    """Gaussian noise of unit power whose level falls by ``slope_db`` an octave above 60 Hz."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(length, 1 / rate_hz), 60.0) / 60.0)
    sound = np.fft.irfft(spectrum * 10 ** (slope_db * octaves / 20), length)
    return np.asarray(sound / max(float(sound.std()), 1e-12), dtype=np.float64)


def _clink(random: np.random.Generator, sound: npt.NDArray[np.float64], rate_hz: int) -> None:
    """Add one struck dish at a random place: a few decaying partials."""
    length = int(random.uniform(0.05, 0.25) * rate_hz)
    start = int(random.integers(0, max(1, len(sound) - length)))
    seconds = np.arange(min(length, len(sound) - start)) / rate_hz
    base_hz = random.uniform(1500, 4000)
    for partial in (1.0, 1.51, 2.32):
        if base_hz * partial < rate_hz / 2:
            wave = np.sin(2 * np.pi * base_hz * partial * seconds)
            sound[start : start + len(seconds)] += random.uniform(0.5, 2.5) * wave * np.exp(-seconds * 30)


def _normal(sound: npt.NDArray[np.float64], rate_hz: int) -> AudioClip:
    """Sound at a fixed power, 26 dB below full scale, clipped where a peak exceeds it."""
    scaled = sound / max(float(np.sqrt(np.square(sound).mean())), 1e-12) * 10 ** (-26 / 20)
    return AudioClip(np.clip(np.rint(scaled * 32768), -32768, 32767).astype(np.int16), rate_hz)

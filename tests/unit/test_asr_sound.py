"""How loud parts of an utterance are, how far it stands out of its noise, and the noise taken out."""

import numpy as np
import pytest

from assistant.asr.sound import SoundLevels, denoised

RATE_HZ = 16_000


def tone(seconds, amplitude):
    return (amplitude * np.sin(np.arange(int(seconds * RATE_HZ)) * 2 * np.pi * 440 / RATE_HZ)).astype(np.int16)


def noise(seconds, deviation, seed=0):
    return np.random.default_rng(seed).normal(0, deviation, int(seconds * RATE_HZ)).astype(np.int16)


def test_levels_of_parts():
    levels = SoundLevels(np.concatenate([tone(1, 100), tone(1, 1000)]))
    assert levels.level_db(1.0, 2.0) - levels.level_db(0.0, 1.0) == pytest.approx(20.0, abs=0.3)
    assert levels.level_db(5.0, 6.0) == levels.level_db(7.0, 7.0)  # behind the end: nothing sounds
    assert SoundLevels(np.zeros(0, np.int16)).level_db(0, 1) == pytest.approx(-30.0)


def test_how_noisy_it_is():
    speech = np.concatenate([np.zeros(RATE_HZ, np.int16), tone(1, 3000), np.zeros(RATE_HZ, np.int16)])
    loud, soft = noise(3, 1000), noise(3, 10)
    assert SoundLevels(speech + soft).snr_db() > 30 > SoundLevels(speech + loud).snr_db()
    assert SoundLevels(np.zeros(100, np.int16)).snr_db() == 0.0


def test_steady_noise_is_taken_out_and_the_length_stays():
    sound = noise(2.003, 500)
    clean = denoised(sound, 3)
    assert len(clean) == len(sound) and clean.dtype == np.int16
    assert np.std(clean.astype(float)) < 0.5 * np.std(sound.astype(float))

"""How loud parts of an utterance are, and where in it somebody speaks."""

import numpy as np
import pytest

from assistant.asr.sound import SoundLevels, foreground

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


def test_only_where_somebody_speaks_is_the_foreground():
    quiet = noise(6, 30)
    speech = np.concatenate([np.zeros(2 * RATE_HZ, np.int16), tone(1, 3000), np.zeros(3 * RATE_HZ, np.int16)])
    first, last = foreground(quiet + speech)
    assert 1.0 * RATE_HZ < first < 1.6 * RATE_HZ and 3.5 * RATE_HZ < last < 4.7 * RATE_HZ


def test_soft_speech_and_short_pauses_around_it_are_kept():
    speech = np.concatenate([noise(0.3, 20), tone(0.5, 300), tone(0.5, 3000), noise(0.4, 20)])
    assert foreground(speech) == (0, len(speech))


@pytest.mark.parametrize("sound", [np.zeros(0, np.int16), np.zeros(RATE_HZ * 2, np.int16), noise(3, 500)])
def test_where_nothing_stands_out_all_is_kept(sound):
    assert foreground(sound) == (0, len(sound))

"""Voice activity: frames of any length, hysteresis, and the real detector on tone, noise and silence."""

import numpy as np
import pytest

from assistant.audio.vad import RATE_HZ, SpeechDetector


class Scripted:
    """Tells the probability that the frame's first sample says, in hundredths."""

    def __init__(self):
        self.frames = []

    def process(self, audio):
        self.frames.append(len(audio))
        return audio[0] / 100

    def reset(self):
        self.frames.clear()


def level(hundredths, seconds):
    samples = np.full(int(seconds * RATE_HZ), hundredths, np.int16)
    samples[1::2] = -1000  # else it would be silence
    return samples


def voice(seconds):
    """A hummed tone with overtones about those of an open vowel, four syllables a second."""
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(120 + 15 * np.sin(2 * np.pi * 3 * time)) / RATE_HZ
    tone = sum(
        np.sin(number * phase) / number * np.exp(-(((number * 120 - middle) / 550) ** 2)) * weight
        for number in range(1, 30)
        for middle, weight in ((600, 3), (1800, 1))
    )
    return (tone * np.clip(np.sin(2 * np.pi * 4 * time) + 0.6, 0, 1) * 6000).astype(np.int16)


@pytest.mark.parametrize("size", [160, 320, 512, 333, 1])
def test_frames_of_any_length_are_decided_every_10_ms(size):
    scripted = Scripted()
    detector = SpeechDetector(scripted)
    samples = level(90, 0.5)
    for start in range(0, len(samples), size):
        speech = detector.process(samples[start : start + size])
    assert speech
    assert set(scripted.frames) == {160}
    assert len(scripted.frames) == 50


def test_it_begins_at_one_level_and_ends_at_a_lower_one():
    detector = SpeechDetector(Scripted())
    assert not detector.process(level(40, 1.0))
    assert detector.process(level(60, 1.0))
    assert detector.process(level(40, 1.0))
    assert not detector.process(level(20, 1.0))


def test_a_single_loud_frame_is_no_speech():
    assert not SpeechDetector(Scripted()).process(np.concatenate([level(0, 0.5), level(100, 0.02)]))


def test_reset_forgets():
    detector = SpeechDetector(Scripted())
    detector.process(level(100, 1.0))
    detector.reset()
    assert not detector.process(level(40, 0.3))


def test_the_real_detector_hears_no_speech_in_silence_and_steady_noise():
    detector = SpeechDetector()
    noise = np.random.default_rng(1).normal(0, 300, 10 * RATE_HZ).astype(np.int16)
    for sound in (np.zeros(3 * RATE_HZ, np.int16), noise):
        detector.reset()
        heard = [detector.process(sound[start : start + 320]) for start in range(0, len(sound), 320)]
        assert np.mean(heard) < 0.05


@pytest.mark.parametrize("offset", [0, 7])
def test_the_real_detector_finds_speech_between_digital_silence(offset):
    """A microphone that gates its noise: the zeros before tell nothing of the room, and those behind are no speech."""
    silence = np.full(3 * RATE_HZ, offset, np.int16)
    sound = np.concatenate([silence, voice(1.5), silence])
    detector = SpeechDetector()
    heard = [detector.process(sound[start : start + 320]) for start in range(0, len(sound), 320)]
    times_s = np.flatnonzero(heard) * 0.02
    assert 3.0 <= times_s[0] < 3.4 and 4.2 < times_s[-1] < 5.0

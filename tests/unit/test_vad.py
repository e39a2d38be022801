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
    return np.full(int(seconds * RATE_HZ), hundredths, np.int16)


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

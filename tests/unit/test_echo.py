"""What is played is taken out of what is heard, and what is said at the same time is not."""

import numpy as np
import pytest

from assistant.audio.earcons import NOTES, earcon
from assistant.audio.echo import EchoSuppressor, PassThrough, level
from assistant.audio.kalman import BLOCK, KalmanCanceller
from assistant.types import AudioClip

RATE_HZ = 16_000


def speech_like(seconds, seed, loudness=2000):
    """Noise with the spectrum and the syllables of speech."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 1, int(seconds * RATE_HZ))
    coloured = np.convolve(noise, np.exp(-np.arange(40) / 8.0), "same")
    syllables = np.abs(np.sin(np.arange(len(noise)) * 2 * np.pi * 3 / RATE_HZ))
    sound = coloured * syllables
    return (sound / sound.std() * loudness).astype(np.int16)


def room(played, delay_s=0.05, seed=0):
    """``played`` as the microphone hears it."""
    tail = np.random.default_rng(seed).normal(0, 0.06, 2000) * np.exp(-np.arange(2000) / 500)
    response = np.concatenate([np.zeros(int(delay_s * RATE_HZ)), [0.6], tail])
    return np.convolve(played, response)[: len(played)].astype(np.int16)


def through(suppressor, played, heard, rate_hz=RATE_HZ, frame=320):
    out = []
    step = frame * rate_hz // RATE_HZ
    for number in range(len(heard) // frame):
        block = played[number * step : (number + 1) * step]
        suppressor.played(AudioClip(block, rate_hz))
        out.append(suppressor.clean(heard[number * frame : (number + 1) * frame]))
    return np.concatenate(out)


def less_db(before, after):
    return 20 * np.log10(level(before) / max(level(after), 1e-3))


def test_the_echo_goes():
    played = speech_like(8, 1)
    heard = room(played)
    cleaned = through(EchoSuppressor(), played, heard)
    assert less_db(heard[4 * RATE_HZ : 8 * RATE_HZ], cleaned[4 * RATE_HZ : 8 * RATE_HZ]) > 20


def test_who_speaks_meanwhile_is_heard():
    played, said = speech_like(8, 1), np.zeros(8 * RATE_HZ, np.int16)
    said[5 * RATE_HZ : 6 * RATE_HZ] = speech_like(1, 2, loudness=800)
    cleaned = through(EchoSuppressor(), played, room(played) + said)
    part = slice(5 * RATE_HZ, 6 * RATE_HZ)
    error = cleaned[part].astype(float) - said[part]
    assert less_db(said[part], error) > 6


def test_a_frame_of_any_length_comes_back_whole():
    suppressor = EchoSuppressor()
    sound = speech_like(1, 3)
    out = [suppressor.clean(sound[start : start + 333]) for start in range(0, len(sound), 333)]
    cleaned = np.concatenate(out)
    assert len(sound) - len(cleaned) < BLOCK
    assert (cleaned == sound[: len(cleaned)]).all()  # nothing is played: nothing is changed


def test_other_rates_are_one_stream():
    played = speech_like(6, 4)
    heard = room(played)
    import soxr

    at_22k = soxr.resample(played.astype(np.float32), RATE_HZ, 24_000).astype(np.int16)
    cleaned = through(EchoSuppressor(), at_22k, heard, rate_hz=24_000)
    assert less_db(heard[4 * RATE_HZ :], cleaned[4 * RATE_HZ :]) > 15


def test_it_knows_when_it_plays():
    suppressor = EchoSuppressor()
    frame = np.zeros(320, np.int16)
    assert not suppressor.playing
    suppressor.played(AudioClip(speech_like(0.1, 5), RATE_HZ))
    assert suppressor.playing
    for _ in range(5):
        suppressor.clean(frame)
    assert suppressor.playing  # the room still sounds
    for _ in range(25):
        suppressor.clean(frame)
    assert not suppressor.playing


def test_what_was_stopped_is_not_waited_for():
    suppressor = EchoSuppressor()
    suppressor.played(AudioClip(speech_like(0.3, 6), RATE_HZ))
    suppressor.stopped()
    assert not suppressor.playing


def test_a_microphone_that_stopped_does_not_pile_up_what_is_played():
    suppressor = EchoSuppressor()
    for seed in range(200):
        suppressor.played(AudioClip(speech_like(0.02, seed), RATE_HZ))
    assert suppressor._waiting_samples <= 0.4 * RATE_HZ


def test_the_canceller_can_forget_its_room():
    canceller = KalmanCanceller()
    played = speech_like(2, 7)[: 120 * BLOCK]
    canceller.process(room(played)[: len(played)], played)
    canceller.reset()
    quiet = speech_like(1, 8)[: 40 * BLOCK]
    assert (canceller.process(quiet, np.zeros(len(quiet), np.int16)) == quiet).all()


def test_a_microphone_that_cancels_itself_is_left_alone_but_playing_is_known():
    suppressor = EchoSuppressor(PassThrough())
    sound = speech_like(0.02, 9)
    suppressor.played(AudioClip(sound, RATE_HZ))
    assert suppressor.playing
    assert (suppressor.clean(sound) == sound).all()


@pytest.mark.parametrize("name", list(NOTES))
@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_earcons_are_short_soft_and_end_without_a_click(name, rate_hz):
    clip = earcon(name, rate_hz)
    assert clip.rate_hz == rate_hz
    assert 0.1 < clip.duration_s < (0.7 if name == "ring" else 0.35)
    assert 2000 < np.abs(clip.samples).max() < 12_000
    assert abs(int(clip.samples[0])) < 300
    assert abs(int(clip.samples[-1])) < 300
    assert (np.abs(np.diff(clip.samples.astype(int))) < 8000).all()

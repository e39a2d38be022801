"""A sentence's sound in pieces: the same as the whole, early, of one loudness, and without clicks on its way out."""

import types

import numpy as np
import pytest

from assistant.audio.files import resample
from assistant.audio.playback import Player
from assistant.audio.resampling import Resampler
from assistant.tts.level import FULL, Level
from assistant.tts.pace import AROUND, LONGEST, SHORTEST, Pace
from assistant.tts.vits import VitsNetwork
from assistant.types import AudioClip

RATE_HZ = 22_050
SAMPLES = 4
"""Of a frame."""


class FakeFrames:
    """The first half: a sentence of so many frames, and one value that is of all times."""

    def __init__(self, count):
        self.between = np.random.default_rng(5).normal(size=(1, 2, count)).astype(np.float32)

    def get_outputs(self):
        return [types.SimpleNamespace(name="z"), types.SimpleNamespace(name="who")]

    def run(self, outputs, _inputs):
        made = {"z": self.between, "who": np.full((1, 2, 1), 0.25, np.float32)}
        return [made[name] for name in outputs]


class FakeSound:
    """The second half: each sample hangs on the frames up to ``AROUND`` away."""

    def __init__(self):
        self.lengths = []

    def run(self, _outputs, inputs):
        z = inputs["z"]
        self.lengths.append(z.shape[-1])
        padded = np.pad((z + inputs["who"]).sum(axis=1)[0], AROUND)
        mixed = np.convolve(padded, np.linspace(0.1, 1.0, 2 * AROUND + 1), "valid")
        return [np.repeat(mixed, SAMPLES).astype(np.float32).reshape(1, 1, -1)]


def paced(share):
    pace = Pace(RATE_HZ)
    pace.note(RATE_HZ, 1, share)
    return pace


@pytest.fixture
def network():
    def made(frames, share=0.05):
        network = VitsNetwork(FakeFrames(frames), FakeSound(), RATE_HZ)
        network._pace = paced(share)
        network._pace.note = lambda *_timed: None
        return network

    return made


def joined(network, *, whole=False):
    return np.concatenate(list(network.sound({}, whole=whole)))


@pytest.mark.parametrize("frames", [1, SHORTEST, SHORTEST + 1, 2 * SHORTEST + 1, LONGEST, 3 * LONGEST + 5])
def test_the_pieces_together_are_the_whole(network, frames):
    made = network(frames)
    sound = FakeSound()
    expected = sound.run(None, {"z": made._frames_of.between, "who": np.full((1, 2, 1), 0.25, np.float32)})[0].reshape(
        -1
    )
    assert joined(made) == pytest.approx(expected, abs=1e-5)
    assert joined(network(frames), whole=True) == pytest.approx(expected, abs=1e-5)


def test_the_first_piece_is_short_and_none_is_long(network):
    made = network(1000)
    pieces = [len(piece) // SAMPLES for piece in made.sound({})]
    assert pieces[0] == SHORTEST
    assert sum(pieces) == 1000
    assert max(made._sound_of.lengths) <= LONGEST + SHORTEST + 2 * AROUND


def test_nothing_is_made_before_it_is_asked_for(network):
    made = network(1000)
    next(made.sound({}))
    assert len(made._sound_of.lengths) == 1


def test_where_sound_is_made_too_slowly_a_sentence_comes_whole(network):
    made = network(1000, share=0.9)
    assert len(list(made.sound({}))) == 1
    assert max(made._sound_of.lengths) <= LONGEST + SHORTEST + 2 * AROUND


def test_a_network_of_another_make_is_run_as_a_whole():
    sound = types.SimpleNamespace(run=lambda _outputs, inputs: [np.ones((1, 1, inputs["input"]), np.float32)])
    (piece,) = VitsNetwork(None, sound, RATE_HZ).sound({"input": 7})
    assert len(piece) == 7


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3, 0.45, 0.54])
def test_each_piece_is_made_while_the_one_before_it_is_heard(share):
    pace = paced(share)
    assert pace.keeps_up
    length = pace.next_length()
    for _ in range(20):
        following = pace.next_length(length)
        assert share * (following + 2 * AROUND) <= length
        length = following
    assert length >= SHORTEST


def test_a_machine_of_unknown_speed_is_taken_for_slow():
    assert not Pace(RATE_HZ).keeps_up
    assert Pace(RATE_HZ).next_length() == LONGEST


def test_the_first_sentence_tells_how_loud_a_voice_is():
    level = Level()
    assert not level.known
    first = level.sentence().apply(np.array([0.1, -0.5, 0.2], np.float32))
    assert np.max(np.abs(first)) == pytest.approx(FULL * 32767, abs=1)
    assert level.known
    quiet = level.sentence().apply(np.array([0.25, -0.1], np.float32))
    assert np.max(np.abs(quiet)) == pytest.approx(FULL * 32767 / 2, abs=1)


def test_what_is_louder_than_all_before_is_neither_cut_off_nor_a_click():
    level = Level()
    level.sentence().apply(np.full(10, 0.25, np.float32))
    gain = level.sentence()
    before = gain.apply(np.full(1000, 0.2, np.float32))
    loud = np.full(1000, 0.2, np.float32)
    loud[500] = 0.5
    after = gain.apply(loud)
    assert after[500] == pytest.approx(FULL * 32767, abs=1)
    steps = np.abs(np.diff(np.concatenate([before, after[:500]]).astype(int)))
    assert steps.max() < 100
    again = gain.apply(np.full(10, 0.2, np.float32))
    assert again[0] == pytest.approx(after[-1], abs=1)


def test_silence_tells_nothing_of_the_level():
    level = Level()
    assert not level.sentence().apply(np.zeros(5, np.float32)).any()
    assert not level.known


def tone(seconds, rate_hz, hz=440):
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return AudioClip(np.rint(12_000 * np.sin(2 * np.pi * hz * times)).astype(np.int16), rate_hz)


def cut(clip, size):
    return [AudioClip(clip.samples[start : start + size], clip.rate_hz) for start in range(0, len(clip.samples), size)]


def test_pieces_are_resampled_as_one_stream():
    clip = tone(1.0, RATE_HZ)
    resampler = Resampler(48_000)
    together = np.concatenate([*(resampler.take(piece) for piece in cut(clip, 3000)), resampler.rest()])
    whole = resample(clip, 48_000).samples
    assert len(together) == pytest.approx(len(whole), abs=2)
    middle = slice(2000, 46_000)
    assert np.abs(together[middle].astype(int) - whole[middle]).max() < 40
    one_by_one = np.concatenate([resample(piece, 48_000).samples for piece in cut(clip, 3000)])
    assert np.abs(one_by_one[middle].astype(int) - whole[middle]).max() > 400  # the clicks that this is against


def test_what_is_held_of_one_rate_comes_before_another():
    resampler = Resampler(16_000)
    first = resampler.take(tone(0.1, 48_000))
    second = resampler.take(tone(0.1, 22_050))
    third = resampler.take(tone(0.1, 16_000))
    assert len(first) + len(second) + len(third) == pytest.approx(3 * 1600, abs=4)
    assert not len(resampler.rest())


class FakeStream:
    """Takes what a sound card would be given."""

    channels = 1
    stopped = True

    def __init__(self):
        self.blocks = []

    def start(self):
        self.stopped = False

    def stop(self):
        self.stopped = True

    abort = stop

    def write(self, block):
        self.blocks.append(block.reshape(-1))


def test_a_reply_in_pieces_is_heard_without_clicks_and_to_its_end():
    stream = FakeStream()
    player = Player(stream, 48_000, 1.0)
    player.resume()
    clip = tone(0.5, RATE_HZ)
    assert all(player.play(piece) for piece in cut(clip, 2000))
    player.drain()
    heard = np.concatenate(stream.blocks).astype(int)
    sounding = heard[: np.flatnonzero(heard)[-1] + 1]
    assert len(sounding) == pytest.approx(24_000, abs=60)
    assert np.abs(np.diff(sounding, n=2)[100:-100]).max() < 60  # a click is a corner
    assert stream.stopped


def test_what_was_stopped_is_not_heard_in_front_of_the_next_reply():
    stream = FakeStream()
    player = Player(stream, 48_000, 1.0)
    player.play(tone(0.1, RATE_HZ))
    player.stop()
    assert not player.play(tone(0.1, RATE_HZ))
    stream.blocks.clear()
    player.resume()
    player.play(AudioClip(np.zeros(4800, np.int16), 48_000))
    assert not np.concatenate(stream.blocks).any()

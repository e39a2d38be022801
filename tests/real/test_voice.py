"""The real voice: sound made in pieces is the sound of the whole, and words that are spoken are heard again."""

import itertools

import numpy as np
import pytest

from assistant.audio.files import join_clips, to_mono_16k
from assistant.tts.pace import AROUND, SHORTEST

pytestmark = pytest.mark.real

LONG = "The washing machine will be done in twenty minutes, and the window in the kitchen is still open."


@pytest.fixture(scope="module")
def voice(parts):
    parts.voices.plain.warm_up()
    return parts.voices.plain


def test_a_piece_hangs_on_its_neighbours_alone(voice):
    network = voice._network
    (phonemes,) = voice._voice.phonemize(LONG)
    inputs = voice._inputs(voice._voice.phonemes_to_ids(phonemes))
    ((name, frames),) = zip(
        [value.name for value in network._frames_of.get_outputs()], network._frames_of.run(None, inputs), strict=True
    )
    count = frames.shape[-1]
    whole = network._sound_of.run(None, {name: frames})[0].reshape(-1)
    samples = len(whole) // count
    assert count > 4 * SHORTEST
    for whole_at_once in (True, False):
        pieces = np.concatenate(list(network._pieces({name: frames}, whole=whole_at_once)))
        assert len(pieces) == count * samples
        assert np.abs(pieces - whole).max() < 1e-4  # its largest amplitude is about 0.5
    narrow = network._sound_of.run(None, {name: np.ascontiguousarray(frames[..., 60 - 2 : 92 + 2])})[0].reshape(-1)
    wrong = np.abs(narrow[2 * samples : -2 * samples] - whole[60 * samples : 92 * samples]).max()
    assert wrong > 1e-3 and AROUND > 2  # fewer neighbours would be heard


def test_a_long_sentence_begins_with_a_short_piece(voice):
    first, *others = voice.synthesize(LONG)
    assert len(first.samples) < 2 * voice.rate_hz < sum(len(clip.samples) for clip in others)


def test_two_sentences_may_be_made_in_turns(voice):
    clips = itertools.zip_longest(voice.synthesize(LONG), voice.synthesize("The kitchen light is on."))
    long, short = zip(*clips, strict=True)
    assert sum(len(clip.samples) for clip in long if clip) > 2 * sum(len(clip.samples) for clip in short if clip)


def test_what_is_said_in_pieces_is_understood(parts, voice):
    clip = to_mono_16k(join_clips(list(voice.synthesize(LONG))))
    words = parts.hearing.open_ears.transcribe(clip).text.split()
    expected = LONG.lower().replace(",", "").replace(".", "").split()
    assert len(set(expected) - set(words)) <= 2

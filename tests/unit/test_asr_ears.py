"""An utterance goes in by chunks, two decoders hear it, and one transcript comes out; the bias is exchanged meanwhile."""

import numpy as np
import pytest
from speech import FakeDictionary, hypothesis, intents_of

from assistant.asr.bias import compile_template_bias
from assistant.asr.decoders import Bound
from assistant.asr.ears import MARGIN_SAMPLES, HomeEars
from assistant.asr.lexicon import Lexicon
from assistant.errors import AudioError
from assistant.types import AudioClip

RATE_HZ = 16_000


class FakeDecoder:
    def __init__(self, model, grammar):
        self.model, self.grammar, self.samples, self.heard_s = model, grammar, 0, 0.0

    def accept(self, samples):
        self.samples += len(samples)
        self.heard_s += len(samples) / RATE_HZ

    def partial(self):
        return self.model.partials[self.grammar is not None]

    def finish(self):
        self.model.heard.append(self.samples)
        self.samples = 0
        return self.model.hypotheses[self.grammar is not None]

    def hear_again(self, samples):
        self.model.again += 1
        return self.model.second


class FakeModel:
    """Hears what it is told: index 0 of each pair is the open vocabulary, 1 the house's grammar."""

    def __init__(self, opened, biased, second=()):
        self.hypotheses = ([opened], list(biased))
        self.partials = (opened.text, biased[0].text if biased else "")
        self.second = list(second) or [hypothesis("", 0)]
        self.made = self.again = 0
        self.heard = []

    def scorer(self, grammar=None, *, alternatives):
        self.made += 1
        return FakeDecoder(self, grammar)


def bias_of(*sentences):
    return compile_template_bias(intents_of({"Said": sentences}), {}, Lexicon(FakeDictionary()))


def clip(seconds, rate_hz=RATE_HZ):
    noise = np.random.default_rng(0).normal(0, 500, int(seconds * rate_hz)).astype(np.int16)
    return AudioClip(noise, rate_hz)


PLAIN = hypothesis("open the door", 100), [hypothesis("open the door", 105)]


def test_without_a_bias_the_open_vocabulary_is_heard():
    ears = HomeEars(FakeModel(hypothesis("who wrote hamlet", 1), []))
    said = ears.transcribe(clip(1))
    assert (said.text, said.biased) == ("who wrote hamlet", False)
    assert ears.last_total_ms >= ears.last_wait_ms > 0


def test_both_decoders_hear_all_of_it_and_silence_around_it():
    model = FakeModel(*PLAIN)
    said = HomeEars(model, bias_of("open the door")).transcribe(clip(1))
    assert (said.text, said.biased) == ("open the door", True)
    assert model.heard == [RATE_HZ + 2 * MARGIN_SAMPLES] * 2
    assert said.words[0].start_s == 0.0 and said.words[1].end_s == pytest.approx(0.6 - MARGIN_SAMPLES / RATE_HZ)


def test_decoders_are_used_again():
    model = FakeModel(*PLAIN)
    ears = HomeEars(model, bias_of("open the door"))
    for _ in range(3):
        ears.transcribe(clip(0.5))
    assert model.made == 2


def test_a_decoder_is_made_anew_before_it_grows_without_end():
    model = FakeModel(hypothesis("who wrote hamlet", 1), [])
    ears = HomeEars(model, bound=Bound(10.0))
    for _ in range(12):
        ears.transcribe(clip(1.4))  # with the silence around it two seconds
    assert model.made == 2


def test_of_all_decoders_the_largest_is_let_go():
    model = FakeModel(*PLAIN)
    bound = Bound(10.0)
    ears, others = HomeEars(model, bias_of("open the door"), bound), HomeEars(model, bound=bound)
    others.transcribe(clip(3.4))
    ears.transcribe(clip(1.4))
    assert model.made == 3
    ears.transcribe(clip(1.4))  # 4 + 4 + 4 seconds now: one of them is too much
    others.transcribe(clip(0.4))
    ears.transcribe(clip(0.4))
    assert model.made == 4


def test_decoders_are_made_ready_while_nobody_speaks():
    model = FakeModel(*PLAIN)
    ears = HomeEars(model, bias_of("open the door"), Bound(11.0))
    ears.transcribe(clip(2.4))
    ears.transcribe(clip(5.4))  # 9 + 9 seconds: one is too much, and with one more the other as well
    ears.prepare()
    assert model.made == 4
    assert model.heard[-2:] == [4 * RATE_HZ] * 2  # of the last utterance, again
    ears.prepare()
    ears.transcribe(clip(0.4))
    assert model.made == 4


def test_ears_that_are_gone_take_no_room():
    model = FakeModel(*PLAIN)
    bound = Bound(10.0)
    HomeEars(model, bound=bound).transcribe(clip(7.4))
    ears = HomeEars(model, bound=bound)
    for _ in range(4):
        ears.transcribe(clip(1.4))
    assert model.made == 2


def test_where_it_is_plain_nothing_is_heard_twice():
    model = FakeModel(*PLAIN)
    HomeEars(model, bias_of("open the door")).transcribe(clip(1))
    assert model.again == 0


def test_in_doubt_the_sound_is_heard_again():
    close = [hypothesis("open the door", 105), hypothesis("open the blind", 104.9)]
    model = FakeModel(hypothesis("open the bore", 100), close, second=[hypothesis("open the blind", 130)])
    ears = HomeEars(model, bias_of("open the door", "open the blind"))
    assert ears.transcribe(clip(1)).text == "open the blind"
    assert model.again == 1
    ears.transcribe(clip(14))  # too long to wait for
    assert model.again == 1


def test_another_bias_takes_effect_at_the_next_utterance():
    model = FakeModel(hypothesis("open the tower", 100), [hypothesis("open the door", 105)])
    ears = HomeEars(model, bias_of("open the door"))
    stream = ears.start()
    ears.bias = bias_of("close the door")
    stream.feed(clip(0.5).samples)
    assert stream.finish().text == "open the door"
    assert ears.transcribe(clip(0.5)).text == "open the tower"
    ears.bias = None
    assert ears.bias is None and not ears.transcribe(clip(0.5)).biased


def test_the_bias_of_other_ears_is_taken_with_their_decoders():
    model = FakeModel(*PLAIN)
    ears = HomeEars(model)
    ears.hear_as(HomeEars(model, bias_of("open the door")))
    assert ears.transcribe(clip(0.5)).biased
    assert model.made == 2


def test_words_are_told_while_they_are_spoken():
    ears = HomeEars(FakeModel(hypothesis("open", 1), [hypothesis("open the door", 1)]), bias_of("open the door"))
    stream = ears.start()
    assert stream.accept(clip(0.1).samples) == "open the door"
    stream.abandon()
    other = HomeEars(FakeModel(hypothesis("open", 1), [hypothesis("the door", 1)]), bias_of("open the door")).start()
    assert other.accept(clip(0.1).samples) == "open"


def test_another_sample_rate_is_refused():
    with pytest.raises(AudioError, match="16000 Hz"):
        HomeEars(FakeModel(*PLAIN)).transcribe(clip(1, 8000))

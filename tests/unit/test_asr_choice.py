"""Which way of hearing holds: the house's sentence, if it explains the sound well enough, or the open vocabulary."""

import pytest
from speech import WORDS, FakeDictionary, hypothesis, intents_of, names

from assistant.asr.bias import compile_template_bias
from assistant.asr.choice import choose, is_doubtful, look, open_transcript
from assistant.asr.lexicon import Lexicon


@pytest.fixture(scope="module")
def bias():
    intents = intents_of({"HassTurnOn": ["turn on [the] {name}"], "HassTurnOff": ["turn off [the] {name}"]})
    return compile_template_bias(intents, names("Desk Lamp", "Roborok"), Lexicon(FakeDictionary()), fillers={})


def even(_start_s, _end_s):
    return 0.0


def soft_before(seconds):
    return lambda _start_s, end_s: -20.0 if end_s <= seconds else 0.0


def heard(bias, *hypotheses, level=even, opened):
    return choose(look(hypotheses, bias, level), opened, bias)


def test_a_sentence_of_the_house_is_heard_as_it_is_written(bias):
    said = heard(bias, hypothesis("turn on the robo rock", 100), opened=[hypothesis("turn on the rob or rock", 90)])
    assert (said.text, said.biased) == ("turn on the Roborok", True)
    assert [word.text for word in said.words] == "turn on the robo rock".split()
    assert said.confidence > 0.9


def test_speech_that_only_all_of_english_explains_stays_what_it_is(bias):
    said = heard(bias, hypothesis("turn on the robo rock", 60), opened=[hypothesis("who wrote hamlet", 100)])
    assert (said.text, said.biased) == ("who wrote hamlet", False)


def test_words_that_no_template_makes_do_not_count(bias):
    said = heard(bias, hypothesis("lamp lamp off", 120), opened=[hypothesis("lump of love", 100)])
    assert (said.text, said.biased) == ("lump of love", False)


def test_soft_talk_around_the_sentence_is_left_out_and_loud_words_are_not(bias):
    hypotheses = [hypothesis("who wrote turn on the desk lamp", 100)]
    opened = [hypothesis("who wrote turn on the desk lamp", 95)]
    assert heard(bias, *hypotheses, level=soft_before(0.65), opened=opened).text == "turn on the Desk Lamp"
    said = heard(bias, *hypotheses, level=even, opened=opened)
    assert (said.text, said.biased) == ("who wrote turn on the desk lamp", False)


def test_of_two_sentences_the_likelier_holds_and_a_hidden_word_is_believed(bias):
    opened = [hypothesis("desk", 80)]
    lamp, nothing = hypothesis("turn on the desk lamp", 99), hypothesis("turn on desk lamp", 100)
    assert heard(bias, nothing, lamp, opened=opened).text == "turn on the Desk Lamp"
    far = hypothesis("turn off the desk lamp", 90)
    assert heard(bias, lamp, far, opened=opened).text == "turn on the Desk Lamp"


def test_a_second_look_decides_but_evidence_stays_on_the_first_ones_scale(bias):
    first = look([hypothesis("turn on the desk lamp", 100), hypothesis("turn off the desk lamp", 99.5)], bias, even)
    again = look([hypothesis("turn off the desk lamp", 150), hypothesis("turn on the desk lamp", 140)], bias, even)
    opened = [hypothesis("turn of the desk lump", 95)]
    assert is_doubtful(first, opened) and not is_doubtful(again, opened)
    assert choose(first, opened, bias, again=again).text == "turn off the Desk Lamp"
    unlike = [hypothesis("who wrote hamlet", 120)]
    assert not choose(first, unlike, bias, again=again).biased
    assert not is_doubtful(first, unlike)  # nothing of the house comes near: no time is spent
    assert choose(first, opened, bias, again=look([hypothesis("", 0)], bias, even)).text == "turn on the Desk Lamp"


def test_what_the_second_look_loses_holds_by_the_first_ones_evidence(bias):
    first = look([hypothesis("current on the desk lamp", 103), hypothesis("turn on the desk lamp", 100)], bias, even)
    again = look([hypothesis("current on the desk lamp", 150)], bias, even)
    opened = [hypothesis("current on the desk like", 101)]
    assert [reading.written for reading in again.readings] != ["turn on the Desk Lamp"]
    assert choose(first, opened, bias, again=again).text == "turn on the Desk Lamp"
    assert not choose(first, [hypothesis("current on the desk like", 108)], bias, again=again).biased


def test_an_article_is_no_doubt(bias):
    same = look([hypothesis("turn on the desk lamp", 100), hypothesis("turn on desk lamp", 101.4)], bias, even)
    assert not is_doubtful(same, [hypothesis("turn of the desk lump", 95)])


def test_what_the_open_vocabulary_heard_may_be_the_houses_sentence_too(bias):
    said = heard(bias, hypothesis("", 0), opened=[hypothesis("turn on the desk lamp", 100)])
    assert (said.text, said.biased) == ("turn on the Desk Lamp", True)


def test_confidence_is_the_share_of_the_likelihood():
    said = open_transcript([hypothesis("who wrote hamlet", 1.0), hypothesis("who wrote home", 1.0)])
    assert said.text == "who wrote hamlet"
    assert [word.confidence for word in said.words] == pytest.approx([1.0, 1.0, 0.5])
    assert open_transcript([hypothesis("", 0.0)]).text == ""


@pytest.fixture(scope="module")
def shopping():
    intents = intents_of(
        {"HassListAddItem": ["add {item} to [my] {name} list"], "HassTurnOn": ["turn on [the] {name}"]}
    )
    words = [*WORDS, "shopping", "eat"]
    return compile_template_bias(
        intents, names("shopping"), Lexicon(FakeDictionary(words)), fillers={"item": ("milk",)}
    )


def test_what_a_sentence_leaves_open_is_the_open_vocabularys(shopping):
    biased = [hypothesis("add milk milk to my shopping list", 60)]
    opened = [hypothesis("and almond flour to my shopping list", 100)]
    said = heard(shopping, *biased, opened=opened)
    assert (said.text, said.biased) == ("add almond flour to my shopping list", True)


def test_a_frame_that_only_the_houses_decoder_hears_is_none(shopping):
    biased = [hypothesis("add milk milk to my shopping list", 60)]
    opened = [hypothesis("who wrote the tempest in london again", 100)]
    assert heard(shopping, *biased, opened=opened).text == "who wrote the tempest in london again"


@pytest.mark.parametrize(
    ("opened", "text"),
    [
        ("add tower to my shopping list", "add tower to my shopping list"),  # "milk" was expected, and not heard
        ("add milck to my shopping list", "add milk to my shopping list"),  # it sounds the same
    ],
)
def test_an_expected_filler_gives_way_to_what_was_heard_openly(shopping, opened, text):
    spoken = hypothesis("add milk to my shopping list", 100, word_s=0.3)
    open_words = hypothesis(opened, 100, word_s=1.8 / len(opened.split()))
    assert heard(shopping, spoken, opened=[open_words]).text == text


def test_a_filler_that_may_have_been_heard_openly_holds(shopping):
    opened = [hypothesis(f"add {item} to my shopping list", 100 - i) for i, item in enumerate(("tower", "milk"))]
    said = heard(shopping, hypothesis("add milk to my shopping list", 100), opened=opened)
    assert said.text == "add milk to my shopping list"


def test_a_slip_is_not_mended_where_any_words_may_stand(shopping):
    assert shopping.repairer.repair("add mill to my shopping list".split()) is None
    assert shopping.repairer.repair("turn on a shopping".split()) is not None


def test_of_what_may_have_been_heard_openly_the_houses_sentence_holds(bias):
    opened = [hypothesis("turned on the desk lamp", 100), hypothesis("turn on the desk lamp", 99)]
    assert heard(bias, hypothesis("", 0), opened=opened).text == "turn on the Desk Lamp"
    far = [hypothesis("who wrote the desk lamp", 100), hypothesis("turn on the desk lamp", 95)]
    assert not heard(bias, hypothesis("", 0), opened=far).biased

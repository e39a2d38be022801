"""The skills' sentences reach the ear as people say them, and with a bounded number of examples."""

import pytest

from assistant.asr.bias import compile_template_bias
from assistant.asr.lexicon import Lexicon
from assistant.asr.network import Sentences
from assistant.skills.heard import heard_sentences


class AnyWord:
    """A dictionary that can say everything."""

    def knows(self, word):
        return True

    def words(self):
        return ""


@pytest.fixture(scope="module")
def bias():
    from hassil.intents import Intents

    heard = heard_sentences("en")
    house = Intents.from_dict({"language": "en", "intents": {}})
    return compile_template_bias(house, {}, Lexicon(AnyWord()), also=[Sentences(heard.intents, heard.open)])


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("set a timer for ten minutes", "set a timer for 10 minutes"),
        ("what's the time in tokyo", "what's the time in tokyo"),
        ("wake me up at half past six tomorrow", "wake me up at half past 6 tomorrow"),
        ("what is five plus three times two", "what is 5 plus 3 times 2"),
        ("how many cups in a gallon", "how many cups in a gallon"),
        ("don't wake me up", "don't wake me up"),
        ("how do you say good morning in french", "how do you say good morning in french"),
        ("how many days until christmas", "how many days until christmas"),
    ],
)
def test_what_people_say_is_expected(bias, spoken, written):
    assert bias.grammar.match(spoken.split()) == written


@pytest.mark.parametrize("spoken", ["who wrote hamlet", "what is the capital of australia", "yes", "do i've a timer"])
def test_what_is_no_skill_is_not(bias, spoken):
    assert bias.grammar.match(spoken.split()) is None


def test_open_words_stand_in_their_frame(bias):
    pieces = bias.grammar.frame("remind me at 7 to".split())
    assert pieces is None
    pieces = bias.grammar.frame("remind me at seven to visit aunt mildred".split())
    assert pieces is not None and " ".join(pieces) == "remind me at 7 to visit aunt mildred"


def test_the_examples_stay_few(bias):
    assert 1_000 < bias.sentences < 6_000 and bias.unsayable == ()


def test_a_language_without_examples_leaves_them_to_the_open_vocabulary():
    assert heard_sentences("xx") is None

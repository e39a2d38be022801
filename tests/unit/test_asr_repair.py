"""A sentence that was nearly heard is mended where sound and spelling leave no doubt, and left alone elsewhere."""

import pytest
from speech import WORDS, FakeDictionary, intents_of, names

from assistant.asr.automaton import build_automaton
from assistant.asr.lexicon import Lexicon
from assistant.asr.matching import Grammar
from assistant.asr.network import compile_network
from assistant.asr.repair import Repairer


@pytest.fixture
def repairer():
    intents = intents_of(
        {
            "Order": ["i'd like a {size} {drink} with {sugar}"],
            "HassTurnOn": ["turn on [the] {name}"],
            "HassTurnOff": ["turn off [the] {name}"],
        },
        lists={
            "size": {"values": ["small", "large"]},
            "drink": {"values": ["latte", "espresso"]},
            "sugar": {"values": ["lots of sugar", "a lot of sugar", "sugar"]},
        },
    )
    words = [*WORDS, "i'd", "like", "late"]
    network = compile_network(intents, names("Desk Lamp", "Kitchen Light", "Kitchen Lights"), {})
    return Repairer(Grammar(build_automaton(network, Lexicon(FakeDictionary(words)))))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("i'd like a large latte with lots a sugar", "i'd like a large latte with lots of sugar"),
        ("i'd like large latte with sugar", "i'd like a large latte with sugar"),
        ("i'd like a large late with sugar", "i'd like a large latte with sugar"),
        ("turn on a desk lamp", "turn on Desk Lamp"),
        ("turn on the desk lap", "turn on the Desk Lamp"),
    ],
)
def test_near_misses_are_mended(repairer, heard, meant):
    repair = repairer.repair(heard.split())
    assert repair is not None and repair.written == meant and repair.cost > 0


@pytest.mark.parametrize(
    "heard",
    [
        "turn the desk lamp",  # on or off? what decides is never guessed
        "turn up the desk lamp",
        "turn on the fan",
        "who wrote hamlet",
        "turn on the desk",
        "",
    ],
)
def test_what_is_not_near_or_not_plain_is_left_alone(repairer, heard):
    assert repairer.repair(heard.split()) is None


def test_a_sentence_as_it_stands_costs_nothing(repairer):
    assert repairer.repair("turn on the desk lamp".split()).cost == 0


def test_a_tighter_limit_mends_less(repairer):
    heard = "i'd like a large latte with lots a sugar".split()
    assert repairer.repair(heard, 0.3) is None

"""Templates become a network, the network sentences, and spoken words are found in it again."""

import json

import pytest
from speech import FakeDictionary, intents_of, names

from assistant.asr.automaton import build_automaton
from assistant.asr.bias import UNKNOWN_WORD, compile_template_bias, pronunciations
from assistant.asr.lexicon import Lexicon
from assistant.asr.matching import Grammar
from assistant.asr.network import compile_network
from assistant.asr.sampling import SamplingPlan, sample_sentences

FILLERS = {"item": ("milk", "coffee")}


def grammar_of(sentences, house=None, **more):
    network = compile_network(intents_of(sentences, **more), house or {}, FILLERS)
    return Grammar(
        build_automaton(network, Lexicon(FakeDictionary())), before=("please",), after=("please",), connectors=("and",)
    )


@pytest.fixture
def house():
    return grammar_of(
        {
            "HassTurnOn": ["[please] (turn|switch) on [the] {name} [light[s]]", "turn (on;{name})"],
            "HassSet": ["set {name} to {brightness}[%| percent]"],
        },
        names("Desk Lamp", "TV", "Kitchen"),
        lists={"brightness": {"range": {"type": "percentage", "from": 0, "to": 100}}},
    )


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("turn on the desk lamp", "turn on the Desk Lamp"),
        ("turn on desk lamp", "turn on Desk Lamp"),
        ("turn on the t v", "turn on the TV"),
        ("turn t v on", "turn TV on"),
        ("turn on kitchen lights", "turn on Kitchen lights"),
        ("set kitchen to fifty five percent", "set Kitchen to 55 percent"),
        ("please turn on the kitchen and turn on the t v please", None),
        ("turn on the hamlet", None),
        ("turn on the", None),
        ("", None),
    ],
)
def test_a_row_of_words_is_a_sentence_or_not(house, spoken, written):
    found = house.match(spoken.split())
    if spoken.startswith("please"):
        assert found == "please turn on the Kitchen and turn on the TV please"
    else:
        assert found == written


def test_the_longest_part_that_is_a_sentence(house):
    assert house.longest("who wrote turn on the t v hamlet".split()) == (2, 7, "turn on the TV")
    assert house.longest("who wrote hamlet".split()) is None
    assert house.longest(["turn"] * 500) is None


def test_a_rule_inside_a_word_and_one_that_calls_itself():
    grammar = grammar_of(
        {"A": ["<op>ed the {name}", "<more>"]},
        names("door"),
        expansion_rules={"op": "(open|turn)", "more": "on <more>"},
    )
    assert grammar.match("opened the door".split()) is None  # this dictionary has no "opened"
    assert grammar.match(["on", "on"]) is None


def test_names_of_another_kind_do_not_fit():
    sentences = {"HassOpen": {"data": [{"sentences": ["open {name}"], "requires_context": {"domain": "cover"}}]}}
    from hassil.intents import Intents

    intents = Intents.from_dict({"language": "en", "intents": sentences})
    lists = {"name": names("blind", domain="cover")["name"]}
    lists["name"].values += names("lamp")["name"].values
    grammar = Grammar(build_automaton(compile_network(intents, lists, {}), Lexicon(FakeDictionary())))
    assert grammar.match(["open", "blind"]) == "open blind"
    assert grammar.match(["open", "lamp"]) is None


def test_a_template_without_names_of_its_kind_is_left_out():
    network = compile_network(intents_of({"A": ["turn on {name}"], "B": ["play {nothing}"], "C": ["quiet"]}), {}, {})
    assert [key.split()[1] for key in network.templates] == ["C"]


def test_sampling_says_every_branch_and_is_the_same_each_time():
    network = compile_network(
        intents_of({"A": ["turn (on|off) [the] {name}"]}), names("Desk Lamp", "TV", "Kitchen", "台所"), {}
    )
    plan = SamplingPlan(seed=3)
    first, unsaid = sample_sentences(network, Lexicon(FakeDictionary()), plan)
    again, _ = sample_sentences(network, Lexicon(FakeDictionary()), plan)
    said = {" ".join(sentence) for sentence in first}
    assert first == again
    assert unsaid == {"台所"}
    for part in ("turn on", "turn off", "the", "desk lamp", "t v", "kitchen"):
        assert any(part in sentence for sentence in said), part


def test_sampling_adds_politeness_and_joins_sentences():
    network = compile_network(intents_of({"A": ["turn on the {name}"]}), names("TV", "Kitchen"), {})
    plan = SamplingPlan(batch=40, polite_share=0.5, joined_share=0.5)
    sentences, _ = sample_sentences(
        network, Lexicon(FakeDictionary()), plan, polite=[("please",)], connectors=[("and", "then")]
    )
    said = [" ".join(sentence) for sentence in sentences]
    assert any(s.startswith("please ") for s in said) and any(s.endswith(" please") for s in said)
    assert any(" and then " in s for s in said)


def test_a_bias_expects_what_sounds_alike_and_reports_what_cannot_be_heard():
    lexicon = Lexicon(FakeDictionary())
    bias = compile_template_bias(
        intents_of({"HassTurnOn": ["turn on [the] {name}"]}), names("Roborok", "台所", "TV"), lexicon, fillers={}
    )
    grammar = json.loads(bias.decoder_grammar)
    assert grammar[-1] == UNKNOWN_WORD and bias.sentences == len(grammar) - 1
    assert bias.unsayable == ("台所",)
    assert "turn on the robo rock" in grammar
    assert bias.grammar.match("turn on robo rock".split()) == "turn on Roborok"


def test_how_names_are_expected_to_be_said():
    found = pronunciations(["TV", "Roborok", "台所", "TV"], FakeDictionary())
    assert [(p.name, p.spoken, p.guessed) for p in found] == [
        ("TV", "t v", False),
        ("Roborok", "robo rock", True),
        ("台所", "", False),
    ]


def test_any_words_fit_where_a_sentence_leaves_them_open():
    grammar = grammar_of({"A": ["add {item} to [my] {name} list"], "B": ["turn on {name}"]}, names("shopping"))
    pieces = grammar.frame("add tower of hamlet to my shopping list".split())
    assert pieces == ("add", "tower of hamlet", "to", "my", "shopping", "list")
    assert (pieces[1].first, pieces[1].last) == (1, 4)
    assert grammar.frame("turn on shopping".split()) is None  # nothing is left open there
    assert grammar.frame("add to my shopping list".split()) is None
    assert grammar.match("add tower to my shopping list".split()) is None
    assert grammar.frame([]) is None

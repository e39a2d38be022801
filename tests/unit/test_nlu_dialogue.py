"""Conversations over a house: who is meant by "it", what changes, what is taken back. And what is never a command."""

import datetime as dt

import pytest
from conversation import NOW, one, talk
from home_cases import full_home

from assistant.nlu.dialogue import Dialogue
from assistant.nlu.matcher import SentenceMatcher
from assistant.types import Ask, Intent, NoIntent, TurnContext, Understood


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(full_home())


@pytest.mark.parametrize(
    ("sentences", "name", "slots"),
    [
        (["turn on the counter light", "make it brighter"], "HassLightSet", {"device_id": "light.counter"}),
        (["turn on the counter light", "off again"], "HassTurnOff", {"device_id": "light.counter"}),
        (["turn on the ceiling fan", "slower"], "HassFanSetSpeed", {"device_id": "fan.ceiling"}),
        (["turn on the counter light", "and the pantry one"], "HassTurnOn", {"device_id": "light.plain"}),
        (["turn off the counter light", "ah no leave it on"], "HassTurnOn", {"device_id": "light.counter"}),
        (["set the counter light to 80", "too bright, twenty percent will do"], "HassLightSet", {"brightness": 20}),
        (["set the thermostat to 21", "no, 22"], "HassClimateSetTemperature", {"temperature": 22}),
        (["is the front door locked", "and the shed"], "HassGetState", {"device_id": "lock.shed"}),
    ],
)
def test_short_sentences(matcher, sentences, name, slots):
    intent = one(talk(matcher, *sentences))
    assert intent.name == name
    assert {key: intent.slots.get(key) for key in slots} == slots


def test_another_device_takes_the_last_act_back(matcher):
    found = talk(matcher, "turn on the kitchen light", "no, the counter light")
    assert [intent.name for intent in found.intents] == ["AssistUndo", "HassTurnOn"]


def test_after_a_while_it_is_nothing(matcher):
    intent = one(talk(matcher, "turn on the counter light", "make it brighter", pause_s=600))
    assert "device_id" not in intent.slots


def test_what_is_left_as_it_is_is_kept_and_nothing_else(matcher):
    assert one(talk(matcher, "leave the counter light on, I'm still here")).slots["keep"] is True
    assert "keep" not in one(talk(matcher, "turn the counter light on")).slots


ASKED = Ask("What shall I put on it?", (Intent("HassListAddItem", {"device_id": "todo.chores"}),), missing="item")


@pytest.mark.parametrize(
    ("said", "item"),
    [
        ("dish soap please", "dish soap"),
        ("um, bread and butter", ["bread", "butter"]),
        ("clean the windows", "clean the windows"),
    ],
)
def test_what_was_asked_for_is_said_in_ones_own_words(matcher, said, item):
    dialogue = Dialogue()
    dialogue.remember("add an item to the chores", (), (), ASKED)
    context = TurnContext(now=dt.datetime.now().astimezone())
    assert isinstance(dialogue.resolve(said, context, matcher, repair=False), NoIntent)  # whoever knows it may have it
    intent = one(dialogue.resolve(said, context, matcher))
    assert (intent.name, intent.slots) == ("HassListAddItem", {"device_id": "todo.chores", "item": item})


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("never mind", "HassNevermind"),
        ("turn on the counter light", "HassTurnOn"),
        ("is the front door locked", "HassGetState"),
    ],
)
def test_what_was_asked_for_may_be_left_open(matcher, said, name):
    dialogue = Dialogue()
    dialogue.remember("add an item to the chores", (), (), ASKED)
    assert one(dialogue.resolve(said, TurnContext(now=dt.datetime.now().astimezone()), matcher)).name == name


def test_later_and_back(matcher):
    intent = one(talk(matcher, "turn off the ceiling fan in ten minutes"))
    assert (intent.name, intent.slots["delay_s"], intent.slots["at"]) == (
        "AssistDelayed",
        600,
        (NOW + dt.timedelta(minutes=10)).isoformat(),
    )
    found = talk(matcher, "turn on the ceiling fan for ten minutes")
    assert [intent.name for intent in found.intents] == ["HassTurnOn", "AssistDelayed"]
    found = talk(matcher, "turn on the ceiling fan, then in five minutes turn it off")
    assert [intent.name for intent in found.intents] == ["HassTurnOn", "AssistDelayed"]
    assert found.intents[1].slots["then"][0]["slots"]["device_id"] == "fan.ceiling"


@pytest.mark.parametrize(
    "text",
    [
        "don't turn on the kitchen light",
        "please do not open the garage door",
        "never unlock the front door",
        "my sister turned off the kitchen light",
        "I read a book about lamps",
        "turn on the",
        "who invented the fan",
    ],
)
def test_never_a_command(matcher, text):
    assert isinstance(talk(matcher, text), NoIntent)


@pytest.mark.parametrize(
    ("text", "name", "device"),
    [
        ("turn on the kitchin light", "HassTurnOn", "light.kitchen"),
        ("um could you like turn on the uh coffee machine please", "HassTurnOn", "switch.coffee"),
        ("turn on the no sorry turn off the coffee machine", "HassTurnOff", "switch.coffee"),
        ("turn on the coffee machine, I'm tired", "HassTurnOn", "switch.coffee"),
    ],
)
def test_as_people_speak(matcher, text, name, device):
    intent = one(talk(matcher, text))
    assert (intent.name, intent.slots["device_id"]) == (name, device)


def test_one_lock_is_opened_by_name_alone(matcher):
    assert one(talk(matcher, "open the front door")).slots["device_id"] == "lock.front"
    found = talk(matcher, "open all the doors")
    assert "lock" not in str(getattr(found, "intents", ""))


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("turn the counter light down by half", {"brightness_step": "half"}),
        ("turn the thermostat up by two degrees", {"temperature_step": 2}),
        ("is it colder than 5 degrees outside", {"outside": True, "below": 5}),
        ("how many lights are there in the kitchen", {"area": "Kitchen", "domain": "light"}),
    ],
)
def test_values(matcher, text, slots):
    intent = one(talk(matcher, text))
    assert {key: intent.slots.get(key) for key in slots} == slots


def test_who_asks_what_to_do_is_told_how_things_are(matcher):
    assert one(talk(matcher, "shall I lock the doors")).name == "HassGetState"
    assert one(talk(matcher, "lock the doors")).name == "HassTurnOn"


def test_a_question_is_dropped_once_something_else_was_said(matcher):
    memory = Dialogue()
    moment = TurnContext(now=NOW, area=None)
    wish = Intent("HassTurnOn", {"device_id": "light.counter"})
    for between, done in (("", True), ("what a lovely day", False)):
        memory.resolve("it is dim at the counter", moment, matcher)
        memory.remember("it is dim at the counter", (), (), Ask("Shall I turn on the Counter Light?", (wish,)))
        if between:
            memory.resolve(between, moment, matcher)
        found = memory.resolve("yes", moment, matcher)
        assert isinstance(found, Understood) == done

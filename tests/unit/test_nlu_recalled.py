"""Sentences that say only what changes: how much, which of those spoken of, where."""

import pytest
from conversation import one, talk
from home_cases import full_home

from assistant.nlu.matcher import SentenceMatcher
from assistant.types import NoIntent


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(full_home())


@pytest.mark.parametrize(
    ("sentences", "name", "slots"),
    [
        (["turn on the ceiling fan", "make it fifty"], "HassFanSetSpeed", {"percentage": 50}),
        (["turn on the ceiling fan", "slower, like thirty percent"], "HassFanSetSpeed", {"percentage": 30}),
        (["turn on the ceiling fan", "a bit less"], "HassFanSetSpeed", {"percentage_step": "down"}),
        (["turn on the counter light", "too bright"], "HassLightSet", {"brightness_step": "down"}),
        (["turn on the counter light", "too bright", "even more"], "HassLightSet", {"brightness_step": "down"}),
        (["turn on the tv", "half"], "HassSetVolume", {"volume_level": 50}),
        (["set the thermostat to 21", "two degrees more"], "HassClimateSetTemperature", {"temperature_step": 2}),
        (["open the living room blind", "to a quarter"], "HassSetPosition", {"position": 25}),
        (["start rover", "pause it"], "HassVacuumPause", {"device_id": "vacuum.rover"}),
        (["start rover", "send him home"], "HassVacuumReturnToBase", {"device_id": "vacuum.rover"}),
        (["turn on the counter light", "and the kitchen light", "turn them both off"], "HassTurnOff",
         {"device_id": ["light.counter", "light.kitchen"]}),
        (["turn on the counter light and the kitchen light", "make the first one fifty percent"], "HassLightSet",
         {"device_id": "light.counter", "brightness": 50}),
        (["turn on the counter light", "and the pantry light", "not the counter light"], "HassTurnOff",
         {"device_id": "light.counter"}),
        (["turn on the counter light", "and the pantry light", "just the pantry light"], "HassTurnOff",
         {"device_id": "light.counter"}),
        (["turn on the lamp in the bedroom", "now the other one"], "HassTurnOn", {"device_id": "light.living_lamp"}),
        (["turn on the lamp in the bedroom", "the one in the lounge too"], "HassTurnOn", {"device_id": "light.living_lamp"}),
        (["is the front door locked", "what about the garage"], "HassGetState", {"device_id": "cover.garage", "state": None}),
        (["lock the front door", "and the garage"], "HassTurnOff", {"device_id": "cover.garage"}),
        (["add eggs to the shopping list", "take the tomatoes off"], "HassListRemoveItem", {"item": "tomatoes"}),
    ],
)  # fmt: skip
def test_what_was_spoken_of(matcher, sentences, name, slots):
    intent = one(talk(matcher, *sentences))
    assert intent.name == name
    assert {key: intent.slots.get(key) for key in slots} == slots


def test_the_microphones_room_gives_way_to_what_was_spoken_of(matcher):
    intent = one(talk(matcher, "turn on the lamp in the bedroom", "make it a bit brighter", area="Kitchen"))
    assert intent.slots["device_id"] == "light.bed_lamp"


def test_a_kind_that_was_said_is_the_rooms(matcher):
    intent = one(talk(matcher, "turn on the lamp in the bedroom", "turn off the lights", area="Kitchen"))
    assert intent.slots["area"] == "Kitchen"


def test_things_of_several_kinds(matcher):
    found = talk(matcher, "turn on the coffee machine", "and the kitchen light", "turn them off again")
    assert [intent.slots["device_id"] for intent in found.intents] == ["switch.coffee", "light.kitchen"]


@pytest.mark.parametrize(
    "text", ["that's enough", "no not really", "one more time", "the other day", "more bread is needed"]
)
def test_no_setting(matcher, text):
    found = talk(matcher, "turn on the counter light", text)
    assert isinstance(found, NoIntent) or one(found).name in ("HassNevermind", "HassRespond")


def test_unlocking_is_not_carried_over_to_a_gate(matcher):
    found = talk(matcher, "open the garage door", "and the front door")
    assert isinstance(found, NoIntent) or one(found).slots.get("device_id") != "lock.front"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("for ten minutes", ["AssistDelayed"]),
        ("in ten minutes", ["AssistUndo", "AssistDelayed"]),
        ("at nine", ["AssistUndo", "AssistDelayed"]),
    ],
)
def test_a_time_alone(matcher, text, names):
    assert [intent.name for intent in talk(matcher, "turn on the pantry light", text).intents] == names


def test_at_nine_is_no_brightness(matcher):
    assert one(talk(matcher, "turn on the counter light at nine")).name == "AssistDelayed"

"""Several commands in one sentence, as people say them and a recogniser writes them: without commas, sharing words."""

import pytest
from conversation import talk
from home_cases import full_home

from assistant.nlu.matcher import SentenceMatcher
from assistant.nlu.partly import is_row, partly, wholly
from assistant.types import Intent, NoIntent, Understood


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(full_home())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tv off coffee machine on", [("HassTurnOff", "media_player.tv"), ("HassTurnOn", "switch.coffee")]),
        ("close the garage door turn off the tv and lock the front door",
         [("HassTurnOff", "cover.garage"), ("HassTurnOff", "media_player.tv"), ("HassTurnOn", "lock.front")]),
        ("turn on the kitchen light the counter light and the coffee machine",
         [("HassTurnOn", "light.kitchen"), ("HassTurnOn", "light.counter"), ("HassTurnOn", "switch.coffee")]),
        ("switch the coffee machine and the counter light off",
         [("HassTurnOff", "switch.coffee"), ("HassTurnOff", "light.counter")]),
        ("turn the lamp in the bedroom on and the one in the living room off",
         [("HassTurnOn", "light.bed_lamp"), ("HassTurnOff", "light.living_lamp")]),
        ("add bread to the shopping list and remove milk",
         [("HassListAddItem", "todo.shopping"), ("HassListRemoveItem", "todo.shopping")]),
        ("after you close the garage door please also turn on the coffee machine",
         [("HassTurnOff", "cover.garage"), ("HassTurnOn", "switch.coffee")]),
        ("once you've locked the front door, turn off the tv",
         [("HassTurnOn", "lock.front"), ("HassTurnOff", "media_player.tv")]),
        ("before closing the garage door, turn off the tv",
         [("HassTurnOff", "media_player.tv"), ("HassTurnOff", "cover.garage")]),
        ("first close the garage door, second turn on the coffee machine",
         [("HassTurnOff", "cover.garage"), ("HassTurnOn", "switch.coffee")]),
        ("turn off the tv and the coffee machine but leave the kitchen light",
         [("HassTurnOff", "media_player.tv"), ("HassTurnOff", "switch.coffee")]),
    ],
)  # fmt: skip
def test_every_command_is_read(matcher, text, meant):
    found = talk(matcher, text)
    assert isinstance(found, Understood)
    assert [(intent.name, intent.slots.get("device_id")) for intent in found.intents] == meant


def test_the_place_at_the_end_is_that_of_all(matcher):
    found = talk(matcher, "lights off and blind down in the living room")
    assert [intent.slots.get("area") or intent.slots.get("device_id") for intent in found.intents] == [
        "Living Room",
        "cover.blind",
    ]


def test_its_lamp_is_that_of_the_same_place(matcher):
    found = talk(matcher, "close the living room blind and turn its lamp on")
    assert [intent.slots.get("area", intent.slots["device_id"]) for intent in found.intents] == [
        "cover.blind",
        "Living Room",
    ]


def test_a_question_goes_on_as_one(matcher):
    found = talk(matcher, "is the front door locked and the garage door closed")
    assert [intent.name for intent in found.intents] == ["HassGetState", "HassGetState"]


def test_one_part_on_a_condition(matcher):
    found = talk(matcher, "turn on the coffee machine and if the tv is on turn on the counter light")
    assert [intent.name for intent in found.intents] == ["HassTurnOn", "AssistIf"]


LAMP = Understood((Intent("HassTurnOn", {"device_id": "light.lamp"}),), "match")
ROBOT = Understood((Intent("HassVacuumStart", {"device_id": "vacuum.rover"}),), "model")


def read(text):
    return LAMP if text == "turn on the lamp" else NoIntent()


def wish(text):
    return ROBOT if text == "the floor is filthy" else NoIntent()


def test_a_wish_among_commands():
    found = wholly("turn on the lamp and the floor is filthy", read, wish)
    assert [intent.name for intent in found.intents] == ["HassTurnOn", "HassVacuumStart"]
    assert wholly("the floor is filthy and the floor is filthy", read, wish) is None
    assert wholly("turn on the lamp when the floor is filthy and turn on the lamp", read, wish) is None


def test_what_is_not_understood_is_told():
    found = partly("turn on the lamp and the flux capacitor", read, wish)
    assert found.intents[0] == LAMP.intents[0]
    assert found.intents[1] == Intent("HassRespond", {"part": "the flux capacitor"}, "part_not_understood")


def test_a_row_of_commands_goes_before_a_guess_at_the_whole():
    row = partly("turn on the lamp, open the pod bay door and turn on the lamp", read, wish)
    assert is_row(row) and not is_row(partly("turn on the lamp and the flux capacitor", read, wish))
    assert (
        partly("it's bedtime turn on the lamp and paint the fence", lambda text: LAMP, wish) is None
    )  # all of it is known
    said = partly("it's bedtime turn on the lamp and paint the fence", late, wish)
    assert said.intents[-1].slots == {"part": "paint the fence"}
    # What holds a command is no wish: the command would be left undone.
    assert wholly("turn on the lamp, the floor is filthy and open the window", read, lambda _text: ROBOT) is None


def late(text):
    return read(text.removeprefix("it's bedtime "))


@pytest.mark.parametrize(
    "text",
    [
        "turn on the lamp",
        "turn on the lamp and I will be happy",
        "turn on the lamp and turn off the",
        "paint the fence and turn on the lamp",
        "he said turn on the lamp and paint the fence",
        "turn on the lamp, paint the fence and sow the lawn",
    ],
)
def test_nothing_is_done_by_halves_of_talk(text):
    assert partly(text, read, wish) is None


def test_each_part_has_its_own_time(matcher):
    found = talk(matcher, "start the coffee machine at nine and the ceiling fan at ten")
    assert [intent.slots["at"][11:16] for intent in found.intents] == ["21:00", "22:00"]

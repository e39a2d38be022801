"""Short answers to the assistant's own questions."""

import pytest

from assistant.nlu.answers import answer, with_rest
from assistant.types import Ask, Intent, Understood

NAMES = {"light.floor": "Floor Lamp Living Room", "light.desk": "Desk Lamp Study", "light.bed": "Bedside Lamp Bedroom"}
WHICH = Ask("Do you mean …?", tuple(Intent("HassTurnOn", {"device_id": i, "name": n}) for i, n in NAMES.items()))
SURE = Ask("Really?", (Intent("HassTurnOff", {"device_id": "lock.door"}),))


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("the desk lamp", ["light.desk"]),
        ("study", ["light.desk"]),
        ("the second one", ["light.desk"]),
        ("the last one please", ["light.bed"]),
        ("number three", ["light.bed"]),
        ("the one in the living room", ["light.floor"]),
        ("all of them", list(NAMES)),
        ("the first two", ["light.floor", "light.desk"]),
        ("the floor lamp and the bedside lamp", ["light.floor", "light.bed"]),
        ("the first and the last", ["light.floor", "light.bed"]),
        ("all but the desk lamp", ["light.floor", "light.bed"]),
        ("i don't mind", ["light.floor"]),
    ],
)
def test_one_of_several(said, chosen):
    found = answer(said, WHICH, NAMES.__getitem__)
    assert isinstance(found, Understood)
    assert [intent.slots["device_id"] for intent in found.intents] == chosen


@pytest.mark.parametrize("said", ["the lamp", "turn on the radio in the kitchen", "what time is it"])
def test_no_answer(said):
    assert answer(said, WHICH, NAMES.__getitem__) is None


@pytest.mark.parametrize("said", ["yes", "yes please", "go ahead", "sure"])
def test_yes_confirms(said):
    found = answer(said, SURE, str)
    assert isinstance(found, Understood)
    assert found.intents[0].slots["confirmed"] is True


UNLOCK = Ask("Do you really want to unlock the Front Door?", SURE.candidates)


@pytest.mark.parametrize(
    "said", ["yes unlock it", "yes, please unlock the front door", "ok go ahead then", "yeah i'm sure"]
)
def test_a_yes_may_repeat_the_question(said):
    found = answer(said, UNLOCK, str)
    assert isinstance(found, Understood) and found.intents[0].slots["confirmed"] is True


@pytest.mark.parametrize(
    "said",
    [
        "yes no wait",
        "yes i mean no",
        "yes but not the front door",
        "ok but later",
        "okay i think not",
        "yes please don't",
    ],
)
def test_a_yes_that_takes_itself_back_is_a_no(said):
    found = answer(said, UNLOCK, str)
    assert isinstance(found, Understood) and found.intents[0].name == "HassNevermind"


@pytest.mark.parametrize(
    "said", ["yes the kitchen light", "yes and close the blind", "yeah right as if", "okay google"]
)
def test_a_yes_with_something_else_is_no_answer(said):
    assert answer(said, UNLOCK, str) is None


@pytest.mark.parametrize("said", ["no", "never mind", "don't"])
def test_no_calls_it_off(said):
    found = answer(said, SURE, str)
    assert isinstance(found, Understood)
    assert found.intents[0].name == "HassNevermind"


def test_what_is_excluded_leaves_the_others_to_choose_from():
    found = answer("not the desk lamp", WHICH, NAMES.__getitem__)
    assert isinstance(found, Ask)
    assert [intent.slots["device_id"] for intent in found.candidates] == ["light.floor", "light.bed"]


def test_what_else_was_asked_for_is_done_after_the_answer():
    dim = Intent("HassLightSet", {"device_id": list(NAMES), "brightness": 20})
    tv = Intent("HassTurnOn", {"device_id": "media_player.tv"})
    ask = Ask(WHICH.question, WHICH.candidates, then=(dim, tv))
    found = with_rest(answer("the desk lamp", ask, NAMES.__getitem__), ask)
    assert [intent.slots["device_id"] for intent in found.intents] == ["light.desk", "light.desk", "media_player.tv"]
    refused = with_rest(answer("never mind", ask, NAMES.__getitem__), ask)
    assert [intent.name for intent in refused.intents] == ["HassNevermind"]

"""A device and what it is to be at, in whatever words of a wish."""

import pytest
from conversation import one, talk
from home_cases import full_home

from assistant.nlu.matcher import SentenceMatcher
from assistant.types import NoIntent


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(full_home())


@pytest.mark.parametrize(
    ("said", "device", "slot", "value"),
    [
        ("counter light, one quarter brightness, thx", "light.counter", "brightness", 25),
        ("I'd have the counter light at just a tenth", "light.counter", "brightness", 10),
        ("let me have the counter light at two fifths please", "light.counter", "brightness", 40),
        ("only a third of the living room blind should be open", "cover.blind", "position", 33),
        ("living room blind three quarters closed", "cover.blind", "position", 25),
        ("living room blind half open", "cover.blind", "position", 50),
        ("the living room blind wants to be all the way down", "cover.blind", "position", 0),
        ("give me the ceiling fan at fifty", "fan.ceiling", "percentage", 50),
        ("the thermostat should read 21", "climate.living", "temperature", 21),
        ("it's getting late, the counter light should be at twenty percent", "light.counter", "brightness", 20),
    ],
)
def test_the_amount_is_found(matcher, said, device, slot, value):
    intent = one(talk(matcher, said))
    assert (intent.slots["device_id"], intent.slots[slot]) == (device, value)


def test_degrees_may_be_said_of_a_room_or_of_nothing(matcher):
    placed = one(talk(matcher, "I'd be happier with twenty-two degrees in the living room"))
    assert (placed.name, placed.slots) == ("HassClimateSetTemperature", {"temperature": 22, "area": "Living Room"})
    assert one(talk(matcher, "nineteen degrees is what I want")).slots["temperature"] == 19


@pytest.mark.parametrize(
    "said",
    [
        "I had the counter light at 30",
        "it's 21 degrees",
        "was the counter light at a tenth",
        "my brother would like the counter light at 30 for his plants",
        "water boils at 100 degrees",
        "what would it take to have 25 degrees",
        "the counter light should look nice",
    ],
)
def test_who_asks_or_tells_sets_nothing(matcher, said):
    assert isinstance(talk(matcher, said), NoIntent)

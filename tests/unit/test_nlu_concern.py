"""What is about the house is never left to the chat model."""

import pytest

from assistant.nlu.concern import concerns_home
from assistant.nlu.name_index import NameIndex
from assistant.nlu.vocabulary import vocabulary
from assistant.types import Area, Device, Home

HOME = Home(
    areas=(Area("Kitchen"), Area("Lily's Room")),
    devices=(
        Device("light.ceiling", "Ceiling Light", area="Kitchen"),
        Device("sensor.tank", "Water Tank"),
        Device("switch.printer", "Printer"),
        Device("lock.front_door", "Front Door"),
    ),
)


@pytest.fixture(scope="module")
def index():
    return NameIndex(HOME, vocabulary("en"))


@pytest.mark.parametrize(
    "text",
    [
        "turn on the pool pump",
        "don't unlock anything",
        "could you please dim whatever is there",
        "my brother locked the front door",
        "is the printer louder than the oven",
        "how much water is in the tank",
        "imagine the ceiling light were on",
        "somebody is waiting in the kitchen",
    ],
)
def test_of_the_house(index, text):
    assert concerns_home(text, index)


@pytest.mark.parametrize(
    "text",
    [
        "who wrote hamlet",
        "why do doors squeak",
        "how do I bleed a radiator",
        "what is a front door made of",
        "who invented the light bulb",
        "tell me a joke about a printer",
        "good morning",
        "I am a fan of the sea",
    ],
)
def test_of_the_world(index, text):
    assert not concerns_home(text, index)

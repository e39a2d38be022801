"""Sentences against the names of a home: the best reading wins, and what is too little is none."""

import datetime as dt

import pytest

from assistant.nlu.matcher import SentenceMatcher
from assistant.types import Area, Device, Home, NoIntent, TurnContext, Understood

NOW = dt.datetime(2026, 3, 14, 18, 20, tzinfo=dt.UTC)
HOME = Home(
    areas=(Area("Kitchen"), Area("Bedroom")),
    devices=(
        Device("light.kitchen", "Kitchen Light", (), "Kitchen", "off"),
        Device("light.lamp_kitchen", "Lamp", (), "Kitchen", "off"),
        Device("light.lamp_bedroom", "Lamp", (), "Bedroom", "off"),
        Device("cover.left", "Curtain Left", (), "Bedroom", "open", {"device_class": "curtain"}),
        Device("cover.right", "Curtain Right", (), "Bedroom", "open", {"device_class": "curtain"}),
        Device("lock.front", "Front Door", (), "Kitchen", "locked"),
        Device("binary_sensor.phone", "Phone", (), None, "off", {"device_class": "battery"}),
        Device("binary_sensor.phone_plug", "Phone", (), None, "off", {"device_class": "plug"}),
        Device("sensor.phone", "Phone", (), None, "80", {"device_class": "battery", "unit_of_measurement": "%"}),
        Device("scene.film", "Film Night", (), None, "unknown"),
        Device("todo.shopping", "Shopping List", (), None, "0"),
    ),
)
MATCHER = SentenceMatcher(HOME)


def read(text, area=None, referents=()):
    return MATCHER.match_clause(text, TurnContext(now=NOW, area=area), referents)


@pytest.mark.parametrize(
    ("text", "intent", "device"),
    [
        ("turn on the kitchen light", "HassTurnOn", "light.kitchen"),
        ("close the left curtain", "HassTurnOff", "cover.left"),
        ("open the curtain right", "HassTurnOn", "cover.right"),
        ("unlock the front door", "HassTurnOff", "lock.front"),
        ("film night", "HassTurnOn", "scene.film"),
        ("turn on the lamp in the bedroom", "HassTurnOn", "light.lamp_bedroom"),
        ("in the bedroom turn on the lamp", "HassTurnOn", "light.lamp_bedroom"),
    ],
)
def test_a_command(text, intent, device):
    found = read(text)
    assert (found.name, found.slots["device_id"]) == (intent, device)


def test_devices_of_one_name_are_its_candidates():
    assert set(read("turn on the lamp").slots["device_id"]) == {"light.lamp_kitchen", "light.lamp_bedroom"}


def test_what_is_asked_of_devices_of_one_name_tells_which():
    assert read("what is the battery level of the phone").slots["device_id"] == "sensor.phone"


def test_a_question_is_a_question():
    found = read("is the front door locked")
    assert (found.name, found.slots["state"]) == ("HassGetState", "locked")


@pytest.mark.parametrize(
    "text", ["the lamp", "kitchen light", "who is the president", "add it to the list", "", "x " * 80]
)
def test_too_little_is_nothing(text):
    assert read(text) is None


def test_match_wraps_the_reading():
    context = TurnContext(now=NOW, area=None)
    assert isinstance(MATCHER.match("turn on the kitchen light", context), Understood)
    assert isinstance(MATCHER.match("sing me a song about rain", context), NoIntent)


def test_the_same_sentences_over_another_home():
    before = SentenceMatcher(HOME)
    matcher = before.over(Home(devices=(Device("light.new", "Beacon", (), None, "off"),)))
    context = TurnContext(now=NOW, area=None)
    assert matcher.match_clause("turn on the beacon", context).slots["device_id"] == "light.new"
    assert matcher.match_clause("turn on the kitchen light", context) is None
    assert before.match_clause("turn on the beacon", context) is None

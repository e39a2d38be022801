"""Numbers, choices and sources by voice, a mower's pause, and the sky that was asked about."""

import datetime as dt

import pytest

from assistant.home.house import House
from assistant.nlu.matcher import SentenceMatcher
from assistant.types import Area, Device, Handled, Home, NotHandled, TurnContext

CONTEXT = TurnContext(now=dt.datetime(2026, 3, 14, 18, 20, tzinfo=dt.UTC))
HOME = Home(
    areas=(Area("Cellar"),),
    devices=(
        Device("number.brew", "Brew Strength", (), "Cellar", "3", {"min": 1, "max": 9, "step": 1}),
        Device("select.wash", "Wash Programme", (), "Cellar", "cotton", {"options": ["cotton", "quick_wash", "Wool"]}),
        Device("water_heater.tank", "Tank", (), "Cellar", "eco", {"operation_list": ["eco", "high_demand", "off"]}),
        Device("media_player.set", "Projector", (), "Cellar", "playing", {"source_list": ["HDMI 1", "Radio Four"]}),
        Device("lawn_mower.sheep", "Sheep", (), None, "mowing"),
        Device("weather.yard", "Yard Weather", (), None, "pouring", {"temperature": 7, "temperature_unit": "°C"}),
    ),
)
MATCHER = SentenceMatcher(HOME)


def carried_out(text):
    house = House.from_home(HOME)
    intent = MATCHER.match_clause(text, CONTEXT)
    assert intent is not None, text
    return house.carry_out(intent, CONTEXT, confirmed=True), house.snapshot()


@pytest.mark.parametrize(
    ("text", "device", "state"),
    [
        ("set the brew strength to 7", "number.brew", "7"),
        ("turn down the brew strength to two", "number.brew", "2"),
        ("set the wash programme to quick wash", "select.wash", "quick_wash"),
        ("choose wool for the wash programme", "select.wash", "Wool"),
        ("set the tank to high demand", "water_heater.tank", "high_demand"),
        ("pause the sheep", "lawn_mower.sheep", "paused"),
    ],
)
def test_a_setting_is_taken_and_read_back(text, device, state):
    outcome, home = carried_out(text)
    assert isinstance(outcome, Handled)
    assert next(d.state for d in home.devices if d.id == device) == state
    assert outcome.action.targets == (device,)


@pytest.mark.parametrize(
    "text", ["set the tank to eco in ten minutes", "set the wash programme to wool then turn on the set"]
)
def test_more_than_a_choice_is_another_sentence(text):
    assert MATCHER.match_clause(text, CONTEXT) is None


def test_a_source_is_chosen():
    outcome, home = carried_out("set the projector input to radio four")
    assert isinstance(outcome, Handled)
    assert next(d.attributes["source"] for d in home.devices if d.id == "media_player.set") == "Radio Four"


@pytest.mark.parametrize(
    ("text", "told"), [("set the wash programme to silk", "cotton, quick wash, Wool"), ("set the brew strength to 12", "1 to 9")]
)  # fmt: skip
def test_what_cannot_be_set_is_told_with_what_can(text, told):
    outcome, home = carried_out(text)
    assert isinstance(outcome, NotHandled)
    assert told in outcome.reply
    assert home.devices == HOME.devices


@pytest.mark.parametrize(
    ("text", "begins"), [("is it raining", "Yes, "), ("is it snowing outside", "No, "), ("is it still wet", "Yes, ")]
)
def test_the_sky_is_answered_with_yes_or_no(text, begins):
    outcome, _home = carried_out(text)
    assert isinstance(outcome, Handled)
    assert outcome.reply.startswith(begins)
    assert "pouring" in outcome.reply

"""Questions about the house as a whole: the warmest room, here or there, what there is."""

import datetime as dt

import pytest

from assistant.home.house import House
from assistant.nlu.matcher import SentenceMatcher
from assistant.types import Area, Device, Home, Intent, NotHandled, TurnContext

CONTEXT = TurnContext(now=dt.datetime(2026, 3, 14, 18, 20, tzinfo=dt.UTC))


def _sensor(name, area, state, sort="temperature", unit="°C"):
    return Device(
        f"sensor.{name.lower().replace(' ', '_')}",
        name,
        (),
        area,
        state,
        {"device_class": sort, "unit_of_measurement": unit},
    )


def _window(area, state):
    return Device(f"binary_sensor.{area.lower()}_window", "Window", (), area, state, {"device_class": "window"})


HOME = Home(
    areas=tuple(Area(name) for name in ("Kitchen", "Study", "Bath", "Garden")),
    devices=(
        _sensor("Kitchen Temperature", "Kitchen", "22.5"),
        _sensor("Fridge Temperature", "Kitchen", "4"),
        _sensor("Study Temperature", "Study", "17"),
        _sensor("Outside Temperature", "Garden", "-2"),
        _sensor("Bath Humidity", "Bath", "61", "humidity", "%"),
        _sensor("Study Humidity", "Study", "40", "humidity", "%"),
        _window("Kitchen", "off"),
        _window("Study", "on"),
        Device("light.desk", "Desk Lamp", (), "Study", "off"),
        Device("todo.spesa", "Spesa", (), None, "1", {"items": ["pane"]}),
        Device("todo.jobs", "Jobs", (), None, "1", {"items": ["paint"]}),
    ),
)


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(HOME)


def reply(matcher, text, area=None):
    context = TurnContext(now=CONTEXT.now, area=area)
    intent = matcher.match_clause(text, context)
    assert intent is not None, text
    return House.from_home(HOME).carry_out(intent, context).reply


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("which room is the warmest", "The Kitchen is the warmest, at 22.5 °C."),
        ("what's the coldest room in the house", "The Study is the coldest, at 17 °C."),
        ("which room is the most humid", "The Bath is the most humid, at 61 %."),
        ("is it warmer in the study than in the kitchen", "No, it is 17 °C in the Study and 22.5 °C in the Kitchen."),
        ("is it colder outside than in the study", "Yes, it is -2 °C outside and 17 °C in the Study."),
        ("which is warmer the study or the kitchen", "It is 17 °C in the Study and 22.5 °C in the Kitchen."),
        ("what is the average humidity", "On average it is 50.5 %."),
        ("which windows are open", "The Window in the Study is open."),
        ("is the window open", "Yes, the Window in the Study is open."),
        ("what's in the study", "There is one light in the Study: the Desk Lamp."),
        ("list the lights", "There is one light: the Desk Lamp."),
        ("what do i have to buy", "On Spesa: pane."),
        ("what's on my to do list", "On Jobs: paint."),
    ],
)  # fmt: skip
def test_answers(matcher, text, said):
    assert reply(matcher, text) == said


def test_the_window_of_the_microphones_room(matcher):
    assert reply(matcher, "is the window open", area="Kitchen") == "No, the Window in the Kitchen is closed."


def test_what_nothing_measures():
    outcome = House.from_home(HOME).carry_out(Intent("AssistCompare", {"order": "illuminance most"}), CONTEXT)
    assert isinstance(outcome, NotHandled)

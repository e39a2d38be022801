"""Questions are answered from the states, in the words that people use, and change nothing."""

import dataclasses

import pytest
from home_cases import context, do, full_home, house, say

from assistant.home.house import House
from assistant.types import Ask, Device, Handled, Intent, NotHandled

STATE = "HassGetState"

# (response, slots, reply)
ANSWERS = [
    ("one", {"name": "Front Door"}, "The Front Door is locked."),
    ("one", {"name": "Kitchen Humidity"}, "The Kitchen Humidity is 48 %."),
    ("one", {"device_id": "light.bed_lamp"}, "The Lamp in the Bedroom is on at 20 percent."),
    ("one", {"name": "Ceiling Fan"}, "The Ceiling Fan is off."),
    ("one", {"name": "Thermostat"}, "The Thermostat is heating, set to 20 °C; it is 19.5 °C there."),
    ("one", {"name": "TV"}, "The TV is playing at volume 40."),
    ("one", {"name": "Hall Sensor"}, "The Hall Sensor: motion detected."),
    ("one", {"name": "Old Plug"}, "The Old Plug is not available."),
    ("one", {"name": "groceries"}, "On the Shopping List: Milk and tomatoes."),
    ("one", {"name": "Rover"}, "Rover is docked."),
    ("where", {"name": "Ann"}, "Ann is at home."),
    ("where", {"name": "Bob"}, "Bob is away."),
    ("one_yesno", {"name": "Front Door", "state": "locked"}, "Yes, the Front Door is locked."),
    ("one_yesno", {"name": "Front Door", "state": "unlocked"}, "No, the Front Door is locked."),
    (
        "one_yesno",
        {"name": "Front Door", "state": "open"},
        "I can't tell whether the Front Door is open: it is locked.",
    ),
    ("one_yesno", {"name": "Kitchen Window", "state": "on"}, "Yes, the Kitchen Window is open."),
    ("one_yesno", {"name": "Kitchen Window", "state": "shut"}, "No, the Kitchen Window is open."),
    ("one_yesno", {"name": "Garage Door", "state": "open"}, "No, the Garage Door is closed."),
    ("one_yesno", {"name": "Living Room Blind", "state": "open"}, "Yes, the Living Room Blind is open."),
    ("one_yesno", {"name": "TV", "state": "on"}, "Yes, the TV is playing at volume 40."),
    (
        "one_yesno",
        {"name": "Thermostat", "state": "on"},
        "Yes, the Thermostat is heating, set to 20 °C; it is 19.5 °C there.",
    ),
    ("one_yesno", {"name": "Rover", "state": "cleaning"}, "No, Rover is docked."),
    ("one_yesno", {"name": "Ann", "state": "home"}, "Yes, Ann is at home."),
    ("one_yesno", {"name": "Bob", "state": "away"}, "Yes, Bob is away."),
    ("one_yesno", {"name": "Old Plug", "state": "on"}, "The Old Plug is not available."),
    ("one_yesno", {"name": "House Alarm", "state": "armed"}, "No, the House Alarm is disarmed."),
    ("any", {"domain": "light", "state": "on"}, "Yes, the Counter Light and the Lamp in the Bedroom are on."),
    ("any", {"domain": "light", "state": "on", "area": "Living Room"}, "No, the Lamp is off."),
    ("all", {"domain": "light", "state": "on", "area": "Bedroom"}, "Yes, the Lamp is on at 20 percent."),
    ("all", {"domain": "light", "state": "off", "area": "Kitchen"}, "No, the Counter Light is on at 78 percent."),
    (
        "which",
        {"domain": "light", "state": "off"},
        "The Kitchen Light, the Lamp in the Living Room and the Pantry Light are off.",
    ),
    ("which", {"domain": "light", "state": "on", "floor": "upstairs"}, "The Lamp in the Bedroom is on at 20 percent."),
    (
        "how_many",
        {"domain": "light", "state": "on"},
        "Two lights are on: the Counter Light and the Lamp in the Bedroom.",
    ),
    ("how_many", {"domain": "light", "state": "on", "area": "Living Room"}, "Zero lights in the Living Room are on."),
    ("how_many", {"domain": "lock", "state": "locked"}, "Two locks are locked: Shed and the Front Door."),
    ("which", {"domain": "cover", "device_class": "window", "state": "open"}, "The Kitchen Window is open."),
    ("any", {"domain": "cover", "device_class": "door", "state": "open"}, "No, the Back Door is closed."),
    ("any", {"domain": "cover", "device_class": "garage", "state": "open"}, "No, the Garage Door is closed."),
    ("all", {"domain": "lock", "state": "locked"}, "Yes, all two locks are locked."),
    (
        "any",
        {"domain": "binary_sensor", "device_class": ["motion", "occupancy"], "state": "on"},
        "Yes, the Hall Sensor: motion detected.",
    ),
    ("which", {"domain": "person", "state": "home"}, "Ann is at home."),
    (
        "which",
        {"domain": ["light", "switch", "fan", "media_player"], "state": "on"},
        "The Counter Light, the Lamp in the Bedroom and the TV are on.",
    ),
    ("any", {"area": "Garage", "state": "open"}, "No, the Garage Door is closed."),
    ("any", {"area": "Living Room", "state": "on"}, "Yes, the TV and the Thermostat are on."),
    ("one", {"domain": "sensor", "device_class": "humidity", "area": "Kitchen"}, "The Kitchen Humidity is 48 %."),
    ("one_yesno", {"name": "Kitchen Humidity", "above": 60}, "No, the Kitchen Humidity is 48 %."),
    ("one_yesno", {"name": "Kitchen Humidity", "below": "60"}, "Yes, the Kitchen Humidity is 48 %."),
]


@pytest.mark.parametrize(("response", "slots", "reply"), ANSWERS)
def test_states(response, slots, reply):
    home = house()
    before = home.snapshot()
    outcome = do(home, STATE, response, **slots)
    assert isinstance(outcome, Handled), outcome
    assert outcome.reply == reply
    assert outcome.is_question
    assert home.changed_since(before) == {}


OTHERS = [
    ("HassClimateGetTemperature", {}, None, "It is 19.5 °C in the Living Room."),
    ("HassClimateGetTemperature", {}, "Bedroom", "It is 18.5 °C in the Bedroom."),
    ("HassClimateGetTemperature", {"area": "bedroom"}, "Kitchen", "It is 18.5 °C in the Bedroom."),
    ("HassClimateGetTemperature", {"floor": "downstairs"}, None, "It is 19.5 °C in the Living Room."),
    ("HassClimateGetTemperature", {"name": "Thermostat"}, None, "The Thermostat is at 19.5 °C."),
    ("HassGetWeather", {}, None, "It is partly cloudy, 21 °C."),
    ("HassGetWeather", {"name": "Home"}, None, "It is partly cloudy, 21 °C."),
    ("HassGetCurrentTime", {}, None, "It is 2:05 PM."),
    ("HassGetCurrentDate", {}, None, "It is Monday, March 9, 2026."),
    ("AssistListQuery", {"name": "groceries"}, None, "On the Shopping List: Milk and tomatoes."),
    ("AssistListQuery", {}, None, "On the Shopping List: Milk and tomatoes."),
    ("AssistListQuery", {"name": "Chores"}, None, "There is nothing on Chores."),
    ("AssistListQuery", {"name": "groceries", "item": "tomato"}, None, "Yes, tomato is on the Shopping List."),
    ("AssistListQuery", {"name": "groceries", "item": "bread"}, None, "No, bread is not on the Shopping List."),
]


@pytest.mark.parametrize(("name", "slots", "here", "reply"), OTHERS)
def test_other_questions(name, slots, here, reply):
    home = house()
    before = home.snapshot()
    outcome = do(home, name, here_is=here, **slots)
    assert isinstance(outcome, Handled), outcome
    assert outcome.reply == reply
    assert outcome.is_question
    assert home.changed_since(before) == {}


UNANSWERED = [
    (STATE, {"name": "Chandelier"}, "I don't know any Chandelier."),
    (STATE, {"domain": "light", "area": "Attic", "state": "on"}, "There is no Attic in this home."),
    (STATE, {"domain": "light", "area": "Garage", "state": "on"}, "There is no light in the Garage."),
    ("HassClimateGetTemperature", {"area": "Garage"}, "There is no thermometer in the Garage."),
    ("HassClimateGetTemperature", {"area": "Attic"}, "There is no Attic in this home."),
    ("HassGetWeather", {"name": "Paris"}, "I don't know any Paris."),
    ("AssistListQuery", {"name": "wishes"}, "There is no list of that name."),
]


@pytest.mark.parametrize(("name", "slots", "reply"), UNANSWERED)
def test_what_is_not_there_is_said(name, slots, reply):
    outcome = do(house(), name, **slots)
    assert isinstance(outcome, NotHandled), outcome
    assert outcome.reply == reply


def test_a_question_about_one_of_several_asks_back_only_where_it_must():
    home = house()
    assert isinstance(do(home, STATE, "one", device_id=["light.kitchen", "light.counter"]), Ask)
    assert say(home, STATE, "one_yesno", name="Lamp", state="on") == "Yes, the Lamp in the Bedroom is on at 20 percent."
    assert say(home, STATE, "one", name="lamp", area="Bedroom") == "The Lamp is on at 20 percent."


def test_how_many_are_on_a_list():
    assert say(house(), "AssistListQuery", "how_many", name="groceries") == (
        "There are two items on the Shopping List: Milk and tomatoes."
    )


@pytest.mark.parametrize(
    ("name", "response", "slots", "expected"),
    [
        (STATE, "one_yesno", {"name": "Kitchen Window", "state": "open"}, True),
        (STATE, "one_yesno", {"name": "Front Door", "state": "unlocked"}, False),
        (STATE, "all", {"domain": "light", "state": "on"}, False),
        (STATE, "any", {"domain": "light", "state": "on"}, True),
        (STATE, None, {"name": "Front Door", "state": "open"}, None),
        (STATE, None, {"name": "Nothing", "state": "on"}, None),
        (STATE, None, {"name": "Kitchen Humidity", "above": 40, "below": 50}, True),
        ("HassClimateGetTemperature", None, {"area": "Bedroom", "below": 18}, False),
        ("HassClimateGetTemperature", None, {"area": "Bedroom", "above": 18}, True),
        ("HassClimateGetTemperature", None, {"area": "Bedroom"}, None),
        ("HassClimateGetTemperature", None, {"area": "Garage", "above": 18}, None),
        ("AssistListQuery", None, {"name": "Shopping List", "item": "milk"}, True),
        ("AssistListQuery", None, {"name": "Chores"}, False),
        ("HassTurnOn", None, {"name": "Kitchen Light"}, None),
    ],
)
def test_whether_it_is_so(name, response, slots, expected):
    home = house()
    before = home.snapshot()
    assert home.check(Intent(name, slots, response), context()) is expected
    assert home.changed_since(before) == {}


def test_what_bears_a_rooms_name_is_of_that_room_for_questions_alone():
    home = full_home()
    devices = (
        Device("sensor.a", "Garage humidity", state="61", attributes={"device_class": "humidity"}),
        Device("sensor.fridge", "Garage Fridge", area="Garage", state="4", attributes={"device_class": "temperature"}),
        Device("sensor.room", "Garage Temperature", state="12", attributes={"device_class": "temperature"}),
        Device("light.g", "Garage Light", state="on"),
    )
    home = House.from_home(dataclasses.replace(home, devices=devices))
    assert say(home, STATE, "one", domain="sensor", device_class="humidity", area="garage").endswith("humidity is 61.")
    assert say(home, "HassClimateGetTemperature", area="Garage") == "It is 12 degrees in the Garage."
    assert say(home, STATE, "any", domain="light", area="Garage", state="on") == "Yes, the Garage Light is on."
    assert say(home, "HassTurnOff", domain="light", area="Garage") == "There is no light in the Garage."

"""What each intent does to the devices, and what is said of it."""

import dataclasses

import pytest
from home_cases import context, device, do, house, say

from assistant.home.wording import Wording
from assistant.types import Ask, Handled, Intent, NotHandled

# (intent, slots, device, state, attributes that count, reply)
ACTS = [
    ("HassTurnOn", {"name": "Kitchen Light"}, "light.kitchen", "on", {}, "The Kitchen Light is on."),
    ("HassTurnOn", {"name": "kitchen light"}, "light.kitchen", "on", {}, "The Kitchen Light is on."),
    ("HassTurnOn", {"name": "cafe maker"}, "switch.coffee", "on", {}, "The Coffee Machine is on."),
    (
        "HassTurnOff",
        {"name": "Counter Light"},
        "light.counter",
        "off",
        {"brightness": None},
        "The Counter Light is off.",
    ),
    ("HassToggle", {"name": "Counter Light"}, "light.counter", "off", {}, "The Counter Light is off."),
    ("HassToggle", {"name": "Coffee Machine"}, "switch.coffee", "on", {}, "The Coffee Machine is on."),
    ("HassTurnOn", {"name": "Ceiling Fan"}, "fan.ceiling", "on", {"percentage": 100}, "The Ceiling Fan is on."),
    (
        "HassFanSetSpeed",
        {"name": "Ceiling Fan", "percentage": 40},
        "fan.ceiling",
        "on",
        {"percentage": 40},
        "The Ceiling Fan is at 40 percent.",
    ),
    (
        "HassFanSetSpeed",
        {"name": "Ceiling Fan", "percentage": "low"},
        "fan.ceiling",
        "on",
        {"percentage": 33},
        "The Ceiling Fan is at 33 percent.",
    ),
    (
        "HassFanSetSpeed",
        {"name": "Ceiling Fan", "percentage": 0},
        "fan.ceiling",
        "off",
        {},
        "The Ceiling Fan is already off.",
    ),
    (
        "HassFanSetSpeed",
        {"name": "Ceiling Fan", "percentage_step": "up"},
        "fan.ceiling",
        "on",
        {"percentage": 25},
        "The Ceiling Fan is at 25 percent.",
    ),
    (
        "HassLightSet",
        {"name": "Kitchen Light", "brightness": 50},
        "light.kitchen",
        "on",
        {"brightness": 128},
        "The Kitchen Light is at 50 percent.",
    ),
    (
        "HassLightSet",
        {"name": "Kitchen Light", "brightness": "1"},
        "light.kitchen",
        "on",
        {"brightness": 3},
        "The Kitchen Light is at 1 percent.",
    ),
    (
        "HassLightSet",
        {"name": "Counter Light", "brightness": 0},
        "light.counter",
        "off",
        {},
        "The Counter Light is off.",
    ),
    (
        "HassLightSet",
        {"name": "Counter Light", "brightness": "max"},
        "light.counter",
        "on",
        {"brightness": 255},
        "The Counter Light is at 100 percent.",
    ),
    (
        "HassLightSet",
        {"name": "Counter Light", "brightness_step": "up"},
        "light.counter",
        "on",
        {"brightness": 251},
        "The Counter Light is at 98 percent.",
    ),
    (
        "HassLightSet",
        {"name": "Counter Light", "brightness_step": -90},
        "light.counter",
        "on",
        {"brightness": 3},
        "The Counter Light is at 1 percent.",
    ),
    (
        "HassLightSet",
        {"name": "Pantry Light", "brightness": 100},
        "light.plain",
        "on",
        {"brightness": None},
        "The Pantry Light is on.",
    ),
    (
        "HassLightSet",
        {"device_id": "light.bed_lamp", "color": "Red"},
        "light.bed_lamp",
        "on",
        {"rgb_color": [255, 0, 0]},
        "The Lamp is red.",
    ),
    (
        "HassLightSet",
        {"device_id": "light.bed_lamp", "color": "dark blue"},
        "light.bed_lamp",
        "on",
        {"rgb_color": [0, 0, 139]},
        "The Lamp is dark blue.",
    ),
    (
        "HassLightSet",
        {"device_id": "light.bed_lamp", "color": "warm white"},
        "light.bed_lamp",
        "on",
        {"color_temp_kelvin": 2700},
        "The Lamp is at 2700 kelvin.",
    ),
    (
        "HassLightSet",
        {"device_id": "light.bed_lamp", "temperature": 4000},
        "light.bed_lamp",
        "on",
        {"color_temp_kelvin": 4000, "brightness": 51},
        "The Lamp is at 4000 kelvin.",
    ),
    (
        "HassTurnOff",
        {"name": "Living Room Blind"},
        "cover.blind",
        "closed",
        {"current_position": 0},
        "The Living Room Blind is closed.",
    ),
    ("HassTurnOn", {"name": "Curtain"}, "cover.curtain", "open", {"current_position": 100}, "The Curtain is open."),
    (
        "HassSetPosition",
        {"name": "Living Room Blind", "position": 30},
        "cover.blind",
        "open",
        {"current_position": 30},
        "The Living Room Blind is 30 percent open.",
    ),
    (
        "HassSetPosition",
        {"name": "Living Room Blind", "position_step": "down"},
        "cover.blind",
        "open",
        {"current_position": 75},
        "The Living Room Blind is 75 percent open.",
    ),
    ("HassSetPosition", {"name": "Curtain", "position": 100}, "cover.curtain", "open", {}, "The Curtain is open."),
    ("HassTurnOff", {"name": "Water Main"}, "valve.water", "closed", {"current_position": 0}, "Water Main is closed."),
    (
        "HassSetPosition",
        {"name": "Water Main", "position": 40},
        "valve.water",
        "open",
        {"current_position": 40},
        "Water Main is 40 percent open.",
    ),
    ("HassTurnOn", {"name": "Shed"}, "lock.shed", "locked", {}, "Shed is already locked."),
    ("HassTurnOff", {"name": "Shed"}, "lock.shed", "unlocked", {}, "Shed is unlocked."),
    ("HassTurnOff", {"name": "Thermostat"}, "climate.living", "off", {}, "The Thermostat is off."),
    (
        "HassClimateSetTemperature",
        {"temperature": 21.5},
        "climate.living",
        "heat",
        {"temperature": 21.5},
        "The Thermostat is set to 21.5 °C.",
    ),
    (
        "HassClimateSetTemperature",
        {"temperature_step": "down"},
        "climate.living",
        "heat",
        {"temperature": 19},
        "The Thermostat is set to 19 °C.",
    ),
    (
        "HassClimateSetTemperature",
        {"temperature_step": 2.5},
        "climate.living",
        "heat",
        {"temperature": 22.5},
        "The Thermostat is set to 22.5 °C.",
    ),
    (
        "HassClimateSetMode",
        {"name": "Thermostat", "hvac_mode": "cool"},
        "climate.living",
        "cool",
        {},
        "The Thermostat is cooling.",
    ),
    (
        "HassClimateSetMode",
        {"name": "Thermostat", "hvac_mode": "heat_cool"},
        "climate.living",
        "auto",
        {},
        "The Thermostat is on automatic.",
    ),
    (
        "HassClimateSetFanMode",
        {"fan_mode": "high"},
        "climate.living",
        "heat",
        {"fan_mode": "high"},
        "The Thermostat is set to high.",
    ),
    (
        "HassHumidifierSetpoint",
        {"name": "Mist", "humidity": 55},
        "humidifier.bed",
        "off",
        {"humidity": 55},
        "Mist is set to 55 %.",
    ),
    (
        "HassHumidifierMode",
        {"name": "Mist", "mode": "sleep"},
        "humidifier.bed",
        "off",
        {"mode": "sleep"},
        "Mist is set to sleep.",
    ),
    ("HassMediaPause", {}, "media_player.tv", "paused", {}, "The TV is paused."),
    ("HassMediaStop", {}, "media_player.tv", "off", {}, "The TV is off."),
    ("HassMediaUnpause", {"name": "Radio"}, "media_player.radio", "playing", {}, "The Radio is playing."),
    (
        "HassMediaSearchAndPlay",
        {"name": "Radio", "search_query": "Bach"},
        "media_player.radio",
        "playing",
        {"media_title": "Bach"},
        "The Radio is playing Bach.",
    ),
    ("HassMediaNext", {"name": "TV"}, "media_player.tv", "playing", {"media_track": None}, "Next on the TV."),
    (
        "HassSetVolume",
        {"volume_level": 70},
        "media_player.tv",
        "playing",
        {"volume_level": 0.7},
        "The TV is at volume 70.",
    ),
    (
        "HassSetVolumeRelative",
        {"volume_step": "down"},
        "media_player.tv",
        "playing",
        {"volume_level": 0.3},
        "The TV is at volume 30.",
    ),
    (
        "HassSetVolumeRelative",
        {"name": "Radio", "volume_step": 90},
        "media_player.radio",
        "off",
        {"volume_level": 1},
        "The Radio is at volume 100.",
    ),
    (
        "HassMediaPlayerMute",
        {"name": "TV"},
        "media_player.tv",
        "playing",
        {"is_volume_muted": True},
        "The TV is muted.",
    ),
    ("HassVacuumStart", {}, "vacuum.rover", "cleaning", {}, "Rover is cleaning."),
    ("HassVacuumCleanArea", {"area": "Bedroom"}, "vacuum.rover", "cleaning", {}, "Rover is cleaning the Bedroom."),
    ("HassVacuumStart", {"floor": "upstairs"}, "vacuum.rover", "cleaning", {}, "Rover is cleaning upstairs."),
    ("HassTurnOn", {"name": "Mo"}, "lawn_mower.mo", "mowing", {}, "Mo is mowing."),
    ("HassLawnMowerStartMowing", {}, "lawn_mower.mo", "mowing", {}, "Mo is mowing."),
    (
        "AssistArmAlarm",
        {"mode": "night"},
        "alarm_control_panel.house",
        "armed_night",
        {},
        "The House Alarm is armed for the night.",
    ),
    (
        "AssistSetValue",
        {"name": "Step Goal", "value": 12.5},
        "input_number.goal",
        "12.5",
        {},
        "Step Goal is set to 12.5.",
    ),
    (
        "AssistSelectOption",
        {"name": "House Mode", "option": "away"},
        "select.mode",
        "Away",
        {},
        "House Mode is set to Away.",
    ),
    ("HassShoppingListAddItem", {"item": "eggs"}, "todo.shopping", "3", {}, "Added eggs to the Shopping List."),
    (
        "HassListAddItem",
        {"name": "groceries", "item": ["Bread", "milk"]},
        "todo.shopping",
        "3",
        {},
        "Added Bread to the Shopping List.",
    ),
    (
        "HassListAddItem",
        {"name": "the chores list", "item": "sweep"},
        "todo.chores",
        "1",
        {"items": [{"summary": "sweep", "status": "needs_action"}]},
        "Added sweep to Chores.",
    ),
    (
        "HassShoppingListCompleteItem",
        {"item": "tomato"},
        "todo.shopping",
        "1",
        {},
        "Checked off tomato on the Shopping List.",
    ),
    (
        "HassListRemoveItem",
        {"name": "Shopping List", "item": "milk"},
        "todo.shopping",
        "1",
        {},
        "Removed milk from the Shopping List.",
    ),
    (
        "HassListClear",
        {"name": "Shopping List", "confirmed": True},
        "todo.shopping",
        "0",
        {"items": []},
        "The Shopping List is empty now.",
    ),
]


def test_a_list_is_cleared_after_a_yes_only():
    home = house()
    before = home.snapshot()
    outcome = do(home, "HassListClear", name="Shopping List")
    assert isinstance(outcome, Ask) and outcome.question.startswith(
        "Do you really want to clear the Shopping List? It has"
    )
    assert not home.changed_since(before)
    assert isinstance(home.carry_out(outcome.candidates[0], context(), confirmed=True), Handled)
    assert set(home.changed_since(before)) == {"todo.shopping"}


@pytest.mark.parametrize(("name", "slots", "target", "state", "attributes", "reply"), ACTS)
def test_an_act_its_state_and_its_reply(name, slots, target, state, attributes, reply):
    home = house()
    before = home.snapshot()
    outcome = do(home, name, **slots)
    assert isinstance(outcome, Handled), outcome
    assert outcome.reply == reply
    assert outcome.action.intent == name
    assert outcome.action.targets == (target,)
    assert not outcome.is_question
    now = device(home, target)
    assert now.state == state
    for key, value in attributes.items():
        assert now.attributes.get(key) == value, key
    assert home.changed_since(before).keys() <= {target}


def test_what_is_so_already_is_said_so():
    home = house()
    assert say(home, "HassTurnOff", name="Kitchen Light") == "The Kitchen Light is already off."
    assert say(home, "HassTurnOff", domain="light", area="Kitchen") != ""
    assert say(home, "HassTurnOff", domain="light", area="Kitchen") == "Three lights in the Kitchen are already off."


def test_a_device_comes_back_to_what_it_was():
    home = house()
    do(home, "HassTurnOff", name="Counter Light")
    do(home, "HassTurnOn", name="Counter Light")
    assert device(home, "light.counter").attributes["brightness"] == 200
    do(home, "HassFanSetSpeed", name="Ceiling Fan", percentage=30)
    do(home, "HassTurnOff", name="Ceiling Fan")
    assert device(home, "fan.ceiling").attributes["percentage"] == 0
    do(home, "HassTurnOn", name="Ceiling Fan")
    assert device(home, "fan.ceiling").attributes["percentage"] == 30
    do(home, "HassClimateSetMode", hvac_mode="cool")
    do(home, "HassTurnOff", name="Thermostat")
    assert say(home, "HassTurnOn", name="Thermostat") == "The Thermostat is cooling."


def test_a_robot_sent_home_is_on_its_way_and_one_that_is_there_stays():
    home = house(vacuum__rover="cleaning")
    assert say(home, "HassVacuumReturnToBase") == "Rover is returning to its base."
    assert device(home, "vacuum.rover").state == "returning"
    assert say(house(), "HassTurnOff", name="Rover") == "Rover is already docked."


def test_a_thermostat_that_is_off_is_set_and_says_so():
    home = house(climate__living="off")
    assert say(home, "HassClimateSetTemperature", temperature=22) == "The Thermostat is set to 22 °C, but it is off."


def test_tracks_go_on_and_round():
    home = house(media_player__radio="playing", media_player__tv="off")
    tracks = []
    for name in ("HassMediaNext", "HassMediaNext", "HassMediaPrevious", "HassMediaPrevious", "HassMediaPrevious"):
        do(home, name)
        tracks.append(device(home, "media_player.radio").attributes["media_track"])
    assert tracks == [1, 2, 1, 0, 19]


@pytest.mark.parametrize(
    ("name", "slots", "question"),
    [
        ("HassTurnOn", {"name": "Kitchen Light"}, "Shall I turn on the Kitchen Light?"),
        ("HassLightSet", {"name": "Counter Light", "brightness_step": "down"}, "Shall I turn down the Counter Light?"),
    ],
)
def test_what_is_only_likely_is_offered_and_done_after_a_yes_alone(name, slots, question):
    home = house()
    before = home.snapshot()
    outcome = home.carry_out(Intent(name, {**slots, "offered": True}), context(), confirmed=True)
    assert isinstance(outcome, Ask)
    assert outcome.question == question
    assert not home.changed_since(before)
    meant = outcome.candidates[0]
    assert isinstance(home.carry_out(replace_slots(meant, confirmed=True), context()), Handled)
    assert home.changed_since(before)


def replace_slots(intent, **more):
    return dataclasses.replace(intent, slots={**intent.slots, **more})


def test_what_is_so_or_is_not_there_is_not_offered():
    home = house()
    for name in ("Counter Light", "Nothing of the sort"):
        outcome = home.carry_out(Intent("HassTurnOn", {"name": name, "offered": True}), context())
        assert isinstance(outcome, NotHandled)
        assert "didn't understand" in outcome.reply


def test_a_risky_act_that_is_only_likely_has_the_question_of_a_risky_act():
    home = house()
    lock = next(d for d in home.snapshot().devices if d.domain == "lock" and d.state == "locked")
    outcome = home.carry_out(Intent("HassTurnOff", {"device_id": lock.id, "offered": True}), context(), confirmed=True)
    assert isinstance(outcome, Ask)
    assert outcome.question.startswith("Do you really want to unlock")


def test_what_is_to_stay_as_it_is_is_left_alone():
    home = house()
    before = home.snapshot()
    outcome = home.carry_out(Intent("HassTurnOn", {"name": "Counter Light", "keep": True}), context())
    assert isinstance(outcome, NotHandled) and outcome.reply.startswith("The Counter Light is already on")
    assert not home.changed_since(before)
    outcome = home.carry_out(Intent("HassTurnOn", {"name": "Kitchen Light", "keep": True}), context())
    assert isinstance(outcome, Handled) and outcome.reply == "The Kitchen Light is on."
    assert "keep" not in outcome.action.slots


def test_what_shall_go_on_a_list_is_asked_for():
    home = house()
    outcome = home.carry_out(Intent("HassListAddItem", {"name": "Chores"}), context())
    assert isinstance(outcome, Ask)
    assert (outcome.question, outcome.missing) == ("What shall I put on Chores?", "item")
    assert outcome.candidates[0].slots["device_id"] == "todo.chores"


def test_several_things_of_one_name_are():
    said = Wording()
    assert said.say("is", name="the Hall Curtains", state="closed") == "The Hall Curtains are closed."
    assert said.say("is", name="the Sonos", state="on") == "The Sonos is on."
    assert said.say("still", name="the Porch Lights", state="off").endswith("they are still off.")

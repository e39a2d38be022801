"""What is refused, and what a group of devices is."""

import pytest
from home_cases import do, house, say

from assistant.types import Handled, NotHandled

# (intent, slots, reply): nothing may be changed
REFUSED = [
    ("HassTurnOn", {"name": "Chandelier"}, "I don't know any Chandelier."),
    ("HassTurnOn", {"name": "Lamp", "area": "Attic"}, "There is no Attic in this home."),
    ("HassTurnOn", {"area": "Kitchen", "floor": "Cellar"}, "There is no Cellar in this home."),
    ("HassTurnOn", {"name": "Kitchen Light", "area": "Bedroom"}, "There is no Kitchen Light in the Bedroom."),
    ("HassTurnOn", {"area": "Garage", "domain": "light"}, "There is no light in the Garage."),
    ("HassTurnOn", {"name": "Kitchen Humidity"}, "I can't control the Kitchen Humidity."),
    ("HassTurnOn", {"name": "Back Door"}, "I can't control the Back Door."),
    ("HassTurnOn", {"area": "Kitchen", "domain": "binary_sensor"}, "There is no sensor in the Kitchen."),
    ("HassTurnOn", {}, "Which device do you mean?"),
    ("HassTurnOff", {"name": "Movie Night"}, "Movie Night can't be turned off."),
    ("HassToggle", {"name": "Front Door"}, "Say lock or unlock for the Front Door."),
    ("HassTurnOn", {"name": "Old Plug"}, "The Old Plug is not available."),
    ("HassLightSet", {"name": "Pantry Light", "brightness": 30}, "The Pantry Light can't be dimmed."),
    ("HassLightSet", {"name": "Kitchen Light", "color": "red"}, "The Kitchen Light can't change colour."),
    ("HassLightSet", {"name": "Kitchen Light", "temperature": 3000}, "The Kitchen Light can't change its white."),
    ("HassLightSet", {"device_id": "light.bed_lamp", "color": "mud"}, "I don't know the colour mud."),
    (
        "HassLightSet",
        {"name": "Kitchen Light", "brightness": 130},
        "The Kitchen Light can only go from 0 to 100 percent.",
    ),
    ("HassLightSet", {"name": "Kitchen Light", "brightness_step": "down"}, "The Kitchen Light is already off."),
    ("HassLightSet", {"name": "Kitchen Light"}, "I did not get what to set."),
    ("HassFanSetSpeed", {"name": "Ceiling Fan", "percentage": "windy"}, "I did not get what to set."),
    ("HassSetPosition", {"name": "Curtain", "position": 50}, "The Curtain can only be opened or closed."),
    (
        "HassSetPosition",
        {"name": "Living Room Blind", "position": -1},
        "The Living Room Blind can only go from 0 to 100 percent.",
    ),
    ("HassClimateSetTemperature", {"temperature": 40}, "The Thermostat can only go from 7 to 30 degrees."),
    (
        "HassClimateSetMode",
        {"hvac_mode": "dry"},
        "The Thermostat can't be set to dry; it can do off, heat, cool, auto.",
    ),
    ("HassMediaPause", {"name": "Radio"}, "Nothing is playing on the Radio."),
    ("HassVacuumPause", {}, "Rover can't pause: nothing is running."),
    ("AssistSetValue", {"name": "Step Goal", "value": 60}, "Step Goal can only go from 0 to 50."),
    (
        "AssistSelectOption",
        {"name": "House Mode", "option": "party"},
        "House Mode can't be set to party; it can do Home, Away.",
    ),
    ("HassListRemoveItem", {"name": "Shopping List", "item": "soap"}, "Soap is not on the Shopping List."),
    ("HassShoppingListAddItem", {"item": "milk"}, "Milk is already on the Shopping List."),
    ("HassListAddItem", {"name": "wishes", "item": "x"}, "There is no list of that name."),
    ("HassTurnOff", {"domain": "light", "area": "Kitchen", "except_area": ["Kitchen"]}, "That leaves nothing to do."),
    ("HassStartTimer", {"minutes": 5}, "I can't do that."),
    ("AssistUndo", {}, "There is nothing to undo."),
]


@pytest.mark.parametrize(("name", "slots", "reply"), REFUSED)
def test_what_cannot_be_done_is_said_and_nothing_changes(name, slots, reply):
    home = house()
    before = home.snapshot()
    outcome = do(home, name, confirmed=True, **slots)
    assert isinstance(outcome, NotHandled), outcome
    assert outcome.reply == reply
    assert home.changed_since(before) == {}
    assert say(home, "AssistUndo") == "There is nothing to undo."


GROUPS = [
    (
        "HassTurnOn",
        {"area": "Kitchen", "domain": "light"},
        {"light.kitchen", "light.plain"},
        "Turned on two lights in the Kitchen; one was already on.",
    ),
    ("HassTurnOff", {"area": "Kitchen", "domain": "light"}, {"light.counter"}, None),
    (
        "HassTurnOff",
        {"domain": "light"},
        {"light.counter", "light.bed_lamp"},
        "Turned off two lights; three were already off.",
    ),
    ("HassTurnOff", {"domain": "light", "except": ["light.counter"]}, {"light.bed_lamp"}, None),
    ("HassTurnOff", {"domain": "light", "except_area": ["bedroom"]}, {"light.counter"}, None),
    ("HassTurnOn", {"floor": "upstairs", "domain": "light"}, set(), "The Lamp is already on at 20 percent."),
    (
        "HassTurnOff",
        {"floor": "downstairs", "domain": ["light", "media_player"]},
        {"light.counter", "media_player.tv"},
        None,
    ),
    ("HassTurnOff", {"area": "lounge"}, {"media_player.tv"}, None),
    ("HassTurnOn", {"area": "Bedroom"}, {"humidifier.bed"}, None),
    ("HassTurnOff", {"device_class": "curtain", "domain": "cover", "area": "Living Room"}, {"cover.blind"}, None),
    ("HassTurnOn", {"device_class": "blind", "domain": "cover"}, set(), None),
    (
        "HassLightSet",
        {"area": "Kitchen", "brightness_step": "down"},
        {"light.counter"},
        "The Counter Light is at 58 percent.",
    ),
    (
        "HassLightSet",
        {"domain": "light", "brightness": 40},
        {"light.kitchen", "light.counter", "light.living_lamp", "light.bed_lamp"},
        "Four lights are at 40 percent. The Pantry Light can't be dimmed.",
    ),
]


@pytest.mark.parametrize(("name", "slots", "changed", "reply"), GROUPS)
def test_a_group_is_what_was_named_and_no_more(name, slots, changed, reply):
    home = house()
    before = home.snapshot()
    outcome = do(home, name, **slots)
    assert isinstance(outcome, Handled), outcome
    assert home.changed_since(before).keys() == changed
    if reply is not None:
        assert outcome.reply == reply


def test_everything_off_in_a_room_leaves_locks_covers_and_heating_alone():
    home = house()
    before = home.snapshot()
    outcome = do(home, "HassTurnOff", area="Living Room", confirmed=True)
    kinds = {target.partition(".")[0] for target in outcome.action.targets}
    assert kinds <= {"light", "switch", "fan", "media_player", "humidifier", "input_boolean"}
    assert home.changed_since(before).keys() == {"media_player.tv"}

"""Which devices are meant, when the house asks back, and what wants a yes."""

import dataclasses

import pytest
from home_cases import device, do, full_home, house, say

from assistant.home.backend import ServiceCall
from assistant.home.house import House
from assistant.home.policy import is_risky
from assistant.types import Ask, Device, Handled, NotHandled


def without(home, *ids):
    return dataclasses.replace(home, devices=tuple(d for d in home.devices if d.id not in ids))


def targets(outcome):
    assert isinstance(outcome, Handled), outcome
    return set(outcome.action.targets)


# --- one name, several devices ---------------------------------------------------------------------------


def test_equal_names_are_told_apart_by_the_room_that_was_said():
    assert targets(do(house(), "HassTurnOn", name="lamp", area="lounge")) == {"light.living_lamp"}
    assert targets(do(house(), "HassTurnOn", name="lamp", floor="upstairs")) == {"light.bed_lamp"}


def test_equal_names_are_told_apart_by_the_microphones_room():
    assert targets(do(house(), "HassTurnOn", here_is="Bedroom", name="lamp")) == {"light.bed_lamp"}
    ids = ["light.living_lamp", "light.bed_lamp"]
    assert targets(do(house(), "HassTurnOn", here_is="Living Room", device_id=ids)) == {"light.living_lamp"}


def test_equal_names_that_nothing_tells_apart_are_asked_about_and_each_answer_is_an_intent():
    home = house()
    before = home.snapshot()
    ask = do(home, "HassTurnOn", here_is="Kitchen", name="lamp")
    assert isinstance(ask, Ask)
    assert ask.question == "Do you mean the Lamp in the Living Room or the Lamp in the Bedroom?"
    assert [c.slots["device_id"] for c in ask.candidates] == ["light.living_lamp", "light.bed_lamp"]
    assert [c.slots["spoken"] for c in ask.candidates] == ["lamp living room", "lamp bedroom"]
    assert home.changed_since(before) == {}
    chosen = home.carry_out(ask.candidates[0], _context())
    assert targets(chosen) == {"light.living_lamp"}
    assert "spoken" not in chosen.action.slots


def _context():
    from home_cases import context

    return context("Kitchen")


def test_candidates_of_other_names_are_listed():
    ask = do(house(), "HassTurnOn", device_id=["light.kitchen", "light.counter", "light.plain"], here_is="Bedroom")
    assert ask.question == "Do you mean the Kitchen Light, the Counter Light or the Pantry Light?"


def test_many_candidates_are_counted_and_all_can_be_answered():
    lights = ["light.kitchen", "light.counter", "light.plain", "light.bed_lamp", "light.living_lamp"]
    ask = do(house(), "HassTurnOn", device_id=lights)
    assert ask.question == (
        "Which one do you mean? There are five lights: the Kitchen Light, the Counter Light or the Pantry Light, for example."
    )
    assert len(ask.candidates) == 5


def test_them_is_all_of_them():
    outcome = do(house(), "HassTurnOn", device_id=["light.kitchen", "light.plain"], all=True)
    assert targets(outcome) == {"light.kitchen", "light.plain"}
    assert outcome.reply == "Turned on two lights."


def test_a_kind_tells_equal_names_apart():
    home = full_home()
    twin = Device("fan.pantry", "Pantry Light", area="Kitchen", state="off")
    home = House.from_home(dataclasses.replace(home, devices=(*home.devices, twin)))
    assert targets(do(home, "HassTurnOn", name="pantry light", domain="light")) == {"light.plain"}
    assert (
        do(home, "HassTurnOn", name="pantry light").question
        == "Do you mean the light Pantry Light or the fan Pantry Light?"
    )


# --- no name -----------------------------------------------------------------------------------------------


def test_here_is_the_microphones_room():
    assert targets(do(house(), "HassTurnOn", here_is="Bedroom", domain="light", here=True)) == {"light.bed_lamp"}
    assert targets(do(house(), "HassFanSetSpeed", here_is="Living Room", percentage=30)) == {"fan.ceiling"}


def test_the_only_one_of_its_kind_is_meant_from_anywhere():
    assert targets(do(house(), "HassTurnOn", here_is="Kitchen", domain="fan", area="Kitchen")) == {"fan.ceiling"}
    assert targets(do(house(), "HassClimateSetTemperature", here_is="Bedroom", temperature=20, area="Bedroom")) == {
        "climate.living"
    }


def test_another_rooms_lights_are_never_meant_by_here():
    outcome = do(house(), "HassTurnOn", here_is="Garage", domain="light", area="Garage")
    assert isinstance(outcome, NotHandled)
    assert outcome.reply == "There is no light in the Garage."


def test_without_a_room_the_room_is_asked_for():
    home = house()
    ask = do(home, "HassTurnOn", domain="light", here=True)
    assert ask.question == "In which room: the Kitchen, the Living Room or the Bedroom?"
    assert [c.slots["area"] for c in ask.candidates] == ["Kitchen", "Living Room", "Bedroom"]
    outcome = home.carry_out(ask.candidates[2], _context())
    assert targets(outcome) == {"light.bed_lamp"}


def test_without_a_room_the_one_room_that_has_them_is_meant():
    home = House.from_home(without(full_home(), "light.living_lamp", "light.bed_lamp"))
    assert targets(do(home, "HassTurnOff", domain="light", here=True)) == {
        "light.kitchen",
        "light.counter",
        "light.plain",
    }


def test_of_several_players_the_one_that_plays_is_meant():
    assert targets(do(house(), "HassMediaPause")) == {"media_player.tv"}
    assert targets(do(house(), "HassSetVolume", here_is="Kitchen", volume_level=10)) == {"media_player.tv"}
    assert targets(do(house(), "HassSetVolume", here_is="Bedroom", volume_level=10)) == {"media_player.radio"}
    quiet = do(house(media_player__tv="off"), "HassSetVolume", volume_level=10)
    assert quiet.question == "Do you mean the TV or the Radio?"


def test_which_of_two_robots_is_asked_and_the_room_to_clean_is_kept():
    home = full_home()
    other = Device("vacuum.max", "Max", state="docked")
    home = House.from_home(dataclasses.replace(home, devices=(*home.devices, other)))
    ask = do(home, "HassVacuumCleanArea", area="Kitchen")
    assert ask.question == "Do you mean Rover or Max?"
    assert home.carry_out(ask.candidates[1], _context()).reply == "Max is cleaning the Kitchen."


def test_what_one_says_of_window_covers_is_any_of_them_but_no_door():
    assert targets(do(house(), "HassTurnOff", domain="cover", device_class="shade")) == {"cover.blind", "cover.curtain"}
    assert targets(do(house(), "HassTurnOff", domain="cover", device_class="curtain")) == {"cover.curtain"}
    assert targets(do(house(), "HassTurnOff", domain="cover", device_class="garage")) == {"cover.garage"}


def test_a_close_form_of_a_name_is_enough():
    assert targets(do(house(), "HassTurnOn", name="the kitchen lights")) == {"light.kitchen"}
    assert targets(do(house(), "HassTurnOff", name="blind", area="Living Room")) == {"cover.blind"}


# --- risky acts ----------------------------------------------------------------------------------------------

RISKY = [
    ("HassTurnOff", {"name": "Front Door"}, "Do you really want to unlock the Front Door?", "lock.front", "unlocked"),
    ("HassTurnOn", {"name": "Garage Door"}, "Do you really want to open the Garage Door?", "cover.garage", "open"),
    ("HassTurnOn", {"name": "Drive"}, "Do you really want to open Drive?", "cover.gate", "open"),
    (
        "HassSetPosition",
        {"name": "Garage Door", "position": 20},
        "Do you really want to open the Garage Door?",
        "cover.garage",
        "open",
    ),
    ("HassToggle", {"name": "Garage Door"}, "Do you really want to open the Garage Door?", "cover.garage", "open"),
    ("AssistDisarmAlarm", {}, "Do you really want to disarm the House Alarm?", "alarm_control_panel.house", "disarmed"),
    ("HassTurnOn", {"name": "Water Main"}, "Do you really want to open Water Main?", "valve.water", "open"),
]


@pytest.mark.parametrize(("name", "slots", "question", "target", "state"), RISKY)
def test_a_risky_act_wants_a_yes(name, slots, question, target, state):
    home = house(alarm_control_panel__house="armed_away", valve__water="closed")
    before = home.snapshot()
    ask = do(home, name, **slots)
    assert isinstance(ask, Ask)
    assert ask.question == question
    assert home.changed_since(before) == {}
    (wanted,) = ask.candidates
    assert isinstance(home.carry_out(wanted, _context()), Ask)  # choosing it is no yes
    yes = dataclasses.replace(wanted, slots={**wanted.slots, "confirmed": True})
    outcome = home.carry_out(yes, _context())
    assert isinstance(outcome, Handled)
    assert device(home, target).state == state
    assert "confirmed" not in outcome.action.slots
    assert home.changed_since(before).keys() == {target}


@pytest.mark.parametrize(("name", "slots", "question", "target", "state"), RISKY)
def test_a_confirmed_act_does_not_ask(name, slots, question, target, state):
    home = house(alarm_control_panel__house="armed_away", valve__water="closed")
    assert isinstance(do(home, name, confirmed=True, **slots), Handled)
    assert device(home, target).state == state


HARMLESS = [
    ("HassTurnOn", {"name": "Front Door"}),
    ("HassTurnOff", {"name": "Garage Door"}),
    ("HassTurnOff", {"name": "Water Main"}),
    ("HassTurnOn", {"name": "Curtain"}),
    ("HassTurnOff", {"name": "Shed"}),  # confirm = false in the inventory
    ("HassSetPosition", {"name": "Water Main", "position": 20}),  # it is open further
    ("AssistArmAlarm", {}),
]


@pytest.mark.parametrize(("name", "slots"), HARMLESS)
def test_what_is_not_risky_does_not_ask(name, slots):
    assert isinstance(do(house(), name, **slots), Handled)


def test_what_already_is_so_needs_no_yes():
    assert say(house(lock__front="unlocked"), "HassTurnOff", name="Front Door") == "The Front Door is already unlocked."


def test_the_inventory_can_want_a_yes_for_anything():
    heater = Device("switch.heater", "Heater", state="off", confirm=True)
    home = House.from_home(dataclasses.replace(full_home(), devices=(heater,)))
    assert do(home, "HassTurnOn", name="heater").question == "Do you really want to turn on the Heater?"


def test_several_doors_are_never_opened_on_a_guess():
    home = full_home()
    twin = Device("cover.garage2", "Left Door", area="Garage", state="closed", attributes={"device_class": "garage"})
    home = House.from_home(dataclasses.replace(home, devices=(*home.devices, twin)))
    ask = do(home, "HassTurnOn", confirmed=True, domain="cover", device_class="garage")
    assert ask.question == "Do you mean the Garage Door or the Left Door?"
    both = do(home, "HassTurnOn", confirmed=True, domain="cover", device_class="garage", all=True)
    assert targets(both) == {"cover.garage", "cover.garage2"}
    assert isinstance(do(home, "HassTurnOff", domain="cover", device_class="garage"), Handled)  # closing both is fine


@pytest.mark.parametrize(
    ("kind", "name", "risky"),
    [
        ("garage", "X", True),
        ("gate", "X", True),
        ("door", "X", True),
        ("blind", "X", False),
        (None, "Garage Door", True),
        (None, "Front Gate", True),
        (None, "Roof", False),
        ("window", "X", False),
    ],
)
def test_which_covers_are_doors(kind, name, risky):
    cover = Device("cover.x", name, state="closed", attributes={"device_class": kind} if kind else {})
    assert is_risky(cover, ServiceCall("cover.x", "open_cover")) is risky
    assert is_risky(cover, ServiceCall("cover.x", "close_cover")) is False

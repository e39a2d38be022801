"""What holds for every intent with any slots: targets only, exact undo, questions that change nothing, plain words."""

import dataclasses
import random

import pytest
from home_cases import context, full_home, house

from assistant.home.house import House
from assistant.home.intents import PLANS
from assistant.home.inventory import load_inventory
from assistant.home.kinds import SENSORS
from assistant.home.lists import LIST_INTENTS
from assistant.home.questions import QUESTION_INTENTS
from assistant.types import Ask, Handled, Intent, NotHandled

ACTS = sorted([*PLANS, *LIST_INTENTS])
ROUNDS = 60

VALUES = {
    "brightness": [0, 1, 50, 100, 101, "max", "x", None],
    "brightness_step": ["up", "down", -300, 15],
    "color": ["red", "warm white", "white", "mud"],
    "temperature": [19, 21.5, 4000, -5, "warm white", "x"],
    "temperature_step": ["up", "down", 3],
    "percentage": [0, 33, 100, 170, "low"],
    "percentage_step": ["up", "down"],
    "position": [0, 40, 100, -1],
    "position_step": ["up", -30],
    "hvac_mode": ["off", "heat", "auto", "dry"],
    "mode": ["home", "eco", "x"],
    "fan_mode": ["low", "turbo"],
    "humidity": [45, 400],
    "volume_level": [0, 55, 100, 250],
    "volume_step": ["up", "down", -20],
    "search_query": ["Bach"],
    "value": [5, 500],
    "option": ["away", "x"],
    "item": ["eggs", "milk", ["soap", "bread"], ""],
    "state": ["on", "off", "open", "closed", "locked", "home", "playing", "48"],
    "device_class": ["window", "garage", "blind", ["motion"], "humidity", "x"],
    "domain": ["light", "cover", "lock", ["light", "fan"], "sensor", "x"],
    "above": [10, "x"],
    "here": [True],
    "all": [True],
}


OWN = {
    "HassLightSet": ("brightness", "brightness_step", "color", "temperature"),
    "HassFanSetSpeed": ("percentage", "percentage_step"),
    "HassSetPosition": ("position", "position_step"),
    "HassClimateSetTemperature": ("temperature", "temperature_step"),
    "HassClimateSetMode": ("hvac_mode",),
    "HassClimateSetFanMode": ("fan_mode",),
    "HassHumidifierSetpoint": ("humidity",),
    "HassHumidifierMode": ("mode",),
    "HassSetVolume": ("volume_level",),
    "HassSetVolumeRelative": ("volume_step",),
    "HassMediaSearchAndPlay": ("search_query",),
    "AssistSetValue": ("value",),
    "AssistSelectOption": ("option",),
    "AssistArmAlarm": ("mode",),
    "HassGetState": ("state",),
}
STATES = {
    "media_player": ["playing", "paused", "off"],
    "vacuum": ["cleaning", "docked"],
    "lawn_mower": ["mowing", "docked"],
    "alarm_control_panel": ["armed_away", "disarmed"],
    "cover": ["open", "opening", "closed"],
    "climate": ["heat", "off"],
    "light": ["on", "off"],
    "todo": ["2"],
}


def shaken(rng, home):
    """The home with some of its devices in other states."""
    devices = [
        dataclasses.replace(d, state=rng.choice(STATES[d.domain])) if d.domain in STATES and rng.random() < 0.5 else d
        for d in home.devices
    ]
    return dataclasses.replace(home, devices=tuple(devices))


def random_intent(rng, home, name):
    """Mostly what the intent is for; sometimes anything."""
    own = OWN.get(name) or (("item",) if name in LIST_INTENTS else ())
    chosen = ([rng.choice(own)] if own and rng.random() < 0.9 else []) + rng.sample(
        sorted(VALUES), rng.choice([0, 0, 0, 2])
    )
    slots = {key: rng.choice(VALUES[key]) for key in chosen}
    domains = PLANS[name].domains if name in PLANS else {"todo"} if name in LIST_INTENTS else set()
    able = [device for device in home.devices if device.domain in domains]
    device, other = rng.sample(home.devices, 2)
    if able and rng.random() < 0.8:
        device = rng.choice(able)
    place = rng.choice([area.name for area in home.areas] + ["Attic"])
    slots |= rng.choice(
        [
            {},
            {"name": device.name},
            {"name": device.name, "area": place},
            {"device_id": device.id},
            {"device_id": [device.id, other.id], "all": True},
            {"device_id": [device.id, other.id]},
            {"area": place},
            {"floor": rng.choice([floor.name for floor in home.floors])},
            {"name": "nothing"},
        ]
    )
    response = rng.choice([None, "one", "one_yesno", "any", "all", "which", "how_many", "where"])
    return Intent(name, slots, response)


def check_words(outcome):
    text = outcome.question if isinstance(outcome, Ask) else outcome.reply
    assert text.strip(), outcome
    assert text[0] == text[0].upper(), text
    assert text.endswith((".", "?")), text
    assert not set("{}<>|_") & set(text), text
    assert "None" not in text, text


def homes():
    return [full_home(), load_inventory()]


@pytest.mark.parametrize("name", ACTS)
def test_an_act_changes_its_targets_alone_and_is_undone_exactly(name):
    rng = random.Random(name)
    for start in homes():
        home = House.from_home(start)
        for number in range(ROUNDS):
            if number % 10 == 0:
                home = House.from_home(shaken(rng, start))
            intent = random_intent(rng, start, name)
            before = home.snapshot()
            area = rng.choice([None, "Kitchen", "Bedroom"])
            outcome = home.carry_out(intent, context(area, str(number)), confirmed=rng.random() < 0.5)
            check_words(outcome)
            changed = home.changed_since(before)
            if not isinstance(outcome, Handled):
                assert changed == {}, intent
                continue
            assert outcome.action.intent == name
            assert changed.keys() <= set(outcome.action.targets), intent
            assert not {i.partition(".")[0] for i in outcome.action.targets} & SENSORS
            if changed:
                undone = home.carry_out(Intent("AssistUndo"), context(), confirmed=True)
                check_words(undone)
                assert home.snapshot() == before, intent
                if rng.random() < 0.5:  # go on from the changed home
                    home.carry_out(intent, context(area, str(number)), confirmed=True)


@pytest.mark.parametrize("name", sorted(QUESTION_INTENTS))
def test_a_question_changes_nothing(name):
    rng = random.Random(name)
    for start in homes():
        home = House.from_home(start)
        for _ in range(ROUNDS * 5):
            intent = random_intent(rng, start, name)
            outcome = home.carry_out(intent, context(rng.choice([None, "Kitchen"])), confirmed=True)
            check_words(outcome)
            assert isinstance(outcome, NotHandled | Ask) or outcome.is_question
            home.check(intent, context())
        assert home.snapshot() == start


def test_nothing_risky_happens_without_a_yes():
    rng = random.Random("risky")
    start = full_home()
    for name in ACTS:
        home = house(alarm_control_panel__house="armed_away", valve__water="closed")
        for _ in range(ROUNDS):
            home.carry_out(random_intent(rng, start, name), context(rng.choice([None, "Living Room", "Garage"])))
        states = {device.id: device.state for device in home.snapshot().devices}
        assert states["lock.front"] == "locked", name
        assert states["cover.garage"] == "closed", name
        assert states["cover.gate"] == "closed", name
        assert states["valve.water"] == "closed", name
        if name != "AssistArmAlarm":
            assert states["alarm_control_panel.house"] == "armed_away", name


def test_candidates_of_a_question_back_are_for_one_device_or_room_each():
    rng = random.Random("ask")
    start = full_home()
    home = house()
    asked = 0
    for _ in range(1500):
        intent = random_intent(rng, start, rng.choice(ACTS))
        outcome = home.carry_out(intent, context())
        if not isinstance(outcome, Ask):
            continue
        asked += 1
        for candidate in outcome.candidates:
            again = home.carry_out(candidate, context())
            if len(outcome.candidates) > 1:
                assert not isinstance(again, Ask) or len(again.candidates) == 1, (intent, outcome)
    assert asked > 50

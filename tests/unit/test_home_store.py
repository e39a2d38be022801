"""The simulated home's lasting state, and the registry that it is restored into."""

import json
import os

import pytest
from home_cases import context, do, full_home

from assistant.errors import StorageError
from assistant.home.house import open_house
from assistant.home.inventory import load_inventory
from assistant.home.registry import Registry
from assistant.home.store import StateStore
from assistant.types import DeviceState, Handled, Intent

HOME = """
[[areas]]
name = "Hall"

[[devices]]
id = "light.hall"
name = "Hall Light"
area = "Hall"
state = "off"
attributes = { supported_color_modes = ["brightness"] }

[[devices]]
id = "fan.hall"
name = "Hall Fan"
area = "Hall"
state = "off"
"""


@pytest.fixture
def inventory(tmp_path):
    path = tmp_path / "my home.toml"
    path.write_text(HOME, encoding="utf-8")
    return path


def turn(house, name, /, **slots):
    outcome = house.carry_out(Intent(name, slots), context())
    assert isinstance(outcome, Handled), outcome
    return outcome.reply


def test_state_memory_and_undo_last_between_calls(inventory, tmp_path):
    state = tmp_path / "state"
    turn(open_house(inventory, state), "HassFanSetSpeed", name="Hall Fan", percentage=30)
    turn(open_house(inventory, state), "HassTurnOff", name="Hall Fan")
    assert turn(open_house(inventory, state), "HassTurnOn", name="Hall Fan") == "The Hall Fan is on at 30 percent."
    again = open_house(inventory, state)
    assert again.warning is None
    assert again.carry_out(Intent("AssistUndo"), context()).reply == "I have put it back: the Hall Fan is off."
    assert open_house(inventory, state).registry.device("fan.hall").state == "off"


def test_an_edited_inventory_shows_and_what_was_set_stays(inventory, tmp_path):
    state = tmp_path / "state"
    turn(open_house(inventory, state), "HassLightSet", name="Hall Light", brightness=50)
    inventory.write_text(HOME.replace('["brightness"]', '["rgb"]').replace("fan.hall", "fan.new"), encoding="utf-8")
    light = open_house(inventory, state).registry.device("light.hall")
    assert (light.state, dict(light.attributes)) == ("on", {"supported_color_modes": ["rgb"], "brightness": 128})


def test_without_a_state_directory_nothing_is_written(inventory, tmp_path):
    turn(open_house(inventory, None), "HassTurnOn", name="Hall Light")
    assert [path.name for path in tmp_path.iterdir()] == ["my home.toml"]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 1}',
        '{"version": 9, "devices": {}}',
        '{"version": 1, "devices": {"light.hall": 3}, "memory": {}, "acts": []}',
        "\x00\x01",
    ],
)
def test_a_file_that_cannot_be_used_is_kept_aside_and_told(inventory, tmp_path, content):
    state = tmp_path / "state"
    state.mkdir()
    (state / "home.json").write_text(content, encoding="utf-8")
    house = open_house(inventory, state)
    assert "home.json" in house.warning
    assert house.registry.device("light.hall").state == "off"
    assert (state / "home.broken").read_text(encoding="utf-8") == content
    turn(house, "HassTurnOn", name="Hall Light")
    assert open_house(inventory, state).registry.device("light.hall").state == "on"


def test_what_is_kept_is_there_whole_or_not_at_all(inventory, tmp_path, monkeypatch):
    state = tmp_path / "state"
    house = open_house(inventory, state)
    turn(house, "HassTurnOn", name="Hall Light")
    before = (state / "home.json").read_bytes()

    def full(_file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    reply = turn(house, "HassTurnOn", name="Hall Fan")
    assert reply == "The Hall Fan is on. I could not save this: No space left on device."
    assert house.registry.device("fan.hall").state == "on"  # in memory it stays
    assert "No space left" in house.warning
    assert (state / "home.json").read_bytes() == before
    assert [path.name for path in state.iterdir()] == ["home.json"]
    assert turn(house, "HassTurnOff", name="Hall Fan") == "The Hall Fan is off."  # told once
    monkeypatch.undo()
    turn(house, "HassTurnOn", name="Hall Fan")
    assert house.warning is None
    assert open_house(inventory, state).registry.device("fan.hall").state == "on"


def test_a_store_that_cannot_write_raises(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="cannot be kept"):
        StateStore(tmp_path / "file" / "home.json").save(full_home(), {}, ())


def test_an_inventory_can_be_replaced_while_it_runs(inventory, tmp_path):
    house = open_house(inventory, tmp_path / "state")
    turn(house, "HassTurnOn", name="Hall Light")
    revision = house.snapshot().revision
    assert house.replace_home(load_inventory(inventory)) is False
    assert house.snapshot().revision == revision
    inventory.write_text(HOME.replace("Hall Fan", "Breeze"), encoding="utf-8")
    assert house.replace_home(load_inventory(inventory)) is True
    assert house.snapshot().revision == revision + 1
    assert house.registry.device("light.hall").state == "on"


def test_only_what_differs_is_kept(inventory, tmp_path):
    house = open_house(inventory, tmp_path)
    do(house, "HassLightSet", name="Hall Light", brightness=10)
    kept = json.loads((tmp_path / "home.json").read_text(encoding="utf-8"))
    assert kept["devices"] == {"light.hall": {"state": "on", "set": {"brightness": 26}, "unset": []}}


# --- the registry --------------------------------------------------------------------------------------


def test_snapshots_are_values_and_differences_are_told():
    registry = Registry(full_home())
    before = registry.snapshot()
    registry.set_state("light.kitchen", DeviceState("on", {"brightness": 3}))
    registry.set_state("switch.coffee", DeviceState("off", {}))
    assert next(d for d in before.devices if d.id == "light.kitchen").state == "off"
    assert registry.changed_since(before) == {"light.kitchen": DeviceState("on", {"brightness": 3})}
    assert registry.snapshot().revision == before.revision


def test_listeners_hear_of_states_until_they_end():
    registry, heard = Registry(full_home()), []
    end = registry.listen(heard.append)
    registry.set_state("switch.coffee", DeviceState("on"))
    end()
    registry.set_state("switch.coffee", DeviceState("off"))
    assert [(device.id, device.state) for device in heard] == [("switch.coffee", "on")]


def test_acts_of_one_turn_are_one():
    registry = Registry(full_home())
    registry.note_act({"light.a": DeviceState("off")}, "turn 1")
    registry.note_act({"light.a": DeviceState("on"), "light.b": DeviceState("on")}, "turn 1")
    registry.note_act({}, "turn 2")
    registry.note_act({"light.c": DeviceState("on")}, "turn 3")
    assert registry.take_last_act().before == {"light.c": DeviceState("on")}
    assert registry.take_last_act().before == {"light.a": DeviceState("off"), "light.b": DeviceState("on")}
    assert registry.take_last_act() is None

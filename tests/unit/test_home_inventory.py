"""Inventories: what people write, what programs write, and what is told where they are wrong."""

import json
from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.home.inventory import load_inventory, overlay
from assistant.types import Area, Floor

SHARED = Path(__file__).resolve().parents[3] / "shared" / "eval" / "dev" / "homes"

GOOD = """
[[floors]]
name = "Ground Floor"

[[areas]]
name = "Kitchen"
floor = "Ground Floor"

[[devices]]
id = "light.kitchen"
name = "Kitchen Light"
area = "Kitchen"
state = "off"

[devices.attributes]
brightness = "120"

[[devices]]
id = "lock.door"
confirm = false
"""


def write(tmp_path, text, name="home.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def by_id(home, device_id):
    return next(device for device in home.devices if device.id == device_id)


def test_the_built_in_home_has_three_rooms_on_two_floors_and_all_common_kinds():
    home = load_inventory()
    assert (len(home.floors), len(home.areas)) == (2, 3)
    kinds = {device.domain for device in home.devices}
    wanted = "light switch fan cover valve lock climate media_player vacuum lawn_mower scene script todo sensor"
    assert set(wanted.split()) | {"binary_sensor", "weather", "button"} <= kinds
    assert 20 <= len(home.devices) <= 30


def test_what_a_scene_or_script_of_the_built_in_home_names_is_there():
    home = load_inventory()
    ids = {device.id for device in home.devices}
    for device in home.devices:
        assert set(device.attributes.get("entities") or {}) <= ids
        for row in device.attributes.get("sequence") or ():
            named = row["target"]["entity_id"]
            assert set(named if isinstance(named, list) else [named]) <= ids


def test_toml_is_read_with_its_defaults(tmp_path):
    home = load_inventory(write(tmp_path, GOOD))
    assert home.areas == (Area("Kitchen", "Ground Floor"),)
    light, lock = home.devices
    assert (light.state, light.attributes, light.confirm) == ("off", {"brightness": 120}, None)
    assert (lock.name, lock.state, lock.area, lock.confirm) == ("door", "unknown", None, False)


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('area = "Kitchen"\n', 'araa = "Kitchen"\n', 12, ["device 1", "'araa'", "did you mean 'area'?"]),
        ('area = "Kitchen"\n', 'area = "Kichen"\n', 12, ["Kitchen Light", "'Kichen'", "did you mean 'Kitchen'?"]),
        ('floor = "Ground Floor"', 'floor = "Ground"', 7, ["area 1", "'Ground'", "did you mean 'Ground Floor'?"]),
        ('"light.kitchen"', '"lihgt.kitchen"', 10, ["'lihgt'", "did you mean 'light'?"]),
        ('"light.kitchen"', '"kitchen"', 10, ["'light.kitchen'", "'kitchen'"]),
        ('"lock.door"', '"light.kitchen"', 19, ["two devices", "'light.kitchen'"]),
        ("confirm = false", 'confirm = "no"', 20, ["confirm", "true or false"]),
        ('name = "Kitchen Light"', "name = 3", 11, ["has no name"]),
        ('name = "Kitchen Light"', 'name = "Kitchen Light"\naliases = [1]', 12, ["aliases", "list of names"]),
        ("[[floors]]\nname", "[[flors]]\nname", 2, ["'flors'", "did you mean 'floors'?"]),
        ("[[floors]]", "[floors]", None, ["'floors' is a list", "[[floors]]"]),
        ('[devices.attributes]\nbrightness = "120"', "attributes = 4", 15, ["attributes", "table"]),
    ],
)
def test_a_mistake_is_told_with_file_line_and_the_nearest_name(tmp_path, old, new, line, words):
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_inventory(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: " if line else str(path)), message
    assert all(word in message for word in words), message


def test_text_that_is_no_toml_and_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="line 2"):
        load_inventory(write(tmp_path, "[[devices]]\nid = ,"))
    with pytest.raises(ConfigError, match="cannot be read"):
        load_inventory(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="floors, areas and devices"):
        load_inventory(write(tmp_path, "[]", "home.json"))


def load_json(tmp_path, *devices, **tables):
    return load_inventory(write(tmp_path, json.dumps({**tables, "devices": devices}), "home.json"))


def test_json_of_programs_is_taken_with_its_oddities(tmp_path):
    home = load_json(
        tmp_path,
        {
            "id": "media_player.tv",
            "name": "TV",
            "aliases": None,
            "area": None,
            "state": "IDLE",
            "x": 1,
            "attributes": {"volume_level": "50", "is_volume_muted": "true", "device_class": None},
        },
        {"id": "binary_sensor.pet", "name": "Pet", "state": "{'in': 'closed', 'out': 'off'}"},
        {"id": "binary_sensor.pet2", "name": "Pet", "area": "Attic", "state": {"in": "open"}},
        {"id": "light.x", "name": "X", "state": True, "aliases": "Y"},
        {"id": "todo.x", "state": 3},
        {"id": "sensor.t", "name": "T", "attributes": {"supported_features": "5", "temperature": "47.5"}},
    )
    tv, pet, pet2, light, todo, sensor = home.devices
    assert (tv.state, tv.attributes, tv.area) == ("idle", {"volume_level": 0.5, "is_volume_muted": True}, None)
    assert (pet.state, pet2.state) == ("off", "on")
    assert (light.state, light.aliases) == ("on", ("Y",))
    assert (todo.name, todo.state) == ("x", "3")
    assert sensor.attributes == {"supported_features": 5, "temperature": 47.5}
    assert home.areas == (Area("Attic"),)  # only a device names it


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("wet", "on"),
        ("dry", "off"),
        ("not charging", "off"),
        ("Detected", "on"),
        ("update available", "on"),
        ("unlocked", "on"),
        ("not_home", "off"),
        ("unavailable", "unavailable"),
    ],
)
def test_words_of_binary_sensors_become_on_and_off(tmp_path, state, expected):
    home = load_json(tmp_path, {"id": "binary_sensor.x", "name": "X", "state": state})
    assert home.devices[0].state == expected


def test_json_that_cannot_be_used_is_told_with_its_line(tmp_path):
    text = '{"areas": [],\n "devices": [\n  {"id": "light.a", "name": "A"},\n  {"id": "nothing", "name": "B"}\n]}'
    path = write(tmp_path, text, "home.json")
    with pytest.raises(ConfigError) as caught:
        load_inventory(path)
    assert str(caught.value).startswith(f"{path}:4: device 2: B: the id must be")


def test_states_are_laid_over_and_made_to_agree(tmp_path):
    home = load_json(
        tmp_path,
        {"id": "cover.c", "name": "C", "state": "closed", "attributes": {"current_position": 0}},
        {
            "id": "light.l",
            "name": "L",
            "state": "on",
            "attributes": {"brightness": 9, "supported_color_modes": ["rgb"]},
        },
        {"id": "fan.f", "name": "F", "state": "on", "attributes": {"percentage": 50}},
    )
    laid = overlay(
        home,
        states={
            "cover.c": {"state": "open"},
            "light.l": {"state": "off"},
            "fan.f": {"state": "off", "attributes": {"percentage": 30}},
            "light.gone": {"state": "on"},
        },
    )
    assert by_id(laid, "cover.c").attributes == {"current_position": 100}
    assert by_id(laid, "light.l").attributes == {"supported_color_modes": ["rgb"]}
    assert by_id(laid, "fan.f").attributes == {"percentage": 30}  # what came with the state stays
    assert by_id(home, "cover.c").state == "closed"


def test_additions(tmp_path):
    home = load_json(tmp_path, {"id": "light.a", "name": "A", "state": "off"})
    more = overlay(
        home,
        states={"light.b": {"state": "on"}},
        add_devices=[{"id": "light.a", "name": "A2"}, {"id": "light.b", "name": "B", "area": "Loft", "state": "off"}],
        add_areas=["Hall", {"name": "Loft", "floor": "Top"}],
        add_floors=["Top"],
    )
    assert [(d.name, d.state) for d in more.devices] == [("A2", "unknown"), ("B", "on")]
    assert more.areas == (Area("Hall"), Area("Loft", "Top"))
    assert more.floors == (Floor("Top"),)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared homes are not beside the repository")
def test_the_shared_homes_are_read():
    homes = {path.name: load_inventory(path) for path in sorted(SHARED.glob("*.json"))}
    assert homes["empty.json"].devices == ()
    big = homes["intents-en.json"]
    assert by_id(big, "binary_sensor.pet_door").state == "off"
    assert by_id(big, "valve.main_valve").attributes["current_position"] == 100
    assert by_id(big, "weather.london").attributes["temperature"] == 47
    assert by_id(big, "media_player.tv").attributes["volume_level"] == 0.5

"""Devices of the field as their makers document them: announced, read, commanded, read back. No broker is needed.

Each file in ``devices`` is one model: what it announces, what it says, how it must appear here, and for each command
what is sent to it and what it answers.
"""

import json
from pathlib import Path

import pytest

from assistant.home.backends.following import StateBook
from assistant.home.backends.mqtt.entities import Entities
from assistant.types import Device

FILES = sorted((Path(__file__).parent / "devices").glob("*.json"))


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def entities_of(case):
    entities = Entities("homeassistant", StateBook(), most=100)
    for topic, payload in case["discovery"].items():
        entities.announce(topic, json.dumps(payload).encode())
    for topic, payload in case["states"].items():
        entities.message(topic, payload.encode())
    return entities


def device_of(entities, device_id):
    return next(device for device in entities.home(True).devices if device.id == device_id)


def holds(attributes, wanted):
    return {key: attributes.get(key) for key in wanted} == wanted


def test_there_are_models_enough():
    assert len(FILES) >= 25
    assert len({load(path)["model"] for path in FILES}) == len(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_model_appears_with_its_names_and_states(path):
    case = load(path)
    entities = entities_of(case)
    assert entities.refused == 0
    assert len(entities) == len(case["devices"])
    for wanted in case["devices"]:
        device = device_of(entities, wanted["id"])
        assert (device.name, device.area, device.state) == (wanted["name"], wanted.get("area"), wanted["state"])
        assert holds(device.attributes, wanted["attributes"])


@pytest.mark.parametrize("path", [path for path in FILES if load(path)["commands"]], ids=lambda path: path.stem)
def test_a_model_is_commanded_in_its_own_words_and_read_back(path):
    case = load(path)
    entities = entities_of(case)
    for command in case["commands"]:
        device = device_of(entities, command["device"])
        messages = entities.find(device.id).shape.services[command["service"]](device, command["data"])
        assert [[message.topic, message.payload] for message in messages] == command["messages"]
        heard = [entities.message(topic, payload.encode()) for topic, payload in command["answer"].items()]
        assert all(device.id in ids for ids in heard)
        now = device_of(entities, device.id)
        if command["state"] is not None:
            assert now.state == command["state"]
        assert holds(now.attributes, command["attributes"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_model_that_takes_itself_back_is_gone(path):
    case = load(path)
    entities = entities_of(case)
    for topic in case["discovery"]:
        entities.announce(topic, b"")
    assert entities.home(True).devices == ()
    assert entities.topics() == ()


def test_all_models_live_in_one_house():
    entities = Entities("homeassistant", StateBook(), most=500)
    count = 0
    for path in FILES:
        case = load(path)
        count += len(case["devices"])
        for topic, payload in case["discovery"].items():
            entities.announce(topic, json.dumps(payload).encode())
    devices = entities.home(True).devices
    assert len(devices) == count == len({device.id for device in devices})
    assert all(isinstance(device, Device) and device.source == "mqtt" for device in devices)

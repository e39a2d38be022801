"""Scenes and scripts that the inventory spells out: what they ask of other devices.

A scene's attribute ``entities`` holds the states that it brings about, a script's ``sequence`` the acts that it does
one after the other, both as Home Assistant writes them. A scene or script without them is its own affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.home.backend import ServiceCall
from assistant.home.features import number
from assistant.home.targets import values
from assistant.types import Device, Home, JsonValue

Step = tuple[Device, ServiceCall]

_BY_STATE = {
    ("lock", "locked"): "lock",
    ("lock", "unlocked"): "unlock",
    ("cover", "open"): "open_cover",
    ("cover", "closed"): "close_cover",
    ("valve", "open"): "open_valve",
    ("valve", "closed"): "close_valve",
    ("media_player", "playing"): "media_play",
    ("media_player", "paused"): "media_pause",
    ("vacuum", "cleaning"): "start",
    ("vacuum", "docked"): "return_to_base",
    ("lawn_mower", "mowing"): "start_mowing",
    ("lawn_mower", "docked"): "dock",
}


def steps_of(home: Home, routine: Device) -> tuple[Step, ...]:
    """The calls that a scene or script makes on the home's other devices; those that are not there are left out."""
    devices = {device.id: device for device in home.devices if device.id != routine.id}
    if routine.domain == "scene":
        return tuple(_scene(devices, routine.attributes.get("entities")))
    if routine.domain == "script":
        return tuple(_script(devices, routine.attributes.get("sequence")))
    return ()


def _scene(devices: Mapping[str, Device], entities: JsonValue) -> Iterator[Step]:
    for device_id, wanted in entities.items() if isinstance(entities, dict) else ():
        device = devices.get(device_id)
        if device is None:
            continue
        state: Mapping[str, JsonValue] = wanted if isinstance(wanted, dict) else {"state": wanted}
        for service, data in calls_to(device, state):
            yield device, ServiceCall(device.id, service, data)


def _script(devices: Mapping[str, Device], sequence: JsonValue) -> Iterator[Step]:
    for row in sequence if isinstance(sequence, list) else []:
        if not isinstance(row, dict):
            continue
        service = str(row.get("action") or row.get("service") or "").rpartition(".")[2]
        target, data = row.get("target"), row.get("data")
        ids = values(target.get("entity_id")) if isinstance(target, dict) else values(target)
        for device_id in ids:
            if device_id in devices and service:
                yield devices[device_id], ServiceCall(device_id, service, data if isinstance(data, dict) else {})


def calls_to(device: Device, wanted: Mapping[str, JsonValue]) -> list[tuple[str, dict[str, JsonValue]]]:
    """The services, with their data, that bring a device to a state with attributes."""
    state = str(wanted["state"]) if wanted.get("state") is not None else device.state
    domain = device.domain
    if domain in ("cover", "valve"):
        position = number(wanted.get("current_position", wanted.get("position")))
        if position is not None and 0 < position < 100:
            return [(f"set_{domain}_position", {"position": round(position)})]
    if domain == "light" and state == "on":
        keys = ("brightness", "rgb_color", "color_temp_kelvin")
        return [("turn_on", {key: wanted[key] for key in keys if wanted.get(key) is not None})]
    if domain == "fan" and state == "on" and number(wanted.get("percentage")):
        return [("set_percentage", {"percentage": wanted["percentage"]})]
    calls: list[tuple[str, dict[str, JsonValue]]] = []
    if domain == "climate":
        calls.append(("set_hvac_mode", {"hvac_mode": state}))
        if wanted.get("temperature") is not None:
            calls.append(("set_temperature", {"temperature": wanted["temperature"]}))
        return calls
    if domain == "media_player" and wanted.get("volume_level") is not None:
        calls.append(("volume_set", {"volume_level": wanted["volume_level"]}))
    service = _BY_STATE.get((domain, state), {"on": "turn_on", "off": "turn_off"}.get(state))
    return [*calls, (service, {})] if service is not None else calls

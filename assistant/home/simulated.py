"""Simulated devices with Home Assistant's semantics: what a command makes of a state.

Conventions: a fan turned on without a speed runs at the speed it last had, else at 100; an opened cover or valve is at
100, a closed one at 0; a vacuum sent home is ``returning``; an off light has no brightness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from assistant.errors import DeviceError
from assistant.home.backend import ServiceCall
from assistant.types import Attributes, Device, DeviceState, JsonValue

State = tuple[str, dict[str, JsonValue]]
Service = Callable[[str, dict[str, JsonValue], Mapping[str, Any]], State]

OFF_KEEPS_NOT = ("brightness", "rgb_color", "color_temp_kelvin", "color_mode")
TRACKS = 20


class SimulatedBackend:
    """Implements ``Backend`` without devices. What a device remembers while it is off is kept here."""

    def __init__(self) -> None:
        self._remembered: dict[str, dict[str, JsonValue]] = {}

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """The state after ``call``. Raises DeviceError for an unavailable device or a service that it has not."""
        if device.state == "unavailable":
            raise DeviceError(f"{device.name} is unavailable")
        service = _SERVICES.get((device.domain, call.service)) or _SERVICES.get(("*", call.service))
        if service is None:
            raise DeviceError(f"{device.name} cannot do that")
        memory = self._remembered.setdefault(device.id, {})
        attributes = dict(device.attributes)
        data = {**call.data, "_memory": memory}
        state, new = service(device.state, attributes, data)
        self._remember(memory, new)
        return DeviceState(state, new)

    @staticmethod
    def _remember(memory: dict[str, JsonValue], attributes: Attributes) -> None:
        percentage = attributes.get("percentage")
        if isinstance(percentage, int | float) and percentage > 0:
            memory["percentage"] = percentage


def _switch(state: str) -> Service:
    return lambda _state, attributes, _data: (state, attributes)


def _light_on(_state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    brightness = data.get("brightness")
    if brightness is not None:
        if brightness <= 0:
            return _light_off(_state, attributes, data)
        attributes["brightness"] = min(255, int(brightness))
    if data.get("rgb_color") is not None:
        attributes["rgb_color"] = list(data["rgb_color"])
        attributes.pop("color_temp_kelvin", None)
    if data.get("color_temp_kelvin") is not None:
        attributes["color_temp_kelvin"] = int(data["color_temp_kelvin"])
        attributes.pop("rgb_color", None)
    return "on", attributes


def _light_off(_state: str, attributes: dict[str, JsonValue], _data: Mapping[str, Any]) -> State:
    return "off", {key: value for key, value in attributes.items() if key not in OFF_KEEPS_NOT}


def _fan_on(_state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    percentage = data.get("percentage")
    if percentage is None:
        current = attributes.get("percentage")
        percentage = current if isinstance(current, int | float) and current > 0 else data["_memory"].get("percentage", 100)
    attributes["percentage"] = percentage
    return ("on" if percentage > 0 else "off"), attributes


def _fan_off(_state: str, attributes: dict[str, JsonValue], _data: Mapping[str, Any]) -> State:
    attributes["percentage"] = 0
    return "off", attributes


def _position(_state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    position = int(data["position"])
    attributes["current_position"] = position
    return ("open" if position > 0 else "closed"), attributes


def _fixed_position(position: int) -> Service:
    return lambda state, attributes, _data: _position(state, attributes, {"position": position})


def _stop(state: str, attributes: dict[str, JsonValue], _data: Mapping[str, Any]) -> State:
    return {"opening": "open", "closing": "open"}.get(state, state), attributes


def _climate_on(state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    if state != "off":
        return state, attributes
    modes = attributes.get("hvac_modes")
    known = [mode for mode in modes if mode != "off"] if isinstance(modes, list) else []
    remembered = data["_memory"].get("hvac_mode")
    preferred = [mode for mode in ("auto", "heat_cool", "heat") if mode in known]
    return str(remembered or (preferred or known or ["heat"])[0]), attributes


def _climate_off(state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    if state != "off":
        data["_memory"]["hvac_mode"] = state
    return "off", attributes


def _climate_temperature(state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    attributes["temperature"] = data["temperature"]
    return state, attributes


def _attribute(name: str) -> Service:
    def service(state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
        attributes[name] = data[name]
        return state, attributes

    return service


def _hvac_mode(_state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    return str(data["hvac_mode"]), attributes


def _track(step: int) -> Service:
    def service(_state: str, attributes: dict[str, JsonValue], _data: Mapping[str, Any]) -> State:
        track = attributes.get("media_track")
        if isinstance(track, int):
            attributes["media_track"] = (track + step) % TRACKS
        elif attributes.get("device_class") != "tv":
            attributes["media_track"] = step % TRACKS
        return "playing", attributes

    return service


def _play_media(_state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    attributes["media_title"] = data["media_title"]
    return "playing", attributes


def _open_count(items: object) -> int:
    rows = items if isinstance(items, list) else []
    return sum(not isinstance(item, dict) or item.get("status") != "completed" for item in rows)


def _set_items(state: str, attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    # A list may count more open items than it shows; those stay counted.
    unseen = max(0, int(state) - _open_count(attributes.get("items"))) if state.isdigit() else 0
    attributes["items"] = data["items"]
    return str(_open_count(data["items"]) + (unseen if data["items"] else 0)), attributes


def _restore(_state: str, _attributes: dict[str, JsonValue], data: Mapping[str, Any]) -> State:
    return data["state"], dict(data["attributes"])


_SERVICES: dict[tuple[str, str], Service] = {
    ("*", "turn_on"): _switch("on"),
    ("*", "turn_off"): _switch("off"),
    ("*", "restore"): _restore,
    ("light", "turn_on"): _light_on,
    ("light", "turn_off"): _light_off,
    ("fan", "turn_on"): _fan_on,
    ("fan", "turn_off"): _fan_off,
    ("fan", "set_percentage"): _fan_on,
    ("cover", "open_cover"): _fixed_position(100),
    ("cover", "close_cover"): _fixed_position(0),
    ("cover", "set_cover_position"): _position,
    ("cover", "stop_cover"): _stop,
    ("valve", "open_valve"): _fixed_position(100),
    ("valve", "close_valve"): _fixed_position(0),
    ("valve", "set_valve_position"): _position,
    ("valve", "stop_valve"): _stop,
    ("lock", "lock"): _switch("locked"),
    ("lock", "unlock"): _switch("unlocked"),
    ("climate", "turn_on"): _climate_on,
    ("climate", "turn_off"): _climate_off,
    ("climate", "set_temperature"): _climate_temperature,
    ("climate", "set_hvac_mode"): _hvac_mode,
    ("climate", "set_fan_mode"): _attribute("fan_mode"),
    ("water_heater", "set_temperature"): _climate_temperature,
    ("humidifier", "set_humidity"): _attribute("humidity"),
    ("media_player", "turn_on"): _switch("playing"),
    ("media_player", "media_play"): _switch("playing"),
    ("media_player", "media_pause"): _switch("paused"),
    ("media_player", "media_stop"): _switch("off"),
    ("media_player", "media_next_track"): _track(1),
    ("media_player", "media_previous_track"): _track(-1),
    ("media_player", "volume_set"): _attribute("volume_level"),
    ("media_player", "volume_mute"): _attribute("is_volume_muted"),
    ("media_player", "play_media"): _play_media,
    ("vacuum", "start"): _switch("cleaning"),
    ("vacuum", "pause"): _switch("paused"),
    ("vacuum", "return_to_base"): _switch("returning"),
    ("lawn_mower", "start_mowing"): _switch("mowing"),
    ("lawn_mower", "pause"): _switch("paused"),
    ("lawn_mower", "dock"): _switch("returning"),
    ("alarm_control_panel", "alarm_arm_home"): _switch("armed_home"),
    ("alarm_control_panel", "alarm_arm_away"): _switch("armed_away"),
    ("alarm_control_panel", "alarm_disarm"): _switch("disarmed"),
    ("todo", "set_items"): _set_items,
    ("number", "set_value"): lambda _s, a, d: (str(d["value"]), a),
    ("input_number", "set_value"): lambda _s, a, d: (str(d["value"]), a),
    ("select", "select_option"): lambda _s, a, d: (str(d["option"]), a),
    ("input_select", "select_option"): lambda _s, a, d: (str(d["option"]), a),
}

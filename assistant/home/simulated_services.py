"""What Home Assistant's services make of a simulated device's state.

Conventions: a fan turned on without a speed runs at the speed it last had, else at 100, and is at 0 when off; an opened
cover or valve is at 100, a closed one at 0; a vacuum that is stopped or sent home is ``returning``; an off light has no
brightness.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.home.kinds import SWITCHED
from assistant.types import JsonValue

TRACKS = 20
_COLORS = ("rgb_color", "rgbw_color", "rgbww_color", "hs_color", "xy_color", "color_temp_kelvin", "color_temp")


@dataclass(slots=True)
class Draft:
    """A device's state in the making. ``memory``: what it came back to before; ``data``: the service's."""

    state: str
    attributes: dict[str, JsonValue]
    data: Mapping[str, JsonValue]
    memory: Mapping[str, JsonValue]
    now: dt.datetime

    def number(self, key: str) -> float | None:
        """A number of the service's data."""
        value = self.data.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def remembered(self, key: str) -> float | None:
        """A number that the device remembers."""
        value = self.memory.get(key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None


Service = Callable[[Draft], None]


def service_of(domain: str, service: str) -> Service | None:
    """The service of a kind of device; ``None`` where that kind has none of the name."""
    found = _SERVICES.get((domain, service))
    return _SWITCH.get(service) if found is None and domain in _PLAIN_SWITCHES else found


def _becomes(state: str) -> Service:
    def service(draft: Draft) -> None:
        draft.state = state

    return service


def _sets(key: str) -> Service:
    def service(draft: Draft) -> None:
        draft.attributes[key] = draft.data.get(key)

    return service


def _chooses(key: str) -> Service:
    def service(draft: Draft) -> None:
        draft.state = str(draft.data.get(key))

    return service


def _happens(draft: Draft) -> None:
    """A scene or button has as state when it was last used."""
    draft.state = draft.now.isoformat()


def _script(draft: Draft) -> None:
    draft.attributes["last_triggered"] = draft.now.isoformat()


# --- lights and fans --------------------------------------------------------------------------------


def _light_on(draft: Draft) -> None:
    brightness = draft.number("brightness")
    if brightness is not None and brightness <= 0:
        _light_off(draft)
        return
    if brightness is None and draft.state != "on":
        brightness = draft.remembered("brightness")
    if brightness is not None:
        draft.attributes["brightness"] = min(255, round(brightness))
    for key in ("rgb_color", "color_temp_kelvin"):
        if draft.data.get(key) is not None:
            for other in _COLORS:
                draft.attributes.pop(other, None)
            draft.attributes[key] = draft.data[key]
    draft.state = "on"


def _light_off(draft: Draft) -> None:
    draft.attributes.pop("brightness", None)
    draft.state = "off"


def _fan_on(draft: Draft) -> None:
    percentage = draft.number("percentage")
    if percentage is None:
        now = draft.attributes.get("percentage")
        running = isinstance(now, int | float) and now > 0
        percentage = float(now) if running else draft.remembered("percentage") or 100  # type: ignore[arg-type]
    draft.attributes["percentage"] = round(percentage)
    draft.state = "on" if percentage > 0 else "off"


def _fan_off(draft: Draft) -> None:
    draft.attributes["percentage"] = 0
    draft.state = "off"


# --- covers, climate --------------------------------------------------------------------------------


def _moved_to(draft: Draft, position: float) -> None:
    draft.attributes["current_position"] = round(position)
    draft.state = "open" if position > 0 else "closed"


def _position(draft: Draft) -> None:
    _moved_to(draft, draft.number("position") or 0)


def _moves(position: int) -> Service:
    return lambda draft: _moved_to(draft, position)


def _stop(draft: Draft) -> None:
    draft.state = {"opening": "open", "closing": "open"}.get(draft.state, draft.state)


def _climate_on(draft: Draft) -> None:
    if draft.state not in ("off", "unknown"):
        return
    modes = draft.attributes.get("hvac_modes")
    known = [str(mode) for mode in modes if mode != "off"] if isinstance(modes, list) else []
    preferred = [mode for mode in ("auto", "heat_cool", "heat") if mode in known]
    last = draft.memory.get("mode")
    draft.state = str(last or (preferred or known or ["heat"])[0])


def _set_temperature(draft: Draft) -> None:
    draft.attributes["temperature"] = draft.data["temperature"]


def _heater_on(draft: Draft) -> None:
    modes = draft.attributes.get("operation_list")
    known = [str(mode) for mode in modes if mode != "off"] if isinstance(modes, list) else []
    if draft.state in ("off", "unknown"):
        draft.state = str(draft.memory.get("mode") or (known or ["on"])[0])


# --- players, lists ---------------------------------------------------------------------------------


def _track(step: int) -> Service:
    def service(draft: Draft) -> None:
        track = draft.attributes.get("media_track")
        if isinstance(track, int):
            draft.attributes["media_track"] = (track + step) % TRACKS
        elif draft.attributes.get("device_class") != "tv":
            draft.attributes["media_track"] = step % TRACKS
        draft.state = "playing"

    return service


def _play_media(draft: Draft) -> None:
    draft.attributes["media_title"] = draft.data.get("media_title")
    if draft.data.get("media_content_type") is not None:
        draft.attributes["media_content_type"] = draft.data["media_content_type"]
    draft.state = "playing"


def open_count(items: JsonValue) -> int:
    """How many items of a list are still to be done; an item may be plain text."""
    rows = items if isinstance(items, list) else []
    return sum(not isinstance(item, dict) or item.get("status") != "completed" for item in rows)


def _set_items(draft: Draft) -> None:
    # A list may count more open items than it shows; those stay counted while any are left.
    seen = open_count(draft.attributes.get("items"))
    unseen = max(0, int(draft.state) - seen) if draft.state.isdigit() else 0
    items = draft.data.get("items")
    draft.attributes["items"] = items
    draft.state = str(open_count(items) + (unseen if items else 0))


def _clean(draft: Draft) -> None:
    draft.attributes.pop("cleaning_area", None)
    if draft.data.get("area"):
        draft.attributes["cleaning_area"] = draft.data["area"]
    draft.state = "cleaning"


def _home(draft: Draft) -> None:
    draft.attributes.pop("cleaning_area", None)
    if draft.state != "docked":
        draft.state = "returning"


def _set_value(draft: Draft) -> None:
    value = draft.number("value") or 0
    draft.state = f"{value:g}"


_SERVICES: dict[tuple[str, str], Service] = {
    ("light", "turn_on"): _light_on,
    ("light", "turn_off"): _light_off,
    ("fan", "turn_on"): _fan_on,
    ("fan", "turn_off"): _fan_off,
    ("fan", "set_percentage"): _fan_on,
    ("cover", "open_cover"): _moves(100),
    ("cover", "close_cover"): _moves(0),
    ("cover", "set_cover_position"): _position,
    ("cover", "stop_cover"): _stop,
    ("valve", "open_valve"): _moves(100),
    ("valve", "close_valve"): _moves(0),
    ("valve", "set_valve_position"): _position,
    ("valve", "stop_valve"): _stop,
    ("lock", "lock"): _becomes("locked"),
    ("lock", "unlock"): _becomes("unlocked"),
    ("climate", "turn_on"): _climate_on,
    ("climate", "turn_off"): _becomes("off"),
    ("climate", "set_temperature"): _set_temperature,
    ("climate", "set_hvac_mode"): _chooses("hvac_mode"),
    ("climate", "set_fan_mode"): _sets("fan_mode"),
    ("water_heater", "turn_on"): _heater_on,
    ("water_heater", "turn_off"): _becomes("off"),
    ("water_heater", "set_temperature"): _set_temperature,
    ("water_heater", "set_operation_mode"): _chooses("operation_mode"),
    ("humidifier", "set_humidity"): _sets("humidity"),
    ("humidifier", "set_mode"): _sets("mode"),
    ("media_player", "turn_on"): _becomes("playing"),
    ("media_player", "turn_off"): _becomes("off"),
    ("media_player", "media_play"): _becomes("playing"),
    ("media_player", "media_pause"): _becomes("paused"),
    ("media_player", "media_stop"): _becomes("off"),
    ("media_player", "media_next_track"): _track(1),
    ("media_player", "media_previous_track"): _track(-1),
    ("media_player", "volume_set"): _sets("volume_level"),
    ("media_player", "volume_mute"): _sets("is_volume_muted"),
    ("media_player", "play_media"): _play_media,
    ("media_player", "select_source"): _sets("source"),
    ("vacuum", "start"): _clean,
    ("vacuum", "pause"): _becomes("paused"),
    ("vacuum", "return_to_base"): _home,
    ("lawn_mower", "start_mowing"): _becomes("mowing"),
    ("lawn_mower", "pause"): _becomes("paused"),
    ("lawn_mower", "dock"): _home,
    ("alarm_control_panel", "alarm_arm_home"): _becomes("armed_home"),
    ("alarm_control_panel", "alarm_arm_away"): _becomes("armed_away"),
    ("alarm_control_panel", "alarm_arm_night"): _becomes("armed_night"),
    ("alarm_control_panel", "alarm_disarm"): _becomes("disarmed"),
    ("scene", "turn_on"): _happens,
    ("script", "turn_on"): _script,
    ("button", "press"): _happens,
    ("input_button", "press"): _happens,
    ("todo", "set_items"): _set_items,
    ("number", "set_value"): _set_value,
    ("input_number", "set_value"): _set_value,
    ("select", "select_option"): _chooses("option"),
    ("input_select", "select_option"): _chooses("option"),
}
_SWITCH: dict[str, Service] = {"turn_on": _becomes("on"), "turn_off": _becomes("off")}
_PLAIN_SWITCHES = SWITCHED - {"light", "fan", "media_player", "water_heater"}

"""States and attributes as inventories write them, made into Home Assistant's forms."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import Any

from assistant.home.names import words
from assistant.types import JsonValue

_NUMBERS = words("""
    brightness color_temp color_temp_kelvin min_color_temp_kelvin max_color_temp_kelvin volume_level volume_step
    percentage percentage_step current_position current_tilt_position temperature current_temperature
    target_temp_low target_temp_high target_temp_step min_temp max_temp humidity current_humidity min_humidity
    max_humidity wind_speed pressure battery_level supported_features media_track media_duration min max step
    """)
_TRUTHS = frozenset({"is_volume_muted", "oscillating", "reports_position", "assumed_state"})
_ON_WORDS = words("""
    on open opened detected wet unlocked connected charging low hot cold unsafe running moving vibrating problem
    true home occupied present powered tampered triggered yes
    """) | {"plugged in", "update available", "light detected", "light"}
_OFF_WORDS = words(
    "off closed shut clear dry locked disconnected normal safe ok okay false away empty absent idle no"
) | {
    "not charging",
    "not running",
    "not moving",
    "not vibrating",
    "unplugged",
    "up to date",
    "no light",
    "not powered",
    "no problem",
    "not home",
    "not detected",
    "unoccupied",
    "no power",
    "stopped",
}
_PLAIN_WORDS = words(
    "on off open closed opening closing locked unlocked playing paused idle standby docked cleaning returning mowing "
    "heat cool auto dry unavailable unknown"
)


def clean_state(value: object, domain: str) -> str:
    """Home Assistant's state string. Some homes write ``{'in': 'closed', 'out': 'off'}``: ``out`` is the state."""
    if isinstance(value, str) and value.startswith("{"):
        value = _literal(value)
    if isinstance(value, Mapping):
        value = value.get("out", value.get("in", "unknown"))
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    state = str(value).strip()
    lowered = state.lower()
    if domain == "binary_sensor":
        words = lowered.replace("_", " ")
        return "on" if words in _ON_WORDS else "off" if words in _OFF_WORDS else lowered
    return lowered if lowered in _PLAIN_WORDS else state


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def clean_attributes(row: Mapping[str, Any]) -> dict[str, JsonValue]:
    """Attributes with numbers as numbers and truths as truths, whatever the file wrote."""
    attributes: dict[str, JsonValue] = {str(key): value for key, value in row.items() if value is not None}
    for key in _NUMBERS & attributes.keys():
        attributes[key] = number_of(attributes[key])
    for key in _TRUTHS & attributes.keys():
        value = attributes[key]
        if isinstance(value, str) and value.lower() in ("true", "false", "on", "off", "yes", "no"):
            attributes[key] = value.lower() in ("true", "on", "yes")
    for key in ("rgb_color", "rgbw_color", "hs_color", "xy_color"):
        value = attributes.get(key)
        if isinstance(value, list):
            attributes[key] = [number_of(part) for part in value]
    volume = attributes.get("volume_level")
    if isinstance(volume, int | float) and not isinstance(volume, bool) and volume > 1:
        attributes["volume_level"] = round(volume / 100, 4)  # some homes count to 100
    return attributes


def number_of(value: JsonValue) -> JsonValue:
    """``value`` as a number where it is one written as text, else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if any(c in value for c in ".eE") else int(value)
    except ValueError:
        return value


def reconcile(domain: str, state: str, attributes: dict[str, JsonValue], given: Collection[str]) -> None:
    """Make attributes agree with a state that was laid over them; those in ``given`` came with it and stay."""
    if domain in ("cover", "valve") and "current_position" in attributes and "current_position" not in given:
        position = attributes["current_position"]
        if state == "closed":
            attributes["current_position"] = 0
        elif state == "open" and position == 0:
            attributes["current_position"] = 100
    elif domain == "fan" and "percentage" in attributes and "percentage" not in given:
        if state == "off":
            attributes["percentage"] = 0
        elif state == "on" and attributes["percentage"] == 0:
            attributes["percentage"] = 100
    elif domain == "light" and state == "off" and "brightness" not in given:
        attributes.pop("brightness", None)

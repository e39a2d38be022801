"""Whether a device is in the state that people call so: ``open`` of a contact sensor, ``on`` of a player, ``home``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.home.features import number
from assistant.home.kinds import COVERS, SWITCHED
from assistant.home.names import normalise
from assistant.types import Device

_OPENINGS = frozenset({"door", "garage_door", "opening", "window"})
_UNKNOWN = frozenset({"unavailable", "unknown"})
_OFF = frozenset({"off", "standby"})
_RESTING = frozenset({"docked", "idle", "off", "paused", "returning", "error"})
_PLAYER_STATES = frozenset({"on", "off", "playing", "paused", "idle", "standby", "buffering"})
_ROBOT_STATES = frozenset({"cleaning", "mowing", "docked", "returning", "paused", "idle", "error", "on", "off"})
_HVAC_ACTIONS: Mapping[str, str] = {"heat": "heating", "cool": "cooling", "dry": "drying", "fan_only": "fan"}

Meaning = Callable[[Device, str], bool | None]


def is_in(device: Device, wanted: str) -> bool | None:
    """``None`` where the state makes no sense for the device, or it does not know it. ``wanted``: its own word."""
    if device.state in _UNKNOWN:
        return True if wanted == device.state else None
    if wanted == device.state:
        return True
    meaning = _MEANINGS.get(device.domain)
    return meaning(device, wanted) if meaning is not None else None


def _binary(device: Device, wanted: str) -> bool | None:
    kind = device.device_class
    if wanted in ("on", "off"):
        return device.state == wanted
    if wanted in ("open", "closed") and kind in _OPENINGS:
        return (device.state == "on") == (wanted == "open")
    if wanted in ("locked", "unlocked") and kind == "lock":
        return (device.state == "on") == (wanted == "unlocked")
    if wanted == "docked" and kind in ("battery_charging", "plug"):
        return device.state == "on"
    if wanted in ("home", "not_home") and kind in ("presence", "occupancy"):
        return (device.state == "on") == (wanted == "home")
    return None


def _switched(device: Device, wanted: str) -> bool | None:
    return (device.state not in _OFF) == (wanted == "on") if wanted in ("on", "off") else None


def _cover(device: Device, wanted: str) -> bool | None:
    position = number(device.attributes.get("current_position"))
    is_open = device.state in ("open", "opening", "closing") and position != 0
    if wanted in ("open", "on"):
        return is_open
    if wanted in ("closed", "off"):
        return not is_open
    return False if wanted in ("opening", "closing") else None


def _lock(device: Device, wanted: str) -> bool | None:
    if wanted in ("locked", "unlocked"):
        return (device.state in ("locked", "locking")) == (wanted == "locked")
    return None


def _player(device: Device, wanted: str) -> bool | None:
    if wanted == "on":
        return device.state not in _OFF
    if wanted == "muted":
        return device.attributes.get("is_volume_muted") is True
    return (wanted == "off" and device.state in _OFF) if wanted in _PLAYER_STATES else None


def _climate(device: Device, wanted: str) -> bool | None:
    if wanted in ("on", "off"):
        return (device.state != "off") == (wanted == "on")
    action = device.attributes.get("hvac_action")
    if wanted in _HVAC_ACTIONS:
        return action == _HVAC_ACTIONS[wanted] if isinstance(action, str) else False
    return False if wanted in ("auto", "heat_cool") else None


def _robot(device: Device, wanted: str) -> bool | None:
    if wanted in ("on", "off"):
        return (device.state not in _RESTING) == (wanted == "on")
    return False if wanted in _ROBOT_STATES else None


def _person(device: Device, wanted: str) -> bool | None:
    return normalise(device.state) == normalise(wanted)


def _alarm(device: Device, wanted: str) -> bool | None:
    if wanted in ("on", "armed_away", "armed"):
        return device.state.startswith("armed")
    return device.state == "disarmed" if wanted in ("off", "disarmed") else False


def _text(device: Device, wanted: str) -> bool | None:
    value, asked = number(device.state), number(wanted)
    if value is not None and asked is not None:
        return value == asked
    return normalise(device.state) == normalise(wanted)


_MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(SWITCHED, _switched),
    **dict.fromkeys(("script", "update", "calendar"), _switched),
    **dict.fromkeys(COVERS, _cover),
    "binary_sensor": _binary,
    "lock": _lock,
    "media_player": _player,
    "climate": _climate,
    "vacuum": _robot,
    "lawn_mower": _robot,
    "person": _person,
    "device_tracker": _person,
    "alarm_control_panel": _alarm,
    **dict.fromkeys(("sensor", "weather", "select", "input_select", "number", "input_number", "sun", "zone"), _text),
}

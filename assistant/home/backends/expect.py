"""What a command should make of a device, and whether a state that was read is that."""

from __future__ import annotations

import datetime as dt

from assistant.home.backend import ServiceCall
from assistant.home.features import number
from assistant.home.kinds import PRESSED
from assistant.home.simulated_services import Draft, service_of
from assistant.types import Device, DeviceState, JsonValue

# On the way there counts: a blind that is opening does what it was told.
_ON_THE_WAY: dict[str, frozenset[str]] = {
    "open": frozenset({"opening"}),
    "closed": frozenset({"closing"}),
    "locked": frozenset({"locking"}),
    "unlocked": frozenset({"unlocking", "open", "opening"}),
    "returning": frozenset({"docked", "idle"}),
    "docked": frozenset({"returning"}),
    "cleaning": frozenset({"starting"}),
    "playing": frozenset({"buffering", "on", "idle"}),
    "off": frozenset({"standby", "idle"}),
    "disarmed": frozenset({"disarming"}),
    **{f"armed_{mode}": frozenset({"arming", "pending"}) for mode in ("home", "away", "night")},
}
# How far what is read may be from what was asked: devices round.
_TOLERANCE = {"brightness": 6.0, "percentage": 17.0, "current_position": 4.0, "temperature": 0.6, "humidity": 2.0}
_DEFAULT_TOLERANCE = 0.02
_SHOWN = {"position": "current_position", "value": "", "option": "", "hvac_mode": ""}
_NOT_READ_BACK = frozenset({"rgb_color", "color_temp_kelvin", "media_title", "media_content_type", "items", "area"})


def supposed(device: Device, call: ServiceCall) -> DeviceState | None:
    """The state that the device should have after ``call``; ``None`` for a service that its kind has not."""
    service = service_of(device.domain, call.service)
    if service is None:
        return None
    draft = Draft(device.state, dict(device.attributes), call.data, {}, dt.datetime.now(dt.UTC))
    service(draft)
    return DeviceState(draft.state, draft.attributes)


def momentary(device: Device) -> bool:
    """Whether an act on it leaves no state behind that could be read back (scenes, buttons)."""
    return device.domain in PRESSED


def is_met(device: Device, call: ServiceCall, now: DeviceState) -> bool:
    """Whether ``now`` is what ``call`` asks of ``device``, which is given as it was before."""
    wanted = supposed(device, call)
    if wanted is None:
        return True
    if not _moving(device, call, now) and not _same_state(device, wanted.state, now.state):
        return False
    for key, value in call.data.items():
        shown = _SHOWN.get(key, key)
        if not shown or shown in _NOT_READ_BACK or (shown == "current_position" and _moving(device, call, now)):
            continue
        if shown in now.attributes and not _near(shown, value, now.attributes[shown]):
            return False
    return True


def _same_state(device: Device, wanted: str, now: str) -> bool:
    if now == wanted or now in _ON_THE_WAY.get(wanted, ()):
        return True
    if device.domain in ("number", "input_number"):
        return _near("", number(wanted), number(now))
    if device.domain in ("climate", "water_heater") and device.state == "off" and wanted != "off":
        return now not in ("off", "unavailable", "unknown")  # it has its own idea of which mode
    return False


def _moving(device: Device, call: ServiceCall, now: DeviceState) -> bool:
    """Whether a cover or valve is on its way in the direction that it was sent."""
    if device.domain not in ("cover", "valve"):
        return False
    if call.service.startswith("stop_"):
        return False
    return now.state in ("opening", "closing") and now.state != _against(device, call)


def _against(device: Device, call: ServiceCall) -> str:
    wanted = number(call.data.get("position"))
    if wanted is None:
        return "closing" if call.service.startswith("open_") else "opening"
    return "closing" if wanted > (number(device.attributes.get("current_position")) or 0) else "opening"


def _near(key: str, wanted: JsonValue, found: JsonValue) -> bool:
    first, second = number(wanted), number(found)
    if first is None or second is None:
        return wanted == found
    return abs(first - second) <= _TOLERANCE.get(key, _DEFAULT_TOLERANCE)

"""Which acts want a spoken yes first: those that open the house, let water run, or take its guard away.

A device's ``confirm`` in the inventory comes before this table: ``true`` asks before every act on it, ``false`` never.
"""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.kinds import opening_kind
from assistant.types import Device

RISKY_SERVICES = frozenset({"unlock", "open_valve", "alarm_disarm"})
RISKY_OPENINGS = frozenset({"door", "garage", "gate"})


def is_risky(device: Device, call: ServiceCall) -> bool:
    """Whether ``call`` on ``device``, with the state that it has now, must be confirmed."""
    if device.confirm is not None:
        return device.confirm
    if _is_done(device, call):
        return False
    if call.service in RISKY_SERVICES:
        return True
    opens = call.service == "open_cover" or _further_open(device, call)
    if device.domain == "valve":
        return opens
    return opens and opening_kind(device) in RISKY_OPENINGS


_ENDS_IN = {
    "turn_off": "off", "open_cover": "open", "close_cover": "closed", "open_valve": "open", "close_valve": "closed", "lock": "locked",
    "media_pause": "paused", "media_play": "playing",
}  # fmt: skip


def is_so(device: Device, call: ServiceCall) -> bool:
    """Whether the device already is as ``call`` would make it, so far as its state alone tells."""
    if call.service == "turn_on":
        return not call.data and device.state not in ("off", "unknown", "unavailable")
    return _ENDS_IN.get(call.service) == device.state


def _is_done(device: Device, call: ServiceCall) -> bool:
    """What already is so can be said again without harm."""
    if call.service == "unlock":
        return device.state == "unlocked"
    if call.service == "alarm_disarm":
        return device.state == "disarmed"
    if call.service in ("open_cover", "open_valve"):
        return device.state == "open" and device.attributes.get("current_position") in (None, 100)
    return False


def _further_open(device: Device, call: ServiceCall) -> bool:
    if call.service not in ("set_cover_position", "set_valve_position"):
        return False
    wanted, now = call.data.get("position"), device.attributes.get("current_position")
    if not isinstance(wanted, int | float):
        return False
    if not isinstance(now, int | float):
        now = 100 if device.state == "open" else 0
    return wanted > now

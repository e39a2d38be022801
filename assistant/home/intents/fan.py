"""The speed of fans."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.features import number, supports
from assistant.home.intents.base import Plan, Refusal, Step, clamp, stepped
from assistant.types import Device, Intent

SPEED_STEP = 25
_NAMED_SPEEDS = {"low": 33, "slow": 33, "medium": 66, "high": 100, "fast": 100, "max": 100, "maximum": 100, "full": 100}


def set_speed(device: Device, intent: Intent) -> Step:
    """``percentage`` 0-100, or ``percentage_step``."""
    slots = intent.slots
    if not supports(device, "set_speed"):
        return Refusal("no_speed")
    if slots.get("percentage_step") is not None:
        now = number(device.attributes.get("percentage"), 100.0 if device.state == "on" else 0.0) or 0.0
        wanted = stepped(now, slots["percentage_step"], SPEED_STEP)
        if wanted <= now and device.state != "on":
            return Refusal("already", {"state": "off"})
        least = min(now, SPEED_STEP) if wanted < now else 0.0
        return ServiceCall(device.id, "set_percentage", {"percentage": round(clamp(wanted, low=least))})
    value = slots.get("percentage")
    named = _NAMED_SPEEDS.get(value.lower()) if isinstance(value, str) else None
    percentage = number(value) if named is None else float(named)
    if percentage is None:
        return Refusal("set_what")
    if not 0 <= percentage <= 100:
        return Refusal("out_of_range", {"low": "0", "high": "100 percent"})
    return ServiceCall(device.id, "set_percentage", {"percentage": round(percentage)})


def _meant(device: Device, intent: Intent) -> bool:
    """ "Faster" is for the fans that run."""
    return intent.slots.get("percentage_step") is None or device.state == "on"


PLANS = {"HassFanSetSpeed": Plan(frozenset({"fan"}), set_speed, likes=_meant)}

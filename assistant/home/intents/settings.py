"""Numbers and choices that a home keeps as devices."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.features import number
from assistant.home.intents.base import Plan, Refusal, Step, slot_number
from assistant.home.names import normalise
from assistant.types import Device, Intent


def set_value(device: Device, intent: Intent) -> Step:
    """``value`` within the device's range."""
    value = slot_number(intent, "value")
    if value is None:
        return Refusal("set_what")
    low, high = number(device.attributes.get("min"), 0.0) or 0.0, number(device.attributes.get("max"), 100.0) or 100.0
    if not low <= value <= high:
        return Refusal("out_of_range", {"low": f"{low:g}", "high": f"{high:g}"})
    return ServiceCall(device.id, "set_value", {"value": value})


def choose(device: Device, intent: Intent) -> Step:
    """``option``: one of the device's."""
    wanted = normalise(str(intent.slots.get("option", "")))
    options = device.attributes.get("options")
    known = [str(option) for option in options] if isinstance(options, list) else []
    for option in known:
        if normalise(option) == wanted:
            return ServiceCall(device.id, "select_option", {"option": option})
    return Refusal("no_mode", {"mode": wanted, "modes": ", ".join(known)})


PLANS = {
    "AssistSetValue": Plan(frozenset({"number", "input_number"}), set_value, alone=False),
    "AssistSelectOption": Plan(frozenset({"select", "input_select"}), choose, alone=False),
}

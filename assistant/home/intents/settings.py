"""Numbers and choices that a home keeps as devices, and what a device offers to choose from."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Offer:
    """Where a kind of device keeps what it offers, and the service that takes one of it under the name ``data``."""

    attribute: str
    service: str
    data: str

    def __call__(self, device: Device, intent: Intent) -> Step:
        """``option``: one of the device's, as it is said."""
        wanted = normalise(str(intent.slots.get("option", "")))
        options = device.attributes.get(self.attribute)
        known = [str(option) for option in options] if isinstance(options, list) else []
        for option in known:
            if normalise(option.replace("_", " ")) == wanted:
                return ServiceCall(device.id, self.service, {self.data: option})
        return Refusal("no_mode", {"mode": wanted, "modes": ", ".join(known).replace("_", " ")})


OPTION = Offer("options", "select_option", "option")
OPERATION = Offer("operation_list", "set_operation_mode", "operation_mode")
SOURCE = Offer("source_list", "select_source", "source")


def choose(device: Device, intent: Intent) -> Step:
    """``option``: one of the device's; of a water heater its way of working."""
    return (OPERATION if device.domain == "water_heater" else OPTION)(device, intent)


PLANS = {
    "AssistSetValue": Plan(frozenset({"number", "input_number"}), set_value, alone=False),
    "AssistSelectOption": Plan(frozenset({"select", "input_select", "water_heater"}), choose, alone=False),
    "AssistSelectSource": Plan(frozenset({"media_player"}), SOURCE, alone=False),
}

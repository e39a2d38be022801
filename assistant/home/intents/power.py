"""On, off and toggle for everything that has them, in the sense that each kind of device gives to the words."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.intents.base import Plan, Refusal, Step
from assistant.home.kinds import POWERED
from assistant.types import Device, Intent

_ON = {
    "cover": "open_cover",
    "valve": "open_valve",
    "lock": "lock",
    "vacuum": "start",
    "lawn_mower": "start_mowing",
    "button": "press",
    "input_button": "press",
}
_OFF = {
    "cover": "close_cover",
    "valve": "close_valve",
    "lock": "unlock",
    "vacuum": "return_to_base",
    "lawn_mower": "dock",
}
_MOMENTARY = frozenset({"scene", "button", "input_button"})
_RESTING = frozenset({"off", "closed", "idle", "docked", "standby", "paused", "returning", "unknown", "unavailable"})


def turn_on(device: Device, _intent: Intent) -> Step:
    """Opens covers and valves, locks locks, starts robots, presses buttons; switches the rest on."""
    return ServiceCall(device.id, _ON.get(device.domain, "turn_on"))


def turn_off(device: Device, _intent: Intent) -> Step:
    """Closes covers and valves, unlocks locks, sends robots home; switches the rest off."""
    if device.domain in _MOMENTARY:
        return Refusal("only_on")
    return ServiceCall(device.id, _OFF.get(device.domain, "turn_off"))


def toggle(device: Device, intent: Intent) -> Step:
    """The other way round than it is now. A lock's way must be said."""
    if device.domain == "lock":
        return Refusal("say_lock")
    if device.domain in _MOMENTARY or device.state in _RESTING:
        return turn_on(device, intent)
    return turn_off(device, intent)


PLANS = {
    "HassTurnOn": Plan(POWERED, turn_on, alone=False),
    "HassTurnOff": Plan(POWERED, turn_off, alone=False),
    "HassToggle": Plan(POWERED, toggle, alone=False),
    "HassOpenCover": Plan(frozenset({"cover"}), turn_on, alone=False),
    "HassCloseCover": Plan(frozenset({"cover"}), turn_off, alone=False),
}

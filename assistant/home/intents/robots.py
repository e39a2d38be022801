"""Vacuum cleaners and lawn mowers."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.intents.base import Plan, Refusal, Step, fixed
from assistant.types import Device, Intent

_VACUUM = frozenset({"vacuum"})
_MOWER = frozenset({"lawn_mower"})


def clean(device: Device, intent: Intent) -> Step:
    """``area`` (or ``floor``) is where it shall clean."""
    place = intent.slots.get("area") or intent.slots.get("floor")
    return ServiceCall(device.id, "start", {"area": place} if place else {})


def pause(device: Device, _intent: Intent) -> Step:
    """Only what works can pause."""
    if device.state in ("docked", "idle", "off", "paused"):
        return Refusal("not_working")
    return ServiceCall(device.id, "pause")


def _works(device: Device, _intent: Intent) -> bool:
    return device.state in ("cleaning", "mowing", "paused", "error")


PLANS = {
    "HassVacuumStart": Plan(_VACUUM, clean, place_is_data=True),
    "HassVacuumCleanArea": Plan(_VACUUM, clean, place_is_data=True),
    "HassVacuumReturnToBase": Plan(_VACUUM, fixed("return_to_base"), likes=_works),
    "HassVacuumPause": Plan(_VACUUM, pause, likes=_works),
    "HassLawnMowerStartMowing": Plan(_MOWER, fixed("start_mowing")),
    "HassLawnMowerPause": Plan(_MOWER, pause, likes=_works),
    "HassLawnMowerDock": Plan(_MOWER, fixed("dock"), likes=_works),
}

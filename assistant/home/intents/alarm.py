"""Alarm systems."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.intents.base import Plan, Step, fixed
from assistant.types import Device, Intent

_PANELS = frozenset({"alarm_control_panel"})
_MODES = {"home": "alarm_arm_home", "stay": "alarm_arm_home", "night": "alarm_arm_night"}


def arm(device: Device, intent: Intent) -> Step:
    """``mode``: ``home``, ``night``, or ``away``, which is also meant without one."""
    return ServiceCall(device.id, _MODES.get(str(intent.slots.get("mode", "away")).lower(), "alarm_arm_away"))


PLANS = {
    "AssistArmAlarm": Plan(_PANELS, arm),
    "AssistDisarmAlarm": Plan(_PANELS, fixed("alarm_disarm")),
}

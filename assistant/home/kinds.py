"""Kinds of devices: Home Assistant's domains and device classes, and which of them people name together."""

from __future__ import annotations

from assistant.home.names import has_word, words
from assistant.types import Device

# What can be acted on.
SWITCHED = words("light switch fan media_player input_boolean humidifier siren remote water_heater automation group")
COVERS = frozenset({"cover", "valve"})
PRESSED = frozenset({"scene", "script", "button", "input_button"})
POWERED = SWITCHED | COVERS | PRESSED | {"lock", "climate", "vacuum", "lawn_mower"}

# What "turn on everything in the kitchen" means: no locks, covers, alarms, scenes.
GROUP_ON = words("light switch fan input_boolean humidifier")
GROUP_OFF = GROUP_ON | {"media_player"}

# What can only be read.
SENSORS = words(
    "sensor binary_sensor weather person device_tracker sun zone calendar event timer counter update camera"
)
KNOWN_DOMAINS = (
    POWERED
    | SENSORS
    | words("todo alarm_control_panel number select input_number input_select input_text input_datetime text image")
)

# To people these are one kind of thing: who says "blinds" where there are only curtains means the curtains.
WINDOW_COVERS = frozenset({"blind", "curtain", "shade", "shutter", "awning"})
OPENINGS = frozenset({"door", "garage", "gate", "window"})
_SENSED_OPENING = {"door": "door", "garage_door": "garage", "window": "window"}


def cover_kind(device: Device) -> str | None:
    """The kind of a cover: its device class, or what its name says."""
    if device.domain != "cover":
        return None
    if device.device_class:
        return device.device_class
    for kind in (*sorted(WINDOW_COVERS), "garage", "gate", "window", "door"):
        if has_word(device, (kind,)):
            return kind
    return None


def opening_kind(device: Device) -> str | None:
    """``door``, ``garage``, ``gate`` or ``window`` for a cover or a contact sensor that is one."""
    if device.domain == "cover":
        kind = cover_kind(device)
        return kind if kind in OPENINGS else None
    if device.domain != "binary_sensor":
        return None
    if device.device_class == "opening":
        return next((kind for kind in ("garage", "gate", "window", "door") if has_word(device, (kind,))), None)
    return _SENSED_OPENING.get(device.device_class or "")

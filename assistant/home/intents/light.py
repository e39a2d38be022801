"""Brightness, colour and colour temperature of lights, absolute and relative."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.colors import kelvin_of, rgb_of
from assistant.home.features import brightness_percent, can_color, can_dim, can_temper, number
from assistant.home.intents.base import Plan, Refusal, Step, clamp, step_of, stepped
from assistant.types import Device, Intent, JsonValue

BRIGHTNESS_STEP = 20
KELVIN_STEP = 500
_NAMED_LEVELS = {"max": 100, "maximum": 100, "full": 100, "half": 50, "min": 1, "minimum": 1, "low": 20, "high": 90}


def light_set(device: Device, intent: Intent) -> Step:
    """One ``turn_on`` with all that the slots ask for."""
    slots = intent.slots
    data: dict[str, JsonValue] = {}
    said_any = False
    for slot, part in (
        ("brightness", _brightness),
        ("brightness_step", _brightness_step),
        ("color", _color),
        ("temperature", _temperature),
        ("temperature_step", _temperature_step),
    ):
        if slots.get(slot) is not None:
            asked = part(device, slots[slot])
            if isinstance(asked, Refusal):
                return asked
            data.update(asked)
            said_any = True
    if not said_any:
        return Refusal("set_what")
    return ServiceCall(device.id, "turn_on", data)


Asked = dict[str, JsonValue] | Refusal


def _to_255(percent: float) -> int:
    # One percent must not become off.
    return max(1, round(percent * 255 / 100)) if percent > 0 else 0


def _brightness(device: Device, value: JsonValue) -> Asked:
    level = _NAMED_LEVELS.get(value.lower()) if isinstance(value, str) else None
    percent = number(value) if level is None else float(level)
    if percent is None:
        return Refusal("set_what")
    if not 0 <= percent <= 100:
        return Refusal("out_of_range", {"low": "0", "high": "100 percent"})
    if not can_dim(device) and 0 < percent < 100:
        return Refusal("not_dimmable")
    # For a light without levels, "full" is on.
    return {"brightness": _to_255(percent)} if can_dim(device) or percent == 0 else {}


def _brightness_step(device: Device, value: JsonValue) -> Asked:
    now = brightness_percent(device)
    wanted = stepped(now, value, BRIGHTNESS_STEP)
    if not can_dim(device):
        return Refusal("not_dimmable")
    if device.state != "on" and wanted <= now:
        return Refusal("already", {"state": "off"})
    # Darker than the least is still on: who wants it off says so.
    return {"brightness": _to_255(clamp(wanted, low=1.0))}


def _color(device: Device, value: JsonValue) -> Asked:
    name = str(value)
    kelvin = kelvin_of(name)
    if kelvin is not None:
        return _temperature(device, kelvin)
    if name.lower() == "white" and not can_color(device) and can_temper(device):
        return _temperature(device, 4000)
    rgb = rgb_of(name)
    if rgb is None:
        return Refusal("no_such_color", {"color": name})
    return {"rgb_color": list(rgb)} if can_color(device) else Refusal("no_color")


def _temperature(device: Device, value: JsonValue) -> Asked:
    kelvin = number(value)
    if kelvin is None and isinstance(value, str):
        kelvin = kelvin_of(value)
    if kelvin is None:
        return Refusal("set_what")
    if not can_temper(device):
        return Refusal("no_color_temperature")
    low = number(device.attributes.get("min_color_temp_kelvin"), 1000.0) or 1000.0
    high = number(device.attributes.get("max_color_temp_kelvin"), 10000.0) or 10000.0
    if not 1000 <= kelvin <= 12000:
        return Refusal("out_of_range", {"low": f"{low:g}", "high": f"{high:g} kelvin"})
    return {"color_temp_kelvin": round(clamp(kelvin, low, high))}


def _temperature_step(device: Device, value: JsonValue) -> Asked:
    now = number(device.attributes.get("color_temp_kelvin"), 3500.0) or 3500.0
    return _temperature(device, clamp(now + step_of(value, KELVIN_STEP), 2000, 6500))


def _meant(device: Device, intent: Intent) -> bool:
    """ "Brighter" in a room is for the lights that are on."""
    return intent.slots.get("brightness_step") is None or device.state == "on"


PLANS = {"HassLightSet": Plan(frozenset({"light"}), light_set, likes=_meant, alone=False)}

"""Thermostats, water heaters, humidifiers: targets and modes."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.features import number
from assistant.home.intents.base import Plan, Refusal, Step, plain, slot_number, step_of
from assistant.types import Device, Intent, JsonValue

USUAL_RANGE = {"C": (7.0, 35.0), "F": (45.0, 95.0)}
"""Home Assistant's limits, for a device that tells none of its own."""
SOME_RANGE = (0.0, 95.0)
"""Where it does not even tell its unit."""
TEMPERATURE_STEP = 1.0
HUMIDITY_STEP = 5.0
HEATED = frozenset({"climate", "water_heater"})


def set_temperature(device: Device, intent: Intent) -> Step:
    """``temperature`` in the device's unit, or ``temperature_step``; within what the device says it can."""
    step = intent.slots.get("temperature_step")
    if _is_wanted_on(device, step):
        return ServiceCall(device.id, "turn_on")
    if step is not None:
        attributes = device.attributes
        now = number(attributes.get("temperature"), number(attributes.get("current_temperature")))
        if now is None:
            return Refusal("no_target")
        wanted: float | None = now + step_of(step, number(attributes.get("target_temp_step")) or TEMPERATURE_STEP)
    else:
        wanted = slot_number(intent, "temperature")
    if wanted is None:
        return Refusal("set_what")
    usual = USUAL_RANGE.get(str(device.attributes.get("temperature_unit", ""))[-1:], SOME_RANGE)
    low = number(device.attributes.get("min_temp"), usual[0]) or 0.0
    high = number(device.attributes.get("max_temp"), usual[1]) or 0.0
    if not low <= wanted <= high:
        return Refusal("out_of_range", {"low": f"{low:g}", "high": f"{high:g} degrees"})
    return ServiceCall(device.id, "set_temperature", {"temperature": plain(wanted)})


def _is_wanted_on(device: Device, step: JsonValue) -> bool:
    """Whether "warmer" (or, of what only cools, "cooler") finds the device off: then it is to be switched on."""
    if device.state != "off" or device.domain != "climate":
        return False
    modes = device.attributes.get("hvac_modes")
    heats = not isinstance(modes, list) or "heat" in modes or "heat_cool" in modes
    return (step == "up" and heats) or (step == "down" and not heats)


def _choice(device: Device, value: JsonValue, known: JsonValue) -> str | Refusal:
    """One of the modes that the device says it has; any where it says nothing."""
    wanted = str(value or "").strip().lower().replace(" ", "_")
    if not wanted:
        return Refusal("set_what")
    modes = [str(mode) for mode in known] if isinstance(known, list) else []
    if not modes:
        return wanted
    for mode in modes:
        if mode.lower() == wanted:
            return mode
    spoken = ", ".join(mode.replace("_", " ") for mode in modes)
    return Refusal("no_mode", {"mode": wanted.replace("_", " "), "modes": spoken})


def set_mode(device: Device, intent: Intent) -> Step:
    """``hvac_mode``; automatic is what the device has of ``auto`` and ``heat_cool``."""
    known = device.attributes.get("hvac_modes")
    wanted = intent.slots.get("hvac_mode", intent.slots.get("mode"))
    if wanted in ("auto", "heat_cool") and isinstance(known, list) and wanted not in known:
        wanted = next((mode for mode in ("auto", "heat_cool") if mode in known), wanted)
    mode = _choice(device, wanted, known)
    return mode if isinstance(mode, Refusal) else ServiceCall(device.id, "set_hvac_mode", {"hvac_mode": mode})


def set_fan_mode(device: Device, intent: Intent) -> Step:
    """``fan_mode`` of a climate device."""
    mode = _choice(device, intent.slots.get("fan_mode"), device.attributes.get("fan_modes"))
    return mode if isinstance(mode, Refusal) else ServiceCall(device.id, "set_fan_mode", {"fan_mode": mode})


def set_humidity(device: Device, intent: Intent) -> Step:
    """``humidity`` in percent, or ``humidity_step``."""
    step, now = intent.slots.get("humidity_step"), number(device.attributes.get("humidity"))
    wanted = slot_number(intent, "humidity")
    if step is not None and now is not None:
        wanted = now + step_of(step, HUMIDITY_STEP)
    if wanted is None:
        return Refusal("set_what")
    low = number(device.attributes.get("min_humidity"), 0.0) or 0.0
    high = number(device.attributes.get("max_humidity"), 100.0) or 100.0
    if not low <= wanted <= high:
        return Refusal("out_of_range", {"low": f"{low:g}", "high": f"{high:g} percent"})
    return ServiceCall(device.id, "set_humidity", {"humidity": plain(wanted)})


def set_humidifier_mode(device: Device, intent: Intent) -> Step:
    """``mode`` of a humidifier."""
    mode = _choice(device, intent.slots.get("mode"), device.attributes.get("available_modes"))
    return mode if isinstance(mode, Refusal) else ServiceCall(device.id, "set_mode", {"mode": mode})


PLANS = {
    "HassClimateSetTemperature": Plan(
        HEATED, set_temperature, likes=lambda device, _intent: device.domain == "climate"
    ),
    "HassClimateSetMode": Plan(frozenset({"climate"}), set_mode),
    "HassClimateSetFanMode": Plan(frozenset({"climate"}), set_fan_mode),
    "HassHumidifierSetpoint": Plan(frozenset({"humidifier"}), set_humidity),
    "HassHumidifierMode": Plan(frozenset({"humidifier"}), set_humidifier_mode),
}

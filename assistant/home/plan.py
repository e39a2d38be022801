"""What an intent asks of each device: intents to service calls. Nothing here touches a device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.home.backend import ServiceCall
from assistant.home.colors import RGB
from assistant.types import Device, Intent, JsonValue

SWITCHED = frozenset(
    {"light", "switch", "fan", "media_player", "input_boolean", "humidifier", "siren", "remote", "water_heater", "automation"}
)
GROUP_SWITCHED = frozenset({"light", "switch", "fan", "media_player", "input_boolean", "humidifier"})
COVERS = frozenset({"cover", "valve"})
POWERED = SWITCHED | COVERS | {"lock", "climate", "vacuum", "lawn_mower", "scene", "script", "button", "input_button"}
DEFAULT_STEP = 10
BRIGHTNESS_STEP = 20

_ON = {
    "cover": "open_cover", "valve": "open_valve", "lock": "lock", "vacuum": "start", "lawn_mower": "start_mowing",
    "button": "press", "input_button": "press",
}
_OFF = {
    "cover": "close_cover", "valve": "close_valve", "lock": "unlock", "vacuum": "return_to_base", "lawn_mower": "dock",
}
_ON_STATES = {"on", "open", "playing", "cleaning", "mowing", "heat", "cool", "auto", "heat_cool", "dry", "fan_only"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The device cannot do what was asked; ``reason`` is spoken."""

    reason: str


Step = ServiceCall | Refusal
Planner = Callable[[Device, Intent], Step]


def _number(value: JsonValue, default: float) -> float:
    if isinstance(value, bool) or value is None:
        return default
    try:
        return float(value)  # type: ignore[arg-type]  # lists and tables raise TypeError, and get the default
    except (TypeError, ValueError):
        return default


def _turn_on(device: Device, _intent: Intent) -> Step:
    return ServiceCall(device.id, _ON.get(device.domain, "turn_on"))


def _turn_off(device: Device, _intent: Intent) -> Step:
    return ServiceCall(device.id, _OFF.get(device.domain, "turn_off"))


def _toggle(device: Device, intent: Intent) -> Step:
    if device.domain == "lock":
        return Refusal(f"Say lock or unlock for {device.name}.")
    return (_turn_off if device.state in _ON_STATES else _turn_on)(device, intent)


def _light_set(device: Device, intent: Intent) -> Step:
    slots = intent.slots
    data: dict[str, JsonValue] = {}
    if slots.get("brightness") is not None:
        data["brightness"] = round(_clamp(_number(slots["brightness"], 0)) * 255 / 100)
    elif slots.get("brightness_step") is not None:
        now = _number(device.attributes.get("brightness"), 255.0 if device.state == "on" else 0.0) * 100 / 255
        step = _step(slots["brightness_step"], BRIGHTNESS_STEP)
        data["brightness"] = round(_clamp(now + step, 1 if device.state == "on" else 0) * 255 / 100)
    if slots.get("color") is not None:
        rgb = RGB.get(str(slots["color"]))
        if rgb is None:
            return Refusal(f"I don't know the colour {slots['color']}.")
        data["rgb_color"] = list(rgb)
    if slots.get("temperature") is not None:
        data["color_temp_kelvin"] = int(_number(slots["temperature"], 2700))
    return ServiceCall(device.id, "turn_on", data)


def _clamp(value: float, low: float = 0.0, high: float = 100.0) -> float:
    return min(high, max(low, value))


def _step(value: JsonValue, default: float) -> float:
    if value in ("up", "down"):
        return default if value == "up" else -default
    return _number(value, default)


def _fan_speed(device: Device, intent: Intent) -> Step:
    if intent.slots.get("percentage_step") is not None:
        now = _number(device.attributes.get("percentage"), 0)
        value = now + _step(intent.slots["percentage_step"], 25)
    else:
        value = _number(intent.slots.get("percentage"), 100)
    return ServiceCall(device.id, "set_percentage", {"percentage": round(_clamp(value))})


def _position(device: Device, intent: Intent) -> Step:
    service = "set_valve_position" if device.domain == "valve" else "set_cover_position"
    if intent.slots.get("position_step") is not None:
        now = _number(device.attributes.get("current_position"), 100.0 if device.state == "open" else 0.0)
        value = now + _step(intent.slots["position_step"], 25)
    else:
        value = _number(intent.slots.get("position"), 100)
    return ServiceCall(device.id, service, {"position": round(_clamp(value))})


def _stop_moving(device: Device, _intent: Intent) -> Step:
    return ServiceCall(device.id, "stop_valve" if device.domain == "valve" else "stop_cover")


def _temperature(device: Device, intent: Intent) -> Step:
    low = _number(device.attributes.get("min_temp"), 0)
    high = _number(device.attributes.get("max_temp"), 100)
    if intent.slots.get("temperature_step") is not None:
        now = _number(device.attributes.get("temperature"), _number(device.attributes.get("current_temperature"), 20))
        value = now + _step(intent.slots["temperature_step"], 1)
    else:
        value = _number(intent.slots.get("temperature"), 20)
    if not low <= value <= high:
        return Refusal(f"{device.name} goes from {low:g} to {high:g} degrees.")
    return ServiceCall(device.id, "set_temperature", {"temperature": int(value) if value == int(value) else value})


def _hvac_mode(device: Device, intent: Intent) -> Step:
    mode = str(intent.slots.get("hvac_mode", intent.slots.get("mode", "")))
    modes = device.attributes.get("hvac_modes")
    if isinstance(modes, list) and mode not in modes:
        return Refusal(f"{device.name} has no mode {mode}.")
    return ServiceCall(device.id, "set_hvac_mode", {"hvac_mode": mode})


def _fan_mode(device: Device, intent: Intent) -> Step:
    return ServiceCall(device.id, "set_fan_mode", {"fan_mode": intent.slots.get("fan_mode")})


def _volume(device: Device, intent: Intent) -> Step:
    level = _clamp(_number(intent.slots.get("volume_level"), 50)) / 100
    return ServiceCall(device.id, "volume_set", {"volume_level": round(level, 4)})


def _volume_relative(device: Device, intent: Intent) -> Step:
    now = _number(device.attributes.get("volume_level"), 0.5) * 100
    level = _clamp(now + _step(intent.slots.get("volume_step"), DEFAULT_STEP)) / 100
    return ServiceCall(device.id, "volume_set", {"volume_level": round(level, 4)})


def _fixed(service: str, **data: JsonValue) -> Planner:
    return lambda device, _intent: ServiceCall(device.id, service, data)


def _play(device: Device, intent: Intent) -> Step:
    return ServiceCall(device.id, "play_media", {"media_title": intent.slots.get("search_query")})


@dataclass(frozen=True, slots=True)
class Plan:
    """How an intent acts: the domains that it can address, and the call for each device."""

    domains: frozenset[str]
    planner: Planner


PLANS: dict[str, Plan] = {
    "HassTurnOn": Plan(POWERED, _turn_on),
    "HassTurnOff": Plan(POWERED, _turn_off),
    "HassToggle": Plan(POWERED, _toggle),
    "HassLightSet": Plan(frozenset({"light"}), _light_set),
    "HassFanSetSpeed": Plan(frozenset({"fan"}), _fan_speed),
    "HassSetPosition": Plan(COVERS, _position),
    "HassStopMoving": Plan(COVERS, _stop_moving),
    "HassClimateSetTemperature": Plan(frozenset({"climate", "water_heater"}), _temperature),
    "HassClimateSetMode": Plan(frozenset({"climate"}), _hvac_mode),
    "HassClimateSetFanMode": Plan(frozenset({"climate"}), _fan_mode),
    "HassSetVolume": Plan(frozenset({"media_player"}), _volume),
    "HassSetVolumeRelative": Plan(frozenset({"media_player"}), _volume_relative),
    "HassMediaPlayerMute": Plan(frozenset({"media_player"}), _fixed("volume_mute", is_volume_muted=True)),
    "HassMediaPlayerUnmute": Plan(frozenset({"media_player"}), _fixed("volume_mute", is_volume_muted=False)),
    "HassMediaPause": Plan(frozenset({"media_player"}), _fixed("media_pause")),
    "HassMediaUnpause": Plan(frozenset({"media_player"}), _fixed("media_play")),
    "HassMediaStop": Plan(frozenset({"media_player"}), _fixed("media_stop")),
    "HassMediaNext": Plan(frozenset({"media_player"}), _fixed("media_next_track")),
    "HassMediaPrevious": Plan(frozenset({"media_player"}), _fixed("media_previous_track")),
    "HassMediaSearchAndPlay": Plan(frozenset({"media_player"}), _play),
    "HassVacuumStart": Plan(frozenset({"vacuum"}), _fixed("start")),
    "HassVacuumReturnToBase": Plan(frozenset({"vacuum"}), _fixed("return_to_base")),
    "HassVacuumPause": Plan(frozenset({"vacuum"}), _fixed("pause")),
    "HassVacuumCleanArea": Plan(frozenset({"vacuum"}), _fixed("start")),
    "HassLawnMowerStartMowing": Plan(frozenset({"lawn_mower"}), _fixed("start_mowing")),
    "HassLawnMowerDock": Plan(frozenset({"lawn_mower"}), _fixed("dock")),
    "AssistArmAlarm": Plan(frozenset({"alarm_control_panel"}), _fixed("alarm_arm_away")),
    "AssistDisarmAlarm": Plan(frozenset({"alarm_control_panel"}), _fixed("alarm_disarm")),
}

# Where a room's one player, mower or thermostat is meant without being named, and the room has none.
SINGLE_KIND = frozenset(
    name for name in PLANS if name.startswith(("HassMedia", "HassSetVolume", "HassVacuum", "HassLawnMower", "HassClimate"))
)


def is_risky(device: Device, call: ServiceCall) -> bool:
    """Whether a spoken yes is wanted first: what opens the house or lets water run. ``confirm`` in the inventory wins."""
    override = device.attributes.get("confirm")
    if isinstance(override, bool):
        return override
    if call.service in ("unlock", "alarm_disarm", "open_valve"):
        return True
    if call.service == "set_valve_position":
        return bool(call.data.get("position"))
    opens = call.service == "open_cover" or (call.service == "set_cover_position" and bool(call.data.get("position")))
    return opens and device.device_class in ("garage", "gate", "door")

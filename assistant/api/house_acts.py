"""The house for panel and agents: what can be done to each device, and doing it under the same checks as by voice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.turn.protocols import HouseLike
from assistant.turn.turn import new_turn_id
from assistant.types import Ask, Device, Handled, Intent, JsonValue, TurnContext


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done to a device. ``slot``: the number that it needs, from ``low`` to ``high``."""

    name: str
    intent: str
    slot: str = ""
    low: float = 0
    high: float = 100
    attribute: str = ""
    """Where the present value of the number stands."""
    scale: float = 1.0


ON, OFF = Act("on", "HassTurnOn"), Act("off", "HassTurnOff")
BRIGHTNESS = Act("brightness", "HassLightSet", "brightness", attribute="brightness", scale=100 / 255)
POSITION = Act("position", "HassSetPosition", "position", attribute="current_position")
_ACTS: Mapping[str, tuple[Act, ...]] = {
    "light": (ON, OFF, BRIGHTNESS),
    "switch": (ON, OFF),
    "input_boolean": (ON, OFF),
    "siren": (ON, OFF),
    "humidifier": (ON, OFF),
    "fan": (ON, OFF, Act("speed", "HassFanSetSpeed", "percentage", attribute="percentage")),
    "cover": (Act("open", "HassTurnOn"), Act("close", "HassTurnOff"), POSITION),
    "valve": (Act("open", "HassTurnOn"), Act("close", "HassTurnOff")),
    "lock": (Act("lock", "HassTurnOn"), Act("unlock", "HassTurnOff")),
    "climate": (Act("temperature", "HassClimateSetTemperature", "temperature", 5, 35, "temperature"),),
    "media_player": (ON, OFF, Act("volume", "HassSetVolume", "volume_level", attribute="volume_level", scale=100)),
    "vacuum": (Act("start", "HassVacuumStart"), Act("dock", "HassVacuumReturnToBase")),
    "lawn_mower": (Act("start", "HassLawnMowerStartMowing"), Act("dock", "HassLawnMowerDock")),
    "scene": (Act("activate", "HassTurnOn"),),
    "script": (Act("activate", "HassTurnOn"),),
    "button": (Act("press", "HassTurnOn"),),
}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an act. ``ask``: nothing was done yet, for it wants a yes first."""

    ok: bool
    reply: str
    ask: bool = False


def acts_of(device: Device) -> tuple[Act, ...]:
    """What can be done to a device; sensors and the like have nothing."""
    acts = _ACTS.get(device.domain, ())
    if device.domain == "light" and not _dimmable(device):
        return tuple(act for act in acts if act is not BRIGHTNESS)
    return acts


def value_of(device: Device, act: Act) -> int | None:
    """The present value of the number that ``act`` sets."""
    value = device.attributes.get(act.attribute)
    return round(value * act.scale) if isinstance(value, int | float) else None


def act_on(
    house: HouseLike, device_id: str, name: str, value: float | None, *, confirmed: bool, area: str | None = None
) -> Done:
    """Do it. Raises LookupError for a device or act that does not exist, ValueError for a number that cannot be."""
    device = next((d for d in house.snapshot().devices if d.id == device_id), None)
    if device is None:
        raise LookupError(f"there is no device '{device_id[:100]}'")
    act = next((a for a in acts_of(device) if a.name == name), None)
    if act is None:
        known = ", ".join(a.name for a in acts_of(device)) or "nothing"
        raise LookupError(f"'{name[:40]}' cannot be done to '{device_id}'; known are: {known}")
    slots: dict[str, JsonValue] = {"device_id": device.id}
    if act.slot:
        if value is None or not act.low <= value <= act.high:
            raise ValueError(f"'{name}' needs a value from {act.low:g} to {act.high:g}")
        slots[act.slot] = round(value, 1) if act.slot == "temperature" else round(value)
    context = TurnContext(now=dt.datetime.now().astimezone(), area=area, turn_id=new_turn_id())
    outcome = house.carry_out(Intent(act.intent, slots), context, confirmed=confirmed)
    match outcome:
        case Handled(reply=reply):
            return Done(True, reply)
        case Ask(question=question):
            return Done(False, question, ask=True)
    return Done(False, outcome.reply)


def device_row(device: Device) -> dict[str, JsonValue]:
    """A device as plain values."""
    shown = {
        key: value
        for key, value in device.attributes.items()
        if key not in ("supported_features", "supported_color_modes", "items")
    }
    return {
        "id": device.id,
        "name": device.name,
        "area": device.area,
        "state": device.state,
        "attributes": shown,
        "acts": [act.name for act in acts_of(device)],
    }


def _dimmable(device: Device) -> bool:
    modes = device.attributes.get("supported_color_modes")
    return "brightness" in device.attributes or (isinstance(modes, list) and modes != ["onoff"])

"""Positions of covers and valves."""

from __future__ import annotations

from assistant.home.backend import ServiceCall
from assistant.home.features import number, supports
from assistant.home.intents.base import Plan, Refusal, Step, clamp, slot_number, step_of
from assistant.home.kinds import COVERS
from assistant.types import Device, Intent

POSITION_STEP = 25


def set_position(device: Device, intent: Intent) -> Step:
    """``position`` 0 (closed) to 100 (open), or ``position_step``. Some can only be opened or closed."""
    step = intent.slots.get("position_step")
    if step is not None:
        now = number(device.attributes.get("current_position"), 100.0 if device.state == "open" else 0.0) or 0.0
        position: float | None = clamp(now + step_of(step, POSITION_STEP))
    else:
        position = slot_number(intent, "position")
    if position is None:
        return Refusal("set_what")
    if not 0 <= position <= 100:
        return Refusal("out_of_range", {"low": "0", "high": "100 percent"})
    kind = device.domain
    if not supports(device, "set_position"):
        if position not in (0, 100):
            return Refusal("no_position")
        return ServiceCall(device.id, f"{'open' if position else 'close'}_{kind}")
    return ServiceCall(device.id, f"set_{kind}_position", {"position": round(position)})


def stop(device: Device, _intent: Intent) -> Step:
    """Where it is."""
    return ServiceCall(device.id, f"stop_{device.domain}")


def _moves(device: Device, _intent: Intent) -> bool:
    return device.state in ("opening", "closing")


PLANS = {
    "HassSetPosition": Plan(COVERS, set_position, alone=False),
    "HassStopMoving": Plan(COVERS, stop, likes=_moves),
}

"""What the planners of all kinds share: steps, refusals, plans, numbers of slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assistant.home.backend import ServiceCall
from assistant.home.features import number
from assistant.types import Device, Intent, JsonValue


@dataclass(frozen=True, slots=True)
class Refusal:
    """The device cannot do what was asked. ``key``: the response text that says so; it is given ``name`` too."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


Step = ServiceCall | Refusal
Planner = Callable[[Device, Intent], Step]
Liking = Callable[[Device, Intent], bool]


@dataclass(frozen=True, slots=True)
class Plan:
    """How an intent acts.

    ``domains``: the kinds that it can address. ``planner``: the call for one device. ``likes``: of several devices that
    were not named, those that it likes are meant, where there are any ("pause" is for what plays). ``alone``: a home's
    only device of the kind is meant, though nothing names it or its room. ``place_is_data``: area and floor say where
    the device shall work, not where it is.
    """

    domains: frozenset[str]
    planner: Planner
    likes: Liking | None = None
    alone: bool = True
    place_is_data: bool = False


def clamp(value: float, low: float = 0.0, high: float = 100.0) -> float:
    """``value`` within ``low`` and ``high``."""
    return min(high, max(low, value))


def step_of(value: JsonValue, default: float) -> float:
    """A relative change: ``up`` and ``down`` are one ``default`` step, a number is itself."""
    if isinstance(value, str) and value.lower() in ("up", "down", "increase", "decrease"):
        return default if value.lower() in ("up", "increase") else -default
    return number(value, 0.0) or 0.0


FACTORS = {"half": 0.5, "double": 2.0, "quarter": 0.75, "third": 2 / 3}
"""Relative changes in parts of what is: "by half", "twice as", "by a quarter"."""


def stepped(now: float, value: JsonValue, default: float) -> float:
    """``now`` after a relative change, in points or by a part of itself."""
    if isinstance(value, str) and value in FACTORS:
        return now * FACTORS[value]
    return now + step_of(value, default)


def slot_number(intent: Intent, key: str) -> float | None:
    """A slot as a number; ``None`` where it is missing or is none."""
    return number(intent.slots.get(key))


def plain(value: float) -> int | float:
    """A whole number as an int."""
    return int(value) if value == int(value) else value


def fixed(service: str, **data: JsonValue) -> Planner:
    """A planner that asks the same of every device."""
    return lambda device, _intent: ServiceCall(device.id, service, data)

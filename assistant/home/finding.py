"""What an intent to act is meant for, where it names no device: the room, the only one of a kind, a group."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from assistant.home.intents.base import Plan
from assistant.home.kinds import GROUP_OFF, GROUP_ON, POWERED
from assistant.home.targets import Ambiguous, Found, NoTarget, Targets, resolve, values, without_place
from assistant.types import Device, Home, Intent, TurnContext

_NAMED = ("name", "device_id")
_KIND = ("domain", "device_class")
_PLACE = ("area", "floor")


def targets_of(home: Home, intent: Intent, context: TurnContext, plan: Plan) -> Found:
    """The devices that an act is for, or why there are none, or between which to choose."""
    slots = intent.slots
    likes = _likes(plan, intent)
    if any(slots.get(key) is not None for key in _NAMED):
        return resolve(home, without_place(intent) if plan.place_is_data else intent, context, plan.domains)
    if plan.place_is_data:
        return _for_a_place(home, intent, context, plan)
    domains = plan.domains
    said_kind = any(slots.get(key) is not None for key in _KIND)
    if plan.domains == POWERED and not said_kind:
        # "Everything in the kitchen": what people switch, not what they lock, open or start.
        domains = GROUP_ON if intent.name == "HassTurnOn" else GROUP_OFF
    if any(slots.get(key) is not None for key in _PLACE):
        found = resolve(home, intent, context, domains, likes)
        # Where the sentence named no room, the matcher has filled in the microphone's.
        from_context = values(slots.get("area")) == [context.area]
        if isinstance(found, NoTarget) and found.key == "none_here" and from_context and (said_kind or plan.alone):
            return _one_elsewhere(home, intent, context, plan, found)
        return found
    if context.area and (slots.get("here") or (plan.alone and not said_kind)):
        here = resolve(home, replace(intent, slots={**slots, "area": context.area}), context, domains, likes)
        if isinstance(here, Targets):
            return here
    if not said_kind and not plan.alone:
        return NoTarget("which_device")
    found = resolve(home, intent, context, domains, likes)
    if isinstance(found, Targets) and len(found.devices) > 1 and (slots.get("here") or plan.alone):
        return _by_room(found.devices, bool(slots.get("here")))
    return found


def _likes(plan: Plan, intent: Intent) -> Callable[[Device], bool] | None:
    likes = plan.likes
    return None if likes is None else lambda device: likes(device, intent)


def _one_elsewhere(home: Home, intent: Intent, context: TurnContext, plan: Plan, missing: NoTarget) -> Found:
    """The microphone's room has none of the kind: the home's only one is meant, or the only one in use."""
    found = resolve(home, without_place(intent), context, plan.domains, _likes(plan, intent))
    if not isinstance(found, Targets):
        return missing
    if len(found.devices) == 1:
        return found
    return Ambiguous(found.devices) if plan.alone else missing


def _for_a_place(home: Home, intent: Intent, context: TurnContext, plan: Plan) -> Found:
    """Robots that are told where to work: the one that lives there, or the home's only one."""
    there = resolve(home, intent, context, plan.domains)
    if isinstance(there, NoTarget) and there.key in ("no_area", "no_floor"):
        return there
    anywhere = resolve(home, without_place(intent), context, plan.domains)
    for found in (there, anywhere):
        if isinstance(found, Targets) and len(found.devices) == 1:
            return found
    return Ambiguous(anywhere.devices) if isinstance(anywhere, Targets) else anywhere


def _by_room(devices: tuple[Device, ...], by_area: bool) -> Found:
    """The kind was said, but not the room: all of one room are meant, rooms are asked about."""
    areas = {device.area for device in devices}
    if by_area and len(areas) == 1 and None not in areas:
        return Targets(devices, False)
    return Ambiguous(devices, by_area=by_area)

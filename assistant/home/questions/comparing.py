"""Which room is the warmest, whether it is warmer here than there, and how warm it is on the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.home.features import number
from assistant.home.names import find_areas
from assistant.home.questions import temperature
from assistant.home.questions.base import answered, with_named_areas
from assistant.home.targets import Targets
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent, NotHandled, Outcome, TurnContext

OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class _Measured:
    device: Device
    value: float
    unit: object


def answer(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    """``AssistCompare``: ``order`` (what is measured, and ``most``, ``least`` or ``mean``); ``area`` and ``other`` of two.

    ``outside`` stands for the thermometer under the sky; of two places one may be left out: the microphone's, or the house.
    """
    measure, _, order = str(intent.slots.get("order", "temperature most")).partition(" ")
    home = with_named_areas(home)
    if intent.slots.get("area") is not None or intent.slots.get("other") is not None:
        return _of_two(home, intent, context, wording, measure, least=order == "least")
    rooms = _rooms(home, measure)
    if not rooms:
        return NotHandled(wording.say("nothing_measures", what=wording.measured(measure)))
    if order == "mean":
        mean = sum(room.value for room in rooms) / len(rooms)
        spoken = _spoken(_Measured(rooms[0].device, round(mean, 1), rooms[0].unit), measure, wording)
        return answered(intent, [room.device for room in rooms], wording.say("on_average", value=spoken))
    first = (min if order == "least" else max)(rooms, key=lambda room: room.value)
    place = wording.the_area(first.device.area or first.device.name)
    reply = wording.say(
        "ranked", place=place, order=wording.ranked(measure, order), value=_spoken(first, measure, wording)
    )
    return answered(intent, [room.device for room in rooms], reply)


def _of_two(
    home: Home, intent: Intent, context: TurnContext, wording: Wording, measure: str, *, least: bool
) -> Outcome:
    here, there = (_at(home, intent.slots.get(key), context, measure) for key in ("area", "other"))
    if here is None or there is None:
        return NotHandled(wording.say("nothing_measures", what=wording.measured(measure)))
    is_so = here.value < there.value if least else here.value > there.value
    told = {
        "value": _spoken(here, measure, wording),
        "place": _place(here, home, wording),
        "other_value": _spoken(there, measure, wording),
        "other_place": _place(there, home, wording),
    }
    if intent.response == "which":
        reply = wording.say("compare", **told)
    else:
        what = wording.say_in("compare", **told)
        reply = wording.say("yes" if is_so else "no", what=what[:1].lower() + what[1:])
    return answered(intent, [here.device, there.device], reply)


def _place(one: _Measured, home: Home, wording: Wording) -> str:
    outside = temperature.find_outside(home)
    if isinstance(outside, Targets) and outside.devices[0].id == one.device.id:
        return wording.say_in("out_of_doors")
    return wording.place((("area", one.device.area or one.device.name),))


def _at(home: Home, place: object, context: TurnContext, measure: str) -> _Measured | None:
    """What is measured in a room, out of doors, or where nothing was said in the microphone's room or the house."""
    if place == OUTSIDE:
        found = temperature.find_outside(home) if measure == "temperature" else None
        return _measured(found.devices[0], measure) if isinstance(found, Targets) else None
    wanted = place if isinstance(place, str) else context.area
    rooms = _rooms(home, measure)
    if wanted is None:
        return rooms[0] if rooms else None
    names = {area.name for area in find_areas(home, wanted)}
    inside = [device for device in home.devices if device.area in names]
    return _of_room(inside, measure) or (rooms[0] if rooms and place is None else None)


def _rooms(home: Home, measure: str) -> list[_Measured]:
    """What measures a room, one of each; neither a fridge nor the garden is a room."""
    found = [_of_room([d for d in home.devices if d.area == area.name], measure, strict=True) for area in home.areas]
    return [one for one in found if one is not None]


def _of_room(devices: Sequence[Device], measure: str, *, strict: bool = False) -> _Measured | None:
    if measure == "temperature":
        able = [device for device in devices if temperature.is_thermometer(device)]
        if strict:
            able = [device for device in able if temperature.measures_room(device)]
        return _measured(temperature.best(able), measure) if able else None
    found = [one for device in devices if (one := _measured(device, measure)) is not None]
    return found[0] if found else None


def _measured(device: Device, measure: str) -> _Measured | None:
    if measure == "temperature":
        value = temperature.reading(device)
        return _Measured(device, *value) if value is not None else None
    if device.domain != "sensor" or device.device_class != measure:
        return None
    amount = number(device.state)
    return _Measured(device, amount, device.attributes.get("unit_of_measurement")) if amount is not None else None


def _spoken(one: _Measured, measure: str, wording: Wording) -> str:
    if measure == "temperature":
        return wording.degrees(one.value, one.unit)
    return wording.with_unit(f"{one.value:g}", one.unit)

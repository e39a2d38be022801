"""Questions back to the speaker, each with the intents that the answers carry out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.home.backend import ServiceCall
from assistant.home.names import normalise
from assistant.home.targets import Ambiguous, spoken_of
from assistant.home.wording import Wording
from assistant.types import Ask, Device, Intent, JsonValue

NAMED_AT_MOST = 4
EXAMPLES = 3
_PLACES = ("area", "floor")
_CHOSEN_BY = ("device_id", "all", "here", "name", "area", "floor")


def which_device(intent: Intent, found: Ambiguous, wording: Wording, *, keep_place: bool = False) -> Ask:
    """``Do you mean the floor lamp or the desk lamp?``; by rooms where the kind was said but no room.

    ``keep_place``: the intent's room says where the device shall work, not which it is.
    """
    areas = list(dict.fromkeys(device.area for device in found.devices if device.area))
    if found.by_area and len(areas) > 1:
        return _which_area(intent, found.devices, areas, wording)
    candidates = tuple(_only(intent, device, keep_place) for device in found.devices)
    names = [distinct_name(device, found.devices, wording) for device in found.devices]
    if len(names) > NAMED_AT_MOST:
        kind = wording.kind_of([device.domain for device in found.devices], len(names))
        examples = wording.names(names[:EXAMPLES], joiner="or")
        question = wording.say("which_of_many", count=wording.count(len(names)), kind=kind, names=examples)
        return Ask(question, candidates)
    return Ask(wording.say("do_you_mean", names=wording.names(names, joiner="or")), candidates)


def _which_area(intent: Intent, devices: Sequence[Device], areas: Sequence[str], wording: Wording) -> Ask:
    slots = {key: value for key, value in intent.slots.items() if key not in _CHOSEN_BY}
    candidates = tuple(
        replace(
            intent,
            slots={
                **slots,
                "area": area,
                "device_id": [device.id for device in devices if device.area == area],
                "all": True,
                "spoken": area,
            },
        )
        for area in areas
    )
    if len(areas) > NAMED_AT_MOST:
        examples = wording.names([wording.the_area(area) for area in areas[:EXAMPLES]], joiner="or")
        return Ask(wording.say("which_room", names=examples), candidates)
    names = wording.names([wording.the_area(area) for area in areas], joiner="or")
    return Ask(wording.say("which_room_of", names=names), candidates)


def offered(intent: Intent, calls: Sequence[tuple[Device, ServiceCall]], wording: Wording) -> Ask:
    """``Shall I close the blind?``; a yes means exactly the devices that were found now."""
    devices = [device for device, _call in calls]
    step = next((value for key, value in intent.slots.items() if key.endswith("_step")), None)
    verb = wording.act(f"step_{step}" if step is not None else calls[0][1].service)
    names = wording.names([wording.the(device) for device in devices])
    return Ask(wording.say("offer", act=verb, name=names), (_of(intent, devices),))


def confirmation(
    intent: Intent, risky: Sequence[tuple[Device, str]], devices: Sequence[Device], wording: Wording
) -> Ask:
    """``Do you really want to unlock the front door?``; a yes means exactly the devices that were found now."""
    names = wording.names([wording.the(device) for device, _service in risky])
    return Ask(wording.say("confirm", act=wording.act(risky[0][1]), name=names), (_of(intent, devices),))


def _of(intent: Intent, devices: Sequence[Device]) -> Intent:
    """The intent on these devices alone."""
    slots = {key: value for key, value in intent.slots.items() if key not in _CHOSEN_BY or key in _PLACES}
    ids = [device.id for device in devices]
    chosen: dict[str, JsonValue] = {"device_id": ids[0]} if len(ids) == 1 else {"device_id": list(ids), "all": True}
    if len(ids) == 1 and "name" in intent.slots:
        chosen["name"] = devices[0].name
    return replace(intent, slots={**slots, **chosen})


def _only(intent: Intent, device: Device, keep_place: bool) -> Intent:
    kept = _PLACES if keep_place else ()
    slots = {key: value for key, value in intent.slots.items() if key not in _CHOSEN_BY or key in kept}
    return replace(intent, slots={**slots, "name": device.name, "device_id": device.id, "spoken": spoken_of(device)})


def distinct_name(device: Device, among: Sequence[Device], wording: Wording) -> str:
    """What a device is called to tell it from others of its name: by its room, else by its kind."""
    same = [other for other in among if normalise(other.name) == normalise(device.name)]
    if len(same) < 2:
        return wording.the(device)
    areas = {other.area for other in same}
    if len(areas) == len(same) and device.area:
        return wording.say_in("the_in", name=wording.the(device), place=wording.place_of(device))
    kind = wording.kind_of([device.domain], 1)
    if len({other.domain for other in same}) == len(same):
        return wording.say_in("the_kind", kind=kind, name=device.name)
    if device.device_class and len({other.device_class for other in same}) == len(same):
        return wording.say_in("the_kind", kind=device.device_class.replace("_", " "), name=device.name)
    return wording.the(device)

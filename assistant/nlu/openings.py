"""Questions whether "the window" is open, where several windows can tell: they are about all of them in the place."""

from __future__ import annotations

from dataclasses import replace

from assistant.nlu.name_index import NameIndex
from assistant.nlu.words import joined, singular, words_of
from assistant.types import Device, Intent, JsonValue

_KINDS = frozenset({"window", "door"})
_TELLING = frozenset({"cover", "binary_sensor"})


def of_all_openings(intent: Intent, text: str, index: NameIndex, room: str | None) -> Intent:
    """``intent`` about every window, where one was taken for "the window" that is not called so."""
    slots = intent.slots
    if intent.name != "HassGetState" or slots.get("state") not in ("open", "closed"):
        return intent
    device = index.devices.get(str(slots.get("device_id")))
    tokens = words_of(text).tokens
    kind = next((word for word in map(singular, tokens) if word in _KINDS), None)
    if device is None or kind is None or device.device_class != kind or _is_named(device, joined(tokens)):
        return intent
    place: dict[str, JsonValue] = {key: slots[key] for key in ("area", "floor") if key in slots}
    telling = [d for d in index.devices.values() if d.device_class == kind and d.domain in _TELLING]
    if not place and any(d.area == room for d in telling if room is not None):
        place = {"area": room}
    inside = [d for d in telling if index.is_in(d.id, place)]
    if len(inside) < 2 and device in inside:
        return intent
    asked: dict[str, JsonValue] = {"device_class": kind, "state": slots["state"], **place}
    return replace(intent, slots=asked, response="any" if slots["state"] == "open" else "all")


def _is_named(device: Device, said: str) -> bool:
    return any(joined(words_of(name).tokens) in said for name in (device.name, *device.aliases))

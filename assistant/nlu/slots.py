"""From the ways through a template to the slots of an intent: what was said, and what the template requires and adds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import cast

from assistant.nlu.forms import VARIANT
from assistant.nlu.network import Entity
from assistant.nlu.network import Path as Way
from assistant.nlu.nouns import ROOM_UNKNOWN, Noun
from assistant.nlu.templates import Template
from assistant.nlu.words import Words, singular
from assistant.types import Intent, JsonValue


def slots_of(template: Template, way: Way, words: Words, room: str | None) -> dict[str, JsonValue] | None:
    """The slots of a reading; ``None`` where what the template requires is not so."""
    context: dict[str, object] = {"area": room} if room is not None else {}
    slots: dict[str, JsonValue] = {}
    for entity in way.entities:
        value = entity.found.value
        context.update(entity.found.context)
        if entity.step.wildcard:
            slots[entity.step.slot] = _wild(entity, words)
        elif isinstance(value, Noun):
            slots.update(value.slots)
        else:
            slots[entity.step.slot] = cast("JsonValue", value)  # values of the templates are plain JSON
    block = template.block
    for key, wanted in block.requires_context.items():
        if not _meets(key, wanted, context, slots):
            return None
    for key, unwanted in block.excludes_context.items():
        if key in context and _is_among(context[key], unwanted):
            return None
    for key, value in block.slots.items():
        if key in ("domain", "device_class") and "device_id" in slots:
            continue  # the devices are known: their kind says nothing more
        slots.setdefault(key, value)
    if "area" in slots or "floor" in slots:
        slots.pop(ROOM_UNKNOWN, None)
    if (block.metadata or {}).get("only") == "one" and not _names_one(way, words, slots):
        return None
    return slots


def _names_one(way: Way, words: Words, slots: Mapping[str, JsonValue]) -> bool:
    """Whether one thing was called by its name: "open the front door", not "open the garage doors"."""
    near = all(entity.found.penalty <= VARIANT for entity in way.entities if entity.step.key == "name")
    return near and isinstance(slots.get("device_id"), str) and singular(words.tokens[-1]) == words.tokens[-1]


def _meets(key: str, wanted: object, context: Mapping[str, object], slots: dict[str, JsonValue]) -> bool:
    """Whether the context is as required; copies it into a slot where the template says so."""
    copy: object = False
    if isinstance(wanted, Mapping):
        copy = wanted.get("slot", False)
        wanted = wanted.get("value")
    if key == "area" and copy and wanted is None and key not in context:
        # The room is not known: it is understood all the same, and asked for.
        slots.setdefault(ROOM_UNKNOWN, True)
        return True
    if key not in context or not _is_among(context[key], wanted):
        return False
    if copy:
        slots.setdefault(copy if isinstance(copy, str) else key, cast("JsonValue", context[key]))
    return True


def _is_among(value: object, wanted: object) -> bool:
    if wanted is None:
        return value is not None
    if isinstance(wanted, Mapping):
        wanted = wanted.get("value")
    if isinstance(wanted, Collection) and not isinstance(wanted, str):
        return value in wanted
    return value == wanted


def _wild(entity: Entity, words: Words) -> JsonValue:
    said = words.said(entity.start, entity.found.end)
    if entity.step.slot != "item":
        return said
    items = split_items(said)
    return items[0] if len(items) == 1 else list(items)


def split_items(text: str) -> list[str]:
    """``milk, eggs and bread`` as its items; what belongs together ("mac and cheese") cannot be told apart here."""
    parts: list[str] = []
    for chunk in text.replace(" as well as ", " and ").split(","):
        parts += chunk.split(" and ")
    return [part.strip() for part in parts if part.strip()]


def join_equal_names(intents: list[Intent]) -> Intent:
    """One intent of equally good readings: devices that share a name become its candidates."""
    first = intents[0]
    ids: dict[str, None] = {}
    for intent in intents:
        device_id = intent.slots.get("device_id")
        if intent.name == first.name and device_id is not None and not intent.slots.get("all"):
            ids.update(dict.fromkeys(map(str, device_id) if isinstance(device_id, list) else [str(device_id)]))
    if len(ids) < 2 or "device_id" not in first.slots or first.slots.get("all"):
        return first
    slots: dict[str, JsonValue] = {**first.slots, "device_id": list(ids)}
    if len({i.partition(".")[0] for i in ids}) > 1:
        slots.pop("domain", None)
    return Intent(first.name, slots, first.response)

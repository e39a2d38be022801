"""Which devices an intent means: by id, name, area, floor, domain and device class, and the room of the microphone."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from assistant.types import Ask, Device, Home, Intent, JsonValue, TurnContext

# To people these are one kind of thing: who says "blinds" where there are only curtains means the curtains.
WINDOW_COVERS = frozenset({"blind", "curtain", "shade", "shutter", "awning"})
MAX_CANDIDATES = 3

Slots = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Nothing in the home is what was named; ``reason`` says what was missing, in words to be spoken."""

    reason: str


@dataclass(frozen=True, slots=True)
class Targets:
    """The devices meant. ``named``: one device was meant by its name, not a group of a kind or a room."""

    devices: tuple[Device, ...]
    named: bool


def normalise(text: str) -> str:
    """Case, accents and punctuation do not tell names apart."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def resolve(home: Home, intent: Intent, context: TurnContext, domains: Collection[str]) -> Targets | NoTarget | Ask:
    """The devices that ``intent`` means among those of ``domains``; several of one name are asked about."""
    slots = intent.slots
    devices = [device for device in home.devices if device.domain in domains]
    named = "device_id" in slots or "name" in slots
    if named:
        devices = _by_name(devices, slots)
        if not devices:
            return NoTarget(f"I don't know any {slots.get('name', 'such device')}.")
    narrowed = _narrow(home, devices, slots)
    if not narrowed:
        return NoTarget(_what_is_missing(slots))
    if named and len(narrowed) > 1 and not isinstance(slots.get("device_id"), list):
        return _tell_apart(intent, narrowed, context)
    if named and isinstance(slots.get("device_id"), list) and not slots.get("all"):
        return _tell_apart(intent, narrowed, context) if len(narrowed) > 1 else Targets(tuple(narrowed), True)
    return Targets(tuple(narrowed), named)


def _by_name(devices: Iterable[Device], slots: Slots) -> list[Device]:
    ids = slots.get("device_id")
    if ids is not None:
        wanted = ids if isinstance(ids, list) else [ids]
        return [device for device in devices if device.id in wanted]
    name = normalise(str(slots["name"]))
    return [d for d in devices if any(normalise(n) == name for n in (d.name, *d.aliases))]


def areas_on_floor(home: Home, floor: str) -> set[str]:
    """Normalised names of the areas on a floor, named by name or alias."""
    wanted = normalise(floor)
    floors = {f.name for f in home.floors if any(normalise(n) == wanted for n in (f.name, *f.aliases))}
    return {normalise(area.name) for area in home.areas if area.floor in floors}


def area_name(home: Home, spoken: str) -> str:
    """The normalised proper name of an area that was named by name or alias."""
    wanted = normalise(spoken)
    for area in home.areas:
        if any(normalise(n) == wanted for n in (area.name, *area.aliases)):
            return normalise(area.name)
    return wanted


def _values(value: JsonValue) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _narrow(home: Home, devices: list[Device], slots: Slots) -> list[Device]:
    if slots.get("domain") is not None:
        wanted = set(_values(slots["domain"]))
        devices = [device for device in devices if device.domain in wanted]
    if slots.get("area") is not None:
        areas = {area_name(home, area) for area in _values(slots["area"])}
        devices = [device for device in devices if device.area and normalise(device.area) in areas]
    if slots.get("floor") is not None:
        on_floor = areas_on_floor(home, str(slots["floor"]))
        devices = [device for device in devices if device.area and normalise(device.area) in on_floor]
    if slots.get("except") is not None:
        left_out = set(_values(slots["except"]))
        devices = [device for device in devices if device.id not in left_out]
    if slots.get("except_area"):
        spared = {area_name(home, area) for area in _values(slots["except_area"])}
        devices = [device for device in devices if not (device.area and normalise(device.area) in spared)]
    if slots.get("device_class") is not None:
        devices = _of_class(devices, set(_values(slots["device_class"])))
    return devices


def _of_class(devices: list[Device], classes: set[str]) -> list[Device]:
    exact = [device for device in devices if device.device_class in classes]
    if exact or not classes & WINDOW_COVERS:
        return exact
    return [device for device in devices if device.device_class in WINDOW_COVERS]


def _tell_apart(intent: Intent, devices: list[Device], context: TurnContext) -> Targets | Ask:
    here = [d for d in devices if d.area and context.area and normalise(d.area) == normalise(context.area)]
    if len(here) == 1:
        return Targets(tuple(here), True)
    candidates = devices[:MAX_CANDIDATES]
    names = [_distinct_name(device, candidates) for device in candidates]
    question = f"Do you mean {', '.join(names[:-1])} or {names[-1]}?"
    slots = {key: value for key, value in intent.slots.items() if key != "device_id"}
    return Ask(
        question, tuple(replace(intent, slots={**slots, "device_id": device.id}) for device in candidates)
    )


def ask_for_room(home: Home, intent: Intent, devices: Iterable[Device]) -> Ask | None:
    """Which room is meant, where devices of the kind are in several; ``None`` where one room has them all."""
    rooms = list(dict.fromkeys(device.area for device in devices if device.area))
    if len(rooms) < 2:
        return None
    named = rooms[:MAX_CANDIDATES]
    slots = {key: value for key, value in intent.slots.items() if key != "here"}
    question = f"In which room: {', '.join(named[:-1])} or {named[-1]}?"
    return Ask(question, tuple(replace(intent, slots={**slots, "area": room}) for room in named))


def _distinct_name(device: Device, among: list[Device]) -> str:
    same = [other for other in among if normalise(other.name) == normalise(device.name)]
    if len(same) < 2:
        return f"the {device.name}"
    return f"the {device.name} in the {device.area}" if device.area else f"the {device.name} without a room"


def _what_is_missing(slots: Slots) -> str:
    kind = str(slots.get("device_class") or slots.get("domain") or slots.get("name") or "device")
    kind = kind.replace("_", " ")
    if slots.get("area") is not None:
        return f"There is no {kind} in the {slots['area']}."
    if slots.get("floor") is not None:
        return f"There is no {kind} on the {slots['floor']}."
    return f"There is no {kind} that can do that."

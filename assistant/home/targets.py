"""Which devices an intent means: by id, name, area, floor, kind and device class, and the room of the microphone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from assistant.home.kinds import WINDOW_COVERS, cover_kind, opening_kind
from assistant.home.names import bare, called, find_areas, find_floors, floor_of, normalise
from assistant.types import Device, Home, Intent, JsonValue, TurnContext

Slots = Mapping[str, JsonValue]
Keep = Callable[[Device], bool]


@dataclass(frozen=True, slots=True)
class NoTarget:
    """Nothing in the home is what was named. ``key``: the response text that says so, with its ``values``."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Targets:
    """The devices meant. ``named``: they were meant by name, not as all of a kind or room."""

    devices: tuple[Device, ...]
    named: bool


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """One of several was meant: ``devices`` are told apart by asking, by their rooms where ``by_area``."""

    devices: tuple[Device, ...]
    by_area: bool = False


Found = Targets | NoTarget | Ambiguous

_PLACES = ("area", "floor")


def resolve(
    home: Home, intent: Intent, context: TurnContext, domains: Collection[str], likes: Keep | None = None
) -> Found:
    """The devices of ``domains`` that ``intent`` means. ``likes``: see ``Plan.likes``, for devices not named.

    An intent that names no device, room or kind means all of ``domains``; whether that may be is the caller's to say.
    """
    slots = intent.slots
    missing = _unknown_place(home, slots)
    if missing is not None:
        return missing
    if slots.get("device_id") is not None or slots.get("name") is not None:
        return _named(home, slots, context, domains)
    devices = [device for device in home.devices if device.domain in domains]
    devices = _of_kind(_left(home, _in_place(home, devices, slots), slots), slots)
    if not devices:
        return NoTarget(*_missing(home, slots, domains))
    liked = [device for device in devices if likes(device)] if likes is not None else []
    return Targets(tuple(liked or devices), False)


def values(value: JsonValue) -> list[str]:
    """A slot's value or values as texts."""
    return [str(item) for item in value] if isinstance(value, list) else [] if value is None else [str(value)]


def in_area(device: Device, area: str | None) -> bool:
    """Whether the device is in the area of that proper name."""
    return bool(device.area and area and normalise(device.area) == normalise(area))


# --- by name ------------------------------------------------------------------------------------------


def _named(home: Home, slots: Slots, context: TurnContext, domains: Collection[str]) -> Found:
    found = _by_name(home, slots)
    if not found:
        return NoTarget("no_device", {"name": slots.get("name", slots.get("device_id"))})
    placed = _in_place(home, found, slots)
    if not placed:
        return NoTarget("not_there", {"name": found[0].name, **_place(slots)})
    able = [device for device in placed if device.domain in domains]
    if not able:
        return NoTarget("cannot_act", {"name": placed[0].name})
    able = _left(home, _of_kind(able, slots) or able, slots)
    if not able:
        return NoTarget("nothing_left")
    if len(able) == 1 or (slots.get("all") and isinstance(slots.get("device_id"), list)):
        return Targets(tuple(able), True)
    here = [device for device in able if in_area(device, context.area)]
    return Targets(tuple(here), True) if len(here) == 1 else Ambiguous(tuple(able))


def _by_name(home: Home, slots: Slots) -> list[Device]:
    ids = slots.get("device_id")
    if ids is not None:
        wanted = values(ids)
        return [device for device in home.devices if device.id in wanted]
    return called(home.devices, str(slots["name"]))


# --- by place and kind --------------------------------------------------------------------------------


def _unknown_place(home: Home, slots: Slots) -> NoTarget | None:
    for area in values(slots.get("area")):
        if not find_areas(home, area):
            return NoTarget("no_area", {"area": area})
    for floor in values(slots.get("floor")):
        if not find_floors(home, floor):
            return NoTarget("no_floor", {"floor": floor})
    return None


def _area_names(home: Home, spoken: JsonValue) -> set[str]:
    return {normalise(area.name) for text in values(spoken) for area in find_areas(home, text)}


def _in_place(home: Home, devices: list[Device], slots: Slots) -> list[Device]:
    if slots.get("area") is not None:
        areas = _area_names(home, slots["area"])
        devices = [device for device in devices if device.area and normalise(device.area) in areas]
    if slots.get("floor") is not None:
        floors = {floor.name for text in values(slots["floor"]) for floor in find_floors(home, text)}
        devices = [device for device in devices if floor_of(home, device.area) in floors]
    return devices


def _left(home: Home, devices: list[Device], slots: Slots) -> list[Device]:
    """Without what "except" names."""
    ids = set(values(slots.get("except")))
    areas = _area_names(home, slots.get("except_area"))
    return [d for d in devices if d.id not in ids and not (d.area and normalise(d.area) in areas)]


def _of_kind(devices: list[Device], slots: Slots) -> list[Device]:
    if slots.get("domain") is not None:
        wanted = set(values(slots["domain"]))
        devices = [device for device in devices if device.domain in wanted]
    if slots.get("device_class") is not None:
        devices = of_class(devices, set(values(slots["device_class"])))
    return devices


def of_class(devices: list[Device], classes: set[str]) -> list[Device]:
    """Devices of the classes; for what hangs at a window, others of the sort where none is of the very class."""
    exact = [device for device in devices if _class(device) in classes or device.device_class in classes]
    if exact:
        return exact
    if "door" in classes:  # a garage has its door
        return [device for device in devices if opening_kind(device) == "garage"]
    if not classes & WINDOW_COVERS:
        return []
    return [device for device in devices if cover_kind(device) in WINDOW_COVERS]


def _class(device: Device) -> str | None:
    return cover_kind(device) if device.domain == "cover" else opening_kind(device) or device.device_class


# --- what was missing ---------------------------------------------------------------------------------


def _place(slots: Slots) -> dict[str, object]:
    return {"place": tuple((key, values(slots[key])[0]) for key in _PLACES if slots.get(key) is not None)}


def _missing(home: Home, slots: Slots, domains: Collection[str]) -> tuple[str, dict[str, object]]:
    asked = values(slots.get("device_class")) or values(slots.get("domain"))
    kind = asked[0] if len(asked) == 1 else next(iter(domains)) if len(domains) == 1 else "other"
    if slots.get("except") or slots.get("except_area"):
        return "nothing_left", {}
    return "none_here", {"kind": kind, **_place(slots)}


def without_place(intent: Intent) -> Intent:
    """The intent without its room and floor."""
    return replace(intent, slots={key: value for key, value in intent.slots.items() if key not in _PLACES})


def spoken_of(device: Device) -> str:
    """What an answer may say to choose the device: its names and room."""
    return " ".join(bare(text) for text in (device.name, *device.aliases, device.area) if text)

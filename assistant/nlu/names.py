"""What people call the devices, rooms and floors of this house: the slot lists of the templates."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from assistant.nlu.words import plain
from assistant.types import Device, Home

if TYPE_CHECKING:
    from hassil.intents import SlotList

REFERENCE_WORDS = ("it", "them", "that", "this", "these", "those", "that one", "this one", "that thing", "the same one")
_TEMPLATE_SIGNS = re.compile(r"[\[\](){}<>|;:@]")

# Kinds that people say for a device of a domain, when its name has none of them: "play corner light", "rover vacuum".
_SPOKEN_FOR = {
    "television": ("tv",),
    "tv": ("television",),
    "air conditioner": ("ac", "aircon", "air conditioning"),
    "ac": ("air conditioner", "air conditioning"),
    "fridge": ("refrigerator",),
    "refrigerator": ("fridge",),
}


def spoken_names(device: Device) -> list[str]:
    """Name and aliases as text that a template can match, with common other words for the same thing."""
    names: dict[str, None] = {}
    for name in (device.name, *device.aliases):
        clean = _clean(name)
        if not clean:
            continue
        names.setdefault(clean)
        if "'" in clean:
            names.setdefault(clean.replace("'", ""))
        if any(c in clean for c in "-_/."):
            names.setdefault(" ".join(re.split(r"[-_/.\s]+", clean)).strip())
        folded = plain(clean)
        if folded and folded != clean.casefold():
            names.setdefault(folded)
        for word, others in _SPOKEN_FOR.items():
            if re.search(rf"\b{word}\b", clean, re.IGNORECASE):
                for other in others:
                    names.setdefault(re.sub(rf"\b{word}\b", other, clean, flags=re.IGNORECASE))
    return list(names)


def short_name(device: Device) -> str | None:
    """The name without its room, where it begins with it: ``counter light`` of ``Kitchen counter light``."""
    if not device.area:
        return None
    name, area = plain(device.name), plain(device.area)
    if name.startswith(area + " "):
        return name[len(area) + 1 :]
    return None


def compile_names(home: Home, referents: Sequence[str] = ()) -> dict[str, SlotList]:
    """hassil's lists ``name``, ``area`` and ``floor``. A name's value is the device's id; so equal names stay apart.

    ``referents``: ids of the devices that "it" and "them" stand for now.
    """
    from hassil.intents import TextSlotList

    rows = []
    for device in home.devices:
        context = {"domain": device.domain, "device_id": device.id}
        rows += [(name, device.id, context) for name in spoken_names(device)]
    taken = {plain(row[0]) for row in rows} | {plain(n) for a in home.areas for n in (a.name, *a.aliases)}
    shorts = Counter(short for d in home.devices if (short := short_name(d)))
    for device in home.devices:
        short = short_name(device)
        if short and short not in taken and shorts[short] == 1 and not _generic(short):
            rows.append((short, device.id, {"domain": device.domain, "device_id": device.id}))
    rows += _references(home, referents)
    areas = [(text, area.name) for area in home.areas for text in _texts(area.name, area.aliases)]
    floors = [
        (text, floor.name)
        for floor in home.floors
        for name in _texts(floor.name, floor.aliases)
        for text in dict.fromkeys((name, re.sub(r"\s+floor$", "", name, flags=re.IGNORECASE)))
    ]
    return {
        "name": TextSlotList.from_tuples(rows, allow_template=False, name="name"),
        "area": TextSlotList.from_tuples(areas, allow_template=False, name="area"),
        "floor": TextSlotList.from_tuples(floors, allow_template=False, name="floor"),
    }


def _references(home: Home, referents: Sequence[str]) -> list[tuple[str, str, dict[str, str]]]:
    found = [device for device in home.devices if device.id in referents]
    domains = {device.domain for device in found}
    if len(domains) != 1:
        return []
    ids = ",".join(device.id for device in found)
    return [(word, ids, {"domain": found[0].domain, "device_id": ids}) for word in REFERENCE_WORDS]


def _generic(short: str) -> bool:
    """Words that mean a kind, not one thing: 'light' alone is every light."""
    return short.rstrip("s") in {
        "light",
        "lamp",
        "fan",
        "switch",
        "blind",
        "curtain",
        "shade",
        "door",
        "window",
        "lock",
        "tv",
        "heater",
        "temperature",
        "humidity",
        "thermostat",
        "speaker",
        "sensor",
        "cover",
        "heating",
    }


def _clean(name: str) -> str:
    return " ".join(_TEMPLATE_SIGNS.sub(" ", name).split())


def _texts(name: str, aliases: Iterable[str]) -> list[str]:
    texts: dict[str, None] = {}
    for text in (name, *aliases):
        clean = _clean(text)
        if clean:
            texts.setdefault(clean)
            if plain(clean) != clean.casefold():
                texts.setdefault(plain(clean))
            if "'" in clean:
                texts.setdefault(clean.replace("'", ""))
    return list(texts)

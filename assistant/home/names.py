"""What names mean: comparing them as people say them, and looking up areas and floors."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from assistant.types import Area, Device, Floor, Home

_ARTICLES = ("the ", "my ", "our ")


def words(text: str) -> frozenset[str]:
    """The words of a text as a set, for tables."""
    return frozenset(text.split())


def normalise(text: str) -> str:
    """Case, accents, apostrophes and punctuation do not tell names apart."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    plain = plain.replace("'", "").replace("\u2019", "")
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def bare(text: str) -> str:
    """Normalised, without an article before it."""
    name = normalise(text)
    for article in _ARTICLES:
        name = name.removeprefix(article)
    return name


def names_of(thing: Device | Area | Floor) -> tuple[str, ...]:
    """Normalised name and aliases."""
    return tuple(normalise(name) for name in (thing.name, *thing.aliases))


def called(devices: Iterable[Device], spoken: str) -> list[Device]:
    """Devices of that name or alias; of a close form of it (plural, room left out) where none has the very name."""
    found = list(devices)
    wanted = bare(spoken)
    for form in (_exact, _number, _without_room):
        matching = [device for device in found if form(device, wanted)]
        if matching:
            return matching
    return []


def _exact(device: Device, wanted: str) -> bool:
    return any(bare(name) == wanted for name in (device.name, *device.aliases))


def _number(device: Device, wanted: str) -> bool:
    return any(bare(name).removesuffix("s") == wanted.removesuffix("s") for name in (device.name, *device.aliases))


def _without_room(device: Device, wanted: str) -> bool:
    if not device.area:
        return False
    room = normalise(device.area) + " "
    return any(bare(name).removeprefix(room) == wanted.removeprefix(room) for name in (device.name, *device.aliases))


def find_areas(home: Home, spoken: str) -> list[Area]:
    """Areas of that name or alias."""
    wanted = bare(spoken)
    return [area for area in home.areas if any(bare(name) == wanted for name in (area.name, *area.aliases))]


def find_floors(home: Home, spoken: str) -> list[Floor]:
    """Floors of that name or alias, said with or without the word "floor"."""
    wanted = bare(spoken).removesuffix(" floor")
    return [
        floor
        for floor in home.floors
        if any(bare(name).removesuffix(" floor") == wanted for name in (floor.name, *floor.aliases))
    ]


def floor_of(home: Home, area_name: str | None) -> str | None:
    """The name of the floor that an area is on."""
    if area_name is None:
        return None
    return next((area.floor for area in find_areas(home, area_name)), None)


def has_word(device: Device, words: Iterable[str]) -> bool:
    """Whether name, alias or id says one of ``words`` (singular)."""
    texts = (*names_of(device), normalise(device.id.partition(".")[2]))
    said = {word.removesuffix("s") for text in texts for word in text.split()}
    return any(word in said for word in words)

"""The names of this house as hassil's slot lists, for the speech bias: what people are likely to call its things."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from assistant.nlu.forms import VARIANT, forms_of, room_forms
from assistant.nlu.vocabulary import Kind, Vocabulary
from assistant.nlu.words import plain, singular, words_of
from assistant.types import Area, Device, Floor, Home

if TYPE_CHECKING:
    from hassil.intents import SlotList

_TEMPLATE_SIGNS = str.maketrans(dict.fromkeys("[](){}<>|;:@", " "))


def compile_names(home: Home, vocabulary: Vocabulary) -> dict[str, SlotList]:
    """hassil's lists ``name``, ``area``, ``floor`` and ``things``. A name's value is the device's id."""
    from hassil.intents import TextSlotList

    names: dict[tuple[str, str], tuple[str, str, dict[str, str]]] = {}
    places: list[Area | Floor] = [*home.areas, *home.floors]
    taken = frozenset(words_of(name).tokens for place in places for name in (place.name, *place.aliases))
    for device in home.devices:
        context = {"domain": device.domain, "device_id": device.id}
        for text in (*_written(device.name, *device.aliases), *_near(device, vocabulary, taken)):
            names.setdefault((plain(text), device.id), (text, device.id, context))
    for text, kind in _kinds_of_rooms(home, vocabulary):
        domain = min(kind.domains)
        names.setdefault((plain(text), domain), (text, f"{domain}.{plain(text)}", {"domain": domain}))
    areas = [(text, area.name) for area in home.areas for text in _place(area.name, area.aliases, ())]
    floors = [(text, floor.name) for floor in home.floors for text in _place(floor.name, floor.aliases, ("floor",))]
    present = {device.domain for device in home.devices}
    things = [
        (text, text)
        for kind in vocabulary.kinds
        if kind.domains & present
        for words in sorted(kind.words)
        for text in _plurals(" ".join(words))
    ]
    return {
        "name": TextSlotList.from_tuples(names.values(), allow_template=False, name="name"),
        "area": TextSlotList.from_tuples(areas, allow_template=False, name="area"),
        "floor": TextSlotList.from_tuples(floors, allow_template=False, name="floor"),
        "things": TextSlotList.from_tuples(dict.fromkeys(things), allow_template=False, name="things"),
    }


def _written(*names: str) -> Iterable[str]:
    for name in names:
        clean = " ".join(name.translate(_TEMPLATE_SIGNS).split())
        if clean:
            yield clean


def _near(device: Device, vocabulary: Vocabulary, taken: frozenset[tuple[str, ...]]) -> Iterable[str]:
    # In one order for all processes: the ear's sentences are kept on the disk by what they were made of.
    for form, distance in sorted(forms_of(device, vocabulary, taken).items(), key=lambda found: found[::-1]):
        if distance <= VARIANT:
            yield " ".join(form).replace(" 's", "'s")


def _place(name: str, aliases: Iterable[str], words: Iterable[str]) -> Iterable[str]:
    yield from _written(name, *aliases)
    known = {plain(text) for text in (name, *aliases)}
    for form in room_forms((name, *aliases), words, Vocabulary(), frozenset()):
        text = " ".join(form).replace(" 's", "'s")
        if plain(text) not in known:
            yield text


def _plurals(text: str) -> Iterable[str]:
    yield text
    if singular(text) == text:
        yield f"{text}s"


def _kinds_of_rooms(home: Home, vocabulary: Vocabulary) -> Iterable[tuple[str, Kind]]:
    """``bedroom fan`` where the bedroom has one."""
    for area in home.areas:
        devices = [device for device in home.devices if device.area == area.name]
        domains = {device.domain for device in devices}
        last = {singular(words_of(device.name).tokens[-1]) for device in devices if words_of(device.name).tokens}
        for kind in vocabulary.kinds:
            if kind.domains & domains and not kind.domains & {"sensor", "binary_sensor"}:
                words = sorted(kind.words, key=lambda tokens: (len(tokens), tokens))[:2]
                for tokens in (*words, *(named for named in sorted(kind.named | kind.only) if named[-1] in last)):
                    yield f"{area.name} {' '.join(tokens)}", kind

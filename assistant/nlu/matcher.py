"""The fast way of understanding: sentence templates over the names that this house has now."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.nlu.names import compile_names, short_name, spoken_names
from assistant.nlu.normalise import plain, tidy, without_commas
from assistant.nlu.templates import load_templates
from assistant.types import Home, Intent, JsonValue, NoIntent, TurnContext, Understanding, Understood

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList
    from hassil.recognize import RecognizeResult

# Stands for the room while none is known, so that "turn on the light" is understood and then asked about.
NO_ROOM = "\x00here"
MAX_RESULTS = 64
MAX_WORDS = 60


@dataclass(frozen=True, slots=True)
class Ranked:
    """One reading of a sentence. Larger ``key`` is the better reading."""

    key: tuple[int, ...]
    intent: Intent


class SentenceMatcher:
    """``match`` gives the best reading of a whole sentence, or NoIntent. Rebuild with ``update`` when names change."""

    def __init__(self, home: Home, language: str = "en", custom: Sequence[Path] = ()) -> None:
        self._language = language
        self._intents, self._custom = load_templates(language, custom)
        self.update(home)

    def update(self, home: Home) -> None:
        """Take the names of a changed home."""
        self._home = home
        self._lists = compile_names(home)
        self._areas_of = {device.id: device.area for device in home.devices}
        self._devices_by_name = _by_name(home)
        self._areas_by_name = {plain(n): area.name for area in home.areas for n in (area.name, *area.aliases)}

    def templates(self) -> tuple[Intents, dict[str, SlotList]]:
        """All templates and the lists of names, for the speech bias."""
        return self._intents, self._lists

    def find_devices(self, text: str) -> tuple[str, ...]:
        """Ids of the devices that ``text`` names, without its articles; empty where it names none."""
        return self._devices_by_name.get(_bare(text), ())

    def find_area(self, text: str) -> str | None:
        """The name of the area that ``text`` names."""
        return self._areas_by_name.get(_bare(text))

    def describe(self, device_id: str) -> str:
        """Every word that tells a device from others: its names and its room."""
        for device in self._home.devices:
            if device.id == device_id:
                return " ".join(part for part in (device.name, *device.aliases, device.area) if part)
        return device_id

    def match(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Understanding:
        """The best reading of ``text`` as one command or question.

        ``referents``: ids of the devices that "it" and "them" stand for.
        """
        intent = self.match_clause(text, context, referents)
        return Understood((intent,), "match") if intent is not None else NoIntent("no template matches")

    def match_clause(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Intent | None:
        """The best reading of one clause."""
        clause = without_commas(tidy(text))
        if not clause or len(clause.split()) > MAX_WORDS:
            return None
        lists = compile_names(self._home, referents) if referents else self._lists
        for room in dict.fromkeys((context.area, NO_ROOM)):
            if room is None:
                continue
            found = self._best(clause, lists, room)
            if found is not None:
                return found
        return None

    def _best(self, clause: str, lists: dict[str, SlotList], room: str) -> Intent | None:
        from hassil.recognize import recognize_all

        results = recognize_all(
            clause, self._intents, slot_lists=lists, intent_context={"area": room}, language=self._language
        )
        ranked = [self._rank(result) for result in _first(results, MAX_RESULTS)]
        if not ranked:
            return None
        best = max(ranked, key=lambda reading: reading.key)
        equal = [reading.intent for reading in ranked if reading.key == best.key]
        return _join_equal_names(equal)

    def _rank(self, result: RecognizeResult) -> Ranked:
        """Prefer custom sentences, then few words in wildcards, long names, and much literal text."""
        wildcard = sum(len(entity.text.split()) for entity in result.entities_list if entity.is_wildcard)
        named = sum(len(plain(e.text)) for e in result.entities_list if e.name == "name" and not e.is_wildcard)
        placed = sum(len(plain(e.text)) for e in result.entities_list if e.name in ("area", "floor"))
        from_context = any(e.name == "area" and not e.text for e in result.entities_list)
        intent = self._intent(result)
        fits = self._fits(intent)
        custom = intent.name in self._custom
        key = (fits, custom, -wildcard, named, placed, not from_context, result.text_chunks_matched)
        return Ranked(tuple(int(part) for part in key), intent)

    def _fits(self, intent: Intent) -> bool:
        """Whether a named device is where the sentence says it is."""
        area, ids = intent.slots.get("area"), intent.slots.get("device_id")
        if not isinstance(area, str) or not isinstance(ids, str):
            return True
        return plain(self._areas_of.get(ids) or "") == plain(area)

    def _intent(self, result: RecognizeResult) -> Intent:
        slots: dict[str, JsonValue] = {}
        for entity in result.entities_list:
            slots[entity.name] = _value(entity.name, entity.value, entity.is_wildcard)
        if slots.get("area") == NO_ROOM:
            del slots["area"]
            slots["here"] = True
        if "name" in slots:
            _name_slots(slots, self._home)
            domain = result.context.get("domain")
            if isinstance(domain, str):
                slots.setdefault("domain", domain)
        return Intent(result.intent.name, slots, result.response)


def _bare(text: str) -> str:
    return re.sub(r"^(?:the|my|our|a|an) ", "", plain(text))


def _by_name(home: Home) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for device in home.devices:
        short = short_name(device)
        for name in {plain(n) for n in (*spoken_names(device), *([short] if short else []))}:
            found[name].append(device.id)
    return {name: tuple(ids) for name, ids in found.items()}


def _first(results: Iterable[Any], most: int) -> list[Any]:
    found = []
    for result in results:
        found.append(result)
        if len(found) >= most:
            break
    return found


def _value(name: str, value: Any, is_wildcard: bool) -> JsonValue:
    if name == "item" and isinstance(value, str):
        items = split_items(value)
        return items[0] if len(items) == 1 else list(items)
    if isinstance(value, str) and is_wildcard:
        return value.strip()
    return value  # type: ignore[no-any-return]  # slot values of the templates are plain JSON


def split_items(text: str) -> list[str]:
    """``milk, eggs and bread`` as its items; what belongs together ("mac and cheese") cannot be told apart here."""
    parts: list[str] = []
    for chunk in text.replace(" as well as ", " and ").split(","):
        parts += chunk.split(" and ")
    return [part.strip() for part in parts if part.strip()]


def _name_slots(slots: dict[str, JsonValue], home: Home) -> None:
    """A name's value is an id, or ids joined by commas for "it" and "them"."""
    ids = str(slots["name"]).split(",")
    names = [device.name for device in home.devices if device.id in ids]
    slots["name"] = names[0] if names else str(slots["name"])
    if len(ids) == 1:
        slots["device_id"] = ids[0]
    else:
        slots["device_id"] = list(ids)
        slots["all"] = True


def _join_equal_names(intents: list[Intent]) -> Intent:
    """One intent of equally good readings: devices that share a name become its candidates."""
    first = intents[0]
    ids = [
        str(intent.slots["device_id"])
        for intent in intents
        if intent.name == first.name and isinstance(intent.slots.get("device_id"), str)
    ]
    ids = list(dict.fromkeys(ids))
    if len(ids) < 2 or not isinstance(first.slots.get("device_id"), str):
        return first
    domains = {i.partition(".")[0] for i in ids}
    slots = {**first.slots, "device_id": list(ids)}
    if len(domains) > 1:
        slots.pop("domain", None)
    return Intent(first.name, slots, first.response)


"""The fast way of understanding: sentence templates over the names that this house has now.

Of several readings of a sentence the best is the one with, in this order: a device where the sentence says it is; a
sentence of the user's own; fewest words left to wildcards; nouns nearest to the names as they are written; the longest
names; a room that was said, not taken from the microphone; most literal words.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from assistant.nlu.custom import CustomIntents
from assistant.nlu.intents import QUESTIONS, property_of
from assistant.nlu.measured import of_its_sensor
from assistant.nlu.name_index import NameIndex
from assistant.nlu.names import compile_names
from assistant.nlu.network import Entity, Found
from assistant.nlu.network import Path as Way
from assistant.nlu.normalise import tidy, without_commas
from assistant.nlu.nouns import ROOM_UNKNOWN, Noun, NounReader
from assistant.nlu.openings import of_all_openings
from assistant.nlu.sense import Sense
from assistant.nlu.slots import join_equal_names, slots_of
from assistant.nlu.templates import NOUN_LISTS, Template, load_templates
from assistant.nlu.values import ValueList, inline_range
from assistant.nlu.vocabulary import vocabulary
from assistant.nlu.words import Words, singular, words_of
from assistant.types import Device, Home, Intent, JsonValue, NoIntent, TurnContext, Understanding, Understood

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList

MAX_WORDS = 60
_ASKING = frozenset(
    "is are was were did do does has have had what which who where when how any whether if tell check read show list anyone".split()
)
_LAST_WORDS = frozenset({"on", "off", "up", "down", "open", "closed"})


@dataclass(frozen=True, slots=True)
class Ranked:
    """One reading of a sentence. Larger ``key`` is the better reading."""

    key: tuple[int, ...]
    intent: Intent
    assumed: bool = False
    """Whether its room is the microphone's, no place and nothing else in one having been said ("a bit brighter")."""


class SentenceMatcher:
    """``match`` gives the best reading of a sentence, or NoIntent. ``over`` makes one of the same sentences for another home."""

    def __init__(
        self, home: Home, language: str = "en", custom: Sequence[Path] = (), *, problems: list[str] | None = None
    ) -> None:
        """``custom``: folders of the user's sentences. Raises ConfigError for a file that cannot be used; with
        ``problems`` it is left out and told there.
        """
        self._templates = load_templates(language, custom, problems)
        self._vocabulary = vocabulary(language)
        self._take_names(home)

    def over(self, home: Home) -> Self:
        """The same sentences over the names of another home: they are not compiled again."""
        other = copy.copy(self)
        other._take_names(home)
        return other

    def _take_names(self, home: Home) -> None:
        self._home = home
        self._index = NameIndex(home, self._vocabulary)
        self._sense = Sense(self._index)

    def templates(self) -> tuple[Intents, dict[str, SlotList]]:
        """All templates and the lists of names, for the speech bias."""
        return self._templates.intents, compile_names(self._home, self._vocabulary)

    @property
    def own(self) -> CustomIntents:
        """Actions and replies of the intents that the user's own sentences define."""
        return self._templates.own

    # --- names ----------------------------------------------------------------------------------------

    def find_devices(self, text: str, context: TurnContext | None = None) -> tuple[str, ...]:
        """Ids of the devices that ``text``, as a whole, means; empty where it means none."""
        words = words_of(text)
        reader = NounReader(self._index, words.tokens, context.area if context else None)
        whole = [found for found in reader.values("name", 0) if found.end == len(words.tokens)]
        if not whole:
            return ()
        least = min(found.penalty for found in whole)
        nouns = [found.value for found in whole if found.penalty == least]
        return tuple(dict.fromkeys(i for noun in nouns if isinstance(noun, Noun) for i in noun.ids))

    def find_area(self, text: str) -> str | None:
        """The name of the area that ``text``, as a whole, means."""
        return self._find_place(text, "area")

    def find_floor(self, text: str) -> str | None:
        """The name of the floor that ``text``, as a whole, means."""
        return self._find_place(text, "floor")

    def _find_place(self, text: str, key: str) -> str | None:
        words = words_of(text)
        whole = [f for f in NounReader(self._index, words.tokens, None).values(key, 0) if f.end == len(words.tokens)]
        return str(min(whole, key=lambda found: found.penalty).value) if whole else None

    def describe(self, device_id: str) -> str:
        """Every word that tells a device from others: its names, its room and its floor."""
        return self._index.described(device_id)

    def alike(self, device_id: str) -> tuple[tuple[str, ...], ...]:
        """Sets of ids that the device is one of, the narrowest first: see ``NameIndex.alike``."""
        return self._index.alike(device_id)

    def device(self, device_id: str) -> Device | None:
        """The device as it was when its name was compiled."""
        return self._index.devices.get(device_id)

    def kinds_in(self, place: Mapping[str, JsonValue]) -> frozenset[str]:
        """The domains of the devices in an ``area`` or on a ``floor``."""
        return frozenset(device.domain for device in self._home.devices if self._index.is_in(device.id, place))

    def assumes_room(self, text: str, context: TurnContext) -> bool:
        """Whether ``text`` names neither device, kind nor place, so that only the microphone's room can be meant."""
        vocabulary = self._vocabulary
        said = [singular(token) for token in words_of(tidy(text)).tokens]
        if any(
            (word,) in self._index.kind_words or word in vocabulary.room or word in vocabulary.here for word in said
        ):
            return False
        readings = self.readings(text, context)
        best = max((reading.key for reading in readings), default=None)
        return best is not None and all(reading.assumed for reading in readings if reading.key == best)

    # --- sentences --------------------------------------------------------------------------------------

    def match(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Understanding:
        """The best reading of ``text`` as one command or question.

        ``referents``: ids of the devices that "it" and "them" stand for.
        """
        intent = self.match_clause(text, context, referents)
        return Understood((intent,), "match") if intent is not None else NoIntent("no template matches")

    def match_clause(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Intent | None:
        """The best reading of one clause."""
        found = self._best(self.readings(text, context, referents))
        if found is None:
            return None
        return of_its_sensor(of_all_openings(found, text, self._index, context.area), text, self._index)

    def match_verbatim(self, text: str, context: TurnContext, *, custom: bool = False) -> Intent | None:
        """The best reading of a sentence as it stands, politeness and all; ``custom``: by the user's sentences only."""
        if custom and not self._templates.custom:
            return None
        words = words_of(without_commas(text))
        if not words.tokens or len(words.tokens) > MAX_WORDS:
            return None
        readings = [
            r for r in self._read(words, context.area, ()) if not custom or r.intent.name in self._templates.custom
        ]
        return self._best(readings)

    def _best(self, readings: Sequence[Ranked]) -> Intent | None:
        if not readings:
            return None
        best = max(reading.key for reading in readings)
        return self._measuring(join_equal_names([reading.intent for reading in readings if reading.key == best]))

    def _measuring(self, intent: Intent) -> Intent:
        """Of devices that share a name, the one that measures what is asked: "the battery level of my phone"."""
        ids, asked = intent.slots.get("device_id"), intent.slots.get("asked")
        if not isinstance(ids, list) or asked is None:
            return intent
        measuring = [i for i in map(str, ids) if self._index.devices[i].device_class == asked]
        exact = [i for i in measuring if i.startswith("sensor.")] or measuring
        if len(exact) != 1:
            return intent
        device = self._index.devices[exact[0]]
        return replace(
            intent, slots={**intent.slots, "device_id": device.id, "name": device.name, "domain": device.domain}
        )

    def match_slip(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Intent | None:
        """The best reading of a clause in which a name was misheard or misspelt; ``None`` where it is not clear."""
        words = words_of(without_commas(tidy(text)))
        if not words.tokens or len(words.tokens) > MAX_WORDS:
            return None
        # Talk seldom begins as a command does; what it sounds like is then of no interest.
        if not self._templates.network.begins(words.tokens[0]) and words.tokens[-1] not in _LAST_WORDS:
            return None
        return self._best(self._read(words, context.area, referents, slips=True))

    def readings(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> list[Ranked]:
        """Every reading of one clause, with its rank."""
        words = words_of(without_commas(tidy(text)))
        if not words.tokens or len(words.tokens) > MAX_WORDS:
            return []
        return self._read(words, context.area, referents) or self._read_placed(words, context.area, referents)

    def _read(self, words: Words, room: str | None, referents: Sequence[str], *, slips: bool = False) -> list[Ranked]:
        nouns = NounReader(self._index, words.tokens, room, referents, slips=slips)
        values = _Values(nouns, self._templates.lists, words.tokens)
        ranked = []
        for way in self._templates.network.read(words, values):
            template = self._templates.rows[way.template]
            slots = slots_of(template, way, words, room)
            if slots is not None and not self._sense.is_nothing(template, way, words, slots):
                ranked.append(self._rank(template, way, slots, words.tokens))
        return ranked

    def _read_placed(self, words: Words, room: str | None, referents: Sequence[str]) -> list[Ranked]:
        """Sentences that begin or end with a place that their template has no room for: "on in the kitchen"."""
        nouns, size = NounReader(self._index, words.tokens, room, referents), len(words.tokens)
        parts = [
            (place, words.part(0, start))
            for start in range(1, size)
            for place in nouns.places(start)
            if place.end == size
        ]
        parts += [(place, words.part(place.end, size)) for place in nouns.places(0) if place.end < size]
        result = []
        for place, rest in parts:
            area = place.slots.get("area")
            for reading in self._read(rest, area if isinstance(area, str) else None, referents):
                slots = self._placed(reading.intent.slots, place.slots)
                if slots is not None:
                    result.append(replace(reading, intent=replace(reading.intent, slots=slots)))
        return result

    def _placed(self, slots: Mapping[str, JsonValue], place: Mapping[str, JsonValue]) -> dict[str, JsonValue] | None:
        """The slots with the place; ``None`` where what they mean is elsewhere."""
        kept = {key: value for key, value in slots.items() if key != ROOM_UNKNOWN}
        ids = kept.get("device_id")
        if ids is None:
            if "area" in kept and "area" in place and kept["area"] != place["area"]:
                return None
            return {**kept, **place}
        inside: list[JsonValue] = [
            i for i in (ids if isinstance(ids, list) else [ids]) if self._index.is_in(str(i), place)
        ]
        if not inside:
            return None
        return {**kept, "device_id": inside[0] if len(inside) == 1 else inside}

    def _rank(self, template: Template, way: Way, slots: Mapping[str, JsonValue], said: Sequence[str]) -> Ranked:
        wild = sum(entity.found.end - entity.start for entity in way.entities if entity.step.wildcard)
        penalty = sum(entity.found.penalty for entity in way.entities)
        named = sum(entity.found.end - entity.start for entity in way.entities if _is_exact(entity, "name"))
        placed = sum(entity.found.end - entity.start for entity in way.entities if entity.step.key in ("area", "floor"))
        assumed = "area" in slots and not any("area" in _said(entity) for entity in way.entities)
        key = (
            self._sense.fits(template.intent, slots), template.intent not in QUESTIONS or _asks(said), template.is_custom,
            -wild, -penalty, named, placed,
            not (assumed or ROOM_UNKNOWN in slots), way.literals, template.is_own,
        )  # fmt: skip
        response = template.block.response
        if response == "one_yesno" and "device_id" not in slots:
            # "Are the lights on" asks whether any is; "are the doors locked" whether all are.
            resting = slots.get("state") not in ("on", "open", "unlocked", "playing") or {"all", "both", "every"} & set(
                said
            )
            response = "all" if "are" in said and resting else "any"
        if template.intent == "HassGetState" and "state" not in slots:
            asked = property_of(said)
            slots = {**slots, "asked": asked} if asked is not None else slots
        unplaced = ROOM_UNKNOWN in slots and not any(ROOM_UNKNOWN in _said(entity) for entity in way.entities)
        return Ranked(tuple(int(part) for part in key), Intent(template.intent, slots, response), assumed or unplaced)


def _asks(tokens: Sequence[str]) -> bool:
    """Whether there is a word of a question: "the lights off" is none, though a template may take it for one."""
    return any(token in _ASKING for token in tokens)


class _Values:
    """The lists' values in one sentence."""

    def __init__(self, nouns: NounReader, lists: Mapping[str, ValueList], tokens: Sequence[str]) -> None:
        self._nouns = nouns
        self._lists = lists
        self._tokens = tokens
        self._known: dict[tuple[str, int], Sequence[Found]] = {}

    def __call__(self, key: str, start: int) -> Sequence[Found]:
        if key in NOUN_LISTS:
            return self._nouns.values(key, start)
        known = self._known.get((key, start))
        if known is None:
            values = self._lists.get(key) or inline_range(key)
            known = values.at(self._tokens, start, self) if values is not None else ()
            self._known[key, start] = known
        return known


def _is_exact(entity: Entity, key: str) -> bool:
    return entity.step.key == key and entity.found.penalty == 0


def _said(entity: Entity) -> Mapping[str, object]:
    if isinstance(entity.found.value, Noun):
        return entity.found.value.slots
    return {entity.step.slot: entity.found.value}

"""Which devices a noun phrase means: "the desk lamp", "all the blinds upstairs", "the bedroom fan", "it".

An index over the names of one home. ``NounReader`` reads the phrases of one sentence with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.nlu.forms import PART, VARIANT, forms_of, room_forms
from assistant.nlu.near import NearNames
from assistant.nlu.network import Found
from assistant.nlu.vocabulary import Kind, Tokens, Vocabulary
from assistant.nlu.words import joined, plain, singular, words_of
from assistant.types import Area, Device, Floor, Home, JsonValue

MAX_NAME_WORDS = 8
KIND, UNPLACED, MISSING = 2, 3, 5
"""Penalties of phrases that name a kind: with a place, without one, and where the place has none."""
SLIP = 8
"""Penalty of a name that only sounds like what was said, and more the less it does."""
ROOM_UNKNOWN = "here"

_OPENINGS = frozenset({"door", "garage", "garage_door", "gate", "window"})
_READ_ONLY = frozenset(
    "sensor binary_sensor weather person device_tracker sun zone calendar event update camera".split()
)


@dataclass(frozen=True, slots=True)
class Place:
    """A room, a floor, the room of the microphone (``here``), or the whole house (no slots)."""

    end: int
    slots: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Noun:
    """What a phrase means, as slots of an intent; ``ids``: the devices, where they are known already."""

    slots: Mapping[str, JsonValue]
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NameIndex:
    """Every form of every name of a home, by the letters of the form without its spaces."""

    home: Home
    vocabulary: Vocabulary
    names: Mapping[str, tuple[tuple[int, Device], ...]]
    areas: Mapping[str, tuple[int, str]]
    floors: Mapping[str, tuple[int, str]]
    floor_of: Mapping[str, str | None]
    devices: Mapping[str, Device]
    said: Mapping[str, tuple[Tokens, ...]]
    """Device id -> its names in the singular."""
    kinds: Mapping[Tokens, tuple[Kind, ...]]
    """Words for a kind -> the kinds."""
    near_names: NearNames[tuple[tuple[int, Device], ...]]
    near_areas: NearNames[tuple[int, str]]

    def is_in(self, device_id: str, place: Mapping[str, JsonValue]) -> bool:
        """Whether a device is in the place, given as slots."""
        device = self.devices.get(device_id)
        if device is None or ("area" not in place and "floor" not in place):
            return device is not None
        if "area" in place:
            return device.area == place["area"]
        return device.area is not None and self.floor_of.get(device.area) == place["floor"]


def build_index(home: Home, vocabulary: Vocabulary) -> NameIndex:
    """Index the names of ``home``."""
    places: list[Area | Floor] = [*home.areas, *home.floors]
    taken = frozenset(words_of(name).tokens for place in places for name in (place.name, *place.aliases))
    areas: dict[str, tuple[int, str]] = {}
    floors: dict[str, tuple[int, str]] = {}
    for area in home.areas:
        _enter(areas, area, vocabulary.area_words, vocabulary, taken)
    for floor in home.floors:
        _enter(floors, floor, vocabulary.floor_words, vocabulary, taken)
    names: dict[str, dict[str, tuple[int, Device]]] = defaultdict(dict)
    for device in home.devices:
        for form, distance in forms_of(device, vocabulary, taken).items():
            row = names[joined(form)]
            if device.id not in row or row[device.id][0] > distance:
                row[device.id] = (distance, device)
    nearest = {key: _nearest(tuple(row.values())) for key, row in names.items()}
    floor_of = {area.name: area.floor for area in home.areas}
    said = {
        device.id: tuple(tuple(map(singular, words_of(name).tokens)) for name in (device.name, *device.aliases))
        for device in home.devices
    }
    kinds: dict[Tokens, list[Kind]] = defaultdict(list)
    for kind in vocabulary.kinds:
        for tokens in kind.words | kind.named | kind.only:
            kinds[tokens].append(kind)
    return NameIndex(
        home, vocabulary, nearest, areas, floors, floor_of, {d.id: d for d in home.devices}, said,
        {tokens: tuple(found) for tokens, found in kinds.items()},
        NearNames(_without_parts(nearest), vocabulary.known), NearNames(areas, vocabulary.known),
    )  # fmt: skip


def _without_parts(
    names: Mapping[str, tuple[tuple[int, Device], ...]],
) -> dict[str, tuple[tuple[int, Device], ...]]:
    """Names of which only a part would have to be guessed from a sound are left out."""
    whole = {key: tuple(row for row in rows if row[0] < PART) for key, rows in names.items()}
    return {key: rows for key, rows in whole.items() if rows}


def _enter(
    table: dict[str, tuple[int, str]],
    place: Area | Floor,
    words: Iterable[str],
    vocabulary: Vocabulary,
    taken: frozenset[Tokens],
) -> None:
    for form, distance in room_forms((place.name, *place.aliases), words, vocabulary, taken).items():
        key = joined(form)
        if key not in table or table[key][0] > distance:
            table[key] = (distance, place.name)


def _nearest(rows: tuple[tuple[int, Device], ...]) -> tuple[tuple[int, Device], ...]:
    """Of devices that one form can mean, those that it is nearest to; a synonym gives way to the very word.

    Devices of kinds that cannot act are kept beside those that can: a question may be about them.
    """
    result: list[tuple[int, Device]] = []
    for read_only in (False, True):
        group = [row for row in rows if (row[1].domain in _READ_ONLY) == read_only]
        by_domain: dict[str, int] = {}
        for distance, device in group:
            by_domain[device.domain] = min(distance, by_domain.get(device.domain, distance))
        result += [row for row in group if row[0] == by_domain[row[1].domain]]
    return tuple(result)


class NounReader:
    """Reads the noun phrases of one sentence. ``room``: the microphone's; ``referents``: what "it" and "them" mean.

    ``slips``: names that only sound like what was said are found too.
    """

    def __init__(
        self,
        index: NameIndex,
        tokens: Sequence[str],
        room: str | None,
        referents: Sequence[str] = (),
        *,
        slips: bool = False,
    ) -> None:
        self._slips = slips
        self._index = index
        self._tokens = tokens
        self._room = room
        self._referents = [index.devices[i] for i in referents if i in index.devices]
        self._known: dict[tuple[str, int], list[Found]] = {}

    # --- lists ----------------------------------------------------------------------------------------

    def values(self, key: str, start: int) -> list[Found]:
        """The values of the lists ``name``, ``area`` and ``floor`` that begin at token ``start``."""
        found = self._known.get((key, start))
        if found is None:
            readers = {"name": self._nouns, "area": self._areas, "floor": self._floors, "things": self._things}
            read = readers[key]
            found = self._known[key, start] = _shortest_list(read(start))
        return found

    def _areas(self, start: int) -> Iterator[Found]:
        start = self._after_articles(start)
        for end, distance, name in self._spans(start, self._index.areas):
            yield Found(end, name, {"area": name}, distance)

    def _floors(self, start: int) -> Iterator[Found]:
        start = self._after_articles(start)
        for end, distance, name in self._spans(start, self._index.floors):
            yield Found(end, name, {"floor": name}, distance)

    def _spans(self, start: int, table: Mapping[str, tuple[int, str]]) -> Iterator[tuple[int, int, str]]:
        for end in range(start + 1, min(start + MAX_NAME_WORDS, len(self._tokens)) + 1):
            row = table.get(joined(self._tokens[start:end]))
            if row is not None:
                yield end, *row
            elif self._slips and table is self._index.areas:
                for likeness, (_distance, name) in self._index.near_areas.find(self._tokens[start:end])[:1]:
                    yield end, _slip(likeness), name

    def _after_articles(self, start: int) -> int:
        while start < len(self._tokens) and self._tokens[start] in self._index.vocabulary.articles:
            start += 1
        return start

    # --- noun phrases -----------------------------------------------------------------------------------

    def _nouns(self, start: int) -> Iterator[Found]:
        yield from self._named(start, every=False, within=None, penalty=0)
        core, every = self._after_quantifier(start)
        if core != start:
            yield from self._named(core, every=every, within=None, penalty=0)
        yield from self._kinds(core, every, None, 0)
        if core < len(self._tokens) and self._tokens[core] in self._index.vocabulary.room:
            here: dict[str, JsonValue] = {"area": self._room} if self._room else {ROOM_UNKNOWN: True}
            yield from self._kinds(core + 1, every, Place(core + 1, here), 0)
        yield from self._placed_first(core, every)
        yield from self._pronouns(core)

    def _after_quantifier(self, start: int) -> tuple[int, bool]:
        words, tokens = self._index.vocabulary, self._tokens
        every, index = False, start
        if index < len(tokens) and tokens[index] in words.all:
            every, index = True, index + 1
            if index < len(tokens) and tokens[index] in words.of:
                index += 1
        return self._after_articles(index), every

    def _named(self, start: int, *, every: bool, within: str | None, penalty: int) -> Iterator[Found]:
        """Devices by their names; ``within``: only those of that room."""
        for end in range(start + 1, min(start + MAX_NAME_WORDS, len(self._tokens)) + 1):
            rows = self._index.names.get(joined(self._tokens[start:end])) or self._slipped(start, end)
            if not rows:
                continue
            if within is not None:
                rows = tuple(row for row in rows if row[1].area == within)
            plural = every or singular(self._tokens[end - 1]) != self._tokens[end - 1]
            yield from self._of_devices(end, rows, plural, penalty)
            for place in self.places(end):
                there = tuple(row for row in rows if self._is_in(row[1], place.slots))
                yield from self._of_devices(place.end, there, plural, penalty)

    def _slipped(self, start: int, end: int) -> tuple[tuple[int, Device], ...]:
        if not self._slips:
            return ()
        found = self._index.near_names.find(self._tokens[start:end])
        best = [(likeness, rows) for likeness, rows in found if likeness == found[0][0]]
        return tuple((_slip(likeness), device) for likeness, rows in best for _distance, device in rows)

    def _of_devices(self, end: int, rows: Iterable[tuple[int, Device]], plural: bool, penalty: int) -> Iterator[Found]:
        by_domain: dict[tuple[str, int], list[Device]] = defaultdict(list)
        for distance, device in rows:
            by_domain[device.domain, distance].append(device)
        for (domain, distance), devices in by_domain.items():
            # A full name that several devices have is each one's; only a part of it, in the plural, is all of theirs.
            slots = _slots_of(devices, every=plural and distance > 0)
            yield Found(end, Noun(slots, tuple(d.id for d in devices)), _context(domain, devices), penalty + distance)

    def _placed_first(self, start: int, every: bool) -> Iterator[Found]:
        """``kitchen fan``, ``upstairs lights``."""
        for end, distance, area in self._spans(start, self._index.areas):
            after = end + 1 if self._tokens[end : end + 1] and self._tokens[end] == "'s" else end
            yield from self._named(after, every=every, within=area, penalty=VARIANT + distance)
            yield from self._kinds(after, every, Place(after, {"area": area}), distance)
        for end, distance, floor in self._spans(start, self._index.floors):
            yield from self._kinds(end, every, Place(end, {"floor": floor}), distance)

    def _pronouns(self, start: int) -> Iterator[Found]:
        if not self._referents or len({device.domain for device in self._referents}) != 1:
            return
        for begin in {start, max(0, start - 1)}:
            for words in self._index.vocabulary.pronouns:
                if begin + len(words) > start and tuple(self._tokens[begin : begin + len(words)]) == words:
                    slots = _slots_of(self._referents, every=True)
                    ids = tuple(device.id for device in self._referents)
                    context = _context(self._referents[0].domain, self._referents)
                    yield Found(begin + len(words), Noun(slots, ids), context, 1)

    def _things(self, start: int) -> Iterator[Found]:
        """Kinds for questions about several: of the whole house where no place is said."""
        core, _every = self._after_quantifier(start)
        for end, kind, words in self._kind_words(core):
            for place in (Place(end, {}), *self.places(end)):
                yield from self._group(place, kind, words)
        for table, slot in ((self._index.areas, "area"), (self._index.floors, "floor")):
            for end, _distance, name in self._spans(core, table):
                for after, kind, words in self._kind_words(end):
                    yield from self._group(Place(after, {slot: name}), kind, words)

    def _group(self, place: Place, kind: Kind, words: Tokens) -> Iterator[Found]:
        if words in kind.only:
            return
        slots = self._kind_slots(kind, words, place.slots)
        if set(kind.device_classes) & _OPENINGS:
            slots.pop("domain", None)  # sensors tell of doors and windows too
        domain = next(iter(kind.domains)) if len(kind.domains) == 1 else None
        exact = 0 if words in kind.words else 1
        yield Found(place.end, Noun(slots), {"domain": domain} if domain else {}, exact)

    # --- kinds ------------------------------------------------------------------------------------------

    def _kinds(self, start: int, every: bool, place: Place | None, penalty: int) -> Iterator[Found]:
        for end, kind, words in self._kind_words(start):
            plural = every or singular(self._tokens[end - 1]) != self._tokens[end - 1]
            if place is not None:
                yield from self._of_kind(end, kind, words, plural, every, place, penalty)
                continue
            yield from self._of_kind(end, kind, words, plural, every, None, penalty)
            for after in self.places(end, bare=True):
                yield from self._of_kind(after.end, kind, words, plural, every, after, penalty)

    def _kind_words(self, start: int) -> Iterator[tuple[int, Kind, Tokens]]:
        for end in range(start + 1, min(start + 3, len(self._tokens)) + 1):
            said = tuple(self._tokens[start:end])
            one = (*said[:-1], singular(said[-1]))
            for words in dict.fromkeys((one, said)):
                yield from ((end, kind, words) for kind in self._index.kinds.get(words, ()))

    def _of_kind(
        self, end: int, kind: Kind, words: Tokens, plural: bool, every: bool, place: Place | None, penalty: int
    ) -> Iterator[Found]:
        devices = [d for d in self._index.home.devices if place is None or self._is_in(d, place.slots)]
        typed = self._typed(devices, kind, words)
        named = [d for d in devices if d.domain not in _READ_ONLY and self._has_words(d, words)]
        if words in kind.only:
            chosen = named or [d for d in typed if d.device_class == words[-1]]
        else:
            chosen = (named or typed) if words in kind.named else (typed or named)
        slots: dict[str, JsonValue] = dict(place.slots) if place is not None else {}
        if not chosen:
            if place is not None and len(kind.domains) == 1 and words in kind.words:
                yield Found(
                    end, Noun(self._kind_slots(kind, words, slots)), {"domain": next(iter(kind.domains))}, MISSING
                )
            return
        if place is None and not every:
            here = [d for d in chosen if d.area is not None and d.area == self._room]
            if here:
                chosen, slots = here, {"area": self._room}
            else:
                slots = {ROOM_UNKNOWN: True}
        by_domain: dict[str, list[Device]] = defaultdict(list)
        for device in chosen:
            by_domain[device.domain].append(device)
        own = UNPLACED if place is None else KIND
        for domain, group in by_domain.items():
            ids = tuple(device.id for device in group)
            if len(group) > 1 and (plural or kind.whole_room) and all(device in typed for device in group):
                noun = Noun(self._kind_slots(kind, words, slots), ids)
            else:
                one_room = len({device.area for device in group}) == 1
                noun = Noun(_slots_of(group, every=plural and (place is not None or every or one_room)), ids)
            yield Found(end, noun, _context(domain, group), penalty + own)

    def _typed(self, devices: list[Device], kind: Kind, words: Tokens) -> list[Device]:
        typed = [d for d in devices if d.domain in kind.domains]
        if not kind.device_classes:
            return typed
        exact = [d for d in typed if self._class_of(d, kind) == words[-1]]
        return exact or [d for d in typed if self._class_of(d, kind) in kind.device_classes]

    @staticmethod
    def _kind_slots(kind: Kind, words: Tokens, place: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        domains = sorted(kind.domains)
        slots: dict[str, JsonValue] = {"domain": domains[0] if len(domains) == 1 else list(domains), **place}
        if kind.device_classes:
            slots["device_class"] = words[-1] if words[-1] in kind.device_classes else list(kind.device_classes)
        return slots

    def _has_words(self, device: Device, words: Tokens) -> bool:
        size = len(words)
        return any(
            said[i : i + size] == words for said in self._index.said[device.id] for i in range(len(said) - size + 1)
        )

    def _class_of(self, device: Device, kind: Kind) -> str | None:
        """The device's class, or what its name says where it has none."""
        if device.device_class is not None:
            return device.device_class
        return next((name for name in kind.device_classes if self._has_words(device, (name,))), None)

    # --- places -----------------------------------------------------------------------------------------

    def places(self, start: int, *, bare: bool = False) -> Iterator[Place]:
        """Places that begin at ``start``; ``bare``: also without a preposition ("lights living room")."""
        words, tokens = self._index.vocabulary, self._tokens
        for phrase in words.everywhere:
            if tuple(tokens[start : start + len(phrase)]) == phrase:
                yield Place(start + len(phrase), {})
        for phrase in words.here:
            if tuple(tokens[start : start + len(phrase)]) == phrase:
                yield Place(start + len(phrase), {"area": self._room} if self._room else {ROOM_UNKNOWN: True})
        index = start
        while index < len(tokens) and tokens[index] in words.prepositions and index < start + 2:
            index += 1
        if index == start and not bare:
            return
        index = self._after_articles(index)
        for end, _distance, area in self._spans(index, self._index.areas):
            yield Place(end, {"area": area})
        for end, _distance, floor in self._spans(index, self._index.floors):
            yield Place(end, {"floor": floor})

    def _is_in(self, device: Device, slots: Mapping[str, JsonValue]) -> bool:
        return self._index.is_in(device.id, slots)


def _slip(likeness: float) -> int:
    """The penalty of a name that was only like what was said."""
    return SLIP + round((1 - likeness) * 20)


def _context(domain: str, devices: Sequence[Device]) -> dict[str, object]:
    context: dict[str, object] = {"domain": domain}
    classes = {device.device_class for device in devices}
    if len(classes) == 1 and None not in classes:
        context["device_class"] = next(iter(classes))
    return context


def _slots_of(devices: Sequence[Device], *, every: bool) -> dict[str, JsonValue]:
    """Slots that mean these devices: one, all of them, or one of them that is still to be chosen."""
    slots: dict[str, JsonValue] = {"domain": devices[0].domain}
    if len({plain(device.name) for device in devices}) == 1:
        slots["name"] = devices[0].name
    if len(devices) == 1:
        return {**slots, "name": devices[0].name, "device_id": devices[0].id}
    slots["device_id"] = [device.id for device in devices]
    return {**slots, "all": True} if every else slots


def _shortest_list(found: Iterable[Found]) -> list[Found]:
    """Without repetition: of equal meanings with one end, the one with the least penalty."""
    best: dict[tuple[int, str], Found] = {}
    for one in found:
        key = (one.end, repr(one.value))
        if key not in best or best[key].penalty > one.penalty:
            best[key] = one
    return list(best.values())

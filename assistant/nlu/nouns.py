"""Which devices a noun phrase means: "the desk lamp", "all the blinds upstairs", "the bedroom fan", "it"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.nlu.forms import VARIANT
from assistant.nlu.name_index import NamedRows, NameIndex
from assistant.nlu.network import Found
from assistant.nlu.vocabulary import Kind, Tokens
from assistant.nlu.words import joined, plain, singular
from assistant.types import Device, JsonValue

MAX_NAME_WORDS = 8
KIND, UNPLACED, MISSING = 2, 3, 5
"""Penalties of phrases that name a kind: with a place, without one, and where the place has none."""
SLIP = 8
"""Penalty of a name that only sounds like what was said, and more the less it does."""
ROOM_UNKNOWN = "here"

_OPENINGS = frozenset({"door", "garage", "garage_door", "gate", "window"})


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
        self._letters = [joined((token,)) for token in tokens]

    def _key(self, start: int, end: int) -> str:
        return "".join(self._letters[start:end])

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
            row = table.get(self._key(start, end))
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
            rows = self._index.names.get(self._key(start, end)) or self._slipped(start, end)
            if not rows:
                continue
            if within is not None:
                rows = tuple(row for row in rows if row[1].area == within)
            plural = every or singular(self._tokens[end - 1]) != self._tokens[end - 1]
            yield from self._of_devices(end, rows, plural, penalty)
            for place in self.places(end):
                there = tuple(row for row in rows if self._index.is_in(row[1].id, place.slots))
                yield from self._of_devices(place.end, there, plural, penalty)

    def _slipped(self, start: int, end: int) -> NamedRows:
        if not self._slips:
            return ()
        found = self._index.near_names.find(self._tokens[start:end])
        if not found and 2 <= end - start <= MAX_NAME_WORDS:
            return tuple((SLIP, device) for device in self._index.near_by_word(self._tokens[start:end]))
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
        for place in self._outside(start):
            yield from self._kinds(place.end, every, place, VARIANT)

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
        for place in self._outside(core):
            for after, kind, words in self._kind_words(place.end):
                yield from self._group(Place(after, place.slots), kind, words)
        yield from self._of_one_name(core)

    def _of_one_name(self, start: int) -> Iterator[Found]:
        """ "Ceiling fans", "heat lamps": what is called so in several rooms, by whatever else."""
        for end in range(start + 2, min(start + 4, len(self._tokens)) + 1):
            last = singular(self._tokens[end - 1])
            devices = self._index.named_with((*map(singular, self._tokens[start : end - 1]), last))
            if last == self._tokens[end - 1] or len(devices) < 2:
                continue
            for place in (Place(end, {}), *self.places(end)):
                there = [device for device in devices if self._index.is_in(device.id, place.slots)]
                if there:
                    ids: list[JsonValue] = [device.id for device in there]
                    yield Found(place.end, Noun({"device_id": ids, "all": True}, tuple(map(str, ids))), {}, 1)

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
                yield from ((end, kind, words) for kind in self._index.kinds(words))

    def _of_kind(
        self, end: int, kind: Kind, words: Tokens, plural: bool, every: bool, place: Place | None, penalty: int
    ) -> Iterator[Found]:
        chosen, typed = self._chosen(kind, words, place)
        slots: dict[str, JsonValue] = dict(place.slots) if place is not None else {}
        if not chosen:
            if place is not None and len(kind.domains) == 1 and words in kind.words:
                missing = Noun(self._kind_slots(kind, words, slots))
                yield Found(end, missing, {"domain": next(iter(kind.domains))}, MISSING)
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
        own = UNPLACED if place is None and not every else KIND
        for domain, group in by_domain.items():
            ids = tuple(device.id for device in group)
            if len(group) > 1 and (plural or kind.whole_room) and typed.issuperset(ids):
                # "All the doors" may be unlocked together, once that is confirmed; "the doors" are asked about.
                noun = Noun({**self._kind_slots(kind, words, slots), **({"all": True} if every else {})}, ids)
            else:
                one_room = len({device.area for device in group}) == 1
                noun = Noun(_slots_of(group, every=plural and (place is not None or every or one_room)), ids)
            yield Found(end, noun, _context(domain, group), penalty + own)

    def _chosen(self, kind: Kind, words: Tokens, place: Place | None) -> tuple[list[Device], frozenset[str]]:
        """(the devices that the words mean in the place, ids of all there that are of the kind)."""
        typed, named = (
            [device for device in devices if place is None or self._index.is_in(device.id, place.slots)]
            for devices in self._index.of_kind(kind, words)
        )
        exact = [d for d in typed if kind.device_classes and self._index.class_of(d, kind) == words[-1]]
        typed = exact or typed
        ids = frozenset(device.id for device in typed)
        if words in kind.only:
            return named or [d for d in typed if d.device_class == words[-1]], ids
        return ((named or typed) if words in kind.named else (typed or named)), ids

    @staticmethod
    def _kind_slots(kind: Kind, words: Tokens, place: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        domains = sorted(kind.domains)
        slots: dict[str, JsonValue] = {"domain": domains[0] if len(domains) == 1 else list(domains), **place}
        if kind.device_classes:
            slots["device_class"] = words[-1] if words[-1] in kind.device_classes else list(kind.device_classes)
        return slots

    # --- places -----------------------------------------------------------------------------------------

    def _outside(self, start: int) -> Iterator[Place]:
        """The rooms under the sky, where it is said at token ``start`` that something is outside."""
        rooms: list[JsonValue] = list(self._index.outdoors)
        if rooms and start < len(self._tokens) and self._tokens[start] in self._index.vocabulary.outside:
            yield Place(start + 1, {"area": rooms[0] if len(rooms) == 1 else rooms})

    def places(self, start: int, *, bare: bool = False) -> Iterator[Place]:
        """Places that begin at ``start``; ``bare``: also without a preposition ("lights living room")."""
        words, tokens = self._index.vocabulary, self._tokens
        here: dict[str, JsonValue] = {"area": self._room} if self._room else {ROOM_UNKNOWN: True}
        for phrases, slots in ((words.everywhere, {}), (words.here, here)):
            for phrase in phrases.get(tokens[start], ()) if start < len(tokens) else ():
                if tuple(tokens[start : start + len(phrase)]) == phrase:
                    yield Place(start + len(phrase), slots)
        yield from self._outside(start)
        index = start
        while index < len(tokens) and tokens[index] in words.prepositions and index < start + 2:
            index += 1
        if index == start and not bare and not (index < len(tokens) and tokens[index] in words.stairs):
            return
        index = self._after_articles(index)
        for end, _distance, area in self._spans(index, self._index.areas):
            yield Place(end, {"area": area})
        for end, _distance, floor in self._spans(index, self._index.floors):
            yield Place(end, {"floor": floor})


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

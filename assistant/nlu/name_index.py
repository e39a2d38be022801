"""An index over the names of one home: which devices, rooms and floors a piece of a sentence can mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from assistant.nlu.forms import PART, VARIANT, forms_of, room_forms
from assistant.nlu.near import NearNames
from assistant.nlu.vocabulary import Kind, Tokens, Vocabulary
from assistant.nlu.words import joined, singular, words_of
from assistant.types import Area, Device, Floor, Home, JsonValue

READ_ONLY = frozenset(
    "sensor binary_sensor weather person device_tracker sun zone calendar event update camera".split()
)

LEAST_LETTERS = 4
LEAST_LIKENESS = 0.6
NamedRows = tuple[tuple[int, Device], ...]
"""Devices with how far what was said is from their name."""


class NameIndex:
    """Every form of every name of ``home``, by the letters of the form without its spaces."""

    def __init__(self, home: Home, vocabulary: Vocabulary) -> None:
        self.home = home
        self.vocabulary = vocabulary
        self.devices: Mapping[str, Device] = {device.id: device for device in home.devices}
        self.areas: dict[str, tuple[int, str]] = {}
        self.floors: dict[str, tuple[int, str]] = {}
        self._floor_of = {area.name: area.floor for area in home.areas}
        places: list[Area | Floor] = [*home.areas, *home.floors]
        taken = frozenset(words_of(name).tokens for place in places for name in (place.name, *place.aliases))
        for area in home.areas:
            _enter(self.areas, area, vocabulary.area_words, vocabulary, taken)
        for floor in home.floors:
            _enter(self.floors, floor, vocabulary.floor_words, vocabulary, taken)
        for word, level in _stairs(home, vocabulary):
            self.floors.setdefault(word, (VARIANT, level))
        self.names = _names(home, vocabulary, taken)
        self.outdoors = tuple(
            area.name
            for area in home.areas
            if any(not vocabulary.outdoors.isdisjoint(words_of(name).tokens) for name in (area.name, *area.aliases))
        )
        self.near_names: NearNames[NamedRows] = NearNames(_without_parts(self.names), vocabulary.known)
        self.near_areas: NearNames[tuple[int, str]] = NearNames(self.areas, vocabulary.known)
        self._said = {
            device.id: tuple(tuple(map(singular, words_of(name).tokens)) for name in (device.name, *device.aliases))
            for device in home.devices
        }
        self._with_word: dict[str, set[str]] = defaultdict(set)
        for device_id, names in self._said.items():
            for word in {word for name in names for word in name}:
                self._with_word[word].add(device_id)
        self._kinds: dict[Tokens, list[Kind]] = defaultdict(list)
        for kind in vocabulary.kinds:
            for tokens in kind.words | kind.named | kind.only:
                self._kinds[tokens].append(kind)
        self.kind_words = frozenset(self._kinds)
        self.place_words = frozenset(singular(word) for tokens in taken for word in tokens)
        self._of_kind: dict[tuple[frozenset[str], Tokens], tuple[tuple[Device, ...], tuple[Device, ...]]] = {}

    def near_by_word(self, tokens: Sequence[str]) -> list[Device]:
        """Devices whose name is said but for one word that is only like theirs: "the living room certains"."""
        said = tuple(singular(token) for token in tokens if token != "'s")
        return [
            self.devices[device_id]
            for device_id, names in self._said.items()
            if self.devices[device_id].domain not in READ_ONLY
            if any(
                _one_off(said, tuple(word for word in name if word != "'s"), self.vocabulary.known) for name in names
            )
        ]

    def with_word(self, word: str) -> tuple[str, ...]:
        """Ids of the devices that have the word in one of their names."""
        return tuple(sorted(self._with_word.get(singular(word), ())))

    def described(self, device_id: str) -> str:
        """Every word that tells a device from others: its names, its room and its floor with what they are called too."""
        device = self.devices.get(device_id)
        if device is None:
            return device_id
        floor = self._floor_of.get(device.area or "")
        stairs = [word for word, (_distance, name) in self.floors.items() if name == floor]
        rooms = [other for area in self.home.areas if area.name == device.area for other in area.aliases]
        return " ".join(part for part in (device.name, *device.aliases, device.area, *rooms, floor, *stairs) if part)

    def alike(self, device_id: str) -> tuple[tuple[str, ...], ...]:
        """Sets of ids that the device is one of: of its sort in its room, of its sort, of its domain in its room, of its domain.

        The sort is what its name ends with: "lamp", "blind".
        """
        device = self.devices.get(device_id)
        if device is None:
            return ()
        domain = [d for d in self.home.devices if d.domain == device.domain]
        ending = self._said[device_id][0][-1:]
        sort = [d for d in domain if any(said[-1:] == ending for said in self._said[d.id])]
        sets = ([d for d in sort if d.area == device.area], sort, [d for d in domain if d.area == device.area], domain)
        return tuple(tuple(d.id for d in devices) for devices in sets)

    def is_in(self, device_id: str, place: Mapping[str, JsonValue]) -> bool:
        """Whether a device is in the place, given as slots."""
        device = self.devices.get(device_id)
        if device is None or ("area" not in place and "floor" not in place):
            return device is not None
        if "area" in place:
            area = place["area"]
            return device.area in area if isinstance(area, list) else device.area == area
        return device.area is not None and self._floor_of.get(device.area) == place["floor"]

    def named_with(self, words: Tokens) -> tuple[Device, ...]:
        """Devices that can act and have ``words``, in the singular, in their names."""
        return tuple(d for d in self.home.devices if d.domain not in READ_ONLY and self._has_words(d, words))

    def kinds(self, words: Tokens) -> Iterable[Kind]:
        """The kinds that ``words``, in the singular, name."""
        return self._kinds.get(words, ())

    def of_kind(self, kind: Kind, words: Tokens) -> tuple[tuple[Device, ...], tuple[Device, ...]]:
        """(devices of the kind, devices that can act and have ``words`` in their names)."""
        key = (kind.domains, words)
        found = self._of_kind.get(key)
        if found is None:
            typed = self._typed(kind, words)
            found = self._of_kind[key] = (typed, self.named_with(words))
        return found

    def _typed(self, kind: Kind, words: Tokens) -> tuple[Device, ...]:
        typed = tuple(device for device in self.home.devices if device.domain in kind.domains)
        if not kind.device_classes:
            return typed
        return tuple(device for device in typed if self.class_of(device, kind) in {words[-1], *kind.device_classes})

    def class_of(self, device: Device, kind: Kind) -> str | None:
        """The device's class, or what its name says where it has none."""
        if device.device_class is not None:
            return device.device_class
        return next((name for name in kind.device_classes if self._has_words(device, (name,))), None)

    def _has_words(self, device: Device, words: Tokens) -> bool:
        if device.id not in self._with_word.get(words[-1], ()):
            return False
        size = len(words)
        return any(said[i : i + size] == words for said in self._said[device.id] for i in range(len(said) - size + 1))


def _one_off(said: Tokens, name: Tokens, known: Collection[str]) -> bool:
    if len(said) != len(name) or len(said) < 2:
        return False
    wrong = [(one, other) for one, other in zip(said, name, strict=True) if one != other]
    if len(wrong) != 1 or min(map(len, wrong[0])) < LEAST_LETTERS or wrong[0][0] in known:
        return False
    return SequenceMatcher(None, *wrong[0], autojunk=False).ratio() >= LEAST_LIKENESS


def _stairs(home: Home, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """(``upstairs``, floor) and (``downstairs``, floor) by the floors' names."""
    levels: dict[int, str] = {}
    for floor in home.floors:
        known = [vocabulary.levels[word] for word in words_of(floor.name).tokens if word in vocabulary.levels]
        if known and known[0] >= 0:
            levels.setdefault(known[0], floor.name)
    heights = sorted(levels)
    if not heights or (heights[0] > 1 and len(heights) < 2):
        return []
    found = [("downstairs", levels[heights[0]])]
    return [*found, ("upstairs", levels[heights[1]])] if len(heights) > 1 else found


def _names(home: Home, vocabulary: Vocabulary, taken: frozenset[Tokens]) -> dict[str, NamedRows]:
    names: dict[str, dict[str, tuple[int, Device]]] = defaultdict(dict)
    for device in home.devices:
        for form, distance in forms_of(device, vocabulary, taken).items():
            row = names[joined(form)]
            if device.id not in row or row[device.id][0] > distance:
                row[device.id] = (distance, device)
    return {key: _nearest(tuple(row.values())) for key, row in names.items()}


def _nearest(rows: NamedRows) -> NamedRows:
    """Of devices that one form can mean, those that it is nearest to; a synonym gives way to the very word.

    Devices of kinds that cannot act are kept beside those that can: a question may be about them.
    """
    result: list[tuple[int, Device]] = []
    for read_only in (False, True):
        group = [row for row in rows if (row[1].domain in READ_ONLY) == read_only]
        by_domain: dict[str, int] = {}
        for distance, device in group:
            by_domain[device.domain] = min(distance, by_domain.get(device.domain, distance))
        result += [row for row in group if row[0] == by_domain[row[1].domain]]
    return tuple(result)


def _without_parts(names: Mapping[str, NamedRows]) -> dict[str, NamedRows]:
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

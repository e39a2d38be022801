"""What people call a device or a room: its name, and the forms of it that are near enough to be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.nlu.vocabulary import Kind, Tokens, Vocabulary
from assistant.nlu.words import singular, words_of
from assistant.types import Device

EXACT, VARIANT, NEAR, PART = 0, 1, 2, 3
"""How far a form is from the name: the name itself; another number, its kind or room added or left out; another word
for the same; only a part of it."""


_GADGETS = frozenset({"media_player", "vacuum", "lawn_mower", "fan", "climate", "humidifier", "lock"})
"""What people call by its maker or by its own name."""


def forms_of(device: Device, vocabulary: Vocabulary, rooms: frozenset[Tokens]) -> dict[Tokens, int]:
    """Forms of the device's names, with how far each is from the name. ``rooms``: names that are rooms' own."""
    forms: dict[Tokens, int] = {}
    kinds = [kind for kind in vocabulary.kinds if device.domain in kind.domains and _of_class(device, kind)]
    for name in (device.name, *device.aliases):
        tokens = words_of(name).tokens
        if tokens:
            forms[tokens] = EXACT
    names = list(forms)
    for tokens in names:
        for distance, form in _near(tokens, device, kinds, vocabulary):
            bare = form[1:] if len(form) > 1 and form[0] in vocabulary.articles else form
            if _says_enough(bare, tokens, distance, vocabulary, rooms):
                forms.setdefault(bare, distance)
    for form, distance in list(forms.items()):
        for other in _other_number(form):
            forms.setdefault(other, max(distance, VARIANT))
    return forms


def _of_class(device: Device, kind: Kind) -> bool:
    return not kind.device_classes or device.device_class is None or device.device_class in kind.device_classes


def _near(
    tokens: Tokens, device: Device, kinds: Iterable[Kind], vocabulary: Vocabulary
) -> Iterator[tuple[int, Tokens]]:
    """Forms with their distance, the nearest first."""
    yield VARIANT, tokens[1:] if tokens[0] in vocabulary.articles else tokens
    room = words_of(device.area or "").tokens
    bases = [tokens]
    if room and tokens[: len(room)] == room and len(tokens) > len(room):
        bases.append(tokens[len(room) :])
        yield VARIANT, bases[-1]
    elif room:
        yield VARIANT, (*room, *tokens)
    if device.domain in _GADGETS and len(tokens) > 1 and tokens[1] != "'s" and tokens[0] not in vocabulary.known:
        yield VARIANT, tokens[:1]  # "the Sonos", of "Sonos Move"
    for kind in kinds:
        yield from ((VARIANT, form) for base in bases for form in _with_kind(base, kind))
    if "'s" in tokens:
        yield NEAR, tuple(token for token in tokens if token != "'s")
    for base in bases:
        yield from ((NEAR, form) for form in _synonyms(base, vocabulary))
    yield from ((PART, form) for form in _parts(tokens, vocabulary))


def _with_kind(tokens: Tokens, kind: Kind) -> Iterator[Tokens]:
    """The name with a word for its kind, or without the one that it has."""
    one = tuple(map(singular, tokens))
    own = [word for word in kind.words | kind.named | kind.only | kind.after if one[-len(word) :] == word]
    for word in own:
        if len(tokens) > len(word):
            yield tokens[: -len(word)]
    if own:
        return
    for word in kind.words:
        if one[: len(word)] == word and len(tokens) > len(word):
            yield (*tokens[len(word) :], *tokens[: len(word)])  # "curtain left": the left curtain
    for word in kind.after:
        yield (*tokens, *word)
    for word in kind.before:
        yield (*word, *tokens)


def _synonyms(tokens: Tokens, vocabulary: Vocabulary) -> Iterator[Tokens]:
    for group in vocabulary.synonyms:
        for word in group:
            for start in range(len(tokens) - len(word) + 1):
                if tokens[start : start + len(word)] == word:
                    for other in group:
                        if other != word:
                            yield (*tokens[:start], *other, *tokens[start + len(word) :])


def _parts(tokens: Tokens, vocabulary: Vocabulary) -> Iterator[Tokens]:
    """Ends of the name ("lamp" of "bedside lamp"), and its beginning without a number at the end."""
    for start in range(1, len(tokens)):
        if tokens[start] != "'s" and tokens[start - 1] not in vocabulary.prepositions:
            yield tokens[start:]
    start = 2 if tokens[1:2] == ("'s",) else 1
    if len(tokens) > start + 1 and not tokens[-1].isdecimal():
        yield (*tokens[:start], tokens[-1])  # "mum's lamp" of "Mum's Bedside Lamp"
    if len(tokens) > 1 and (tokens[-1].isdecimal() or len(tokens[-1]) == 1):
        yield tokens[:-1]


def _says_enough(form: Tokens, name: Tokens, distance: int, vocabulary: Vocabulary, rooms: frozenset[Tokens]) -> bool:
    if not form or form in rooms:
        return False
    if len(form) > 1 or form == name:
        return form[0] not in vocabulary.prepositions or form == name
    word = singular(form[0])
    generic = any((word,) in kind.words for kind in vocabulary.kinds)
    return len(word) >= 3 and not word.isdecimal() and word not in vocabulary.weak and not generic


def _other_number(form: Tokens) -> Iterator[Tokens]:
    last = form[-1]
    if singular(last) != last:
        yield (*form[:-1], singular(last))
    elif last.isalpha() and len(last) > 2:
        yield (*form[:-1], f"{last}s")


def room_forms(
    names: Iterable[str], words: Iterable[str], vocabulary: Vocabulary, taken: frozenset[Tokens]
) -> dict[Tokens, int]:
    """Forms of a room's or floor's names. ``words``: what may be added ("room", "floor"); ``taken``: others' names."""
    forms: dict[Tokens, int] = {}
    for name in names:
        tokens = words_of(name).tokens
        if tokens:
            forms[tokens] = EXACT
    for tokens in list(forms):
        bare = tokens[1:] if tokens[0] in vocabulary.articles and len(tokens) > 1 else tokens
        near = [bare, *_other_number(bare)]
        for word in words:
            near.append(bare[:-1] if bare[-1] == word and len(bare) > 1 else (*bare, word))
        if "'s" in bare:
            near.append(tuple(token for token in bare if token != "'s"))
        for form in (*near, *_synonyms(bare, vocabulary)):
            if form and form not in taken:
                forms.setdefault(form, VARIANT)
    return forms

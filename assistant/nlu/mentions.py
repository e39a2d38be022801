"""Devices that a sentence speaks of by name, or by a word that only they have in theirs: "get the popcorn going"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from assistant.nlu.forms import PART
from assistant.nlu.name_index import READ_ONLY, NameIndex
from assistant.nlu.wishes import LAMPS
from assistant.nlu.words import joined, singular, stretches, words_of
from assistant.types import Device

MAX_NAME_WORDS = 6
MAX_SHARING = 4
"""A word that more devices have in their names tells none of them."""
LEAST_LETTERS = 3
NOT_SWITCHED = frozenset({"cover", "lock", "alarm_control_panel", "todo", "button", "input_button", "camera"})
"""Kinds for which "get it going" and "enough of it" are too little to act on."""

_THE = frozenset({"the", "our", "my", "that", "this"})
_AT = frozenset({"in", "on", "at", "by", "over", "under", "around", "round", "along", "near"})


@dataclass(frozen=True, slots=True)
class Mention:
    """``ids``: the devices that are meant, one of them or all; ``frame``: the sentence with "thing" in the name's place.

    ``whole``: the name was said, not only a word of it.
    """

    ids: tuple[str, ...]
    frame: str
    whole: bool


def mention(sentence: str, index: NameIndex, common: Collection[str]) -> Mention | None:
    """The longest name in ``sentence``, else its rarest word of a name. ``common``: words that are never taken for one."""
    tokens = words_of(sentence).tokens
    for start, end in stretches(len(tokens), MAX_NAME_WORDS):
        rows = index.names.get(joined(tokens[start:end]), ())
        ids = tuple(device.id for distance, device in rows if distance < PART and _can_be(device.domain))
        if ids and not (end - start == 1 and _is_common(tokens[start], index, common)):
            return Mention(ids, _frame(tokens, start, end), whole=True)
    return _by_word(tokens, index, common)


def spoken_of_in(sentence: str, index: NameIndex, domains: Collection[str]) -> tuple[Device, ...]:
    """The devices of ``domains`` that a sentence about light, warmth or sound names, or at whose place it says to be.

    "The big light is too harsh"; "it is dark on the patio", where there are Patio Lights and no room of that name.
    """
    tokens = words_of(sentence).tokens
    for start, end in stretches(len(tokens), MAX_NAME_WORDS):
        said = tokens[start:end]
        common = len(said) == 1 and (said in index.kind_words or _is_common(said[0], index, ()))
        if common and not _is_definite(tokens, start):
            continue
        rows = index.names.get(joined(said), ())
        found = tuple(device for distance, device in rows if distance < PART and device.domain in domains)
        if found and (len(said) > 1 or len(found) == 1):
            return found
    for place in range(2, len(tokens)):
        word = tokens[place]
        if tokens[place - 1] not in _THE or tokens[place - 2] not in _AT or _is_common(word, index, ()):
            continue
        found = tuple(index.devices[i] for i in index.with_word(word) if i.partition(".")[0] in domains)
        if 0 < len(found) <= MAX_SHARING and joined((word,)) not in index.areas:
            return found
    return ()


def _is_definite(tokens: tuple[str, ...], place: int) -> bool:
    return place > 0 and tokens[place - 1] in _THE


def _by_word(tokens: tuple[str, ...], index: NameIndex, common: Collection[str]) -> Mention | None:
    found: list[tuple[int, int, tuple[str, ...]]] = []
    for place, token in enumerate(tokens):
        if len(token) < LEAST_LETTERS or _is_common(token, index, common):
            continue
        ids = tuple(i for i in index.with_word(token) if _can_be(i.partition(".")[0]) and not _is_lamp(index, i))
        if 0 < len(ids) <= MAX_SHARING:
            found.append((len(ids), place, ids))
    if not found:
        return None
    _count, place, ids = min(found)
    return Mention(ids, _frame(tokens, place, place + 1), whole=False)


def _is_lamp(index: NameIndex, device_id: str) -> bool:
    """A lamp is often called by what it stands at: who wants coffee does not mean the "coffee table lamp"."""
    return device_id.startswith("light.") or bool(LAMPS & set(words_of(index.devices[device_id].name).tokens))


def _can_be(domain: str) -> bool:
    return domain not in READ_ONLY and domain not in NOT_SWITCHED


def _is_common(token: str, index: NameIndex, common: Collection[str]) -> bool:
    word = singular(token)
    words = index.vocabulary
    return (
        token in common
        or word in common
        or word in words.weak
        or token in words.prepositions
        or token in words.articles
        or word.isdecimal()
        or (word,) in index.kind_words
        or word in index.place_words
    )


def _frame(tokens: tuple[str, ...], start: int, end: int) -> str:
    return " ".join([*tokens[:start], "thing", *tokens[end:]]).replace(" 's", "s")

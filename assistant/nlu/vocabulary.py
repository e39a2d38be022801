"""How a language names the things of a house, beside their own names: kinds, articles, pronouns, synonyms."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from assistant.nlu.words import words_of

Tokens = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of devices. ``words`` are it; ``named`` first mean devices that have them in their names, ``only`` just those.

    ``after``, ``before``: words that people add to a device's own name. ``whole_room``: "the light" of a room is all of
    its lights.
    """

    words: frozenset[Tokens]
    named: frozenset[Tokens]
    only: frozenset[Tokens]
    domains: frozenset[str]
    device_classes: tuple[str, ...]
    after: frozenset[Tokens]
    before: frozenset[Tokens]
    whole_room: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of one language, in canonical words; all empty for a language without them."""

    articles: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    of: frozenset[str] = frozenset()
    prepositions: frozenset[str] = frozenset()
    everywhere: Mapping[str, tuple[Tokens, ...]] = field(default_factory=dict)
    """Phrases for the whole house, by their first word; ``here``: for the room of the microphone."""
    here: Mapping[str, tuple[Tokens, ...]] = field(default_factory=dict)
    pronouns: frozenset[Tokens] = frozenset()
    room: frozenset[str] = frozenset()
    not_media: frozenset[Tokens] = frozenset()
    no_item: frozenset[str] = frozenset()
    area_words: frozenset[str] = frozenset()
    floor_words: frozenset[str] = frozenset()
    outdoors: frozenset[str] = frozenset()
    """Words of rooms under the sky; ``outside``: what means all of them."""
    outside: frozenset[str] = frozenset()
    stairs: frozenset[str] = frozenset()
    """Words for a floor that need no preposition: the one above the ground floor, and that itself."""
    levels: Mapping[str, int] = field(default_factory=dict)
    """How high a floor is by a word of its name; the ground floor is 0."""
    weak: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    synonyms: tuple[tuple[Tokens, ...], ...] = ()
    kinds: tuple[Kind, ...] = ()


@cache
def vocabulary(language: str) -> Vocabulary:
    """The tables of ``language``."""
    file = resources.files("assistant") / "data" / "sentences" / language / "nouns.toml"
    if not file.is_file():
        return Vocabulary()
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return Vocabulary(
        articles=frozenset(data["articles"]),
        all=frozenset(data["all"]),
        of=frozenset(data["of"]),
        prepositions=frozenset(data["prepositions"]),
        everywhere=_by_first(data["everywhere"]),
        here=_by_first(data["here"]),
        pronouns=_tokens(data["pronouns"]),
        room=frozenset(data["room"]),
        not_media=_tokens(data["not_media"]),
        no_item=frozenset(data["no_item"]),
        area_words=frozenset(data["area_words"]),
        floor_words=frozenset(data["floor_words"]),
        outdoors=frozenset(data.get("outdoors", ())),
        outside=frozenset(data.get("outside", ())),
        stairs=frozenset(data["stairs"]),
        levels=dict(data["levels"]),
        weak=frozenset(data["weak"]),
        known=frozenset(data["known"]) | _all_words(data["kinds"]),
        synonyms=tuple(tuple(words_of(text).tokens for text in group) for group in data["synonyms"]),
        kinds=tuple(_kind(row) for row in data["kinds"]),
    )


def _tokens(texts: Iterable[str]) -> frozenset[Tokens]:
    return frozenset(words_of(text).tokens for text in texts)


def _by_first(texts: Iterable[str]) -> dict[str, tuple[Tokens, ...]]:
    phrases = _tokens(texts)
    return {first: tuple(p for p in phrases if p[0] == first) for first in {phrase[0] for phrase in phrases}}


def _all_words(kinds: Iterable[dict[str, Any]]) -> frozenset[str]:
    return frozenset(
        token
        for row in kinds
        for key in ("words", "named", "only", "after")
        for text in row.get(key, ())
        for token in words_of(text).tokens
    )


def _kind(row: dict[str, Any]) -> Kind:
    return Kind(
        words=_tokens(row["words"]),
        named=_tokens(row.get("named", ())),
        only=_tokens(row.get("only", ())),
        domains=frozenset(row["domain"]),
        device_classes=tuple(row.get("device_class", ())),
        after=_tokens(row.get("after", ())),
        before=_tokens(row.get("before", ())),
        whole_room=bool(row.get("whole_room")),
    )

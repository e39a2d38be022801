"""The phrasings that ship with a language: wishes for a room, what things are for, ways to speak of a named thing, and talk."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from assistant.nlu.words import plain
from assistant.types import Intent, JsonValue

HERE = "{here}"
ROOM_WORDS = ("", "in here", "in the room")
SWITCHED = frozenset({"switch", "input_boolean"})
_THING_KEYS = frozenset({"words", "not", "domains", "all", "classes"})


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be wanted; ``in_room``: it is about a room."""

    intent: str
    slots: Mapping[str, JsonValue]
    in_room: bool
    phrasings: tuple[str, ...] = ()

    def as_intent(self, area: str | None) -> Intent:
        """The intent for a room; without one the room is asked about."""
        slots = dict(self.slots)
        if self.in_room:
            slots.update({"area": area} if area else {"here": True})
        return Intent(self.intent, slots)


@dataclass(frozen=True, slots=True)
class Thing:
    """A sort of devices by the words of their names, and what is said where an act on one is wanted.

    ``unless``: words of a name that is of another sort. ``all``: every device of the domains (and classes) is of it.
    ``acts``: (``on``, ``close``, ``mow``, …) -> phrasings; ``{name}``, ``{word}`` and ``{short}`` stand for the device's name,
    the word of it that was found and the first part of that, ``{owner}`` for whose it is.
    """

    words: tuple[str, ...]
    unless: tuple[str, ...]
    domains: frozenset[str]
    all: bool
    classes: frozenset[str]
    acts: Mapping[str, tuple[str, ...]]
    bound: frozenset[str] = frozenset()
    """Phrasings that are about the room that they are said in."""


@dataclass(frozen=True, slots=True)
class Phrasings:
    """Everything of one language; all empty for a language without them. ``frames``: ``on``, ``off`` and ``talk``."""

    acts: tuple[Act, ...] = ()
    things: tuple[Thing, ...] = ()
    frames: Mapping[str, tuple[str, ...]] | None = None
    talk: tuple[str, ...] = ()


@cache
def phrasings(language: str) -> Phrasings:
    """The phrasings of ``language``."""
    folder = resources.files("assistant") / "data" / "phrasings" / language
    if not folder.is_dir():
        return Phrasings()

    def table(name: str) -> dict[str, Any]:
        return tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))

    return Phrasings(
        acts=tuple(_act(row) for row in table("acts")["act"]),
        things=tuple(_thing(row) for row in table("things")["thing"]),
        frames={key: tuple(texts) for key, texts in table("frames").items()},
        talk=tuple(table("talk")["phrasings"]),
    )


def spread(texts: Sequence[str]) -> Iterator[str]:
    """Each phrasing as a sentence of its own: without a room, and with the words for one."""
    for text in texts:
        for room in ROOM_WORDS if HERE in text else ("",):
            yield " ".join(text.replace(HERE, room).split())


def _act(row: Mapping[str, Any]) -> Act:
    texts = tuple(row["phrasings"])
    return Act(row["intent"], row["slots"], any(HERE in text for text in texts), tuple(spread(texts)))


def _thing(row: Mapping[str, Any]) -> Thing:
    acts = {key: texts for key, texts in row.items() if key not in _THING_KEYS}
    return Thing(
        words=tuple(plain(word) for word in row.get("words", ())),
        unless=tuple(plain(word) for word in row.get("not", ())),
        domains=frozenset(row.get("domains", SWITCHED)),
        all=bool(row.get("all")),
        classes=frozenset(row.get("classes", ())),
        acts={key: tuple(spread(texts)) for key, texts in acts.items()},
        bound=frozenset(spread([text for texts in acts.values() for text in texts if HERE in text])),
    )

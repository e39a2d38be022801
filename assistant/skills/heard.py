"""The skills' sentences for the ear: as they are said, with what people typically say in place of any words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.skills.templates import skill_data
from assistant.skills.wording import language_file

if TYPE_CHECKING:
    from hassil.intents import Intents


_RANGE = re.compile(r"\{(\d+\.\.\d+(?:,\d+)?)\}")
"""hassil takes a range only where it has a slot's name."""


@dataclass(frozen=True, slots=True)
class HeardSentences:
    """Sentences as hassil's intents; ``open``: names of the lists in which other words may be said than they hold."""

    intents: Intents
    open: frozenset[str]


def heard_sentences(language: str) -> HeardSentences | None:
    """The sentences of a language; ``None`` where nothing is known of how they are said (it has no ``fillers.toml``)."""
    from hassil.intents import Intents

    file = resources.files("assistant") / "data" / "skills" / language / "fillers.toml"
    if not file.is_file():
        return None
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    data = skill_data(language)
    short = _Contractions(language_file(language, "words.toml")["text"]["contractions"])
    intents = {
        name: {
            "data": [{**block, "sentences": [short(text) for text in block["sentences"]]} for block in intent["data"]]
        }
        for name, intent in data["intents"].items()
        if name not in table["unexpected"]
    }
    rules = {name: short(text) for name, text in data["expansion_rules"].items()}
    values = {
        name: {"values": [_RANGE.sub(r"{\1:n}", text) for text in texts]} for name, texts in table["lists"].items()
    }
    lists = {**data["lists"], **values}
    whole: dict[str, Any] = {"language": language, "intents": intents, "lists": lists, "expansion_rules": rules}
    return HeardSentences(Intents.from_dict(whole), frozenset(table["open"]))


class _Contractions:
    """Makes ``what is`` of a template ``(what is|what's)``: the skills' words are written out, people's are not."""

    def __init__(self, contractions: Mapping[str, str]) -> None:
        self._said = {
            long: short for short, long in contractions.items() if short.endswith(("'s", "n't")) and " " in long
        }
        phrases = sorted(self._said, key=len, reverse=True)
        self._pattern = re.compile(rf"\b({'|'.join(map(re.escape, phrases))})\b")

    def __call__(self, template: str) -> str:
        return self._pattern.sub(lambda found: f"({found[0]}|{self._said[found[0]]})", template)

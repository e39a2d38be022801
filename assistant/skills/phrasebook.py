"""A phrasebook: what is asked for most is translated exactly, without the language model."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources


def translated(text: str, into: str) -> str | None:
    """The phrase in the language ``into`` (``fr``); ``None`` where the book does not have it."""
    row = _book().get(_plain(text))
    ways = row.get(into) if row is not None else None
    return ways[0] if ways else None


@cache
def _book() -> dict[str, dict[str, list[str]]]:
    """Every way of every phrase -> its row. Of two rows that share a way ("casa") the first is meant."""
    file = resources.files("assistant") / "data" / "skills" / "phrasebook.toml"
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["phrases"]
    book: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        for ways in row.values():
            for way in ways:
                book.setdefault(_plain(way), row)
    return book


def _plain(text: str) -> str:
    """Without case, accents and marks."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return " ".join(re.sub(r"[^\w']+", " ", letters).split())

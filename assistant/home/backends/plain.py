"""What comes from outside, cut down to what is harmless: names of plain words, texts without control characters, JSON
of limited size and depth. Names go into grammars, dictionaries and prompts, so nothing but words is left of them.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from typing import NoReturn

from assistant.types import JsonValue

NAME_CHARS = 64
NAME_WORDS = 10
TEXT_CHARS = 255
JSON_DEPTH = 16
LOGGED_REFUSALS = 20

_KEPT = frozenset(" '\u2019-&.")
_MARKUP = re.compile(r"<\||\|>|[<>{}\[\]`]")


class Refused(ValueError):
    """What was sent cannot be used; the message says why, in one line."""


def plain_name(value: object) -> str:
    """``value`` as words that can be said: letters, digits and what stands inside of words; empty where none are."""
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFC", value[: 4 * NAME_CHARS])
    kept = "".join(c if c.isalnum() or c in _KEPT or unicodedata.category(c) == "Mn" else " " for c in text)
    words = [word.strip("-.&") for word in kept.split()]
    name = " ".join([word for word in words if word][:NAME_WORDS])
    return name[:NAME_CHARS].rstrip() if any(c.isalnum() for c in name) else ""


def plain_text(value: object) -> str:
    """A state or option as one line without control characters or markup, ``TEXT_CHARS`` at most."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(c if c.isprintable() else " " for c in text[: 4 * TEXT_CHARS])
    return " ".join(_MARKUP.sub(" ", text).split())[:TEXT_CHARS]


def slug(text: str) -> str:
    """``Kitchen Lämp #2`` -> ``kitchen_lamp_2``: the second part of a device's id; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:NAME_CHARS]


def parse_json(payload: bytes | str, max_bytes: int) -> JsonValue:
    """The JSON value. Raises Refused for one that is too long or too deep, for NaN, and for what is no JSON."""
    if len(payload) > max_bytes:
        raise Refused(f"is longer than {max_bytes} bytes")
    try:
        value: JsonValue = json.loads(payload, parse_constant=_no_constant)
    except RecursionError:
        raise Refused("is nested too deeply") from None
    except ValueError as error:
        raise Refused(f"is no JSON: {error}") from error
    _check_depth(value, JSON_DEPTH)
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _check_depth(value: JsonValue, left: int) -> None:
    if isinstance(value, dict | list):
        if left == 0:
            raise Refused("is nested too deeply")
        for item in value.values() if isinstance(value, dict) else value:
            _check_depth(item, left - 1)


class RefusalLog:
    """Logs what was refused, each thing once, and not endlessly many things."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._seen: set[str] = set()
        self.count = 0

    def __call__(self, what: str, reason: object) -> None:
        """``what`` (a topic, an id) was refused for ``reason``."""
        self.count += 1
        what = plain_text(what)[:120]
        if what in self._seen or len(self._seen) > LOGGED_REFUSALS:
            return
        self._seen.add(what)
        if len(self._seen) > LOGGED_REFUSALS:
            self._log.warning("more was refused; it is counted, not logged")
        else:
            self._log.warning("%s: refused: %s", what, plain_text(str(reason)))

"""A device and what it is to be at, in whatever words: "I'd have the big lamp at a tenth", "the pool lights should look red"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from assistant.nlu.degrees import amount_of
from assistant.nlu.words import joined, stretches, words_of
from assistant.types import Intent, JsonValue

MOST_NAME_WORDS = 5
MOST_WORDS = 16
_NO_WISH = re.compile(
    r"^(?:is|are|was|were|what|how|why|when|who|whose|where|which|did|does|do|has|(?:i|we|you|they) (?:have|had)|(?:it|that|there)'s)\b|"
    r"\b(?:is|are|was|were|isn't|aren't)\b(?! what (?:i|we)\b)",
    re.IGNORECASE,
)
"""Who asks or tells how something is does not wish for it."""
_AROUND = frozenset(
    "i i'd i'll we we'd we'll like love want prefer have having happier happy happiest be us you should could can must ought may need "
    "needs wants look looks stay go sit read show shine stand only exactly roughly my our your in one with for by glad better "
    "best fancy to set give let let's me us is what would do it at from ideally ideal please brightness color colour".split()
)
"""Words of a wish that mean nothing of their own."""
_DEGREES = frozenset({"degrees", "degree"})
_HOME = frozenset("flat house home apartment place cottage indoors inside".split())
_ARTICLES = frozenset({"the", "a", "an"})
_SHUT = frozenset({"closed", "shut", "down", "lowered"})


class Finds(Protocol):
    """What is needed of the matcher."""

    def find_devices(self, text: str) -> tuple[str, ...]: ...

    def find_area(self, text: str) -> str | None: ...


def amount_wished(text: str, matcher: Finds, read: Callable[[str], Intent | None]) -> Intent | None:
    """The setting of the one device that is named to the amount or the colour that is said; ``None`` for any other sentence.

    Degrees may be said of a room, or of nothing.

    Every word must be a part of the name, of the amount, or of the way to wish for it.
    """
    tokens = words_of(text.lower()).tokens
    if not 2 < len(tokens) <= MOST_WORDS or _NO_WISH.search(text):
        return None
    for start, end in stretches(len(tokens), MOST_NAME_WORDS):
        name = joined(tokens[start:end])
        ids, rest = matcher.find_devices(name), (*tokens[:start], *tokens[end:])
        if len(ids) == 1:
            colored = _colored(ids[0], name, rest, read) if ids[0].startswith("light.") else None
            return colored or _setting(ids[0], rest)
    return _warmth(tokens, matcher.find_area)


def _warmth(tokens: tuple[str, ...], find_area: Callable[[str], str | None]) -> Intent | None:
    """Degrees that a room, or the place where one is, should have: "I'd be happier with twenty-two degrees in the den"."""
    if _DEGREES.isdisjoint(tokens):
        return None
    for start, end in stretches(len(tokens), MOST_NAME_WORDS):
        area = find_area(joined(tokens[start:end]))
        if area is not None:
            found = amount_of((*tokens[:start], *tokens[end:]), "climate", "", _AROUND)
            return _placed(found, {"area": area}) if found is not None else None
    found = amount_of(tuple(token for token in tokens if token not in _HOME), "climate", "", _AROUND)
    return _placed(found, {} if set(tokens) & _HOME else {"here": True}) if found is not None else None


def _placed(found: Intent, place: dict[str, JsonValue]) -> Intent:
    return Intent(found.name, {"temperature": found.slots["temperature"], **place})


def _setting(device_id: str, rest: tuple[str, ...]) -> Intent | None:
    domain = device_id.partition(".")[0]
    if domain == "cover" and not _SHUT.isdisjoint(rest):
        open_share = amount_of(tuple(token for token in rest if token not in _SHUT), domain, device_id, _AROUND)
        if open_share is None:
            return None
        closed = open_share.slots["position"]
        return Intent(open_share.name, {**open_share.slots, "position": 100 - int(str(closed))})
    return amount_of(rest, domain, device_id, _AROUND | frozenset({"up", "raised"} if domain == "cover" else ()))


def _colored(device_id: str, name: str, rest: tuple[str, ...], read: Callable[[str], Intent | None]) -> Intent | None:
    """The colour that is left where the words that mean nothing are taken away, as the templates know it."""
    left = [token for token in rest if token not in _AROUND | _ARTICLES]
    if not 1 <= len(left) <= 2:
        return None
    found = read(f"set {name} to {' '.join(left)}")
    sets = (
        found is not None and found.response in ("color", "temperature") and found.slots.get("device_id") == device_id
    )
    return found if sets else None

"""What a command makes an exception of: "all lights except the lamp", "everything off but leave the hallway one"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from assistant.types import Intent, TurnContext

_EXCEPT = re.compile(
    r"[,\s]+(?:except(?:ing)?(?: for)?|but not|(?:but|and|just) (?:please )?(?:leave|keep|spare)|"
    r"but|bar|apart from|other than|excluding|save for|save|without|besides|"
    r"leaving out|minus|with the exception of|aside from)\s+",
    re.IGNORECASE,
)
_LEFT_AS = re.compile(r"\s+(?:on|off|open|closed|alone|running|as (?:it|they) (?:is|are)|please)$", re.IGNORECASE)
_ARTICLES = re.compile(r"^(?:(?:for|the|my|our|in|on|a|an|that|this|his|her)\s+)+", re.IGNORECASE)


class Finds(Protocol):
    """What is needed of the matcher."""

    def find_devices(self, text: str, context: TurnContext | None = None) -> tuple[str, ...]: ...

    def find_area(self, text: str) -> str | None: ...


def split_except(text: str) -> tuple[str, tuple[str, ...]] | None:
    """``(base, what is left out)`` of "all lights except the lamp and the fan"; ``None`` without an exception."""
    match = _EXCEPT.search(text)
    if match is None:
        return None
    left_out = re.split(r"\s*,\s*|\s+(?:and|or)\s+", text[match.end() :])
    cleaned = tuple(_LEFT_AS.sub("", _ARTICLES.sub("", part.strip())) for part in left_out)
    return text[: match.start()].strip(" ,"), tuple(part for part in cleaned if part)


def left_out(
    names: Sequence[str], base: str, matcher: Finds, context: TurnContext
) -> tuple[list[str], list[str]] | None:
    """The devices and the rooms that exceptions to ``base`` name; ``None`` where one of them names neither."""
    ids: list[str] = []
    areas: list[str] = []
    for name in names:
        devices, area = _named(name, base, matcher, context)
        if not devices and area is None:
            return None
        ids += devices
        areas += [area] if area is not None else []
    return ids, areas


def _named(name: str, base: str, matcher: Finds, context: TurnContext) -> tuple[tuple[str, ...], str | None]:
    """The devices or the room that an exception names: "the lamp", "Ben's", "the hallway one", "the nursery"."""
    devices = matcher.find_devices(name, context)
    area = matcher.find_area(name)
    if area is not None or devices:
        return ((), area) if area is not None else (devices, None)
    bare = re.sub(r"\s+ones?$", "", name)
    placed = re.sub(r"^ones? (?=(?:in|on|at|by|of|from)\b)", "", name)
    for word in reversed(base.split()):
        devices = matcher.find_devices(f"{bare} {word}" if placed == name else f"{word} {placed}", context)
        if devices:
            return devices, None
    return (), matcher.find_area(bare)


def excepting(intent: Intent, ids: Sequence[str], areas: Sequence[str]) -> Intent:
    slots = {key: value for key, value in intent.slots.items() if key != "here"}
    return replace(intent, slots={**slots, "except": list(ids), "except_area": list(areas)})

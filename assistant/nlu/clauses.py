"""Several commands in one sentence: cut where every part is understood on its own, with what it leaves out filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assistant.types import Intent

ReadClause = Callable[[str], Intent | None]

_JOINTS = re.compile(
    r"\s*,?\s+(?:and then|and also|and after that|after that|and please|then|and|also|plus)\s+|\s*,\s*", re.IGNORECASE
)
_EXCEPT = re.compile(
    r"\s+(?:except(?: for)?|but not|but|apart from|other than|excluding|save for|without)\s+", re.IGNORECASE
)
MAX_PARTS = 5
_VERBS = frozenset(
    "turn switch set make open close shut lock unlock start stop pause play add put dim brighten change increase decrease "
    "raise lower mute unmute activate deactivate enable disable is are what which how tell remove".split()
)


def read_sentence(text: str, read: ReadClause) -> tuple[Intent, ...]:
    """All intents of a sentence in order; empty where any part of it is not understood.

    ``text`` still has its commas. The whole is preferred: only what it does not match is cut.
    """
    whole = read(text)
    if whole is not None:
        return (whole,)
    joints = list(_JOINTS.finditer(text))
    if not joints or len(joints) >= MAX_PARTS:
        return ()
    for joint in joints:
        left, right = text[: joint.start()].strip(), text[joint.end() :].strip()
        if not left or not right:
            continue
        first = _read_left(left, right, read)
        if first is None:
            continue
        intent, words = first
        rest = read_sentence(right, read) or _with_borrowed_start(words, right, intent, read)
        if rest:
            return (intent, *rest)
    return ()


def _read_left(left: str, right: str, read: ReadClause) -> tuple[Intent, str] | None:
    intent = read(left)
    if intent is not None:
        return intent, left
    # "turn on the kitchen and bedroom lights": the left part lacks the right one's last words.
    words = right.split()
    if words and words[0].lower() in _VERBS:
        return None
    for count in (1, 2, 3):
        if count >= len(words) + 1:
            break
        borrowed = f"{left} {' '.join(words[-count:])}"
        intent = read(borrowed)
        if intent is not None:
            return intent, borrowed
    return None


def _with_borrowed_start(left: str, right: str, first: Intent, read: ReadClause) -> tuple[Intent, ...]:
    """``turn off the lamp | the fan``: the right part lacks the left one's first words."""
    if right.split()[0].lower() in _VERBS:
        return ()
    for start in _starts(left):
        rest = read_sentence(f"{start} {right}", read)
        if rest and rest[0].name in _KIN.get(first.name, {first.name}):
            return rest
    return ()


# What may follow by leaving words out: another act of the same kind.
_KIN = {
    "HassTurnOn": {"HassTurnOn", "HassLightSet", "HassFanSetSpeed", "HassSetPosition"},
    "HassTurnOff": {"HassTurnOff"},
    "HassLightSet": {"HassLightSet"},
}


def _starts(left: str) -> Iterator[str]:
    """Beginnings of ``left``, longest first: "set the lamp to" of "set the lamp to red"."""
    words = left.split()
    for length in range(len(words) - 1, 0, -1):
        yield " ".join(words[:length])


def split_except(text: str) -> tuple[str, tuple[str, ...]] | None:
    """``(base, what is left out)`` of "all lights except the lamp and the fan"; ``None`` without an exception."""
    match = _EXCEPT.search(text)
    if match is None:
        return None
    left_out = re.split(r"\s*,\s*|\s+(?:and|or)\s+", text[match.end() :])
    cleaned = tuple(
        re.sub(r"^(?:(?:for|the|my|our|in)\s+)+", "", part.strip(), flags=re.IGNORECASE) for part in left_out
    )
    return text[: match.start()].strip(), tuple(part for part in cleaned if part)

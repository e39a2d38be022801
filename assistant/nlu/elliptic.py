"""What a clause leaves out that the clause before has said: the noun of "the one in the hall", the list, "in there"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.types import Intent

LISTS = frozenset(
    "HassListAddItem HassListRemoveItem HassListCompleteItem HassShoppingListAddItem HassShoppingListRemoveItem".split()
)
_ONE = re.compile(r"\bones?\b", re.IGNORECASE)
_THERE = re.compile(r"\b(?:(?:in|up|down|over|out) )?there\b", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|them)\b", re.IGNORECASE)
_ITS = re.compile(r"\b(?:its|their)\b(?! (?:own|way)\b)", re.IGNORECASE)
_PLACED = re.compile(r" (?:in|at) (?P<place>(?:the |my |our )?[\w' ]+)$", re.IGNORECASE)
_NO_NOUN = frozenset(
    "in at on off to of for from and the up down with by over under near turn switch open close shut lock set put make".split()
)
_CALLED = {"light": "lights", "fan": "fan", "climate": "heating", "lock": "lock", "vacuum": "vacuum"}


def completions(text: str, before: str, intent: Intent) -> Iterator[str]:
    """Whole clauses that ``text`` may stand for after the clause ``before``, which meant ``intent``."""
    yield from _with_noun(text, before)
    yield from _there(text, before, intent)
    yield from _in_place_of_it(text, intent)
    if intent.name in LISTS:
        title = intent.slots.get("name")
        for word in ("from", "to", "on"):
            yield f"{text} {word} {title if isinstance(title, str) else 'the shopping list'}"


def _with_noun(text: str, before: str) -> Iterator[str]:
    """ "The one in the hall off" with a word of the clause before for "one", the last first."""
    if _ONE.search(text):
        for word in reversed(before.split()):
            if len(word) > 2 and word.lower() not in _NO_NOUN:
                yield _ONE.sub(word, text, count=1)


def _there(text: str, before: str, intent: Intent) -> Iterator[str]:
    """ "Close the blind in there", after a room, or after a device whose name begins with one."""
    if not _THERE.search(text):
        return
    area, placed, name = intent.slots.get("area"), _PLACED.search(before), intent.slots.get("name")
    if isinstance(area, str):
        yield _THERE.sub(f"in the {area}", text)
    elif placed is not None:
        yield _THERE.sub(f"in {placed['place']}", text)
    words = name.split() if isinstance(name, str) else []
    for length in range(len(words) - 1, 0, -1):
        yield _THERE.sub(f"in the {' '.join(words[:length])}", text)


def owned(text: str, intent: Intent) -> Iterator[str]:
    """ "Lock the shed and turn its light off": what is called after the same thing, or is in the same room."""
    if not _ITS.search(text):
        return
    name, area = intent.slots.get("name"), intent.slots.get("area")
    words = name.split() if isinstance(name, str) else []
    for owner in (*(" ".join(words[:length]) for length in range(len(words), 0, -1)), area):
        if isinstance(owner, str):
            yield _ITS.sub(f"the {owner}", text, count=1)


def _in_place_of_it(text: str, intent: Intent) -> Iterator[str]:
    """ "Set it to half", after "the fan in the bathroom": it is called so."""
    area, domain = intent.slots.get("area"), intent.slots.get("domain")
    sort = intent.slots.get("device_class") or _CALLED.get(str(domain))
    if isinstance(area, str) and isinstance(sort, str) and _IT.search(text):
        yield _IT.sub(f"the {sort} in the {area}", text, count=1)

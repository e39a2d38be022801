"""Several commands in one sentence: cut where every part is understood on its own, with what it leaves out filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.nlu.degrees import said_of
from assistant.nlu.elliptic import LISTS, completions, owned
from assistant.nlu.intents import QUESTIONS, chosen, ids_of
from assistant.nlu.joints import JOINT, STARTS_COMMAND
from assistant.nlu.seams import seams, shared_way
from assistant.types import Intent

MAX_JOINTS = 6
_TO_A_LIST = re.compile(
    r"\b(?:on|to|onto|from|off) (?:(?:the|my|our) )?(?:\w+ )?(?:list|shopping|groceries|todo)(?: list)?(?: and\b|$)",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(r"^\W*(?:(?:the|a|an|and|or|of|my|our|to|in|on|at|for|with|um|uh|er)\b\W*)*$", re.IGNORECASE)
_SWITCHED = re.compile(r"^(?:turn|switch|flick|put|shut) (?!.*\b(?:on|off|up|down)\b)", re.IGNORECASE)
_WILD_SLOTS = ("item", "search_query", "message")
# What a later clause without a device of its own can be about.
_DOMAIN_OF = {
    "HassLightSet": ("light",),
    "HassFanSetSpeed": ("fan",),
    "HassSetPosition": ("cover", "valve"),
    "HassStopMoving": ("cover", "valve"),
    "HassClimateSetTemperature": ("climate", "water_heater"),
    "HassClimateSetMode": ("climate",),
    "HassClimateSetFanMode": ("climate",),
}
_PLAYER = ("HassMedia", "HassSetVolume")
_SETTINGS = frozenset({"HassLightSet", "HassFanSetSpeed", "HassSetPosition", "HassClimateSetTemperature"})
_TARGETS = ("name", "device_id", "area", "floor")


class Reader(Protocol):
    """Reads one clause. ``about``: the devices that "it" means, where a clause before says so."""

    def __call__(self, text: str, about: Sequence[str] | None = None) -> Intent | None: ...


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause as it was understood; ``text`` holds what was filled in."""

    text: str
    intent: Intent


def read_sentence(text: str, read: Reader) -> tuple[Clause, ...]:
    """All clauses of a sentence in order; empty where any part of it is not understood.

    ``text`` still has its commas. The whole is preferred: only what it does not match is cut, and what would swallow
    another command into a free text.
    """
    whole = read(text)
    if whole is not None and not _swallows(whole):
        return (Clause(text, whole),)
    clauses = _cut(text, read, None, MAX_JOINTS)
    if clauses or whole is None or _holds_reason(whole):
        return _carried(clauses)
    return (Clause(text, whole),)


def _holds_reason(intent: Intent) -> bool:
    """Whether a free text goes on with what is no part of it: "we are out of paint so …"."""
    values = [intent.slots.get(key) for key in _WILD_SLOTS]
    texts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    return any(isinstance(part, str) and " so " in part for part in texts)


def _swallows(intent: Intent) -> bool:
    """Whether a free text holds what looks like another command: "milk and turn off the light"."""
    for key in _WILD_SLOTS:
        value = intent.slots.get(key)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, str):
                rest = [part] if isinstance(value, list) else re.split(rf"{JOINT.pattern}|\s+so\s+", part)[1:]
                if any(STARTS_COMMAND.match(piece) for piece in rest) or _TO_A_LIST.search(part):
                    return True
    return False


def _cut(text: str, read: Reader, before: Clause | None, left: int) -> tuple[Clause, ...]:
    """The clauses of ``text``, which follows ``before``; empty where a part is not understood."""
    one = _read_one(text, read, before)
    if one is not None and not _swallows(one.intent):
        return (one,)
    if left <= 0:
        return ()
    for joint in JOINT.finditer(text):
        head, tail = text[: joint.start()].strip(" ,"), text[joint.end() :].strip(" ,")
        if not head or not tail:
            continue
        first = _with_shared_way(head, tail, read, before) or _read_one(head, read, before)
        first = first or _with_borrowed_end(head, tail, read, before)
        if first is None or _swallows(first.intent):
            continue
        rest = _cut(tail, read, first, left - 1)
        if rest:
            return (first, *rest)
    return _cut_at_seams(text, read, before, left)


def _cut_at_seams(text: str, read: Reader, before: Clause | None, left: int) -> tuple[Clause, ...]:
    """The clauses of a text in which no word and no comma stands between some of them."""
    for head, tail in seams(text):
        first = _read_one(head, read, before)
        if first is None or first.intent.name in QUESTIONS or _swallows(first.intent):
            continue
        rest = _cut(tail, read, first, left - 1)
        if rest:
            return (first, *rest)
    return ()


def _with_shared_way(head: str, tail: str, read: Reader, before: Clause | None) -> Clause | None:
    """ "Switch the TV | and the lamp off": the first is switched off too, and not just switched over."""
    way = shared_way(tail) if _SWITCHED.match(head) and not STARTS_COMMAND.match(tail) else None
    if way is None:
        return None
    intent = read(f"{head} {way}", _referents(before))
    return Clause(f"{head} {way}", intent) if intent is not None else None


def _read_one(text: str, read: Reader, before: Clause | None) -> Clause | None:
    """One clause on its own, with "it" for what the clause before is about, or with the start of that."""
    for said in owned(text, before.intent) if before is not None else ():
        its = read(said, _referents(before))
        if its is not None and (isinstance(its.slots.get("device_id"), str) or "area" in its.slots):
            return Clause(said, its)
    intent = read(text, _referents(before))
    begins = STARTS_COMMAND.match(text) is not None
    asks_on = before is not None and before.intent.name in QUESTIONS and not begins
    if intent is not None and not (asks_on and intent.name not in QUESTIONS):  # "is it locked and the gate closed"
        alike = (
            _borrowing(text, read, before) if before is not None and not begins and _sets_else(intent, before) else None
        )
        same = alike is not None and before is not None and alike.intent.name == before.intent.name
        return alike if alike is not None and same else Clause(text, intent)
    if before is None or _BROKEN_OFF.match(text):
        return None
    borrowed = _borrowing(text, read, before) if not begins else None
    return borrowed or (None if asks_on else _completed(text, read, before))


def _borrowing(text: str, read: Reader, before: Clause) -> Clause | None:
    """A clause with the start of the one before: as much the same act as can be, and nothing in a place that has none."""
    words = before.text.split()
    best: tuple[tuple[bool, bool, bool], Clause] | None = None
    longest = 1 if before.intent.name in LISTS else len(words)  # an item takes up any words
    for length in range(longest, 0, -1):
        for borrowed in _framed(words, length, text):
            intent = read(borrowed, _referents(before))
            if intent is None or not _is_kin(intent, before.intent):
                continue
            # "The kitchen lights | the TV": there is none in the kitchen, but perhaps elsewhere.
            placed = "area" in intent.slots and "area" not in before.intent.slots
            unclear = isinstance(intent.slots.get("device_id"), list) and not intent.slots.get("all")
            faults = (intent.name != before.intent.name, placed, unclear)
            if best is None or faults < best[0]:
                best = (faults, Clause(borrowed, intent))
            if not any(faults):
                return best[1]
    return best[1] if best is not None else None


def _completed(text: str, read: Reader, before: Clause) -> Clause | None:
    """A clause with what it leaves out, and an amount alone: "the one in the hall off", "set it to half"."""
    setting = said_of(text, ids_of([before.intent]), before.intent, before.text)
    if setting is not None:
        return Clause(text, setting)
    for said in completions(text, before.text, before.intent):
        intent = read(said, _referents(before))
        if intent is not None:
            return Clause(said, intent)
    return None


def _framed(words: list[str], length: int, text: str) -> Iterator[str]:
    """The first words of the clause before, then ``text``, then its last words: "switch the TV off | the PS5"."""
    start = " ".join(words[:length])
    yield f"{start} {text}"
    if length < len(words) - 1:
        yield f"{start} {text} {words[-1]}"


def _with_borrowed_end(head: str, tail: str, read: Reader, before: Clause | None) -> Clause | None:
    """ "turn on the kitchen | bedroom lights": the first part lacks the last words of the second."""
    words = tail.split()
    if STARTS_COMMAND.match(tail):
        return None
    for count in range(1, min(4, len(words)) + 1):
        borrowed = f"{head} {' '.join(words[-count:])}"
        intent = read(borrowed, _referents(before))
        if intent is not None:
            return Clause(borrowed, intent)
    return None


def _sets_else(intent: Intent, before: Clause) -> bool:
    """Whether another thing is set than before, by words that do not say which: "the bedroom to eighteen", "lamp two"."""
    earlier = before.intent.name
    return intent.name != earlier and intent.name in _SETTINGS and earlier in _SETTINGS | {"HassTurnOn", "HassTurnOff"}


def _is_kin(intent: Intent, before: Intent) -> bool:
    """Whether an act can follow by leaving words out: the same, or another setting of the same sort of thing."""
    if intent.name == before.name:
        return True
    return {intent.name, before.name} <= _SETTINGS | {"HassTurnOn"} or {intent.name, before.name} <= {
        "HassTurnOff",
        "HassTurnOn",
    }


def _referents(before: Clause | None) -> Sequence[str] | None:
    return ids_of([before.intent]) or None if before is not None else None


def _carried(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """Clauses that name no device are about the device, or the room, of one before."""
    result: list[Clause] = []
    for clause in clauses:
        intent = clause.intent
        for earlier in reversed(result):
            carried = taken_up(intent, earlier.intent)
            if carried is not intent:
                intent = carried
                break
        result.append(replace(clause, intent=intent))
    return tuple(result)


def taken_up(intent: Intent, earlier: Intent) -> Intent:
    """``intent`` about the device or room of an earlier one, where it has none of its own."""
    slots = intent.slots
    assumed_room = slots.get("here") is not None
    if any(key in slots for key in _TARGETS):
        return intent
    domains = domains_of(intent)
    ids = [i for i in ids_of([earlier]) if i.partition(".")[0] in domains]
    kept = {key: value for key, value in slots.items() if key != "here"}
    if ids and (len(ids) == 1 or earlier.slots.get("all")):
        return replace(intent, slots={**kept, **chosen(ids)})
    if assumed_room and earlier.slots.get("area") is not None:
        return replace(intent, slots={**kept, "area": earlier.slots["area"]})
    return intent


def domains_of(intent: Intent) -> tuple[str, ...]:
    """The domains that an intent without a device can be about."""
    if intent.name.startswith(_PLAYER):
        return ("media_player",)
    if intent.name in _DOMAIN_OF:
        return _DOMAIN_OF[intent.name]
    domain = intent.slots.get("domain")
    return (domain,) if isinstance(domain, str) else ()

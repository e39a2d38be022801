"""Sentences that can only be meant of what was spoken of before: an amount, "the other one", "not that", "in there", "his"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.nlu.clauses import Clause
from assistant.nlu.degrees import said_of
from assistant.nlu.followups import CORRECTED, Reading, carried_over, opener_off
from assistant.nlu.intents import OPPOSITE, QUESTIONS, chosen, ids_of
from assistant.nlu.joints import starts_command
from assistant.nlu.past import Past
from assistant.nlu.pointing import Pointable, marked, pointed, without
from assistant.types import Device, Intent, TurnContext

MOST_WORDS = 14
MOST_ASKED = 4
"""A question about more devices opens no subject that "brighter" could be about."""
_KEPT_OUT = frozenset(
    "device_id name area floor here all except except_area domain device_class confirmed spoken state asked".split()
)
_REVERSED = OPPOSITE | {"HassMediaUnpause": "HassMediaPause", "HassLightSet": "HassTurnOff"}
_BUT = re.compile(
    r"^(?:(?:but|and|oh|no|wait|sorry|actually)[, ]+)*(?:not|except(?: for)?|all but|leave out|without) (?P<what>(?!that$|it$|now).+?)"
    r"(?: (?:though|please|actually))*$",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"^(?:(?:no|actually|sorry|wait|i meant|i mean|make that)[, ]+)*(?:just|only) (?P<what>.+?)(?: (?:please|actually|though|then))*$|"
    r"^(?P<alone>.+) (?:only|alone)$",
    re.IGNORECASE,
)
_TIME = re.compile(r"^(?:for|in|after|at|by|until) (?!the\b|my\b|our\b)[\w: ]+$", re.IGNORECASE)
_THERE = re.compile(r"\b(?:(?:in|up|down|over|out|on) )?there\b(?= too$| as well$| please$|$)", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|him|her|that one|this one|that|this)\b(?! \w+ (?:is|was)\b)", re.IGNORECASE)
_OWN = re.compile(r"\b(?:his|her|their)\b(?= \w)", re.IGNORECASE)
_OWNER = re.compile(r"\b([\w]+)'s\b(?! (?:the|a|on|off|in|up|it)\b)")
_NO_OWNER = frozenset("it that what who where there here let how he she when one".split())
_WEAK = frozenset({"HassNevermind", "HassGetCurrentDate"})
"""Readings of "stop it" and "what is it now" that give way to what was spoken of."""
_MANY = re.compile(
    r"\b(?:both|all|each) of (?:them|those|these)\b|\bthe (?:both|two) of them\b|\b(?:them|those|these) all\b|"
    r"\b(?:both|all)(?= (?:back |on|off|up|down|again)\b|$)",
    re.IGNORECASE,
)
_THEM = re.compile(r"\b(?:them|those|these|they)\b", re.IGNORECASE)
_BACK = re.compile(r"\bback (?=(?:on|off|up|down|open)\b)", re.IGNORECASE)


class Matching(Pointable, Protocol):
    """What is needed of the matcher."""

    def device(self, device_id: str) -> Device | None: ...

    def assumes_room(self, text: str, context: TurnContext) -> bool: ...


Sentences = Callable[[str, Sequence[str] | None], tuple[Clause, ...]]
"""Reads a whole sentence; the devices that "it" and "them" mean in it."""


def together(text: str) -> str:
    """ "Turn both of them back on" as "turn them on"."""
    return _BACK.sub("", _MANY.sub("them", text))


def referents_of(text: str, past: Past) -> tuple[str, ...]:
    """What a pronoun of ``text`` means: "them" is several where there are several."""
    return past.topic if len(past.targets) < 2 < len(past.topic) + 1 and _THEM.search(text) else past.targets


def with_owner(text: str, said: str) -> str:
    """ "His" by the name of whose thing was spoken of last: "Ben's lamp off and his night light on"."""
    if not _OWN.search(text):
        return text
    result, place = "", 0
    for match in _OWN.finditer(text):
        owners = [o for o in _OWNER.findall(f"{said} {text[: match.start()]}") if o.lower() not in _NO_OWNER]
        result += text[place : match.start()] + (f"{owners[-1]}'s" if owners else match[0])
        place = match.end()
    return result + text[place:]


def recalled(
    text: str, raw: str, past: Past, reading: Reading, matcher: Matching, read: Sentences
) -> tuple[Clause, ...]:
    """What ``text`` means of what was spoken of; empty where it can stand by itself. ``raw``: with its politeness."""
    if len(text.split()) > MOST_WORDS or not past.intents:
        return ()
    last, corrects = past.intents[-1], CORRECTED.match(text) is not None
    if past.targets and past.ask is None and not (_asks(last) and len(past.targets) > MOST_ASKED):
        setting = said_of(opener_off(text), referents_of(text, past), last, past.said)
        if setting is not None:
            return (Clause(past.said, setting),)
    timed = _timed(text, past, read)
    if timed:
        return timed
    narrowed = _narrowed(raw, past, reading, matcher)
    if narrowed is not None:
        return (Clause(past.said, narrowed),)
    found = pointed(text, past, matcher)
    if found is not None:
        return _pointed_at(found.ids, found.rest, past, read, undo=corrects and past.ask is None and not _asks(last))
    return _there(text, past, matcher, read) or _by_name(text, past, reading, matcher)


def _timed(text: str, past: Past, read: Sentences) -> tuple[Clause, ...]:
    """ "For ten minutes": the opposite then. "In ten minutes", "at nine": not yet, but then."""
    part = opener_off(text)
    if not _TIME.match(part) or _asks(past.intents[-1]) or past.ask is not None:
        return ()
    clauses = read(f"{past.said} {part}", past.targets)
    later = tuple(clause for clause in clauses if clause.intent.name == "AssistDelayed")
    if not later or len(clauses) > 1:
        return later
    return (Clause(text, Intent("AssistUndo")), *later)


def _asks(intent: Intent) -> bool:
    return intent.name in QUESTIONS


def _pointed_at(ids: tuple[str, ...], rest: str, past: Past, read: Sentences, *, undo: bool) -> tuple[Clause, ...]:
    """The last act on other devices, or what else is said of them."""
    last = past.intents[-1]
    bare = opener_off(rest)
    if bare in ("", "it", "them"):
        repeated = again(last, ids, past.targets)
        if repeated is None:
            return ()
        same = Clause(past.said, repeated)
        return (Clause(rest or past.said, Intent("AssistUndo")), same) if undo else (same,)
    setting = said_of(bare, ids, last, past.said)
    if setting is not None:
        return (Clause(past.said, setting),)
    for sentence in (rest, bare, f"make {bare}", f"turn {bare}", f"set {bare}"):
        clauses = read(sentence, ids)
        if clauses and all(_means(clause.intent, ids) for clause in clauses):
            return clauses
    return ()


def _means(intent: Intent, ids: Sequence[str]) -> bool:
    found = set(ids_of([intent]))
    return bool(found) and found <= set(ids)


def again(last: Intent, ids: Sequence[str], before: Sequence[str] = ()) -> Intent | None:
    """The last act, or question, about other devices; ``None`` where it means nothing there."""
    kinds = {device_id.partition(".")[0] for device_id in before}
    carried = carried_over(last, ids[0].partition(".")[0], kinds.pop() if len(kinds) == 1 else None)
    if carried is None:
        return None
    last = carried
    keep = {"state", "asked"} if _asks(last) else set()
    kept = {key: value for key, value in last.slots.items() if key not in _KEPT_OUT or key in keep}
    return replace(last, slots={**kept, "domain": ids[0].partition(".")[0], **chosen(ids)})


def _narrowed(raw: str, past: Past, reading: Reading, matcher: Matching) -> Intent | None:
    """ "Not the kettle", "just Ben's", after several: the others are put back to what they were before."""
    last, several = past.intents[-1], past.topic if len(past.topic) > 1 else past.targets
    reverse = _REVERSED.get(last.name)
    if reverse is None or len(several) < 2:
        return None
    raw = raw.strip(" .!")
    but, only = _BUT.match(raw), _ONLY.match(raw)
    match = but or only
    if match is None:
        return None
    what = but["what"] if but is not None else only["what"] or only["alone"] if only is not None else ""
    if starts_command(what):
        return None
    named = reading.matcher.find_devices(what, reading.context)
    meant = tuple(i for i in several if i in named)
    bare = re.sub(r"^(?:the|my|our) | ones?$", "", what)
    meant = meant or tuple(i for i in marked(bare, past, matcher, several=True) if i in several)
    ids = meant if but is not None else without(several, meant)
    return Intent(reverse, chosen(ids)) if meant and ids else None


def _there(text: str, past: Past, matcher: Matching, read: Sentences) -> tuple[Clause, ...]:
    """ "Make it nineteen in there": in the room spoken of last."""
    area = past.area
    if area is None and past.targets:
        areas = {device.area for i in past.targets if (device := matcher.device(i)) is not None}
        area = areas.pop() if len(areas) == 1 else None
    if area is None or not _THERE.search(text):
        return ()
    placed = _THERE.sub(f"in the {area}", text)
    return read(placed, None) or read(_IT.sub("", placed), None)


def _by_name(text: str, past: Past, reading: Reading, matcher: Matching) -> tuple[Clause, ...]:
    """ "Pause it", "send him home", "what is it now": with the name in the pronoun's place."""
    device = matcher.device(past.targets[0]) if len(past.targets) == 1 else None
    if device is None or len(_IT.findall(text)) != 1:
        return ()
    plain = reading.clause(text, past.targets)
    if plain is not None and plain.name not in _WEAK and not matcher.assumes_room(text, reading.context):
        return ()
    named = reading.clause(_IT.sub(device.name, text), past.targets)
    if named is None or device.id not in ids_of([named]):
        return ()
    return (Clause(text, replace(named, slots={**named.slots, **chosen([device.id])})),)

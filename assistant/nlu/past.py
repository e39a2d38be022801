"""What a conversation remembers of itself: the last turn, what it was about, and what there was to choose from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.nlu.intents import QUESTIONS, ids_of
from assistant.types import Action, Ask, Intent

MOST_IN_TOPIC = 8
"""What is spoken of as "them" is a few things; a question about all lamps of a house opens no topic."""
_SILENT = frozenset({"HassNevermind", "HassRespond"})


@dataclass(frozen=True, slots=True)
class Past:
    """The last turn: its sentence without politeness, what it meant, and what it was carried out on.

    ``topic``: the devices that the last acts of one kind were about, the latest last ("and the reading lamp").
    ``offered``: the devices that the last question named, also after its answer. ``area``: the room last spoken of.
    """

    at: dt.datetime
    said: str
    intents: tuple[Intent, ...]
    targets: tuple[str, ...]
    ask: Ask | None
    topic: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    area: str | None = None


def after_turn(
    past: Past | None,
    at: dt.datetime,
    said: str,
    intents: tuple[Intent, ...],
    actions: Sequence[Action],
    ask: Ask | None,
) -> Past:
    """The memory after a turn that meant ``intents``, did ``actions`` and may have asked ``ask``."""
    targets = tuple(dict.fromkeys(target for action in actions for target in action.targets))
    # What could not be done was spoken of all the same ("is already off").
    targets = targets or (ids_of(intents) if ask is None else ())
    silent = all(intent.name in _SILENT for intent in intents)
    if past is not None and intents and silent and ask is None:
        return replace(past, at=at, ask=None)  # "never mind" is no new subject
    if past is not None and not targets and ask is None:
        targets = past.targets
    offered = ids_of(ask.candidates) if ask is not None else past.offered if past is not None else ()
    if ask is None and targets and not set(targets) <= set(offered):
        offered = ()
    area = _area_of(intents) or (past.area if past is not None and set(targets) <= set(past.targets) else None)
    return Past(at, said, intents, targets, ask, _topic(past, intents, targets), offered, area)


def _topic(past: Past | None, intents: Sequence[Intent], targets: tuple[str, ...]) -> tuple[str, ...]:
    """The devices spoken of in a row, while they are of one kind or are dealt with alike."""
    if past is None or not past.topic or _undoes(intents):
        return targets[-MOST_IN_TOPIC:]
    asked = any(intent.name in QUESTIONS for intent in (*intents, *past.intents))
    alike = _domains(targets) <= _domains(past.topic) or {i.name for i in intents} == {i.name for i in past.intents}
    if asked or not alike:
        return targets[-MOST_IN_TOPIC:]
    earlier = [device_id for device_id in past.topic if device_id not in targets]
    return (*earlier, *targets)[-MOST_IN_TOPIC:]


def _undoes(intents: Iterable[Intent]) -> bool:
    return any(intent.name == "AssistUndo" for intent in intents)


def _domains(ids: Iterable[str]) -> set[str]:
    return {device_id.partition(".")[0] for device_id in ids}


def _area_of(intents: Sequence[Intent]) -> str | None:
    areas = [intent.slots.get("area") for intent in intents if isinstance(intent.slots.get("area"), str)]
    return str(areas[-1]) if areas else None

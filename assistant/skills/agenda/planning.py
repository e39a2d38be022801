"""A timer, an alarm or a reminder at the moment that was said."""

from __future__ import annotations

import datetime as dt

import msgspec

from assistant.skills.agenda.entries import Entry, Rule
from assistant.skills.moments import resolve, time_of_day
from assistant.skills.when import When


def planned(entry: Entry, when: When, now: dt.datetime, morning: bool) -> Entry | None:
    """``entry`` at ``when``, as often as was said; ``None`` where there is no such time ahead of ``now``.

    ``morning``: an hour without am or pm is one of the morning.
    """
    if when.span_s is not None:
        rule = Rule(every_s=when.every_s) if when.every_s else None
        return changed(entry, span_s=when.span_s, rule=rule)
    at = resolve(when, now, morning=morning)
    if at is None:
        return None
    if when.weekdays:
        clock = time_of_day(when, morning=True) or (9, 0)
        return changed(entry, due=at.timestamp(), rule=Rule(clock[0], clock[1], when.weekdays))
    if at < now:  # "yesterday": it would never ring
        return None
    return changed(entry, due=at.timestamp())


def changed(entry: Entry, **changes: object) -> Entry:
    """The same entry with other values."""
    return msgspec.structs.replace(entry, **changes)

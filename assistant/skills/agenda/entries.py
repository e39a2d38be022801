"""What the agenda holds: one frozen record for everything that becomes due."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Kind = Literal["timer", "alarm", "reminder", "command"]
State = Literal["waiting", "paused", "ringing", "missed", "acting"]


class Rule(msgspec.Struct, frozen=True):
    """When it comes again: at a time of day on weekdays (Monday is 0), or after so many seconds."""

    hour: int = 0
    minute: int = 0
    weekdays: tuple[int, ...] = ()
    every_s: float | None = None


class Entry(msgspec.Struct, frozen=True):
    """One timer, alarm, reminder or command.

    ``due``: Unix seconds by the wall clock. ``steady_due``: by the clock of ``boot`` that never jumps, for what was
    asked for as a span; within that boot it alone counts. ``left_s``: of a paused one. ``then``: the command's intents
    as plain tables. ``since``: when it began to ring or was missed.
    """

    kind: Kind
    name: str = ""
    id: int = 0
    state: State = "waiting"
    due: float = 0.0
    span_s: float | None = None
    steady_due: float | None = None
    boot: str = ""
    left_s: float | None = None
    rule: Rule | None = None
    then: tuple[dict[str, Any], ...] = ()
    area: str | None = None
    turn_id: str = ""
    since: float | None = None
    snoozed: bool = False
    again: bool = False
    """Whether it was due once already: an alarm that comes again, while it rings."""

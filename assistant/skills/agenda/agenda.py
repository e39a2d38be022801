"""The agenda: adds, changes and finds entries, and tells what is due. Everything is on the disk before it is said.

Spans run on the clock that never jumps and are carried over a restart by the wall clock; alarms follow the wall clock,
its zone and its daylight saving. Where the wall clock jumps, spans of this boot get new wall-clock ends.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from assistant.skills.agenda.entries import Entry, Kind, Rule, State
from assistant.skills.clock import Clock
from assistant.skills.moments import from_timestamp, next_on
from assistant.skills.store import Store

MISSED_S = 60.0
"""What is due for longer than this, without having rung, was missed: it is told instead of rung."""
LATE_COMMAND_S = 600.0
"""A command for later is still carried out so late; after that it is only told."""
RING_AGAIN_S = 600.0
"""What was ringing when the assistant stopped rings on if that is no longer ago."""
JUMP_S = 2.0
SNOOZE_S = 540.0


@dataclass(frozen=True, slots=True)
class Due:
    """Something to do now."""

    what: Literal["ring", "missed", "act"]
    entry: Entry


class Agenda:
    """All entries of a store. Several threads and processes may use it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.RLock()
        self._offset: float | None = None
        self._told: set[int] = set()
        """What this process has rung or told of; the rest is told again after a restart."""

    # --- looking ------------------------------------------------------------------------------------

    def entries(self, kind: Kind | None = None, *states: State) -> list[Entry]:
        """Entries by kind and state, the next first."""
        rows = self._store.rows("SELECT id, document FROM entries")
        found = [_entry(row) for row in rows]
        wanted = [e for e in found if (kind is None or e.kind == kind) and (not states or e.state in states)]
        return sorted(wanted, key=lambda entry: (self.left_s(entry), entry.id))

    def left_s(self, entry: Entry) -> float:
        """Seconds until it is due; negative once it is."""
        if entry.left_s is not None:
            return entry.left_s
        if entry.steady_due is not None and entry.boot == self._clock.boot:
            return entry.steady_due - self._clock.steady_s()
        return entry.due - self._clock.now().timestamp()

    def ringing(self) -> list[Entry]:
        """What rings now."""
        return self.entries(None, "ringing")

    # --- changing -----------------------------------------------------------------------------------

    def add(self, entry: Entry) -> Entry:
        """Keep a new entry: with ``span_s``, from now on; else at its ``due``."""
        if entry.span_s is not None:
            entry = self._armed(entry, entry.span_s)
        with self._store.transaction() as connection:
            return _added(connection, entry)

    def cancel(self, entries: Sequence[Entry]) -> None:
        """Take entries away, all or none."""
        with self._store.transaction() as connection:
            connection.executemany("DELETE FROM entries WHERE id = ?", [(entry.id,) for entry in entries])

    def pause(self, entry: Entry) -> Entry:
        """Stop a running span."""
        return self._update(
            entry, lambda e: msgspec.structs.replace(e, state="paused", left_s=max(0.0, self.left_s(e)))
        )

    def resume(self, entry: Entry) -> Entry:
        """Let a paused span run on."""
        return self._update(
            entry, lambda e: self._armed(msgspec.structs.replace(e, state="waiting", left_s=None), e.left_s or 0.0)
        )

    def lengthen(self, entry: Entry, seconds: float) -> Entry:
        """Add time, or take it away; at least a second is left."""

        def change(e: Entry) -> Entry:
            left = max(1.0, self.left_s(e) + seconds)
            if e.state == "paused":
                return msgspec.structs.replace(e, left_s=left)
            if e.state == "ringing":
                left = max(1.0, seconds)
            return self._armed(msgspec.structs.replace(e, state="waiting", since=None), left)

        return self._update(entry, change)

    def snooze(self, entry: Entry, seconds: float = SNOOZE_S) -> Entry:
        """Let what rings be quiet for a while. What recurs keeps its next time: the snoozed one is another entry."""
        if entry.rule is None:
            return self._note(
                entry,
                lambda e: self._armed(msgspec.structs.replace(e, state="waiting", since=None, snoozed=True), seconds),
            )
        once = msgspec.structs.replace(
            entry, id=0, rule=None, state="waiting", since=None, span_s=seconds, snoozed=True
        )
        self.stop(entry)
        return self._store.note(lambda connection: _added(connection, self._armed(once, seconds)))

    def stop(self, entry: Entry) -> None:
        """End the ringing, or the telling: what recurs waits for its next time, the rest is done."""
        self._told.discard(entry.id)
        if entry.rule is None:
            self._store.note(lambda connection: connection.execute("DELETE FROM entries WHERE id = ?", (entry.id,)))
        else:
            self._note(entry, lambda e: msgspec.structs.replace(e, state="waiting", since=None))

    # --- time ---------------------------------------------------------------------------------------

    def due(self) -> list[Due]:
        """What is to be done now, each thing once a process until it is stopped. Call it every second or so."""
        with self._lock:
            self._follow_jumps()
            found: list[Due] = []
            for entry in self.entries():
                one = self._due(entry)
                if one is not None:
                    found.append(one)
            return found

    def next_s(self) -> float | None:
        """Seconds until something is due; ``None`` where nothing is."""
        waiting = self.entries(None, "waiting")
        return max(0.0, self.left_s(waiting[0])) if waiting else None

    def _due(self, entry: Entry) -> Due | None:
        now = self._clock.now().timestamp()
        if entry.state in ("ringing", "missed", "acting"):
            if entry.id in self._told:
                return None
            self._told.add(entry.id)  # another process began with it, and is no more
            if entry.state == "ringing" and abs(now - (entry.since or now)) <= RING_AGAIN_S:
                return Due("ring", entry)
            return Due("missed", self._note(entry, lambda e: msgspec.structs.replace(e, state="missed")))
        late = -self.left_s(entry)
        if entry.state != "waiting" or late < 0:
            return None
        limit = LATE_COMMAND_S if entry.kind == "command" else MISSED_S
        state: State = "missed" if late > limit else "acting" if entry.kind == "command" else "ringing"
        changed = self._note(entry, lambda e: self._advanced(e, state, now - late if state == "missed" else now))
        self._told.add(entry.id)
        return Due("missed" if state == "missed" else "act" if state == "acting" else "ring", changed)

    def _advanced(self, entry: Entry, state: State, since: float) -> Entry:
        """The entry as it rings; what recurs already has its next time."""
        entry = msgspec.structs.replace(entry, state=state, since=since, again=entry.rule is not None)
        if entry.rule is None:
            return entry
        if entry.rule.every_s is not None:
            return self._armed(entry, entry.rule.every_s)
        return msgspec.structs.replace(entry, due=self._next(entry.rule, max(entry.due, self._clock.now().timestamp())))

    def _next(self, rule: Rule, after: float) -> float:
        now = self._clock.now()
        return next_on(rule.weekdays, rule.hour, rule.minute, from_timestamp(after, now)).timestamp()

    def _follow_jumps(self) -> None:
        """Spans keep their length where the wall clock jumps; what recurs is not left in a future that was none."""
        offset = self._clock.now().timestamp() - self._clock.steady_s()
        jump = 0.0 if self._offset is None else offset - self._offset
        self._offset = offset
        if abs(jump) < JUMP_S:
            return
        for entry in self.entries(None, "waiting", "ringing"):
            if entry.steady_due is not None and entry.boot == self._clock.boot:
                self._note(entry, lambda e: self._armed(e, self.left_s(e)))
            elif entry.rule is not None and entry.rule.weekdays and jump < 0 and entry.state == "waiting":
                self._note(entry, self._rescheduled)

    def _rescheduled(self, entry: Entry) -> Entry:
        assert entry.rule is not None
        after = self._clock.now().timestamp()
        if entry.since is not None and 0 <= entry.since - after < 3600:
            after = entry.since  # it has rung for this day: the clock was only set back a little
        return msgspec.structs.replace(entry, due=self._next(entry.rule, after))

    def _armed(self, entry: Entry, seconds: float) -> Entry:
        return msgspec.structs.replace(
            entry,
            due=self._clock.now().timestamp() + seconds,
            steady_due=self._clock.steady_s() + seconds,
            boot=self._clock.boot,
        )

    def _update(self, entry: Entry, change: Callable[[Entry], Entry]) -> Entry:
        """Change an entry as it is now on the disk, in one transaction."""
        with self._store.transaction() as connection:
            return _changed(connection, entry, change)

    def _note(self, entry: Entry, change: Callable[[Entry], Entry]) -> Entry:
        """The same for what happens by itself: on a disk that takes no writes an alarm rings all the same."""
        return self._store.note(lambda connection: _changed(connection, entry, change))


def _added(connection: sqlite3.Connection, entry: Entry) -> Entry:
    cursor = connection.execute("INSERT INTO entries (document) VALUES (?)", (_document(entry),))
    return msgspec.structs.replace(entry, id=cursor.lastrowid or 0)


def _changed(connection: sqlite3.Connection, entry: Entry, change: Callable[[Entry], Entry]) -> Entry:
    row = connection.execute("SELECT id, document FROM entries WHERE id = ?", (entry.id,)).fetchone()
    if row is None:
        return entry
    changed = change(_entry(row))
    connection.execute("UPDATE entries SET document = ? WHERE id = ?", (_document(changed), entry.id))
    return changed


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Entry)


def _document(entry: Entry) -> bytes:
    return _encoder.encode(msgspec.structs.replace(entry, id=0))


def _entry(row: Sequence[object]) -> Entry:
    document = row[1]
    assert isinstance(document, bytes) and isinstance(row[0], int)
    return msgspec.structs.replace(_decoder.decode(document), id=row[0])


def moment(entry: Entry, like: dt.datetime) -> dt.datetime:
    """When it is due, as wall time in the zone of ``like``."""
    return from_timestamp(entry.due, like)

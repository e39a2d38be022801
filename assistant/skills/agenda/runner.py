"""What happens when something is due: it rings until it is stopped, is told, or is carried out."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import Protocol

from assistant.errors import AssistantError
from assistant.skills.agenda.agenda import Agenda, moment
from assistant.skills.agenda.entries import Entry
from assistant.skills.clock import Clock
from assistant.skills.moments import from_timestamp
from assistant.skills.wording import Wording
from assistant.types import Ask, Intent, Outcome, TurnContext

log = logging.getLogger(__name__)

STEP_S = 1.0


class Ringer(Protocol):
    """Makes itself heard without being asked, also while a turn runs."""

    def ring(self, key: str, text: str) -> None:
        """Begin an earcon and ``text``, over and over until ``silence``; returns at once."""
        ...

    def silence(self, key: str) -> None:
        """End the ringing of ``key``; nothing where it does not ring."""
        ...

    def announce(self, text: str, heard: Callable[[], None]) -> None:
        """Say ``text`` once, when nobody else is speaking; returns at once, and calls ``heard`` when it was said."""
        ...


CarryOut = Callable[[Intent, TurnContext], Outcome]


class AgendaRunner:
    """Calls the ringer and the house for what is due. ``run`` is a thread's work; ``step`` one look."""

    def __init__(self, agenda: Agenda, ringer: Ringer, carry_out: CarryOut, clock: Clock, wording: Wording) -> None:
        self._agenda = agenda
        self._ringer = ringer
        self._carry_out = carry_out
        self._clock = clock
        self._wording = wording
        self._rings: set[int] = set()

    def run(self, stopped: threading.Event) -> None:
        """Look every second until ``stopped``. What cannot be stored or done is logged, and the next look is tried."""
        while not stopped.wait(self.step()):
            pass
        for key in self._rings:
            self._ringer.silence(str(key))

    def step(self) -> float:
        """Do what is due; returns the seconds until the next look."""
        try:
            self._quieten()
            for due in self._agenda.due():
                match due.what:
                    case "ring":
                        self._rings.add(due.entry.id)
                        self._ringer.ring(str(due.entry.id), self.ring_text(due.entry))
                    case "missed":
                        # Until it was heard it stays, so that it is told again after a power cut.
                        self._ringer.announce(self.missed_text(due.entry), partial(self._agenda.stop, due.entry))
                    case "act":
                        reply = self._act(due.entry)
                        self._agenda.stop(due.entry)
                        self._ringer.announce(reply, lambda: None)
            left = self._agenda.next_s()
        except AssistantError as error:
            log.error("timers: %s", error)
            return STEP_S
        return min(STEP_S, max(0.05, left)) if left is not None else STEP_S

    def _quieten(self) -> None:
        """What was stopped, here or by another process, rings no more."""
        ringing = {entry.id for entry in self._agenda.ringing()}
        for key in self._rings - ringing:
            self._ringer.silence(str(key))
        self._rings &= ringing

    def _act(self, entry: Entry) -> str:
        context = TurnContext(now=self._clock.now(), area=entry.area, turn_id=entry.turn_id)
        replies: list[str] = []
        for row in entry.then:
            slots = row.get("slots")
            response = row.get("response")
            intent = Intent(
                str(row.get("intent")),
                dict(slots) if isinstance(slots, dict) else {},
                str(response) if response else None,
            )
            try:
                outcome = self._carry_out(intent, context)
            except AssistantError as error:
                replies.append(self._wording.say("command_failed", reason=str(error)))
                continue
            if isinstance(outcome, Ask):
                replies.append(self._wording.say("command_risky", command=entry.name))
                break
            replies.append(outcome.reply)
        return " ".join(dict.fromkeys(replies))

    def ring_text(self, entry: Entry) -> str:
        """What is said while it rings."""
        if entry.kind == "reminder":
            return self._wording.say("ring_reminder", what=entry.name)
        if entry.kind == "alarm":
            since = moment_of(entry.since, self._clock)
            key = "ring_alarm_named" if entry.name else "ring_alarm"
            return self._wording.say(key, name=entry.name, time=self._wording.clock(since))
        span = self._wording.span_label(entry.span_s or 0)
        return self._wording.say("ring_timer_named" if entry.name else "ring_timer", name=entry.name, span=span)

    def missed_text(self, entry: Entry) -> str:
        """What is said of something that was due while nobody could ring."""
        at = moment_of(entry.since, self._clock) if entry.since is not None else moment(entry, self._clock.now())
        key = (
            f"missed_{entry.kind}_named" if entry.name and entry.kind in ("timer", "alarm") else f"missed_{entry.kind}"
        )
        return self._wording.say(key, name=entry.name, time=self._wording.moment(at, self._clock.now()))


def moment_of(since: float | None, clock: Clock) -> dt.datetime:
    """A kept moment as wall time; now where none was kept."""
    now = clock.now()
    return from_timestamp(since, now) if since is not None else now

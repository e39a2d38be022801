"""How the agenda's entries are said: their names, when they are due, and how long that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from assistant.skills.agenda.agenda import Agenda, moment
from assistant.skills.agenda.entries import Entry
from assistant.skills.clock import Clock
from assistant.skills.moments import from_timestamp
from assistant.skills.wording import Wording


class Telling:
    """Composes what is said of the entries of one agenda."""

    def __init__(self, agenda: Agenda, clock: Clock, wording: Wording) -> None:
        self._agenda = agenda
        self._clock = clock
        self._wording = wording

    def label(self, entry: Entry) -> str:
        """What an entry is called: ``pasta timer``."""
        part = self._wording.part
        if entry.kind != "timer":
            return entry.name or self.when(entry)
        if entry.name:
            return part("timer_label_named", name=entry.name)
        return part("timer_label", span=self._wording.span_label(entry.span_s or 0))

    def left(self, entry: Entry) -> str:
        """How long it is until then."""
        return self._wording.span(max(0.0, self._agenda.left_s(entry)))

    def when(self, entry: Entry) -> str:
        """When it is due: ``7:00 AM every weekday``."""
        wording, now = self._wording, self._clock.now()
        if entry.rule is not None and entry.rule.every_s is not None:
            return wording.part("every_span", span=wording.span(entry.rule.every_s))
        if entry.rule is not None:
            clock = wording.clock(dt.time(entry.rule.hour, entry.rule.minute))
            return wording.part("recurring", time=clock, days=wording.days(entry.rule.weekdays))
        at = from_timestamp(now.timestamp() + self._agenda.left_s(entry), now) if entry.span_s else moment(entry, now)
        return wording.moment(at, now)

    def listed(self, entry: Entry) -> str:
        """An entry in a list of its kind."""
        part = self._wording.part
        match entry.kind:
            case "timer":
                key = "timer_one_paused" if entry.state == "paused" else "timer_one_left"
                return part(key, label=self.label(entry), left=self.left(entry))
            case "alarm":
                key = "alarm_label_named" if entry.name else "alarm_label"
                return part(key, name=entry.name, when=self.when(entry))
            case "reminder":
                key = "reminder_label_every" if entry.rule else "reminder_label"
                return part(key, what=entry.name, when=self.when(entry))
        return part("command_label", command=entry.name, when=self.when(entry))

    def told(self, entry: Entry) -> str:
        """An entry as the whole answer."""
        say = self._wording.say
        match entry.kind:
            case "timer":
                key = {"paused": "timer_paused_left", "ringing": "timer_rings"}.get(entry.state, "timer_left")
                return say(key, label=self.label(entry), left=self.left(entry))
            case "alarm":
                key = "alarm_one_named" if entry.name else "alarm_one"
                return say(key, name=entry.name, when=self.when(entry))
            case "reminder":
                count = self._wording.counted("reminder", 1)
                return say("reminder_many", count=count, names=self.listed(entry))
        return say("command_many", names=self.listed(entry))

    def ahead(self, entry: Entry) -> str:
        """How long it is until an alarm."""
        now = self._clock.now()
        left = moment(entry, now).timestamp() - now.timestamp()
        return self._wording.say("alarm_left", when=self.when(entry), left=self._wording.span(max(0.0, left)))

    def overview(self, entries: Sequence[Entry]) -> str:
        """All of several kinds, each with what it is."""
        if not entries:
            return self._wording.say("agenda_none")
        part = self._wording.part
        listed = [part(f"agenda_{e.kind}", entry=self.listed(e)) for e in entries]
        return self._wording.say("agenda", names=self._wording.names(listed))

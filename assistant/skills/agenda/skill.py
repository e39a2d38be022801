"""Timers, alarms, reminders and commands for later, by voice."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from assistant.skills.agenda.agenda import SNOOZE_S, Agenda, moment
from assistant.skills.agenda.entries import Entry, Kind
from assistant.skills.agenda.finding import EntryFinder, fraction
from assistant.skills.agenda.planning import changed, planned
from assistant.skills.agenda.telling import Telling
from assistant.skills.base import Handler, Said
from assistant.skills.clock import Clock
from assistant.skills.language import Language
from assistant.skills.templates import Reading
from assistant.skills.when import When
from assistant.types import Action, Handled, Intent, NotHandled, Outcome, TurnContext

LONGEST_S = 366 * 86400
AHEAD: tuple[Kind, ...] = ("alarm", "reminder", "timer", "command")


class AgendaSkill:
    """Handlers of the agenda's sentences. ``handlers`` maps an intent to its handler."""

    def __init__(self, agenda: Agenda, clock: Clock, language: Language) -> None:
        self._agenda = agenda
        self._clock = clock
        self._language = language
        self._say = language.wording.say
        self._telling = Telling(agenda, clock, language.wording)
        self._finder = EntryFinder(agenda, clock, language)
        self.handlers: Mapping[str, Handler] = {
            "TimerSet": self._timer_set,
            "TimerQuery": lambda r, c: self._query("timer", r),
            "TimerCancel": lambda r, c: self._cancel("timer", r),
            "TimerPause": lambda r, c: self._one("timer", r, self._pause),
            "TimerResume": lambda r, c: self._one("timer", r, self._resume),
            "TimerAdd": self._timer_add,
            "AlarmSet": self._alarm_set,
            "AlarmChange": self._alarm_change,
            "AlarmQuery": lambda r, c: self._query("alarm", r),
            "AlarmCancel": lambda r, c: self._cancel("alarm", r),
            "ReminderSet": self._reminder_set,
            "ReminderQuery": lambda r, c: self._query("reminder", r),
            "ReminderCancel": lambda r, c: self._cancel("reminder", r),
            "AgendaQuery": self._agenda_told,
            "Birthday": self._birthday,
            "CommandsQuery": lambda r, c: self._query("command", r),
            "CommandsCancel": lambda r, c: self._cancel_commands(),
        }

    # --- ringing ------------------------------------------------------------------------------------

    @property
    def rings(self) -> bool:
        """Whether something rings now."""
        return bool(self._agenda.ringing())

    def quieten(self, reading: Reading) -> Said | None:
        """``stop`` and ``five more minutes`` while it rings."""
        ringing = self._agenda.ringing()
        if reading.intent == "Snooze":
            seconds = float(fraction(reading.slots.get("duration")) or SNOOZE_S)
            for entry in ringing:
                self._agenda.snooze(entry, seconds)
            return Said(self._say("snoozed", span=self._language.wording.span(seconds)), acted=True)
        if reading.intent != "RingStop":
            return None
        for entry in ringing:
            self._agenda.stop(entry)
        return Said(self._say("ring_stopped"), acted=True)

    def take_back(self, turn_id: str) -> Said | None:
        """What that turn has planned is cancelled; ``None`` where it has planned nothing."""
        planned = [e for e in self._agenda.entries(None, "waiting") if e.turn_id == turn_id]
        if not planned:
            return None
        self._agenda.cancel(planned)
        (entry, *_rest) = planned
        if entry.kind == "command":
            text = self._say("command_taken_back", command=entry.name)
        else:
            label, when = self._telling.label(entry), self._telling.when(entry) if entry.kind == "alarm" else ""
            text = self._say(f"{entry.kind}_cancelled", label=label, when=when, what=entry.name)
        return Said(text, acted=True)

    # --- timers -------------------------------------------------------------------------------------

    def _timer_set(self, reading: Reading, context: TurnContext) -> Said:
        span = fraction(reading.slots.get("duration"))
        name = (reading.text("timer_name") or "").strip()
        if span is None:
            return Said(self._say("timer_how_long"), question=lambda text, c: self._timer_answered(text, name, c))
        if span < 1:
            return Said(self._say("timer_too_short"))
        if span > LONGEST_S:
            return Said(self._say("timer_too_long"))
        entry = Entry("timer", name, span_s=float(span), area=context.area, turn_id=context.turn_id)
        self._agenda.add(entry)
        wording = self._language.wording
        spoken = wording.span(float(span)) if name else wording.span_label(float(span))
        return Said(self._say("timer_set_named" if name else "timer_set", name=name, span=spoken), acted=True)

    def _timer_answered(self, text: str, name: str, context: TurnContext) -> Said | None:
        words = self._language.words(text)
        for start in range(min(3, len(words.tokens))):
            span = next(
                (v for end, v in self._language.spans.at(words.tokens, start) if end == len(words.tokens)), None
            )
            if span is not None:
                return self._timer_set(Reading("TimerSet", {"duration": span, "timer_name": name}), context)
        return None

    def _timer_add(self, reading: Reading, _context: TurnContext) -> Said | None:
        if not self._agenda.entries("timer"):
            return None if not reading.text("timer_name") else Said(self._say("timer_none"))
        sign = -1.0 if reading.slots.get("sign") == -1 else 1.0
        seconds = sign * float(fraction(reading.slots.get("duration")) or 0)
        rest = Reading(reading.intent, {k: v for k, v in reading.slots.items() if k != "duration"})

        def change(entry: Entry) -> Said:
            changed = self._agenda.lengthen(entry, seconds)
            return Said(
                self._say("timer_changed", label=self._telling.label(entry), left=self._telling.left(changed)),
                acted=True,
            )

        return self._one("timer", rest, change)

    def _pause(self, entry: Entry) -> Said:
        if entry.state == "paused":
            return Said(self._say("timer_already_paused", label=self._telling.label(entry)))
        paused = self._agenda.pause(entry)
        return Said(
            self._say("timer_paused", label=self._telling.label(entry), left=self._telling.left(paused)), acted=True
        )

    def _resume(self, entry: Entry) -> Said:
        if entry.state != "paused":
            return Said(self._say("timer_not_paused", label=self._telling.label(entry), left=self._telling.left(entry)))
        resumed = self._agenda.resume(entry)
        return Said(
            self._say("timer_resumed", label=self._telling.label(entry), left=self._telling.left(resumed)), acted=True
        )

    # --- alarms -------------------------------------------------------------------------------------

    def _alarm_set(self, reading: Reading, context: TurnContext) -> Said:
        name = (reading.text("timer_name") or "").strip()
        when = reading.slots.get("when")
        wake = reading.slots.get("wake") is True
        if not isinstance(when, When) or not (when.has_time or when.span_s):
            day = when if isinstance(when, When) else When()
            return Said(self._say("alarm_when"), question=lambda text, c: self._alarm_answered(text, day, name, c))
        entry = self._planned("alarm", name, when, context, morning=wake)
        if entry is None:
            return Said(self._say("no_such_moment"))
        added = self._agenda.add(entry)
        key = "alarm_set_named" if name else "alarm_set"
        return Said(self._say(key, name=name, when=self._telling.when(added)), acted=True)

    def _alarm_change(self, reading: Reading, context: TurnContext) -> Said | None:
        """``move the alarm to eight``: the one alarm, or the one that is then asked for."""
        when = reading.slots.get("when")
        if not isinstance(when, When):
            return None
        if not self._agenda.entries("alarm"):
            return self._alarm_set(reading, context)

        def change(entry: Entry) -> Said:
            half = "pm" if moment(entry, self._clock.now()).hour >= 12 else "am"
            at = when if when.part or (when.hour or 0) > 12 else dataclasses.replace(when, part=half)
            at = dataclasses.replace(at, weekdays=entry.rule.weekdays) if entry.rule and not when.has_date else at
            moved = self._planned("alarm", entry.name, at, context, morning=True)
            if moved is None:
                return Said(self._say("no_such_moment"))
            added = self._agenda.add(moved)
            self._agenda.cancel([entry])
            return Said(self._say("alarm_changed", when=self._telling.when(added)), acted=True)

        rest = Reading(reading.intent, {key: value for key, value in reading.slots.items() if key != "when"})
        return self._one("alarm", rest, change)

    def _alarm_answered(self, text: str, day: When, name: str, context: TurnContext) -> Said | None:
        when = self._moment(text, day)
        return None if when is None else self._alarm_set(
            Reading("AlarmSet", {"when": when, "timer_name": name}), context
        )  # fmt: skip

    def _moment(self, text: str, day: When) -> When | None:
        """A moment in an answer, on the day that was said before."""
        when = self._language.whole(self._language.moments.at, text)
        if not isinstance(when, When) or not (when.has_time or when.span_s):
            span = self._language.whole(self._language.spans.at, text)
            when = When(span_s=float(span)) if span is not None else None
        if when is None or when.has_date or when.weekdays or when.span_s:
            return when
        return dataclasses.replace(
            day, hour=when.hour, minute=when.minute, part=when.part or day.part, alone=when.alone or day.alone
        )

    # --- reminders ----------------------------------------------------------------------------------

    def _reminder_set(self, reading: Reading, context: TurnContext) -> Said:
        what = (reading.text("what") or "").strip()
        when = reading.slots.get("when")
        if not what:
            return Said(self._say("reminder_what"), question=lambda text, c: self._reminded_of(text, when, c))
        if not isinstance(when, When) or not (when.has_time or when.span_s or when.has_date or when.weekdays):
            return Said(self._say("reminder_when"), question=lambda text, c: self._reminder_answered(text, what, c))
        if not when.has_time and when.span_s is None:
            when = dataclasses.replace(when, alone=(9, 0))
        entry = self._planned("reminder", what, when, context, morning=False)
        if entry is None:
            return Said(self._say("no_such_moment"))
        added = self._agenda.add(entry)
        if when.span_s is not None and when.every_s is None:
            text = self._say("reminder_set_in", span=self._language.wording.span(when.span_s), what=what)
        else:
            text = self._say(
                "reminder_set_every" if added.rule else "reminder_set", when=self._telling.when(added), what=what
            )
        return Said(text, acted=True)

    def _reminded_of(self, text: str, when: object, context: TurnContext) -> Said:
        what = text.strip(" .!")
        for beginning in self._language.table["when"]["reminded_of"]:
            what = what[len(beginning) :] if what.casefold().startswith(beginning) else what
        return self._reminder_set(Reading("ReminderSet", {"when": when, "what": what}), context)

    def _reminder_answered(self, text: str, what: str, context: TurnContext) -> Said | None:
        when = self._language.whole(self._language.moments.at, text) or self._moment(text, When())
        return None if when is None else self._reminder_set(
            Reading("ReminderSet", {"when": when, "what": what}), context
        )  # fmt: skip

    # --- commands for later -------------------------------------------------------------------------

    def delayed(self, intent: Intent, context: TurnContext) -> Outcome:
        """``AssistDelayed``: keeps the intents of ``then`` for ``at`` (ISO 8601), or for ``delay_s`` seconds from now."""
        then = intent.slots.get("then")
        rows = tuple(dict(row) for row in (then if isinstance(then, list) else []) if isinstance(row, dict))
        delay, at = intent.slots.get("delay_s"), intent.slots.get("at")
        said = str(intent.slots.get("command") or self._language.wording.part("command_back"))
        if not rows or (delay is None and at is None):
            return NotHandled(self._say("not_understood_time"))
        entry = Entry("command", said, then=rows, area=context.area, turn_id=context.turn_id)
        if isinstance(delay, int | float):
            added = self._agenda.add(changed(entry, span_s=float(delay)))
            reply = self._say("command_set_in", span=self._language.wording.span(float(delay)), command=said)
        else:
            due = dt.datetime.fromisoformat(str(at))
            due = due.replace(tzinfo=self._clock.now().tzinfo) if due.tzinfo is None else due
            added = self._agenda.add(changed(entry, due=due.timestamp()))
            reply = self._say("command_set", when=self._telling.when(added), command=said)
        return Handled(Action(intent.name, {**intent.slots, "entry": added.id}), reply)

    def _cancel_commands(self) -> Said:
        planned = self._agenda.entries("command")
        if not planned:
            return Said(self._say("command_none"))
        self._agenda.cancel(planned)
        return Said(self._say("command_cancelled"), acted=True)

    def _planned(self, kind: Kind, name: str, when: When, context: TurnContext, *, morning: bool) -> Entry | None:
        return planned(Entry(kind, name, area=context.area, turn_id=context.turn_id), when, self._clock.now(), morning)

    # --- finding and telling ------------------------------------------------------------------------

    def _query(self, kind: Kind, reading: Reading) -> Said | None:
        entries = self._finder.named(kind, reading)
        if not entries:
            nothing = not self._agenda.entries(kind)
            if nothing and reading.text("timer_name"):
                return None
            return Said(self._say(f"{kind}_none" if nothing else f"{kind}_no_such", name=reading.text("timer_name")))
        if reading.slots.get("left"):
            return Said(self._telling.ahead(entries[0]))
        if len(entries) == 1 or reading.slots.get("next"):
            return Said(self._telling.told(entries[0]))
        names = self._language.wording.names([self._telling.listed(entry) for entry in entries])
        count = self._language.wording.counted(kind, len(entries)) if kind != "command" else ""
        return Said(self._say(f"{kind}_many", count=count, names=names))

    def _agenda_told(self, reading: Reading, _context: TurnContext) -> Said:
        """Everything that is to come, or what is on the day that was said."""
        when = reading.slots.get("when")
        entries = [e for kind in AHEAD for e in self._agenda.entries(kind)]
        if isinstance(when, When):
            entries = [entry for entry in entries if self._finder.is_at(entry, when)]
        return Said(self._telling.overview(entries))

    def _birthday(self, reading: Reading, _context: TurnContext) -> Said:
        """Birthdays are known only as far as somebody asked to be reminded of them."""
        word = self._language.wording.part("birthday_word")
        whose = set(self._language.words(reading.text("what") or "").tokens)
        known = [entry for entry in self._agenda.entries("reminder") if word in entry.name.casefold()]
        known = [entry for entry in known if whose <= set(self._language.words(entry.name).tokens)]
        return Said(self._telling.told(known[0]) if known else self._say("no_birthdays"))

    def _cancel(self, kind: Kind, reading: Reading) -> Said | None:
        if reading.slots.get("all"):
            entries = self._agenda.entries(kind)
            if not entries:
                return Said(self._say(f"{kind}_none"))
            self._agenda.cancel(entries)
            if len(entries) == 1:
                return Said(self._say(f"{kind}_cancelled_one"), acted=True)
            count = self._language.wording.counted(kind, len(entries))
            return Said(self._say(f"{kind}_cancelled_all", count=count), acted=True)

        def cancel(entry: Entry) -> Said:
            if entry.state == "ringing" and entry.rule is not None:
                self._agenda.stop(entry)
                return Said(self._say("ring_stopped"), acted=True)
            self._agenda.cancel([entry])
            text = self._say(
                f"{kind}_cancelled", label=self._telling.label(entry), when=self._telling.when(entry), what=entry.name
            )
            return Said(text, acted=True)

        return self._one(kind, reading, cancel)

    def _one(self, kind: Kind, reading: Reading, act: Callable[[Entry], Said]) -> Said | None:
        """Do something with the entry that is meant; ask which where several can be."""
        entries = self._finder.named(kind, reading)
        ringing = [entry for entry in entries if entry.state == "ringing"]
        entries = ringing or entries
        if not entries:
            return self._query(kind, reading)
        if len(entries) == 1:
            return act(entries[0])
        names = self._language.wording.names([self._telling.listed(entry) for entry in entries])
        return Said(
            self._say("which_one", names=names), question=lambda text, _c: self._chosen(kind, text, entries, act)
        )

    def _chosen(self, kind: Kind, text: str, entries: Sequence[Entry], act: Callable[[Entry], Said]) -> Said | None:
        meant = self._finder.among(kind, text, entries, self._telling.listed)
        return act(meant) if meant is not None else None

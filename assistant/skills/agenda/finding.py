"""Which timers, alarms and reminders a sentence speaks of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from assistant.skills.agenda.agenda import Agenda, moment
from assistant.skills.agenda.entries import Entry, Kind
from assistant.skills.clock import Clock
from assistant.skills.language import Language
from assistant.skills.moments import day_of, time_of_day
from assistant.skills.templates import Reading
from assistant.skills.when import When

_SMALL = frozenset(
    "the a an my for to of about one timer alarm reminder left minutes minute hours hour seconds and".split()
)


class EntryFinder:
    """Finds entries by their names, spans and moments."""

    def __init__(self, agenda: Agenda, clock: Clock, language: Language) -> None:
        self._agenda = agenda
        self._clock = clock
        self._language = language

    def named(self, kind: Kind, reading: Reading) -> list[Entry]:
        """The entries that a sentence speaks of."""
        entries = self._agenda.entries(kind)
        span = fraction(reading.slots.get("duration"))
        if span is not None:
            entries = [entry for entry in entries if entry.span_s == float(span)]
        name = reading.text("timer_name") or (reading.text("what") if kind == "reminder" else None)
        if name:
            wanted = self._stems(name)
            entries = [e for e in entries if wanted and wanted <= self._stems(e.name)]
        when = reading.slots.get("when")
        if isinstance(when, When):
            entries = [entry for entry in entries if self.is_at(entry, when)]
        return entries

    def _stems(self, name: str) -> set[str]:
        """The words that tell an entry from others, one egg or several."""
        words = set(self._language.words(name).tokens) - _SMALL
        return {word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words}

    def is_at(self, entry: Entry, when: When) -> bool:
        """Whether an entry is at a moment, as far as that was said."""
        at = moment(entry, self._clock.now())
        clock = time_of_day(when, morning=False)
        if clock is not None and when.hour is not None:
            hours = {clock[0]} if when.part else {clock[0] % 12, clock[0] % 12 + 12}
            if at.hour not in hours or at.minute != clock[1]:
                return False
        if when.weekdays:
            return entry.rule is not None and set(when.weekdays) <= set(entry.rule.weekdays)
        if when.has_date:
            return day_of(when, self._clock.now().date()) == at.date()
        return True

    def among(self, kind: Kind, text: str, entries: Sequence[Entry], told: Callable[[Entry], str]) -> Entry | None:
        """The one of ``entries`` that an answer means, by its place, its span or a word of it as it was ``told``."""
        words = self._language.words(text).tokens
        ordinal = next((n for n in (self._language.numbers.ordinal(words, i) for i in range(len(words))) if n), None)
        if ordinal is not None and 1 <= ordinal[1] <= len(entries):
            return entries[int(ordinal[1]) - 1]
        small = _SMALL | set(self._language.table["text"].get("small", ()))
        meant = [entry for entry in entries if set(self._language.words(told(entry)).tokens) & set(words) - small]
        if kind == "timer":
            spans = [s for i in range(len(words)) for _, s in self._language.spans.at(words, i)]
            meant = [e for e in entries if e.span_s is not None and e.span_s in map(float, spans)] or meant
        return meant[0] if len(meant) == 1 else None


def fraction(value: object) -> Fraction | None:
    """A span that a sentence has, in seconds; ``None`` where it has none."""
    return value if isinstance(value, Fraction) else None

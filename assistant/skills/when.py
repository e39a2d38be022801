"""Moments as they are said: "at half past seven tomorrow", "every weekday at seven", "on the third of May", "in an hour".

``WhenReader`` finds what was said; ``moments.resolve`` makes a moment of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from assistant.skills.numbers import NumberReader
from assistant.skills.spans import SpanReader

Tokens = Sequence[str]
Split = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class When:
    """A moment as it was said; what was not said is ``None``.

    ``span_s``: from now on. ``part``: am or pm. ``day``: days from today. ``weekday``: Monday is 0. ``weekdays``: it
    recurs on these. ``every_s``: it recurs after so long.
    """

    span_s: float | None = None
    hour: int | None = None
    minute: int = 0
    part: str | None = None
    day: int | None = None
    weekday: int | None = None
    skip_week: bool = False
    month: int | None = None
    month_day: int | None = None
    year: int | None = None
    weekdays: tuple[int, ...] = ()
    every_s: float | None = None
    bare: bool = False
    """Nothing but a number was said: an hour only where the sentence leaves no doubt."""
    alone: tuple[int, int] | None = None
    """The time that a part of the day stands for where no other is said."""

    @property
    def has_date(self) -> bool:
        """Whether a day was said."""
        return self.day is not None or self.weekday is not None or self.month_day is not None

    @property
    def has_time(self) -> bool:
        """Whether a time of day was said, if only roughly."""
        return self.hour is not None or self.alone is not None


Step = tuple[int, When]
Component = Callable[[Tokens, int, When], Step | None]


class Moments(Protocol):
    """Reads moments of one language."""

    def at(self, tokens: Tokens, start: int) -> list[tuple[int, When]]:
        """Moments that begin at ``start``: (end, moment), the longest first."""
        ...


class ComponentReader:
    """Reads a moment component by component; a language gives the components and the tables of their words."""

    _tables: Mapping[str, Sequence[tuple[tuple[str, ...], Any]]]
    """By name: words, the longest first, with what they mean."""

    @property
    def _components(self) -> tuple[Component, ...]:
        """Tried in this order, each on what those before have found."""
        raise NotImplementedError

    def at(self, tokens: Tokens, start: int) -> list[Step]:
        """See ``Moments``."""
        results: list[Step] = []
        end, when = start, When()
        while end < len(tokens):
            step = next((found for read in self._components if (found := read(tokens, end, when)) is not None), None)
            if step is None:
                break
            end, when = step
            results.insert(0, (end, when))
        return results

    def _look(self, key: str, tokens: Tokens, at: int) -> tuple[int, Any] | None:
        """The longest phrase of a table that stands at ``at``: (its end, its value)."""
        for words, value in self._tables[key]:
            if tuple(tokens[at : at + len(words)]) == words:
                return at + len(words), value
        return None

    def _named_day(self, tokens: Tokens, at: int, when: When, together: int) -> Step | None:
        """``tomorrow``; one of ``together`` tokens may be the part of the day as well: ``tonight``, 今晚."""
        found = self._look("days", tokens, at)
        if found is None:
            return None
        part = self._look("parts", tokens, at) if found[0] - at == together else None
        alone = self._look("alone", tokens, at) if part is not None else None
        return found[0], replace(
            when, day=int(found[1]), part=part[1] if part else when.part,
            alone=tuple(alone[1]) if alone else when.alone,
        )  # fmt: skip


class WhenReader(ComponentReader):
    """Reads the moments of languages that say them as English does. The words come from the ``when`` table."""

    def __init__(self, table: Mapping[str, Any], numbers: NumberReader, spans: SpanReader) -> None:
        self._numbers = numbers
        self._spans = spans
        self._words = {
            key: tuple(sorted((tuple(text.split()) for text in table[key]), key=len, reverse=True))
            for key in (
                "at",
                "on",
                "in",
                "in_after",
                "every",
                "oclock",
                "past",
                "to",
                "next",
                "half",
                "quarter",
                "minutes",
            )
        }
        self._tables = {
            key: sorted(((tuple(text.split()), value) for text, value in table[key].items()), key=lambda r: -len(r[0]))
            for key in ("times", "parts", "alone", "days", "weekdays", "recurring", "recurring_part", "months")
        }

    @property
    def _components(self) -> tuple[Component, ...]:
        return (self._recurring, self._span, self._day, self._date, self._part, self._time)

    # --- words --------------------------------------------------------------------------------------

    def _word(self, key: str, tokens: Tokens, at: int) -> int | None:
        """The end of one of the words of ``key`` at ``at``."""
        for words in self._words[key]:
            if tuple(tokens[at : at + len(words)]) == words:
                return at + len(words)
        return None

    def _after(self, key: str, tokens: Tokens, at: int) -> int:
        return self._word(key, tokens, at) or at

    # --- components ---------------------------------------------------------------------------------

    def _recurring(self, tokens: Tokens, at: int, when: When) -> tuple[int, When] | None:
        if when.weekdays or when.has_date or when.span_s is not None:
            return None
        found = self._look("recurring", tokens, at)
        if found is not None:
            part = self._look("recurring_part", tokens, at)
            alone = self._look("alone", tokens, part[0] - 1) if part is not None else None
            return found[0], replace(
                when, weekdays=tuple(found[1]), part=part[1] if part else when.part,
                alone=tuple(alone[1]) if alone else when.alone,
            )  # fmt: skip
        every = self._word("every", tokens, at)
        if every is None:
            return None
        days: list[int] = []
        end = every
        while (day := self._look("weekdays", tokens, end)) is not None or (
            day := self._look("recurring", tokens, end)
        ) is not None:
            days += day[1] if isinstance(day[1], list) else [day[1]]
            end = day[0] + (1 if tokens[day[0] : day[0] + 1] and tokens[day[0]] in ("and", ",") else 0)
        if days:
            return (end if tokens[end - 1] != "and" else end - 1), replace(when, weekdays=tuple(sorted(set(days))))
        for spans_end, seconds in self._spans.at(tokens, every):
            return spans_end, replace(when, every_s=float(seconds), span_s=float(seconds))
        bare = self._spans.at(("one", *tokens[every : every + 1]), 0)
        if bare:
            return every + 1, replace(when, every_s=float(bare[0][1]), span_s=float(bare[0][1]))
        return None

    def _span(self, tokens: Tokens, at: int, when: When) -> tuple[int, When] | None:
        if when.span_s is not None or when.hour is not None or when.has_date or when.weekdays:
            return None
        begun = self._word("in", tokens, at)
        for end, seconds in self._spans.at(tokens, begun if begun is not None else at):
            after = self._word("in_after", tokens, end)
            if begun is None and after is None:
                continue
            return after or end, replace(when, span_s=float(seconds))
        return None

    def _day(self, tokens: Tokens, at: int, when: When) -> tuple[int, When] | None:
        if when.has_date or when.weekdays or when.span_s is not None:
            return None
        named = self._named_day(tokens, at, when, 1)
        if named is not None:
            return named
        start = self._after("on", tokens, at)
        skips = self._word("next", tokens, start)
        day = self._look("weekdays", tokens, skips or start)
        if day is None and tokens[at : at + 1]:
            recurring = self._look("recurring", tokens, start)
            return None if recurring is None else (recurring[0], replace(when, weekdays=tuple(recurring[1])))
        return None if day is None else (day[0], replace(when, weekday=int(day[1]), skip_week=skips is not None))

    def _date(self, tokens: Tokens, at: int, when: When) -> tuple[int, When] | None:
        """``the third of May``, ``May 3rd 2027``, ``3 May``, ``2027-05-03``."""
        if when.month_day is not None or when.weekdays or when.span_s is not None:
            return None
        start = self._after("on", tokens, at)
        start += 1 if tokens[start : start + 1] and tokens[start] == "the" else 0
        month = self._look("months", tokens, start)
        if month is not None:
            day = self._month_day(tokens, month[0] + (1 if tokens[month[0] : month[0] + 1] == ("the",) else 0))
            if day is None:
                return None
            end, number, numbered = *day, month[1]
        else:
            day = self._month_day(tokens, start)
            if day is None:
                return None
            middle = day[0] + (1 if day[0] < len(tokens) and tokens[day[0]] == "of" else 0)
            month = self._look("months", tokens, middle)
            if month is None:
                return None
            end, number, numbered = month[0], day[1], month[1]
        when = replace(when, month=int(numbered), month_day=number)
        year = self._year(tokens, end)
        return (end, when) if year is None else (year[0], replace(when, year=year[1]))

    def _month_day(self, tokens: Tokens, at: int) -> tuple[int, int] | None:
        found = self._numbers.ordinal(tokens, at)
        if found is None and at < len(tokens) and tokens[at].isdecimal():
            end = at + 1
            if end < len(tokens) and tokens[end] in ("st", "nd", "rd", "th"):
                end += 1
            return (end, int(tokens[at])) if 1 <= int(tokens[at]) <= 31 else None
        if found is None:
            found = next((n for n in self._numbers.at(tokens, at) if n[1].denominator == 1), None)
        return (found[0], int(found[1])) if found is not None and 1 <= found[1] <= 31 else None

    def _year(self, tokens: Tokens, at: int) -> tuple[int, int] | None:
        """``2027``, ``twenty twenty seven``, ``two thousand and three``."""
        begun = at + (1 if at < len(tokens) and tokens[at] in ("in", "of") else 0)
        found = next((n for n in self._numbers.at(tokens, begun) if n[1].denominator == 1), None)
        if found is None:
            return None
        if 1000 <= found[1] <= 2999:
            return found[0], int(found[1])
        if 10 <= found[1] <= 29:
            rest = next((n for n in self._numbers.at(tokens, found[0]) if n[1].denominator == 1), None)
            if rest is not None and 0 <= rest[1] < 100:
                return rest[0], int(found[1]) * 100 + int(rest[1])
        return None

    def _part(self, tokens: Tokens, at: int, when: When) -> tuple[int, When] | None:
        if when.part is not None or when.span_s is not None:
            return None
        found = self._look("parts", tokens, at)
        if found is None:
            return None
        alone = self._look("alone", tokens, at)
        bare = found[1] in tokens[at : found[0]]  # "pm" without an hour is no time
        if when.hour is None and bare:
            return None
        day = 0 if when.day is None and tokens[at] in ("this", "tonight") and not when.has_date else when.day
        return found[0], replace(
            when, part=found[1], bare=False, day=day, alone=tuple(alone[1]) if alone else when.alone
        )

    def _time(self, tokens: Tokens, at: int, when: When) -> tuple[int, When] | None:
        if when.hour is not None or when.span_s is not None:
            return None
        begin = self._after("at", tokens, at)
        clock = self._clock(tokens, begin)
        if clock is None:
            return None
        end, hour, minute = clock
        if not (0 <= hour <= 24 and 0 <= minute < 60):
            return None
        named = self._look("times", tokens, begin) is not None
        part = "pm" if named and hour == 12 else when.part  # noon is never at night
        bare = not named and begin == at and end - at == 1 and ":" not in tokens[at] and not when.has_date
        found = self._after("oclock", tokens, end)
        return found, replace(when, hour=hour % 24, minute=minute, part=part, bare=bare and found == end)

    def _clock(self, tokens: Tokens, at: int) -> tuple[int, int, int] | None:
        """(end, hour, minute) of ``7:30``, ``seven thirty``, ``half past nine``, ``ten to eight``, ``noon``."""
        named = self._look("times", tokens, at)
        if named is not None:
            return named[0], named[1][0], named[1][1]
        if at < len(tokens) and tokens[at].count(":") == 1:
            hour, _, minute = tokens[at].partition(":")
            return (at + 1, int(hour), int(minute)) if hour.isdecimal() and minute.isdecimal() else None
        shift = self._shift(tokens, at)
        if shift is not None:
            hour_at, minutes = shift
            hours = self._whole(tokens, hour_at)
            if hours is not None and 1 <= hours[1] <= 24:
                total = hours[1] * 60 + minutes
                return hours[0], total // 60 % 24, total % 60
        hours = self._whole(tokens, at)
        if hours is None:
            return None
        end, hour_said = hours
        minutes_said = self._whole(tokens, end)
        if minutes_said is not None and 10 <= minutes_said[1] < 60 and hour_said <= 24:
            return minutes_said[0], hour_said, minutes_said[1]
        if minutes_said is not None and tokens[end] == "oh" and tokens[end + 1 : end + 2]:
            small = self._whole(tokens, end + 1)
            if small is not None and small[1] < 10:
                return small[0], hour_said, small[1]
        if 100 <= hour_said <= 2359 and hour_said % 100 < 60 and tokens[at].isdecimal():
            return end, hour_said // 100, hour_said % 100
        if hour_said > 24 and tokens[at] in ("twenty",) and end - at == 2:
            return None
        return end, hour_said, 0

    def _whole(self, tokens: Tokens, at: int) -> tuple[int, int] | None:
        found = [n for n in self._numbers.at(tokens, at) if n[1].denominator == 1 and n[1] >= 0]
        return (found[-1][0], int(found[-1][1])) if found else None

    def _shift(self, tokens: Tokens, at: int) -> tuple[int, int] | None:
        """(index of the hour, minutes to add) of ``half past``, ``quarter to``, ``ten past``."""
        for key, minutes in (("half", 30), ("quarter", 15)):
            end = self._word(key, tokens, at)
            if end is not None:
                return self._direction(tokens, end, minutes)
        said = self._whole(tokens, at)
        if said is None or not 0 < said[1] < 60:
            return None
        return self._direction(tokens, self._after("minutes", tokens, said[0]), said[1])

    def _direction(self, tokens: Tokens, at: int, minutes: int) -> tuple[int, int] | None:
        past = self._word("past", tokens, at)
        if past is not None:
            return past, minutes
        to = self._word("to", tokens, at)
        return (to, -minutes) if to is not None else None

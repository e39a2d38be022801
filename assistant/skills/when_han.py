"""Moments as Chinese says them: the day, the part of the day, then the hour: 明天早上七点半, 每周一八点, 五月三号, 十分钟后."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from assistant.skills.numbers import NumberReader
from assistant.skills.spans import SpanReader
from assistant.skills.when import Component, ComponentReader, Step, Tokens, When

Split = Callable[[str], Sequence[str]]


class HanWhenReader(ComponentReader):
    """Reads moments; the words come from the ``when`` table. ``split`` cuts a phrase into characters."""

    def __init__(self, table: Mapping[str, Any], numbers: NumberReader, spans: SpanReader, split: Split) -> None:
        self._numbers = numbers
        self._spans = spans

        def rows(name: str) -> list[tuple[tuple[str, ...], Any]]:
            entry = table[name]
            pairs = entry.items() if isinstance(entry, Mapping) else [(text, True) for text in entry]
            return sorted(((tuple(split(text)), value) for text, value in pairs), key=lambda row: -len(row[0]))

        self._tables = {
            name: rows(name)
            for name in (
                "at", "in", "in_after", "every", "hour", "minute", "half", "quarters", "month", "month_day", "year", "week",
                "next_week", "weekday", "times", "parts", "alone", "days", "recurring",
            )
        }  # fmt: skip

    @property
    def _components(self) -> tuple[Component, ...]:
        return (self._recurring, self._span, self._day, self._date, self._clock, self._part)

    def _number(self, tokens: Tokens, at: int, most: int) -> tuple[int, int] | None:
        """A whole number up to ``most``; 七点 is an hour, no decimal point."""
        found = [n for n in self._numbers.at(tokens, at) if n[1].denominator == 1 and 0 <= n[1] <= most]
        return (found[-1][0], int(found[-1][1])) if found else None

    # --- components ---------------------------------------------------------------------------------

    def _recurring(self, tokens: Tokens, at: int, when: When) -> Step | None:
        if when.weekdays or when.has_date or when.span_s is not None:
            return None
        found = self._look("recurring", tokens, at)
        if found is not None:
            part = self._look("parts", tokens, found[0] - 2) if found[0] - at == 3 else None
            alone = self._look("alone", tokens, found[0] - 2) if part is not None else None
            return found[0], replace(
                when, weekdays=tuple(found[1]), part=part[1] if part else when.part,
                alone=tuple(alone[1]) if alone else when.alone,
            )  # fmt: skip
        every = self._look("every", tokens, at)
        if every is None:
            return None
        week = self._look("week", tokens, every[0])
        days: list[int] = []
        end = week[0] if week is not None else every[0]
        while week is not None and (day := self._look("weekday", tokens, end)) is not None:
            days.append(int(day[1]))
            end = day[0]
            again = self._look("week", tokens, end + 1) if tuple(tokens[end : end + 1]) in (("和",), ("、",)) else None
            end = again[0] if again is not None else end
        if days:
            return end, replace(when, weekdays=tuple(sorted(set(days))))
        for spans_end, seconds in self._spans.at(tokens, every[0]) or self._one_unit(tokens, every[0]):
            return spans_end, replace(when, every_s=float(seconds), span_s=float(seconds))
        return None

    def _one_unit(self, tokens: Tokens, at: int) -> list[tuple[int, Any]]:
        """``每小时``: a unit without its number."""
        found = self._spans.at(("一", *tokens[at:]), 0)
        return [(end - 1 + at, seconds) for end, seconds in found]

    def _span(self, tokens: Tokens, at: int, when: When) -> Step | None:
        if when.span_s is not None or when.hour is not None or when.has_date or when.weekdays:
            return None
        begun = self._look("in", tokens, at)
        for end, seconds in self._spans.at(tokens, begun[0] if begun is not None else at):
            after = self._look("in_after", tokens, end)
            if begun is not None or after is not None:
                return after[0] if after is not None else end, replace(when, span_s=float(seconds))
        return None

    def _day(self, tokens: Tokens, at: int, when: When) -> Step | None:
        if when.has_date or when.weekdays or when.span_s is not None:
            return None
        named = self._named_day(tokens, at, when, 2)
        if named is not None:
            return named
        skips = self._look("next_week", tokens, at)
        week = skips or self._look("week", tokens, at)
        day = self._look("weekday", tokens, week[0]) if week is not None else None
        if day is None:
            return None
        return day[0], replace(when, weekday=int(day[1]), skip_week=skips is not None)

    def _date(self, tokens: Tokens, at: int, when: When) -> Step | None:
        """``五月三号``, ``2027年5月3日``."""
        if when.month_day is not None or when.has_date or when.weekdays or when.span_s is not None:
            return None
        year: int | None = None
        first = self._number(tokens, at, 2999)
        marked = self._look("year", tokens, first[0]) if first is not None and first[1] > 999 else None
        if first is not None and marked is not None:
            year, at = first[1], marked[0]
        month = self._number(tokens, at, 12)
        end = self._look("month", tokens, month[0]) if month is not None else None
        day = self._number(tokens, end[0], 31) if end is not None else None
        if month is None or day is None or not month[1] or not day[1]:
            return None
        after = self._look("month_day", tokens, day[0])
        return after[0] if after is not None else day[0], replace(
            when, month=month[1], month_day=day[1], year=year
        )  # fmt: skip

    def _part(self, tokens: Tokens, at: int, when: When) -> Step | None:
        if when.part is not None or when.span_s is not None or when.hour is not None:
            return None
        found = self._look("parts", tokens, at)
        alone = self._look("alone", tokens, at)
        if found is None:
            return None
        return found[0], replace(when, part=found[1], alone=tuple(alone[1]) if alone else when.alone)

    def _clock(self, tokens: Tokens, at: int, when: When) -> Step | None:
        """``七点``, ``七点半``, ``九点一刻``, ``八点零五分``, ``7:30``, ``中午十二点``."""
        if when.hour is not None or when.span_s is not None:
            return None
        begin = self._look("at", tokens, at)
        start = begin[0] if begin is not None else at
        found = self._written(tokens, start) or self._said(tokens, start)
        if found is None:
            named = self._look("times", tokens, start)
            later = self._clock(tokens, named[0], when) if named is not None else None
            if named is not None and later is not None:  # 中午十二点, 中午一点
                return later[0], replace(later[1], part="pm")
            if named is None:
                return None
            found = (named[0], named[1][0], named[1][1])
        end, hour, minute = found
        if hour > 24 or minute > 59:
            return None
        return end, replace(when, hour=hour % 24, minute=minute)

    @staticmethod
    def _written(tokens: Tokens, at: int) -> tuple[int, int, int] | None:
        if at < len(tokens) and tokens[at].count(":") == 1:
            hour, _, minute = tokens[at].partition(":")
            return (at + 1, int(hour), int(minute)) if hour.isdecimal() and minute.isdecimal() else None
        return None

    def _said(self, tokens: Tokens, at: int) -> tuple[int, int, int] | None:
        hour = self._number(tokens, at, 24)
        mark = self._look("hour", tokens, hour[0]) if hour is not None else None
        if hour is None or mark is None:
            return None
        for name in ("half", "quarters"):
            part = self._look(name, tokens, mark[0])
            if part is not None:
                return part[0], hour[1], 30 if name == "half" else int(part[1])
        minute = self._number(tokens, mark[0], 59)
        if minute is None:
            return mark[0], hour[1], 0
        after = self._look("minute", tokens, minute[0])
        return after[0] if after is not None else minute[0], hour[1], minute[1]

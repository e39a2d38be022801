"""Clock and calendar by voice: days until and between, weekdays of dates, dates ahead, and the time elsewhere."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.skills.base import Handler, Said
from assistant.skills.clock import Clock
from assistant.skills.language import Language
from assistant.skills.moments import DAY, day_of, from_timestamp, resolve
from assistant.skills.templates import Found, Reader, Reading
from assistant.skills.text import Words
from assistant.skills.when import When
from assistant.types import TurnContext

_NTH = re.compile(r"(-?\d) (\d) (\d+)")  # "4 3 11": the fourth Thursday of November
_EASTER = re.compile(r"easter([+-]\d+)")


@dataclass(frozen=True, slots=True)
class Feast:
    """A day that comes each year. ``rule``: ``12-25``, ``easter+49``, or ``4 3 11`` (fourth Thursday of November)."""

    name: str
    rule: str

    def on(self, year: int) -> dt.date:
        """Its day in a year."""
        easter, nth = _EASTER.fullmatch(self.rule), _NTH.fullmatch(self.rule)
        if easter is not None:
            return easter_of(year) + int(easter[1]) * DAY
        if nth is not None:
            count, weekday, month = (int(part) for part in nth.groups())
            days = list(range(1, calendar.monthrange(year, month)[1] + 1))
            fitting = [d for d in days if dt.date(year, month, d).weekday() == weekday]
            return dt.date(year, month, fitting[count - 1 if count > 0 else count])
        in_month, _, day = self.rule.partition("-")
        return dt.date(year, int(in_month), int(day))


@dataclass(frozen=True, slots=True)
class CalendarSpan:
    """Years, months and days."""

    months: int = 0
    days: int = 0

    def after(self, day: dt.date, sign: int = 1) -> dt.date:
        """That long after (or before) a day; a month's end stays one."""
        index = day.year * 12 + day.month - 1 + sign * self.months
        year, month = divmod(index, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return dt.date(year, month + 1, min(day.day, last)) + sign * self.days * DAY


class CalendarSkill:
    """Handlers and readers of clock and calendar."""

    def __init__(self, clock: Clock, language: Language) -> None:
        self._clock = clock
        self._language = language
        self._say = language.wording.say
        self._table = language.table["calendar"]
        self.handlers: Mapping[str, Handler] = {
            "TimeIn": self._time_in,
            "TimeDifference": self._time_difference,
            "TimeAhead": self._time_ahead,
            "DaysUntil": self._days_until,
            "DaysSince": self._days_since,
            "DaysBetween": self._days_between,
            "DayOf": self._day_of,
            "IsToday": self._is_today,
            "DateAhead": self._date_ahead,
            "LeapYear": self._leap_year,
            "DaysInMonth": self._days_in_month,
            "WeekNumber": lambda _r, _c: Said(self._say("week_number", week=self._today().isocalendar().week)),
            "Age": self._age,
        }

    def readers(self) -> dict[str, Reader]:
        """Readers of the templates' lists."""
        return {
            "day": self._read_day,
            "place": self._read_place,
            "month": self._read_month,
            "year": self._read_year,
            "calendar_span": self._read_span,
        }

    # --- readers ------------------------------------------------------------------------------------

    @cached_property
    def _feasts(self) -> list[tuple[tuple[str, ...], Feast]]:
        rows = []
        for rule, names in self._table["feasts"].items():
            feast = Feast(names[0], rule)
            rows += [(tuple(self._language.split(name)), feast) for name in names]
        return sorted(rows, key=lambda row: -len(row[0]))

    @cached_property
    def _zones(self) -> Mapping[tuple[str, ...], tuple[str, str]]:
        """Words of a place -> (its zone, how it is written)."""
        zones: dict[tuple[str, ...], tuple[str, str]] = {}
        for zone in sorted(zoneinfo.available_timezones()):
            region, _, city = zone.rpartition("/")
            if region and region.partition("/")[0] not in ("Etc", "SystemV", "US", "posix", "right"):
                name = city.replace("_", " ")
                zones[tuple(self._language.split(name))] = (zone, name)
        for zone, names in self._table["zones"].items():
            for name in names:
                zones[tuple(self._language.split(name))] = (zone, name)
        return zones

    def _read_day(self, words: Words, start: int) -> Sequence[Found]:
        found: list[Found] = [
            (end, when) for end, when in self._language.moments.at(words.tokens, start) if when.has_date
        ]
        begin = start + (1 if words.tokens[start] in self._table["the"] else 0)
        for phrase, feast in self._feasts:
            if words.tokens[begin : begin + len(phrase)] == phrase:
                found.append((begin + len(phrase), feast))
                break
        return found

    def _read_place(self, words: Words, start: int) -> Sequence[Found]:
        return [
            (end, found)
            for end in range(min(len(words.tokens), start + 4), start, -1)
            if (found := self._zones.get(words.tokens[start:end])) is not None
        ]

    def _read_month(self, words: Words, start: int) -> Sequence[Found]:
        for name, number in self._language.table["when"]["months"].items():
            phrase = tuple(self._language.split(name))
            if words.tokens[start : start + len(phrase)] == phrase:
                return [(start + len(phrase), int(number))]
        return []

    def _read_year(self, words: Words, start: int) -> Sequence[Found]:
        numbers = self._language.numbers
        for end, value in numbers.at(words.tokens, start):
            if value.denominator == 1 and 1000 <= value <= 9999:
                return [(end, int(value))]
            if value.denominator == 1 and 10 <= value <= 99:
                for last, rest in numbers.at(words.tokens, end):
                    if rest.denominator == 1 and 0 <= rest < 100:
                        return [(last, int(value) * 100 + int(rest))]
        return []

    def _read_span(self, words: Words, start: int) -> Sequence[Found]:
        amounts = [
            (end, value) for end, value in self._language.numbers.at(words.tokens, start) if value.denominator == 1
        ]
        amounts += [(start + 1, 1)] if words.tokens[start] in self._table["one"] else []  # type: ignore[list-item]
        for end, value in amounts:
            for name, (months, days) in self._table["spans"].items():
                phrase = tuple(self._language.split(name))
                if words.tokens[end : end + len(phrase)] == phrase and 0 <= value < 100_000:
                    return [(end + len(phrase), CalendarSpan(months * int(value), days * int(value)))]
        return []

    # --- the clock ----------------------------------------------------------------------------------

    def _time_in(self, reading: Reading, _context: TurnContext) -> Said:
        place = reading.slots.get("place")
        if not isinstance(place, tuple):
            return Said(self._say("zone_unknown", place=str(reading.slots.get("somewhere"))))
        zone, name = place
        now = self._clock.now()
        there = now.astimezone(zoneinfo.ZoneInfo(zone))
        days = (there.date() - now.date()).days
        key = {-1: "time_in_yesterday", 0: "time_in", 1: "time_in_tomorrow"}[days]
        return Said(self._say(key, time=self._language.wording.clock(there), place=name[:1].upper() + name[1:]))

    def _time_difference(self, reading: Reading, _context: TurnContext) -> Said | None:
        now = self._clock.now()
        rows: list[tuple[float, str]] = []
        for place in (reading.slots.get("first"), reading.slots.get("second")):
            if not isinstance(place, tuple):
                return None
            zone, name = place
            offset = now.astimezone(zoneinfo.ZoneInfo(zone)).utcoffset() or dt.timedelta()
            rows.append((offset.total_seconds(), name[:1].upper() + name[1:]))
        (early, first), (late, second) = sorted(rows, reverse=True)
        if early == late:
            return Said(self._say("time_equal", first=first, second=second))
        hours = self._language.wording.span(early - late)
        return Said(self._say("time_ahead_of", first=first, second=second, hours=hours))

    def _time_ahead(self, reading: Reading, _context: TurnContext) -> Said:
        seconds = float(reading.slots["duration"])  # type: ignore[arg-type]  # the reader's fractions
        sign = -1 if reading.slots.get("sign") == -1 else 1
        now = self._clock.now()
        at = from_timestamp(now.timestamp() + sign * seconds, now)
        return Said(self._say("time_was" if sign < 0 else "time_will_be", time=self._language.wording.moment(at, now)))

    # --- days ---------------------------------------------------------------------------------------

    def _today(self) -> dt.date:
        return self._clock.now().date()

    def _date(self, value: object, *, past: bool = False) -> dt.date | None:
        """The day that is meant: the next, or with ``past`` the last."""
        today = self._today()
        if isinstance(value, Feast):
            days = [value.on(year) for year in range(today.year - 1, today.year + 2)]
            return max(d for d in days if d <= today) if past else min(d for d in days if d >= today)
        if not isinstance(value, When):
            return None
        day = day_of(value, today)
        if past and day is not None and day > today and value.year is None:
            if value.weekday is not None:
                return day - 7 * DAY
            if value.month_day is not None:
                return _year_before(day)
        return day

    def _days_until(self, reading: Reading, _context: TurnContext) -> Said | None:
        when = reading.slots.get("when")
        if isinstance(when, When) and when.has_time and reading.slots.get("unit") != "days":
            at = resolve(when, self._clock.now())
            if at is None:
                return Said(self._say("no_such_moment"))
            left = at.timestamp() - self._clock.now().timestamp()
            return Said(self._say("left_until", span=self._language.wording.span(left)))
        meant = reading.slots.get("day") or when
        day = self._end_of(reading.text("end_of")) or self._date(meant)
        if day is None:
            return Said(self._say("no_such_day"))
        days = (day - self._today()).days
        if days < 0:
            return Said(self._say("day_past", date=self._language.wording.date(day), days=self._counted(-days)))
        if days == 0:
            return Said(self._say("day_is_today"))
        name = meant.name if isinstance(meant, Feast) else self._language.wording.date(day)
        return Said(self._say("days_until", days=self._in_unit(days, reading.text("unit")), day=name))

    def _end_of(self, period: str | None) -> dt.date | None:
        """The last day of this month or year."""
        today = self._today()
        if period == "year":
            return dt.date(today.year, 12, 31)
        last = calendar.monthrange(today.year, today.month)[1]
        return dt.date(today.year, today.month, last) if period == "month" else None

    def _in_unit(self, days: int, unit: str | None) -> str:
        wording = self._language.wording
        if unit == "weeks" and days >= 7:
            weeks, rest = divmod(days, 7)
            return wording.names([wording.counted("week", weeks), *([self._counted(rest)] if rest else [])])
        if unit == "hours":
            return wording.counted("hour", days * 24)
        return self._counted(days)

    def _counted(self, days: int) -> str:
        return self._language.wording.counted("day", days)

    def _days_since(self, reading: Reading, _context: TurnContext) -> Said:
        day = self._date(reading.slots.get("day"), past=True)
        if day is None:
            return Said(self._say("no_such_day"))
        days = (self._today() - day).days
        if days < 0:
            return Said(self._say("day_ahead", date=self._language.wording.date(day), days=self._counted(-days)))
        return Said(self._say("days_since", days=self._counted(days), day=self._language.wording.date(day)))

    def _days_between(self, reading: Reading, _context: TurnContext) -> Said:
        first, second = self._date(reading.slots.get("first")), self._date(reading.slots.get("last"))
        if first is None or second is None:
            return Said(self._say("no_such_day"))
        last = reading.slots.get("last")
        if second < first and isinstance(last, Feast):
            second = last.on(second.year + 1)
        elif second < first and isinstance(last, When) and last.month_day is not None and last.year is None:
            second = CalendarSpan(months=12).after(second)
        return Said(self._say("days_between", days=self._counted(abs((second - first).days))))

    def _day_of(self, reading: Reading, _context: TurnContext) -> Said:
        meant, past = reading.slots.get("day"), reading.slots.get("past") is True
        day = self._date(meant, past=past)
        year = self._today().year + 1 if reading.slots.get("next_year") is True else reading.slots.get("year")
        if isinstance(year, int):
            day = meant.on(year) if isinstance(meant, Feast) else self._date(replace(meant, year=year))  # type: ignore[type-var]
        if day is None:
            return Said(self._say("no_such_day"))
        key = "day_was" if day < self._today() else "day_is"
        name = meant.name if isinstance(meant, Feast) else None
        date = self._language.wording.date(day)
        return Said(self._say(f"{key}_named" if name else key, date=date, name=name))

    def _is_today(self, reading: Reading, _context: TurnContext) -> Said:
        meant, today = reading.slots.get("day"), self._today()
        on_weekday = isinstance(meant, When) and meant.weekday == today.weekday()
        so = on_weekday or self._date(meant) == today
        return Said(self._say("is_today" if so else "is_not_today", date=self._language.wording.date(today)))

    def _date_ahead(self, reading: Reading, _context: TurnContext) -> Said:
        span, sign = reading.slots.get("calendar_span"), -1 if reading.slots.get("sign") == -1 else 1
        start = self._date(reading.slots["day"]) if reading.slots.get("day") is not None else self._today()
        if start is None or not isinstance(span, CalendarSpan):
            return Said(self._say("no_such_day"))
        try:
            day = span.after(start, sign)
        except (ValueError, OverflowError):
            return Said(self._say("no_such_day"))
        return Said(self._say("day_was" if day < self._today() else "day_is", date=self._language.wording.date(day)))

    def _leap_year(self, reading: Reading, _context: TurnContext) -> Said:
        year = reading.slots.get("year", self._today().year)
        assert isinstance(year, int)
        return Said(self._say("leap_year" if calendar.isleap(year) else "no_leap_year", year=year))

    def _days_in_month(self, reading: Reading, _context: TurnContext) -> Said:
        month, today = reading.slots.get("month"), self._today()
        year = reading.slots.get("year")
        if not isinstance(month, int):
            month = today.month
        if not isinstance(year, int):
            year = today.year if month >= today.month else today.year + 1
        name = self._language.wording.table("time")["months"][month - 1]
        days = self._counted(calendar.monthrange(year, month)[1])
        return Said(self._say("days_in_month", month=name, year=year, days=days))

    def _age(self, reading: Reading, _context: TurnContext) -> Said | None:
        year, meant, today = reading.slots.get("year"), reading.slots.get("day"), self._today()
        if isinstance(meant, When) and meant.year is not None:
            born = day_of(meant, today)
            if born is None or born > today:
                return Said(self._say("no_such_day"))
            years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
            return Said(self._say("age", years=self._language.wording.counted("year", years)))
        if not isinstance(year, int) or year > today.year:
            return None
        return Said(self._say("age_about", low=today.year - year - 1, high=today.year - year))


def easter_of(year: int) -> dt.date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm, as Meeus gives it)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 19 * m) // 433
    month = (h + m - 7 * n + 90) // 25
    return dt.date(year, month, (h + m - 7 * n + 33 * month + 19) % 32)


def _year_before(day: dt.date) -> dt.date:
    return CalendarSpan(months=12).after(day, -1)

"""What the skills say: sentences of the language's response file with their places filled in."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from importlib import resources
from typing import Any

DEFAULT_LANGUAGE = "en"


@cache
def language_file(language: str, name: str) -> Mapping[str, Any]:
    """``words.toml`` or ``responses.toml`` of a language; English where that language has none."""
    folder = resources.files("assistant") / "data" / "skills"
    file = folder / language / name
    if not file.is_file():
        file = folder / DEFAULT_LANGUAGE / name
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Wording:
    """Composes the skills' replies in one language."""

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self.language = language
        self._texts = language_file(language, "responses.toml")

    def say(self, key: str, **values: object) -> str:
        """The sentence of ``key``, beginning with a capital."""
        text = self.part(key, **values)
        return text[:1].upper() + text[1:]

    def part(self, key: str, **values: object) -> str:
        """The same as a part of a sentence."""
        return str(self._texts["say"][key]).format(**values)

    def table(self, name: str) -> Mapping[str, Any]:
        """Another table of the response file."""
        found: Mapping[str, Any] = self._texts[name]
        return found

    def names(self, names: Sequence[str]) -> str:
        """``a, b and c``."""
        if len(names) < 2:
            return "".join(names)
        return self.part("list_and", names=self.part("comma").join(names[:-1]), last=names[-1])

    def span(self, seconds: float) -> str:
        """``1 hour and 5 minutes``, in whole seconds; above a day in whole hours."""
        parts = [self.counted(unit, count) for unit, count in _parts(seconds)]
        if len(parts) < 2:
            return "".join(parts) or self.counted("second", 0)
        return self.part("span_and", names=self.part("span_comma").join(parts[:-1]), last=parts[-1])

    def span_label(self, seconds: float) -> str:
        """``5 minute``, as it stands before a noun."""
        labels = self._texts["span_labels"]
        return self.part("span_join").join(labels[unit].format(count=count) for unit, count in _parts(seconds))

    def counted(self, unit: str, count: int) -> str:
        """``3 minutes``."""
        one, many = self._texts["units"][unit]
        return str(one if count == 1 else many).format(count=count)

    def clock(self, at: dt.datetime | dt.time) -> str:
        """``7:05 AM``, as the language writes it."""
        part = "pm" if at.hour >= 12 else "am"
        return str(self._texts["time"][part]).format(hour12=at.hour % 12 or 12, hour=at.hour, minute=f"{at.minute:02d}")

    def weekday(self, number: int) -> str:
        """Monday is 0."""
        return str(self._texts["time"]["weekdays"][number])

    def date(self, day: dt.date, *, year: bool = True) -> str:
        """``Friday, December 25, 2026``."""
        return str(self._texts["time"]["date" if year else "date_short"]).format(
            weekday=self.weekday(day.weekday()),
            month=self._texts["time"]["months"][day.month - 1],
            day=day.day,
            year=day.year,
        )

    def moment(self, at: dt.datetime, now: dt.datetime) -> str:
        """``7:00 AM tomorrow``: the time with the day, as seen from ``now`` (both with a time zone)."""
        days = (at.date() - now.date()).days
        clock = self.clock(at)
        if days in (0, 1):
            return self.part("at_today" if days == 0 else "at_tomorrow", time=clock)
        if 1 < days < 7:
            return self.part("at_weekday", time=clock, weekday=self.weekday(at.weekday()))
        return self.part("at_date", time=clock, date=self.date(at.date(), year=at.year != now.year))

    def days(self, days: Sequence[int]) -> str:
        """``every weekday``, ``every Monday and Friday``."""
        known = {(0, 1, 2, 3, 4): "every_weekday", (5, 6): "every_weekend", (0, 1, 2, 3, 4, 5, 6): "every_day"}
        key = known.get(tuple(sorted(days)))
        if key is not None:
            return self.part(key)
        return self.part("every", days=self.names([self.weekday(day) for day in sorted(days)]))


def decimal(value: Fraction, places: int = 2) -> tuple[str, bool]:
    """A number as written, and whether that is exactly it; a number without end is cut to ``places`` (and 3 digits)."""
    if value.denominator == 1:
        return grouped(value.numerator), True
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    digits = max(twos, fives)
    exact = rest == 1 and digits <= 6
    if not exact:
        digits = places
        while abs(value) * 10**digits < 100 and digits < 12:
            digits += 1
    scaled = round(abs(value) * 10**digits)
    whole, part = divmod(scaled, 10**digits)
    text = f"{grouped(whole)}.{part:0{digits}d}".rstrip("0").rstrip(".")
    return ("-" if value < 0 and scaled else "") + text, exact


def grouped(number: int) -> str:
    """``12,345``; four digits stay together, as years do."""
    return f"{number:,}" if abs(number) >= 10000 else str(number)


def _parts(seconds: float) -> list[tuple[str, int]]:
    rest = max(0, round(seconds))
    if rest >= 86400:
        rest = round(rest / 3600) * 3600
    parts = []
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append((unit, count))
    return parts

"""What was said of a moment as a moment: in a time zone, daylight saving included."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from assistant.skills.when import When

DAY = dt.timedelta(days=1)


def day_of(when: When, today: dt.date) -> dt.date | None:
    """The day that was said: the next of a weekday or of a date; ``None`` where there is no such day."""
    if when.month_day is not None and when.month is not None:
        years = (when.year,) if when.year is not None else range(today.year, today.year + 9)
        for year in years:
            try:
                day = dt.date(year, when.month, when.month_day)
            except ValueError:
                continue
            if when.year is not None or day >= today:
                return day
        return None
    if when.weekday is not None:
        ahead = (when.weekday - today.weekday()) % 7 or 7
        if when.skip_week and ahead <= 6 - today.weekday():
            ahead += 7  # next Friday, said on a Monday, is not this week's
        return today + ahead * DAY
    return today + (when.day or 0) * DAY


def resolve(when: When, now: dt.datetime, *, morning: bool = False) -> dt.datetime | None:
    """The first moment after ``now`` (with a ``ZoneInfo``) that was said; ``None`` where there is none.

    An hour without am or pm is the next one of both; on another day, or where ``morning``, five to eleven is in the
    morning and twelve to four after noon.
    """
    if when.span_s is not None:
        return from_timestamp(now.timestamp() + when.span_s, now)
    clock = time_of_day(when, morning=morning or bool(when.weekdays) or (when.has_date and when.day != 0))
    if clock is None:
        return None
    if when.weekdays:
        return next_on(when.weekdays, clock[0], clock[1], now)
    day = day_of(when, now.date())
    if day is None:
        return None
    at = on_day(day, clock[0], clock[1], now)
    if when.weekday is not None and (day - now.date()).days == 7 and not when.skip_week:
        today = on_day(now.date(), clock[0], clock[1], now)
        if today.timestamp() > now.timestamp():
            return today  # "on Monday at nine", said on a Monday at eight
    if when.has_date and not (when.day == 0 and at.timestamp() <= now.timestamp()):
        return at
    if when.part is None and when.hour is not None and 0 < when.hour <= 12 and not morning:
        for hour in sorted({when.hour % 12, when.hour % 12 + 12}):
            candidate = on_day(day, hour, when.minute, now)
            if candidate.timestamp() > now.timestamp():
                return candidate
        if when.has_date:
            return None
        return on_day(day + DAY, when.hour % 12, when.minute, now)
    if at.timestamp() > now.timestamp():
        return at
    return None if when.has_date else on_day(day + DAY, clock[0], clock[1], now)


def time_of_day(when: When, *, morning: bool) -> tuple[int, int] | None:
    """(hour, minute) of what was said; ``None`` without a time."""
    if when.hour is None:
        return when.alone
    hour = when.hour
    if when.part == "pm" and hour <= 12:
        hour = hour % 12 + 12
    elif when.part == "am" and hour <= 12:
        hour %= 12
    elif when.part is None and morning and 1 <= hour <= 4:
        hour += 12
    return hour % 24, when.minute


def next_on(weekdays: Sequence[int], hour: int, minute: int, after: dt.datetime) -> dt.datetime:
    """The first moment after ``after`` at that time on one of the weekdays."""
    for ahead in range(9):
        day = after.date() + ahead * DAY
        at = on_day(day, hour, minute, after)
        if day.weekday() in weekdays and at.timestamp() > after.timestamp():
            return at
    raise ValueError("no weekday to recur on")


def on_day(day: dt.date, hour: int, minute: int, like: dt.datetime) -> dt.datetime:
    """That wall time on that day, in the zone of ``like``.

    A time that the change to summer time leaves out is as long after midnight as it would have been (2:30 is 3:30);
    of one that comes twice the first is meant.
    """
    at = dt.datetime.combine(day, dt.time(hour, minute), tzinfo=like.tzinfo)
    return from_timestamp(at.timestamp(), like)


def from_timestamp(seconds: float, like: dt.datetime) -> dt.datetime:
    """A moment as wall time in the zone of ``like``."""
    return dt.datetime.fromtimestamp(seconds, like.tzinfo)

"""Times in a command: "in ten minutes", "at half past nine", "for an hour"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.nlu.words import number_at, singular, words_of

_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "day": 86400}
_AMOUNTS = {("a", "couple", "of"): 2.0, ("a", "few"): 3.0, ("a",): 1.0, ("an",): 1.0, ("another",): 1.0, ("one",): 1.0}
_DAY_PARTS = {
    ("in", "the", "morning"): "am", ("in", "the", "afternoon"): "pm", ("in", "the", "evening"): "pm", ("tonight",): "pm",
    ("at", "night"): "pm", ("this", "evening"): "pm", ("this", "afternoon"): "pm", ("this", "morning"): "am", ("am",): "am",
    ("pm",): "pm",
}  # fmt: skip
_PARTS = {("morning",): "am", ("afternoon",): "pm", ("evening",): "pm", ("night",): "pm"}
_NAMED = {"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)}
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A command to be carried out later. ``at`` has the turn's time zone; ``delay_s`` where a span was said."""

    command: str
    at: dt.datetime
    delay_s: float | None = None


@dataclass(frozen=True, slots=True)
class Lasting:
    """A command whose effect is to last for so long."""

    command: str
    seconds: float


def split_delay(text: str, now: dt.datetime) -> Delayed | None:
    """``in ten minutes turn off the fan`` and ``turn it off at nine thirty``; ``None`` without a time."""
    words = words_of(text)
    tokens, size = words.tokens, len(words.tokens)
    for start in range(size):
        found = _when(tokens, start, now)
        if found is None:
            continue
        end, at, delay = found
        if start == 0 and end < size:
            return Delayed(words.said(end, size), at, delay)
        if end == size and start > 0:
            return Delayed(words.said(0, start), at, delay)
    return None


def split_lasting(text: str) -> Lasting | None:
    """``turn on the heater for ten minutes``; ``None`` without a span."""
    words = words_of(text)
    for start in range(1, len(words.tokens) - 1):
        if words.tokens[start] == "for":
            span = _span(words.tokens, start + 1)
            if span is not None and span[0] == len(words.tokens):
                return Lasting(words.said(0, start), span[1])
    return None


def _when(tokens: Sequence[str], start: int, now: dt.datetime) -> tuple[int, dt.datetime, float | None] | None:
    if tokens[start] in ("in", "after", "within"):
        span = _span(tokens, start + 1)
        if span is not None:
            end = span[0] + (1 if tokens[span[0] : span[0] + 1] == ("time",) else 0)
            return end, now + dt.timedelta(seconds=span[1]), span[1]
    span = _span(tokens, start)
    if span is not None and tuple(tokens[span[0] : span[0] + 2]) in (("from", "now"), ("later",)):
        return span[0] + 2, now + dt.timedelta(seconds=span[1]), span[1]
    if span is not None and tuple(tokens[span[0] : span[0] + 1]) == ("later",):
        return span[0] + 1, now + dt.timedelta(seconds=span[1]), span[1]
    return _at(tokens, start, now)


def _span(tokens: Sequence[str], start: int) -> tuple[int, float] | None:
    """``two hours and ten minutes``, ``half an hour``, ``an hour and a half``: (end, seconds)."""
    if tuple(tokens[start : start + 3]) == ("half", "an", "hour"):
        return start + 3, 1800.0
    if tuple(tokens[start : start + 4]) == ("a", "half", "an", "hour"):
        return start + 4, 1800.0
    if tuple(tokens[start : start + 5]) == ("a", "quarter", "of", "an", "hour"):
        return start + 5, 900.0
    amounts = number_at(tokens, start)
    for words, value in _AMOUNTS.items():
        if not amounts and tuple(tokens[start : start + len(words)]) == words:
            amounts = [(start + len(words), value)]
    for end, value in amounts:
        unit = _UNITS.get(singular(tokens[end])) if end < len(tokens) else None
        if unit is None:
            continue
        end, seconds = end + 1, value * unit
        if tuple(tokens[end : end + 3]) == ("and", "a", "half"):
            return end + 3, seconds + unit / 2
        skip = 1 if tokens[end : end + 1] == ("and",) else 0
        rest = _span(tokens, end + skip) if unit > 1 else None
        return (rest[0], seconds + rest[1]) if rest is not None else (end, seconds)
    return None


def _at(tokens: Sequence[str], start: int, now: dt.datetime) -> tuple[int, dt.datetime, float | None] | None:
    index, days = start, 0
    part: str | None = None
    if tokens[index] in ("tomorrow", "tonight", "today"):
        days, part = int(tokens[index] == "tomorrow"), "pm" if tokens[index] == "tonight" else None
        index += 1
    elif tokens[index] == "this" and tuple(tokens[index + 1 : index + 2]) in _PARTS:
        index += 1
    if tuple(tokens[index : index + 1]) in _PARTS and index > start:
        part, index = _PARTS[tokens[index],], index + 1
    if index >= len(tokens) or tokens[index] not in ("at", "by"):
        return None
    clock = _clock(tokens, index + 1)
    if clock is None:
        return None
    end, hour, minute = clock
    if tokens[end : end + 1] == ("oclock",):
        end += 1
    for words, value in _DAY_PARTS.items():
        if tuple(tokens[end : end + len(words)]) == words:
            part, end = value, end + len(words)
            break
    if tokens[end : end + 1] in (("tomorrow",), ("today",), ("tonight",)):
        days, part = int(tokens[end] == "tomorrow"), part or ("pm" if tokens[end] == "tonight" else None)
        end += 1
        if tuple(tokens[end : end + 1]) in _PARTS:
            part, end = _PARTS[tokens[end],], end + 1
    at = _next(hour, minute, part, now, days)
    return None if at is None else (end, at, None)


def _clock(tokens: Sequence[str], start: int) -> tuple[int, int, int] | None:
    """(end, hour, minute) of ``9:30``, ``nine thirty``, ``half past nine``, ``quarter to ten``, ``noon``."""
    if start >= len(tokens):
        return None
    token = tokens[start]
    if token in _NAMED:
        return (start + 1, *_NAMED[token])
    if ":" in token:
        hour, _, minute = token.partition(":")
        return (start + 1, int(hour), int(minute)) if hour.isdecimal() and minute.isdecimal() else None
    shift = _shift(tokens, start)
    if shift is not None:
        following = number_at(tokens, shift[0])
        if following and following[-1][1] == int(following[-1][1]):
            total = int(following[-1][1]) * 60 + shift[1]
            return following[-1][0], total // 60 % 24, total % 60
        return None
    hours = number_at(tokens, start)
    if not hours or hours[-1][1] != int(hours[-1][1]):
        return None
    end, hour_value = hours[-1]
    minutes = number_at(tokens, end)
    if minutes and 10 <= minutes[-1][1] < 60:
        return minutes[-1][0], int(hour_value), int(minutes[-1][1])
    if tokens[end : end + 1] in (("oh",), ("o",)):
        minutes = number_at(tokens, end + 1)
        if minutes and minutes[-1][1] < 10:
            return minutes[-1][0], int(hour_value), int(minutes[-1][1])
    return end, int(hour_value), 0


def _shift(tokens: Sequence[str], start: int) -> tuple[int, int] | None:
    """(index of the hour, minutes to add) of ``half past``, ``quarter to``, ``ten past``."""
    index = start + 1 if tokens[start] == "a" else start
    if index >= len(tokens):
        return None
    if tokens[index] in ("half", "quarter"):
        minutes, end = (30 if tokens[index] == "half" else 15), index + 1
    else:
        found = number_at(tokens, index)
        if not found:
            return None
        end, minutes = found[-1][0], int(found[-1][1])
        end += 1 if tokens[end : end + 1] == ("minutes",) else 0
    word = tokens[end] if end < len(tokens) else ""
    if word in ("past", "after"):
        return end + 1, minutes
    return (end + 1, -minutes) if word in ("to", "before", "till") else None


def _next(hour: int, minute: int, part: str | None, now: dt.datetime, days: int) -> dt.datetime | None:
    if not (0 <= hour <= 24 and 0 <= minute < 60) or (part is not None and hour > 12 and hour != 24):
        return None
    if part is not None:
        hour = hour % 12 + (12 if part == "pm" else 0)
    at = now.replace(hour=hour % 24, minute=minute, second=0, microsecond=0) + days * DAY
    if days or at > now:
        return at
    later = at + dt.timedelta(hours=12)
    # "At seven", said at eight in the morning, is this evening.
    return later if part is None and 0 < hour < 12 and later > now else at + DAY

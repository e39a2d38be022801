"""What can stand around a command: a time to wait for, or a condition to be true."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

_UNITS = {"second": 1, "minute": 60, "hour": 3600}
_SMALL = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty".split()
    )
} | {"a": 1, "an": 1, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_NUMBER = r"(?:\d+(?:\.\d+)?|[a-z]+(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)"
_AMOUNT = rf"(?:(?P<half>half an?)\s+|(?P<n>{_NUMBER})(?P<andhalf>\s+and a half)?\s+)(?P<unit>second|minute|hour)s?"
_DELAY = re.compile(
    rf"(?:^in {_AMOUNT}\s*,?\s*(?P<after>.+)$)|(?:^(?P<before>.+?)\s+in {_AMOUNT.replace('?P<', '?P<b')}$)", re.I
)
_CLOCK = r"(?P<{p}h>\d{{1,2}}|[a-z]+)(?:(?::| )(?P<{p}m>\d{{2}}|[a-z]+(?:[ -][a-z]+)?))?\s*(?P<{p}half>o'clock)?\s*(?P<{p}ap>a\.?m\.?|p\.?m\.?)?"
_AT = re.compile(
    rf"(?:^at {_CLOCK.format(p='a')}\s*,?\s+(?P<after>.+)$)|(?:^(?P<before>.+?)\s+at {_CLOCK.format(p='b')}$)", re.I
)
_COMPARE = (
    (
        r"(?:is |are |gets |goes |rises )?(?:above|over|more than|higher than|warmer than|hotter than|greater than|at least)",
        ">",
    ),
    (r"(?:is |are |gets |goes |falls |drops )?(?:below|under|less than|lower than|colder than|cooler than)", "<"),
)
_IF = re.compile(
    r"^(?:(?:if|when|in case)\s+(?P<cond>.+?)(?:\s*,\s*(?:then\s+)?|\s+then\s+)(?P<then>.+)|(?P<do>.+?)\s+(?:if|in case)\s+(?P<cond2>.+))$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Delayed:
    """A command that is to be carried out at ``at`` (with time zone of the turn)."""

    command: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Conditional:
    """A command that is to be carried out if ``condition`` (its words) is true."""

    command: str
    condition: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``subject > value`` or ``subject < value``; ``subject`` is in the speaker's words."""

    subject: str
    operator: str
    value: float


def number(text: str) -> float | None:
    """A number in digits or words below one hundred."""
    text = text.strip().lower().replace("-", " ")
    try:
        return float(text)
    except ValueError:
        pass
    words = text.split()
    if len(words) == 2 and words[0] in _TENS and words[1] in _SMALL:
        return float(_TENS[words[0]] + _SMALL[words[1]])
    if len(words) == 1:
        return float(_SMALL[words[0]]) if words[0] in _SMALL else float(_TENS[words[0]]) if words[0] in _TENS else None
    return None


def split_delay(text: str, now: dt.datetime) -> Delayed | None:
    """``in ten minutes turn off the fan`` and ``turn it off at nine thirty``; ``None`` without a time."""
    match = _DELAY.match(text)
    if match is not None:
        prefix = "" if match["after"] else "b"
        amount = 0.5 if match[f"{prefix}half"] else number(match[f"{prefix}n"] or "")
        if amount is not None:
            amount += 0.5 if match[f"{prefix}andhalf"] else 0.0
            seconds = amount * _UNITS[match[f"{prefix}unit"].lower()]
            return Delayed((match["after"] or match["before"]).strip(), now + dt.timedelta(seconds=seconds))
    match = _AT.match(text)
    if match is None:
        return None
    prefix = "a" if match["after"] else "b"
    at = _clock(match[f"{prefix}h"], match[f"{prefix}m"], match[f"{prefix}ap"], now)
    return Delayed((match["after"] or match["before"]).strip(), at) if at else None


def _clock(hour_text: str, minute_text: str | None, half: str | None, now: dt.datetime) -> dt.datetime | None:
    hour, minute = number(hour_text), number(minute_text) if minute_text else 0.0
    if hour is None or minute is None or not 0 <= hour <= 24 or not 0 <= minute < 60:
        return None
    if half:
        hour = hour % 12 + (12 if half.lower().startswith("p") else 0)
    at = now.replace(hour=int(hour) % 24, minute=int(minute), second=0, microsecond=0)
    if half is None and hour < 12 and at <= now:
        later = at + dt.timedelta(hours=12)  # "at seven" said at eight in the morning is this evening
        return later if later > now else at + dt.timedelta(days=1)
    return at if at > now else at + dt.timedelta(days=1)


def split_condition(text: str) -> Conditional | None:
    """``if … then …`` and ``… if …``; ``None`` without a condition."""
    match = _IF.match(text)
    if match is None:
        return None
    command, condition = (match["then"], match["cond"]) if match["cond"] else (match["do"], match["cond2"])
    return Conditional(command.strip(" ,"), condition.strip(" ,"))


def comparison(condition: str) -> Comparison | None:
    """``it is above 23`` as a comparison; ``None`` where it compares nothing with a number."""
    for words, operator in _COMPARE:
        match = re.match(
            rf"^(?P<subject>.*?)\s*\b{words}\s+(?P<value>{_NUMBER})(?:\s+\w+)?(?P<place>\s+in .+)?$", condition, re.I
        )
        if match:
            value = number(match["value"])
            if value is not None:
                return Comparison(f"{match['subject']}{match['place'] or ''}".strip(), operator, value)
    return None

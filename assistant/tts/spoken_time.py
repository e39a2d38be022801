"""Rules for dates and times of day: ``2026-10-27``, ``3 Mar``, ``7:05 pm``, ``9am-5pm``, ``the 1980s``."""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.tts import numbers
from assistant.tts.units import DAY_SHORT, MONTH_SHORT, MONTHS, UNITS

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_MONTH = "|".join([*MONTHS, *(f"{short}\\b\\.?" for short in MONTH_SHORT)])
_DAY = "|".join(sorted(DAY_SHORT, key=len, reverse=True))
_YEAR = r"(?:,?\s+(?P<year>[12]\d{3})\b(?!\s?[%°:]))?"


def _month(match: re.Match[str]) -> str:
    return MONTH_SHORT[match["month"].rstrip(".")[:3]]


def _date(month: int, day: int, year: str) -> str:
    return f"{MONTHS[month - 1]} {numbers.ordinal(day)}, {numbers.year(int(year))}"


def _iso_date(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    said = _date(month, day, match["year"])
    return f"{said}, {numbers.clock(int(match['hour']), int(match['minute']))}" if match["hour"] else said


def _slash_date(match: re.Match[str]) -> str:
    first, second, year = int(match[1]), int(match[2]), match[3]
    month, day = (first, second) if first <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return _date(month, day, year if len(year) == 4 else f"20{year}")


def _month_day(match: re.Match[str]) -> str:
    year = f", {numbers.year(int(match['year']))}" if match["year"] else ""
    return f"{_month(match)} {numbers.ordinal(int(match['day']))}{year}"


def _day_month(match: re.Match[str]) -> str:
    year = f" {numbers.year(int(match['year']))}" if match["year"] else ""
    the = "" if re.search(r"\bthe\s+$", match.string[: match.start()], re.I) else "the "
    return f"{the}{numbers.ordinal(int(match['day']))} of {_month(match)}{year}"


def _month_year(match: re.Match[str]) -> str:
    return f"{_month(match)} {numbers.year(int(match['year']))}"


def _clock(match: re.Match[str]) -> str:
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    if match["second"]:
        parts = [(hour, "hour"), (minute, "minute"), (int(match["second"]), "second")]
        said = [f"{numbers.cardinal(n)} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
        return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said) or "zero seconds"
    if not half:
        return numbers.clock(hour, minute)
    time = numbers.clock(hour, minute) if minute else numbers.cardinal(hour)
    # In capitals and joined, or the voice takes the first letter for an article. Its stop may end the sentence.
    ends = match[0].endswith(".") and not re.match(r"\s*[a-z0-9,;:!?)]", match.string[match.end() :])
    return f"{time} {half[0].upper()}M{'.' if ends else ''}"


def _spelled_year(match: re.Match[str]) -> str:
    return f"{match['before']}{numbers.year(int(match['year']))}"


def _years(match: re.Match[str]) -> str:
    return f"{numbers.year(int(match[1]))} to {numbers.year(int(match[2]))}"


def _decade(match: re.Match[str]) -> str:
    return numbers.decade(int(match[1]))


_ERA = r"1[1-9]\d\d|20\d\d"
_BEFORE_YEAR = (
    r"\b(?:in|since|by|from|until|till|to|and|around|about|year|before|after|during|of|early|late|the|or|for)\s+|\("
)
_COUNTED = (  # what shows that four digits count something
    r"[.,:]\d|[-–]\d|\s?(?:" + "|".join(re.escape(unit) for unit in UNITS) + r")(?!\w)|\s?[$€£]"
    r"|\s(?:people|men|women|times|years|days|hours|minutes|of|percent|degrees|steps|dollars|euros|watts|lumens|more|other)\b"
)
_HALF = r"\s?(?P<half>[aApP]\.\s?[mM]\.|[aApP][mM]\b)"

RULES: tuple[Rule, ...] = (
    (
        re.compile(
            r"\b(?P<year>[12]\d{3})-(?P<month>\d\d)-(?P<day>\d\d)"
            r"(?:[T ](?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b"
        ),
        _iso_date,
    ),
    (re.compile(rf"\b({_DAY})(?:\.(?=,?\s[A-Za-z0-9])|(?=,?\s(?:\d|{_MONTH})))"), lambda m: DAY_SHORT[m[1]]),
    (re.compile(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)\b"), _slash_date),
    (
        re.compile(rf"\b(?P<month>{_MONTH})\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?![:%°]|\s?[%°]|[.,]\d){_YEAR}"),
        _month_day,
    ),
    (
        re.compile(rf"\b(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\.?\s+(?:of\s+)?(?P<month>{_MONTH})(?!\w){_YEAR}"),
        _day_month,
    ),
    (re.compile(rf"\b(?P<month>{_MONTH})\s+(?P<year>[12]\d{{3}})\b"), _month_year),
    # "9am-5pm", "9:00-17:00", "5-6 pm"
    (re.compile(r"(?<=\d[aApP][mM])\s?[-–]\s?(?=\d)|(?<=\d:\d\d)\s?[-–]\s?(?=\d{1,2}:\d\d)"), lambda _m: " to "),
    (re.compile(r"(?<=\d)\s?[-–]\s?(?=\d{1,2}(?::\d\d)?\s?[aApP]\.?[mM]\b)"), lambda _m: " to "),
    (
        re.compile(
            r"\b(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?(?!\d|:\d)"
            rf"(?:{_HALF})?(?:\s+o'clock)?"
        ),
        _clock,
    ),
    (re.compile(rf"\b(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<second>){_HALF}"), _clock),
    (re.compile(r"'(\d0)s\b"), _decade),
    (re.compile(r"\b([12]\d\d0|[2-9]0)s\b"), _decade),
    (re.compile(rf"\b({_ERA})\s?[-–]\s?({_ERA})\b(?!{_COUNTED})"), _years),
    (re.compile(rf"(?P<before>{_BEFORE_YEAR})(?P<year>{_ERA})\b(?!{_COUNTED})", re.I), _spelled_year),
)

"""English number words: cardinals, ordinals, years, decimals, digits one by one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LARGEST = 10**15
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


@cache
def _engine() -> RbnfEngine:
    from unicode_rbnf import RbnfEngine

    return RbnfEngine.for_language("en")


def cardinal(number: int) -> str:
    """``twenty-two``; numbers of more than fifteen digits are read digit by digit."""
    if abs(number) >= LARGEST:
        return ("minus " if number < 0 else "") + digits(str(abs(number)))
    return str(_engine().format_number(number).text)


def ordinal(number: int) -> str:
    """``twenty-second``."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[cut:]
    if last in _ORDINALS:
        return words[:cut] + _ORDINALS[last]
    return words[:cut] + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def digits(text: str) -> str:
    """Each digit by itself: ``four zero seven``."""
    return " ".join(DIGITS[int(character)] for character in text if character.isdigit())


def decimal(text: str) -> str:
    """``22.5`` -> ``twenty-two point five``; thousands commas and a minus sign are understood."""
    text = text.replace(",", "")
    sign = "minus " if text[0] in "-−" else ""
    whole, point, fraction = text.lstrip("+-−").partition(".")
    words = cardinal(int(whole or "0"))
    return f"{sign}{words} point {digits(fraction)}" if point and fraction else sign + words


def year(number: int) -> str:
    """``1905`` -> ``nineteen oh five``, ``2000`` -> ``two thousand``, ``2026`` -> ``twenty twenty-six``."""
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 2999 or 2000 <= number <= 2009 or (century % 10 == 0 and rest == 0):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} oh {cardinal(rest)}" if rest < 10 else f"{cardinal(century)} {cardinal(rest)}"


def decade(number: int) -> str:
    """``1980`` -> ``nineteen eighties``; of a century, ``1900`` -> ``nineteen hundreds``."""
    words = year(number) if number >= 1000 else cardinal(number)
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def clock(hour: int, minute: int) -> str:
    """``7, 5`` -> ``seven oh five``; ``7, 0`` -> ``seven o'clock``; ``0, 15`` -> ``zero fifteen``."""
    if minute == 0:
        return "midnight" if hour in (0, 24) else f"{cardinal(hour)} o'clock"
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"

"""Numbers as they are said in English: written to spoken, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
NUMBER_WORDS = frozenset([*_ONES, *_TENS, "hundred", "thousand", "point", "and", "a", "half"])
"""Every word that a number may have."""
FIRST_WORDS = NUMBER_WORDS - {"thousand", "point", "and"}
LONGEST = 5
"""Words that a number below a thousand may have, and one more."""


def english_numbers(written: str) -> list[str]:
    """``21.5`` -> ``twenty one point five`` and ``twenty one and a half``; ``2nd`` -> ``second``; without hyphens."""
    if not written[-1].isdigit():
        return [_ordinal(int(re.sub(r"\D", "", written)))]
    whole, _, fraction = written.replace(",", ".").partition(".")
    words = _cardinal(int(whole))
    if not fraction or not int(fraction):
        return [words, "a hundred", "hundred"] if whole == "100" else [words]
    digits = " ".join(_cardinal(int(digit)) for digit in fraction)
    said = [f"{words} point {digits}"]
    if fraction == "5":
        said.append(f"{words} and a half" if int(whole) else "half")
    return said


def numbers_at(words: Sequence[str], at: int) -> Iterator[tuple[int, int, int]]:
    """(behind last, whole, tenths) of every number up to 999,999 that begins at a place: the way back."""
    if words[at : at + 1] == ("half",):
        yield at + 1, 0, 5
    for end, whole in _wholes_at(words, at):
        yield end, whole, 0
        if words[end : end + 1] == ("point",) and end + 1 < len(words) and words[end + 1] in _ONES[1:10]:
            yield end + 2, whole, _ONES.index(words[end + 1])
        if words[end : end + 3] == ("and", "a", "half") and whole:
            yield end + 3, whole, 5


def _wholes_at(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    for end, number in _below_thousand(words, at):
        yield end, number
        if number and words[end : end + 1] == ("thousand",):
            yield end + 1, 1000 * number
            yield from ((last, 1000 * number + rest) for last, rest in _below_thousand(words, end + 1) if rest)


def _below_thousand(words: Sequence[str], at: int) -> Iterator[tuple[int, int]]:
    known = _spoken_numbers()
    for end in range(at + 1, min(at + LONGEST, len(words)) + 1):
        number = known.get(tuple(words[at:end]))
        if number is not None:
            yield end, number


@cache
def _spoken_numbers() -> dict[tuple[str, ...], int]:
    found = {tuple(_cardinal(number).split()): number for number in range(1000)}
    return found | {("hundred",): 100, ("a", "hundred"): 100}


def _cardinal(number: int) -> str:
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f" {_cardinal(number % 10)}" if number % 10 else "")
    if number < 1000:
        return f"{_cardinal(number // 100)} hundred" + (f" {_cardinal(number % 100)}" if number % 100 else "")
    if number < 1_000_000:
        return f"{_cardinal(number // 1000)} thousand" + (f" {_cardinal(number % 1000)}" if number % 1000 else "")
    return " ".join(_ONES[int(digit)] for digit in str(number))


def _ordinal(number: int) -> str:
    *tens, last = _cardinal(number).split()
    if last in _ONES and _ONES.index(last) < 13:
        last = _ORDINALS[_ONES.index(last)]
    else:
        last = last[:-1] + "ieth" if last.endswith("y") else last + "th"
    return " ".join([*tens, last])

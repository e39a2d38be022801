"""Chinese as it is written: one character a token, and numbers of characters (二十三, 一百零五, 两万, 三点一四)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

HAN = "\u3400-\u9fff"
"""The characters, as a range inside of a pattern's brackets."""
DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}
POINT = "点"


def is_han(text: str) -> bool:
    """Whether there is a Chinese character in it."""
    return any("\u3400" <= char <= "\u9fff" for char in text)


_BETWEEN = re.compile(f"(?<=[{HAN}]) +(?=[{HAN}])")


def joined(text: str) -> str:
    """The text as it is written: a recogniser puts spaces between Chinese words."""
    return _BETWEEN.sub("", text)


def has_no_spaces(language: str) -> bool:
    """Whether the language of a code such as ``zh-CN`` is written without spaces between its words."""
    return language.replace("_", "-").partition("-")[0] in ("zh", "yue")


def number_at(tokens: Sequence[str], start: int) -> list[tuple[int, Fraction]]:
    """Numbers in characters that begin at ``start``: (end, value), the longest first; none below zero."""
    end = start
    while end < len(tokens) and (tokens[end] in DIGITS or tokens[end] in UNITS):
        end += 1
    if end == start:
        return []
    whole = Fraction(_value(tokens[start:end]))
    found = [(end, whole)]
    if tokens[end : end + 1] and tokens[end] == POINT:
        last = end + 1
        while last < len(tokens) and tokens[last] in DIGITS:
            last += 1
        if last > end + 1:
            digits = "".join(str(DIGITS[token]) for token in tokens[end + 1 : last])
            found.insert(0, (last, whole + Fraction(int(digits), 10 ** len(digits))))
    return found


def _value(tokens: Sequence[str]) -> int:
    if all(token in DIGITS for token in tokens):
        return int("".join(str(DIGITS[token]) for token in tokens))
    total, section, digit, before = 0, 0, 0, 1
    for token in tokens:
        if token in DIGITS:
            digit = DIGITS[token]
            before = before if digit else 1  # after 零 a last digit stands for ones
            continue
        unit = UNITS[token]
        if unit < 10_000:
            section, digit, before = section + (digit or 1) * unit, 0, unit
        else:
            below = section + digit
            # 一亿两千万: the ten thousands are added to what stands before; 十万亿: all before is counted in 亿.
            total = total + below * unit if unit == 10_000 else (total + below) * unit
            section, digit, before = 0, 0, unit
    # "一百五" is 150, "两万三" 23,000: a last digit right after a unit above ten is of the next smaller one.
    return total + section + digit * (before // 10 if digit and before > 10 else 1)

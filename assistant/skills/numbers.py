"""Numbers as they are said and written, exact: "two and a half", "three quarters", "minus 2.5 million", 三百二十."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from assistant import han

Tokens = Sequence[str]
Number = tuple[int, Fraction]
"""Where a number ends, and its value."""


class NumberReader(Protocol):
    """Reads numbers of one language."""

    def at(self, tokens: Tokens, start: int) -> list[Number]:
        """Numbers that begin at ``start``, the longest first."""
        ...

    def ordinal(self, tokens: Tokens, start: int) -> Number | None:
        """``first``, ``twenty third``, ``3rd`` at ``start``."""
        ...


def written(token: str) -> Fraction | None:
    """A number in digits."""
    if not token[:1].isdecimal() or token.count(".") > 1 or ":" in token:
        return None
    try:
        return Fraction(token)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class SpelledNumbers:
    """Numbers of languages that put tens before ones, and thousands before hundreds, as separate words."""

    ones: Mapping[str, int]
    tens: Mapping[str, int]
    scales: Mapping[str, int]
    parts: Mapping[str, int]
    """``half`` 2, ``third`` 3, ``quarters`` 4."""
    ordinals: Mapping[str, int]
    minus: frozenset[str]
    point: frozenset[str]
    joiners: frozenset[str]
    articles: frozenset[str]

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> SpelledNumbers:
        """From the ``numbers`` table of a language's words."""
        return cls(
            ones=dict(table["ones"]), tens=dict(table["tens"]), scales=dict(table["scales"]),
            parts=dict(table["parts"]), ordinals=dict(table["ordinals"]), minus=frozenset(table["minus"]),
            point=frozenset(table["point"]), joiners=frozenset(table["joiners"]), articles=frozenset(table["articles"]),
        )  # fmt: skip

    def at(self, tokens: Tokens, start: int) -> list[Number]:
        """See ``NumberReader``."""
        index, sign = start, 1
        if index < len(tokens) and (tokens[index] in self.minus or tokens[index] == "-"):
            index, sign = index + 1, -1
        found: list[Number] = []
        whole = self._whole(tokens, index)
        if whole is not None:
            end, value = whole
            found.append(whole)
            fraction = self._decimals(tokens, end)
            if fraction is not None:
                found.insert(0, self._scaled(tokens, fraction[0], value + fraction[1]))
            if tokens[end : end + 1] and tokens[end] in self.joiners:
                part = self._part(tokens, end + 1)
                if part is not None and part[1] < 1:
                    found.insert(0, (part[0], value + part[1]))
        part = self._part(tokens, index)
        if part is not None:
            found.insert(0, part)
        return sorted({(end, sign * value) for end, value in found}, reverse=True)

    def ordinal(self, tokens: Tokens, start: int) -> Number | None:
        """See ``NumberReader``."""
        if start >= len(tokens):
            return None
        token = tokens[start]
        if token in self.ordinals:
            return start + 1, Fraction(self.ordinals[token])
        if token in self.tens and start + 1 < len(tokens) and 0 < self.ordinals.get(tokens[start + 1], 0) < 10:
            return start + 2, Fraction(self.tens[token] + self.ordinals[tokens[start + 1]])
        return None

    def _decimals(self, tokens: Tokens, end: int) -> Number | None:
        """``point one four`` after a whole number."""
        if end >= len(tokens) or tokens[end] not in self.point:
            return None
        index, digits = end + 1, ""
        while index < len(tokens) and (tokens[index].isdecimal() or self.ones.get(tokens[index], 10) < 10):
            digits += tokens[index] if tokens[index].isdecimal() else str(self.ones[tokens[index]])
            index += 1
        if not digits:
            tens = self._below_hundred(tokens, end + 1)
            if tens is None:
                return None
            index, digits = tens[0], str(tens[1])
        return index, Fraction(int(digits), 10 ** len(digits))

    def _scaled(self, tokens: Tokens, end: int, value: Fraction) -> Number:
        while end < len(tokens) and tokens[end] in self.scales:
            value, end = value * self.scales[tokens[end]], end + 1
        return end, value

    def _part(self, tokens: Tokens, index: int) -> Number | None:
        """``half``, ``a third``, ``three quarters``."""
        if index >= len(tokens):
            return None
        if tokens[index] in self.parts and self.parts[tokens[index]] in (2, 4):
            return index + 1, Fraction(1, self.parts[tokens[index]])
        if index + 1 < len(tokens) and tokens[index + 1] in self.parts:
            count = 1 if tokens[index] in self.articles else self.ones.get(tokens[index])
            if count is None and tokens[index].isdecimal():
                count = int(tokens[index])
            if count:
                return index + 2, Fraction(count, self.parts[tokens[index + 1]])
        return None

    def _whole(self, tokens: Tokens, index: int) -> Number | None:
        if index >= len(tokens):
            return None
        digits = written(tokens[index])
        if digits is not None:
            return self._scaled(tokens, index + 1, digits)
        total, group, end, seen = 0, 0, index, False
        limit: int | None = None
        while end < len(tokens):
            token = tokens[end]
            following = self._below_hundred(tokens, end)
            if following is not None and (not seen or group % 100 == 0) and not (seen and group == 0 and total == 0):
                end, value = following
                group, seen = group + value, True
            elif token in self.scales and seen:
                scale = self.scales[token]
                if scale == 100:
                    if not 0 < group < 100:
                        break
                    group *= 100
                elif limit is not None and scale >= limit:
                    break
                else:
                    total, group, limit = total + (group or 1) * scale, 0, scale
                end += 1
            elif not seen and token in self.articles and end + 1 < len(tokens) and tokens[end + 1] in self.scales:
                group, seen, end = 1, True, end + 1
            elif seen and token in self.joiners and (total or group >= 100) and group % 100 == 0:
                if self._below_hundred(tokens, end + 1) is None:
                    break
                end += 1
            else:
                break
        return (end, Fraction(total + group)) if seen else None

    def _below_hundred(self, tokens: Tokens, index: int) -> tuple[int, int] | None:
        if index >= len(tokens):
            return None
        token = tokens[index]
        if token in self.tens:
            ones = self.ones.get(tokens[index + 1], 0) if index + 1 < len(tokens) else 0
            return (index + 2, self.tens[token] + ones) if 0 < ones < 10 else (index + 1, self.tens[token])
        return (index + 1, self.ones[token]) if token in self.ones else None


@dataclass(frozen=True, slots=True)
class HanNumbers:
    """Chinese numbers, one character a token: 二十三, 一百零五, 两万, 三点一四, 负五, 三分之二, 百分之二十 is read elsewhere."""

    minus: frozenset[str]

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> HanNumbers:
        """From the ``numbers`` table of a language's words."""
        return cls(frozenset(table["minus"]))

    def at(self, tokens: Tokens, start: int) -> list[Number]:
        """See ``NumberReader``."""
        index, sign = start, 1
        if index < len(tokens) and (tokens[index] in self.minus or tokens[index] == "-"):
            index, sign = index + 1, -1
        if index >= len(tokens):
            return []
        digits = written(tokens[index])
        if digits is not None:
            end = index + 1
            while end < len(tokens) and han.UNITS.get(tokens[end], 0) > 1000:
                digits, end = digits * han.UNITS[tokens[end]], end + 1
            return [(end, sign * digits)]
        whole = han.number_at(tokens, index)
        return [(end, sign * value) for end, value in [*self._part(tokens, whole), *whole]]

    @staticmethod
    def _part(tokens: Tokens, whole: list[Number]) -> list[Number]:
        """``三分之二`` is two thirds."""
        for end, below in whole:
            percent = tokens[end - 1] == "百"  # 百分之二十 is no part but a percentage
            if tuple(tokens[end : end + 2]) == ("分", "之") and below and not percent:
                return [(last, above / below) for last, above in han.number_at(tokens, end + 2)]
        return []

    def ordinal(self, tokens: Tokens, start: int) -> Number | None:
        """See ``NumberReader``."""
        if tokens[start : start + 1] and tokens[start] == "第":
            found = self.at(tokens, start + 1)
            return found[0] if found else None
        return None

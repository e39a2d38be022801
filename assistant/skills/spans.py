"""Spans of time as they are said: "an hour and ten minutes", "half an hour", "two and a half minutes", 十分钟."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from assistant.skills.numbers import NumberReader

Phrases = Sequence[tuple[tuple[str, ...], Fraction]]


@dataclass(frozen=True, slots=True)
class SpanReader:
    """Reads spans; seconds are exact. ``split`` cuts a phrase of the language file into words."""

    numbers: NumberReader
    units: Mapping[str, int]
    long_units: Phrases
    fixed: Phrases
    amounts: Phrases
    joiners: frozenset[str]
    half_after: tuple[tuple[str, ...], ...]
    more: frozenset[str] = frozenset()
    """Words between a number and its unit: "five more minutes"."""

    @classmethod
    def of(cls, table: Mapping[str, Any], numbers: NumberReader, split: Any = str.split) -> SpanReader:
        """From the ``spans`` table of a language's words."""

        def rows(name: str) -> Phrases:
            pairs = [(tuple(split(key)), Fraction(value)) for key, value in table[name].items()]
            return sorted(pairs, key=lambda pair: -len(pair[0]))

        units = [(tuple(split(key)), value) for key, value in table["units"].items()]
        return cls(
            numbers,
            {words[0]: value for words, value in units if len(words) == 1},
            sorted(((w, Fraction(v)) for w, v in units if len(w) > 1), key=lambda pair: -len(pair[0])),
            rows("fixed"),
            rows("amounts"),
            frozenset(table["joiners"]),
            tuple(tuple(split(text)) for text in table["half_after"]),
            frozenset(table["more"]),
        )

    def at(self, tokens: Sequence[str], start: int) -> list[tuple[int, Fraction]]:
        """Spans that begin at ``start``: (end, seconds), the longest first."""
        found = self._one(tokens, start)
        if found is None:
            return []
        end, seconds, unit = found
        results = [(end, seconds)]
        while unit > 1:
            skip = 1 if tokens[end : end + 1] and tokens[end] in self.joiners else 0
            following = self._one(tokens, end + skip)
            if following is None or following[2] >= unit:
                break
            end, unit, seconds = following[0], following[2], seconds + following[1]
            results.insert(0, (end, seconds))
        return results

    def _one(self, tokens: Sequence[str], start: int) -> tuple[int, Fraction, int] | None:
        """One amount with its unit: (end, seconds, seconds of the unit)."""
        for words, seconds in self.fixed:
            if tuple(tokens[start : start + len(words)]) == words:
                return start + len(words), seconds, 60
        amounts = list(self.numbers.at(tokens, start))
        amounts += [(start + len(w), value) for w, value in self.amounts if tuple(tokens[start : start + len(w)]) == w]
        for end, value in amounts:
            if value < 0:
                continue
            unit = self._unit(tokens, end + (1 if tokens[end : end + 1] and tokens[end] in self.more else 0))
            if unit is None:
                continue
            end, size = unit
            for words in self.half_after:
                if tuple(tokens[end : end + len(words)]) == words:
                    return end + len(words), (value + Fraction(1, 2)) * size, size
            return end, value * size, size
        return None

    def _unit(self, tokens: Sequence[str], at: int) -> tuple[int, int] | None:
        for words, value in self.long_units:
            if tuple(tokens[at : at + len(words)]) == words:
                return at + len(words), int(value)
        if at < len(tokens) and tokens[at] in self.units:
            return at + 1, self.units[tokens[at]]
        return None

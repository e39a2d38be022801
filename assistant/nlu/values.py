"""The values of the templates' lists in a sentence: texts, which may be templates themselves, and numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.nlu.network import Found, Network, Values
from assistant.nlu.words import number_at, words_of

if TYPE_CHECKING:
    from hassil.expression import Sentence
    from hassil.intents import RangeSlotList, SlotList, TextSlotList

_INLINE_RANGE = re.compile(r"^(-?\d+)\.\.(-?\d+)(?:,(\d+))?$")

MOST_PER_CENT = 1000.0
TOO_MUCH = 50
"""The penalty of a number beyond its range: any other reading is taken before it."""


class ValueList(Protocol):
    """Finds values in a sentence."""

    def at(self, tokens: Sequence[str], start: int, values: Values) -> list[Found]: ...


class TextValues:
    """Texts with what they stand for. Compiled when first asked."""

    def __init__(self, values: TextSlotList, rules: Mapping[str, Sentence]) -> None:
        self._values = values.values
        self._rules = rules
        self._network: Network | None = None

    def at(self, tokens: Sequence[str], start: int, values: Values) -> list[Found]:
        """The values that begin at token ``start``. ``values`` reads lists inside of a value's text."""
        if self._network is None:
            self._network = Network(lambda _name: False)
            for number, value in enumerate(self._values):
                self._network.add(value.text_in, number, self._rules)
        return [
            Found(end, self._values[path.template].value_out, self._values[path.template].context or {})
            for path, end in self._network.walk(tokens, values, start)
            if end > start
        ]


class NumberValues:
    """Numbers of a range, in digits or words. ``beyond``: what is too much is read too, so that it can be told so."""

    def __init__(
        self,
        start: float,
        stop: float,
        step: int,
        multiplier: float | None,
        words: Mapping[tuple[str, ...], float],
        *,
        beyond: float | None = None,
    ) -> None:
        self._start, self._stop, self._step = start, stop, step
        self._beyond = stop if beyond is None else beyond
        self._multiplier = multiplier
        self._words = words
        self._longest = max(map(len, words), default=0)

    def at(self, tokens: Sequence[str], start: int, _values: Values) -> list[Found]:
        """The number that begins at token ``start``, if it is within the range."""
        found = []
        for end, value in number_at(tokens, start) or self._in_words(tokens, start):
            if self._start <= value <= self._beyond:
                penalty = 0 if value <= self._stop else TOO_MUCH
                value = value * self._multiplier if self._multiplier is not None else value
                found.append(Found(end, int(value) if value == int(value) else value, penalty=penalty))
        return found

    def _in_words(self, tokens: Sequence[str], start: int) -> list[tuple[int, float]]:
        for end in range(min(start + self._longest, len(tokens)), start, -1):
            value = self._words.get(tuple(tokens[start:end]))
            if value is not None:
                return [(end, value)]
        return []


def value_list(values: SlotList, rules: Mapping[str, Sentence], language: str) -> ValueList:
    """The finder for one of hassil's lists that is no wildcard."""
    from hassil.intents import RangeSlotList, RangeType, TextSlotList

    if isinstance(values, TextSlotList):
        return TextValues(values, rules)
    if isinstance(values, RangeSlotList):
        words = _number_words(values, language)
        beyond = MOST_PER_CENT if values.type == RangeType.PERCENTAGE else None
        return NumberValues(values.start, values.stop, values.step, values.multiplier, words, beyond=beyond)
    raise TypeError(f"unexpected list {values!r}")


def inline_range(key: str) -> NumberValues | None:
    """The finder for ``{1..10}``; ``None`` where the key is no range."""
    match = _INLINE_RANGE.match(key)
    return NumberValues(float(match[1]), float(match[2]), int(match[3] or 1), None, {}) if match else None


def _number_words(values: RangeSlotList, language: str) -> dict[tuple[str, ...], float]:
    """Number words of languages other than English and Chinese, whose numbers are read by rule."""
    if language.partition("-")[0] in ("en", "zh") or not values.words:
        return {}
    from hassil.numbers import get_rbnf_engine

    engine = get_rbnf_engine(values.words_language or language)
    words: dict[tuple[str, ...], float] = {}
    for number in values.get_numbers():
        for text in engine.format_number(number).text_by_ruleset.values():
            words.setdefault(words_of(text).tokens, float(number))
    return words

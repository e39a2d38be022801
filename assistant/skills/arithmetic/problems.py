"""Word problems: a story with two or three numbers whose shape says what is reckoned; what has no known shape is not guessed.

The shapes are patterns of the language file over the sentence with its numbers replaced by ``N``, each with its expression over
the numbers in their order (``1`` the first). A shape that fits says the operation beyond doubt, which a language model of this
size does not: for three books at twelve dollars each it set up 12 / 3, under a grammar of the expressions that are possible.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from assistant.skills.arithmetic.values import Expression, Operation, Value
from assistant.skills.numbers import NumberReader

MOST_NUMBERS = 4
_SIGN = re.compile(r"\s*([-+*/])\s*")


class ProblemReader:
    """Reads the problems of one language. ``table``: its ``problems``."""

    def __init__(self, table: Any, numbers: NumberReader) -> None:
        self._numbers = numbers
        self._words = frozenset(table["words"])
        self._shapes = [(re.compile(pattern), expression) for pattern, expression in table["shapes"]]
        self._asks = re.compile(table["asks"])
        self._also = re.compile(table["also"])

    def read(self, tokens: Sequence[str]) -> Expression | None:
        """What is to be computed; ``None`` for a story of no known shape."""
        sentence, numbers = self._numbered(tokens)
        if not 2 <= len(numbers) <= MOST_NUMBERS:
            return None
        for pattern, expression in self._shapes:
            if pattern.search(sentence) and max(map(int, re.findall(r"\d", expression))) == len(numbers):
                return _expression(expression, numbers)
        return None

    def is_problem(self, tokens: Sequence[str]) -> bool:
        """Whether a number is asked for, and there are others to find it from ("twice as old" is as good as one)."""
        sentence, numbers = self._numbered(tokens)
        enough = len(numbers) >= 2 or (numbers and self._also.search(sentence) is not None)
        return bool(enough) and self._asks.search(sentence) is not None

    def _numbered(self, tokens: Sequence[str]) -> tuple[str, list[Fraction]]:
        """The sentence with ``N`` for each number, and the numbers."""
        words: list[str] = []
        numbers: list[Fraction] = []
        at = 0
        while at < len(tokens):
            found = self._numbers.at(tokens, at) if tokens[at] not in self._words else []
            if found:
                at, value = found[0]
                numbers.append(value)
                words.append("N")
            else:
                words.append(tokens[at])
                at += 1
        return " ".join(words), numbers


def _expression(text: str, numbers: Sequence[Fraction]) -> Expression:
    """``2 / 1 * 3`` over the numbers, from the left to the right; ``%-`` takes a percentage off."""
    if text.startswith("%- "):
        whole, share = text.removeprefix("%- ").split()
        return Operation("-%", (Value(numbers[int(whole) - 1]), Value(numbers[int(share) - 1])))
    first, *rest = _SIGN.split(text)
    result: Expression = Value(numbers[int(first) - 1])
    for sign, place in zip(rest[::2], rest[1::2], strict=True):
        result = Operation(sign, (result, Value(numbers[int(place) - 1])))
    return result

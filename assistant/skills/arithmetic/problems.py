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
from assistant.skills.wording import decimal

MOST_NUMBERS = 4
_STEP = re.compile(r"\s(\+%|-%|[-+*/])\s")
_SUM_SIGNS = ("+", "-")


class ProblemReader:
    """Reads the problems of one language. ``table``: its ``problems``."""

    def __init__(self, table: Any, numbers: NumberReader) -> None:
        self._numbers = numbers
        self._words = frozenset(table["words"])
        self._shapes = [(re.compile(pattern), expression) for pattern, expression in table["shapes"]]
        self._asks = re.compile(table["asks"])
        self._also = re.compile(table["also"])
        self._signs: dict[str, str] = table["signs"]

    def read(self, tokens: Sequence[str]) -> Expression | None:
        """What is to be computed; ``None`` for a story of no known shape."""
        sentence, numbers = self._numbered(tokens)
        if not 2 <= len(numbers) <= MOST_NUMBERS:
            return None
        for pattern, expression in self._shapes:
            places = {int(place) for place in re.findall(r"\d", expression)}
            if places == set(range(1, len(numbers) + 1)) and pattern.search(sentence):
                return _expression(expression, numbers)
        return None

    def told(self, expression: Expression) -> str:
        """The sum in words: ``10 minus 3 times 1.2``."""
        if isinstance(expression, Value):
            return decimal(expression.number)[0]
        first, second = (self.told(argument) for argument in expression.arguments)
        # "80 plus 15 percent, divided by 4": a comma where the sum so far is what goes on.
        inner = expression.arguments[0]
        pause = "," if isinstance(inner, Operation) and not _binds_like(inner.name, expression.name) else ""
        return self._signs[expression.name].format(first + pause, second)

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


def steps(expression: Expression) -> int:
    """How many operations it has."""
    if isinstance(expression, Value):
        return 0
    return 1 + sum(steps(argument) for argument in expression.arguments)


def _binds_like(inner: str, outer: str) -> bool:
    """Whether an operation and the one around it are read in one breath: ``2 times 3 plus 4``, ``10 minus 3 minus 2``."""
    return outer in _SUM_SIGNS or not inner.endswith("%")


def _expression(text: str, numbers: Sequence[Fraction]) -> Expression:
    """``3 - 1 * 2`` over the numbers: products first, ``+%`` and ``-%`` (a percentage on or off) among them, in their order."""
    first, *rest = _STEP.split(text)
    terms: list[tuple[str, Expression]] = [("+", Value(numbers[int(first) - 1]))]
    for sign, place in zip(rest[::2], rest[1::2], strict=True):
        value = Value(numbers[int(place) - 1])
        if sign in _SUM_SIGNS:
            terms.append((sign, value))
        else:
            kept, left = terms[-1]
            terms[-1] = (kept, Operation(sign, (left, value)))
    result = terms[0][1]
    for sign, term in terms[1:]:
        result = Operation(sign, (result, term))
    return result

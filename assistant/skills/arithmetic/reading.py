"""Expressions and quantities as they are said: "twelve percent of eighty", "5 feet 11 inches", "3 * (4 + 5)"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from assistant.skills.arithmetic.values import Expression, Operation, Value
from assistant.skills.numbers import NumberReader

Tokens = Sequence[str]
Found = tuple[int, Expression]


class UnitReader:
    """Reads units of the ``units`` table: singular, plural and other ways of saying each of the library's names."""

    def __init__(self, table: Mapping[str, Any], split: Any) -> None:
        self.names: dict[str, tuple[str, str]] = {}
        self._phrases: list[tuple[tuple[str, ...], str]] = []
        for unit, ways in table["names"].items():
            self.names[unit] = (ways[0], ways[1])
            self._phrases += [(tuple(split(way)), unit) for way in ways]
        self._phrases.sort(key=lambda row: -len(row[0]))
        self._per = [tuple(split(text)) for text in table["per"]]
        self._powers = {tuple(split(key)): int(power) for key, power in table["powers"].items()}
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, unit in self._phrases:
            self._by_first.setdefault(phrase[0], []).append((phrase, unit))

    def at(self, tokens: Tokens, start: int) -> list[tuple[int, str]]:
        """Units that begin at ``start``, the longest first: ``square meters``, ``kilometers per hour``."""
        found = self._simple(tokens, start)
        if found is None:
            return []
        end, unit = found
        for per in self._per:
            if tuple(tokens[end : end + len(per)]) == per:
                below = self._simple(tokens, end + len(per))
                if below is not None:
                    return [(below[0], f"{unit} / {below[1]}"), found]
        return [found]

    def _simple(self, tokens: Tokens, start: int) -> tuple[int, str] | None:
        for words, power in self._powers.items():
            if tuple(tokens[start : start + len(words)]) == words:
                found = self._simple(tokens, start + len(words))
                return (found[0], f"{found[1]} ** {power}") if found is not None else None
        for phrase, unit in self._by_first.get(tokens[start], ()) if start < len(tokens) else ():
            if tuple(tokens[start : start + len(phrase)]) == phrase:
                return start + len(phrase), unit
        return None

    def say(self, unit: str, one: bool) -> str:
        """The unit as it is said."""
        if unit in self.names:
            return self.names[unit][0 if one else 1]
        if " / " in unit:
            above, _, below = unit.partition(" / ")
            per = " ".join(self._per[0])
            return f"{self.say(above, one)} {per} {self.say(below, True)}"
        if " ** " in unit:
            base, _, power = unit.partition(" ** ")
            word = next((" ".join(words) for words, p in self._powers.items() if str(p) == power), "")
            return f"{word} {self.say(base, one)}".strip()
        return unit


class ExpressionReader:
    """Reads expressions; every reading from a place is tried, the longest first."""

    def __init__(self, table: Mapping[str, Any], numbers: NumberReader, units: UnitReader, split: Any) -> None:
        self._numbers = numbers
        self._units = units

        def rows(name: str) -> list[tuple[tuple[str, ...], str]]:
            pairs = [(tuple(split(text)) or (text,), key) for key, texts in table[name].items() for text in texts]
            return sorted(pairs, key=lambda row: -len(row[0]))

        self._sums, self._products = rows("sums"), rows("products")
        self._prefixes, self._suffixes, self._pairs = rows("prefixes"), rows("suffixes"), rows("pairs")
        self._percent = [tuple(split(text)) for text in table["percent"]]
        self._of = [tuple(split(text)) for text in table["of"]]
        self._and = [tuple(split(text)) for text in table["and"]]
        self._power = [tuple(split(text)) for text in table["power"]]
        self._one = {tuple(split(text)) for text in table["one"]}
        # Chinese puts percent before its number, the whole before its share, and a word after an exponent.
        self._percent_before = [tuple(split(text)) for text in table.get("percent_before", ())]
        self._counted = [tuple(split(text)) for text in table.get("counted", ())]
        self._whose = [tuple(split(text)) for text in table.get("whose", ())]
        self._power_end = [tuple(split(text)) for text in table.get("power_end", ())]

    def at(self, tokens: Tokens, start: int) -> list[Found]:
        """Expressions that begin at ``start``, the longest first."""
        found: dict[int, Expression] = {}
        for end, expression in self._sum(tokens, start):
            found.setdefault(end, expression)
        return sorted(found.items(), reverse=True)

    def quantities(self, tokens: Tokens, start: int) -> list[tuple[int, Value]]:
        """Quantities with a unit that begin at ``start``: ``5 feet 11 inches``, ``a pound``."""
        return list(self._quantity(tokens, start))

    def _sum(self, tokens: Tokens, at: int) -> Iterator[Found]:
        for end, left in self._product(tokens, at):
            yield from self._sum_on(tokens, end, left)

    def _sum_on(self, tokens: Tokens, at: int, left: Expression) -> Iterator[Found]:
        for words, name in self._sums:
            if tuple(tokens[at : at + len(words)]) == words:
                for end, share in self._percentage(tokens, at + len(words)):
                    yield from self._sum_on(tokens, end, Operation(f"{name}%", (left, share)))
                for end, right in self._product(tokens, at + len(words)):
                    yield from self._sum_on(tokens, end, Operation(name, (left, right)))
        yield at, left

    def _product(self, tokens: Tokens, at: int) -> Iterator[Found]:
        for end, left in self._raised(tokens, at):
            yield from self._product_on(tokens, end, left)

    def _product_on(self, tokens: Tokens, at: int, left: Expression) -> Iterator[Found]:
        for words, name in self._products:
            if tuple(tokens[at : at + len(words)]) == words:
                for end, right in self._raised(tokens, at + len(words)):
                    yield from self._product_on(tokens, end, Operation(name, (left, right)))
        yield at, left

    def _raised(self, tokens: Tokens, at: int) -> Iterator[Found]:
        if tuple(tokens[at : at + 1]) in (("minus",), ("-",)):
            for end, value in self._raised(tokens, at + 1):
                yield end, Operation("neg", (value,))
            return
        for end, base in self._atom(tokens, at):
            yield from self._raised_on(tokens, end, base)

    def _raised_on(self, tokens: Tokens, at: int, base: Expression) -> Iterator[Found]:
        for words, name in self._suffixes:
            if tuple(tokens[at : at + len(words)]) == words:
                yield from self._raised_on(tokens, at + len(words), Operation(name, (base,)))
        for words in self._power:
            if tuple(tokens[at : at + len(words)]) == words:
                for end, exponent in self._exponent(tokens, at + len(words)):
                    for last in self._after(self._power_end, tokens, end) if self._power_end else (end,):
                        yield last, Operation("^", (base, exponent))
        for after in self._after(self._whose, tokens, at):
            for end, share in self._percentage(tokens, after):
                yield end, Operation("%of", (share, base))
            for end, number in self._numbers.at(tokens, after):
                if number.denominator > 1:
                    yield end, Operation("*", (Value(number), base))
        yield at, base

    def _exponent(self, tokens: Tokens, at: int) -> Iterator[Found]:
        ordinal = self._numbers.ordinal(tokens, at)
        if ordinal is not None:
            end = ordinal[0] + (1 if tuple(tokens[ordinal[0] : ordinal[0] + 1]) == ("power",) else 0)
            yield end, Value(ordinal[1])
        yield from self._raised(tokens, at)

    def _atom(self, tokens: Tokens, at: int) -> Iterator[Found]:
        if at >= len(tokens):
            return
        if tokens[at] == "(":
            for end, inner in self._sum(tokens, at + 1):
                if tuple(tokens[end : end + 1]) == (")",):
                    yield end + 1, inner
            return
        yield from self._paired(tokens, at)
        for words, name in self._prefixes:
            if tuple(tokens[at : at + len(words)]) == words:
                for end, value in self._raised(tokens, at + len(words)):
                    yield end, Operation(name, (value,))
        for end, share in self._percentage(tokens, at):
            for after in self._after(self._of, tokens, end):
                for last, whole in self._raised(tokens, after):
                    yield last, Operation("%of", (share, whole))
        yield from self._quantity(tokens, at)
        for end, number in self._numbers.at(tokens, at):
            if number.denominator > 1 or number < 1:  # "two thirds of ninety"
                for after in self._after(self._of, tokens, end):
                    for last, whole in self._raised(tokens, after):
                        yield last, Operation("*", (Value(number), whole))
            for after in self._after(self._counted, tokens, end):
                yield after, Value(number)
            yield end, Value(number)

    def _paired(self, tokens: Tokens, at: int) -> Iterator[Found]:
        """``the sum of 3 and 4``, ``the average of 3, 5 and 10``."""
        for words, name in self._pairs:
            if tuple(tokens[at : at + len(words)]) == words:
                for end, first in self._sum(tokens, at + len(words)):
                    yield from self._more(tokens, end, name, (first,))

    def _more(self, tokens: Tokens, at: int, name: str, sofar: tuple[Expression, ...]) -> Iterator[Found]:
        many = name in ("average", "sum")
        steps = list(self._after(self._and, tokens, at))
        for after in [*steps, *([at] if many else [])]:
            for end, value in self._product(tokens, after):
                if many:
                    yield from self._more(tokens, end, name, (*sofar, value))
                elif len(sofar) == 1:
                    yield end, Operation(name, (*sofar, value))
        if many and len(sofar) > 1:
            yield at, Operation(name, sofar)

    def _percentage(self, tokens: Tokens, at: int) -> Iterator[tuple[int, Value]]:
        for begin in self._after(self._percent_before, tokens, at):
            for end, number in self._numbers.at(tokens, begin):
                yield end, Value(number)
        for end, number in self._numbers.at(tokens, at):
            for after in self._after(self._percent, tokens, end):
                yield after, Value(number)

    def _quantity(self, tokens: Tokens, at: int) -> Iterator[tuple[int, Value]]:
        amounts = list(self._numbers.at(tokens, at))
        amounts += [
            (at + len(words), Fraction(1)) for words in self._one if tuple(tokens[at : at + len(words)]) == words
        ]
        for end, number in amounts:
            skip = [end, *self._after(self._of, tokens, end)] if number.denominator > 1 else [end]
            for begin in skip:
                begin += 1 if (tokens[begin : begin + 1] and tuple(tokens[begin : begin + 1]) in self._one) else 0
                for unit_end, unit in self._units.at(tokens, begin):
                    yield from self._compound(tokens, unit_end, Value(number, unit))

    def _compound(self, tokens: Tokens, at: int, value: Value) -> Iterator[tuple[int, Value]]:
        """``5 feet 11 inches`` and ``2 hours and 30 minutes``: smaller units of the same kind are added."""
        from assistant.skills.arithmetic.values import convert, dimension

        for after in [*self._after(self._and, tokens, at), at]:
            for end, number in self._numbers.at(tokens, after):
                for unit_end, unit in self._units.at(tokens, end):
                    same = value.unit is not None and unit != value.unit and dimension(unit) == dimension(value.unit)
                    if same and value.unit is not None and "/" not in unit and number >= 0:
                        smaller = convert(Value(number, unit), value.unit)
                        if abs(smaller.number) < 1:
                            yield from self._compound(
                                tokens, unit_end, Value(value.number + smaller.number, value.unit)
                            )
                if value.unit == "foot" and 0 <= number < 12:
                    yield end, Value(value.number + number / 12, "foot")  # "five foot ten"
        yield at, value

    @staticmethod
    def _after(ways: Sequence[tuple[str, ...]], tokens: Tokens, at: int) -> Iterator[int]:
        for words in ways:
            if tuple(tokens[at : at + len(words)]) == words:
                yield at + len(words)

"""Arithmetic and units by voice: reads, evaluates exactly, and says the number, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from assistant.skills.arithmetic.problems import ProblemReader, steps
from assistant.skills.arithmetic.reading import ExpressionReader, UnitReader
from assistant.skills.arithmetic.values import Expression, Operation, Undefined, Value, convert, dimension, evaluate
from assistant.skills.base import Handler, Said
from assistant.skills.language import Language
from assistant.skills.templates import Found, Reader, Reading
from assistant.skills.text import Words
from assistant.skills.wording import decimal
from assistant.types import TurnContext


class ArithmeticSkill:
    """Handlers and readers of arithmetic."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._say = language.wording.say
        self._units = UnitReader(language.table["units"], language.split)
        self._expressions = ExpressionReader(
            language.table["arithmetic"], language.numbers, self._units, language.split
        )
        self._problems = ProblemReader(language.table["problems"], language.numbers)
        self._currencies = [tuple(language.split(text)) for text in language.table["units"]["currencies"]]
        self.handlers: Mapping[str, Handler] = {
            "Calculate": self._calculate,
            "Percentage": self._percentage,
            "Discount": self._discount,
            "Convert": self._convert,
            "Currency": lambda _r, _c: Said(self._say("no_rates")),
            "HowFar": self._how_far,
        }

    def readers(self) -> dict[str, Reader]:
        """Readers of the templates' lists."""
        return {
            "expression": self._read_expression,
            "quantity": lambda words, start: self._expressions.quantities(words.tokens, start),
            "unit": lambda words, start: self._units.at(words.tokens, start),
            "bare_unit": lambda words, start: self._units.at(words.tokens, start),
            "currency": self._read_currency,
        }

    def _read_expression(self, words: Words, start: int) -> Sequence[Found]:
        """Only what there is something to compute of: a number alone is no question."""
        return [found for found in self._expressions.at(words.tokens, start) if isinstance(found[1], Operation)]

    def _read_currency(self, words: Words, start: int) -> Sequence[Found]:
        return [(start + len(c), " ".join(c)) for c in self._currencies if words.tokens[start : start + len(c)] == c]

    def problem(self, text: str, _context: TurnContext) -> Said | None:
        """The answer to a word problem of a shape that is known."""
        expression = self._problems.read(self._language.words(text).tokens)
        if expression is None:
            return None
        try:
            value = evaluate(expression)
        except Undefined as error:
            return Said(self._say(error.key, **error.values))
        if value.number < 0:  # no change, no rest: the story means something else
            return Said(self._say("cannot_work_out"))
        if steps(expression) == 1:
            return self._said(value, "result_is", "result_about")
        key = "worked_out" if decimal(value.number)[1] else "worked_out_about"
        return Said(self._say(key, result=self._quantity(value), sum=self._problems.told(expression)))

    def beyond(self, text: str, _context: TurnContext) -> Said | None:
        """What is said to a word problem that nobody has solved: a wrong number would be worse."""
        is_problem = self._problems.is_problem(self._language.words(text).tokens)
        return Said(self._say("cannot_work_out")) if is_problem else None

    # --- handlers -----------------------------------------------------------------------------------

    def _calculate(self, reading: Reading, _context: TurnContext) -> Said | None:
        expression = reading.slots.get("expression")
        return self._computed(expression) if isinstance(expression, Operation | Value) else None

    def _percentage(self, reading: Reading, _context: TurnContext) -> Said:
        part, whole = _number(reading, "part"), _number(reading, "whole")
        try:
            value = evaluate(Operation("share", (Value(part), Value(whole))))
        except Undefined as error:
            return Said(self._say(error.key, **error.values))
        return self._said(value, "percent_is")

    def _discount(self, reading: Reading, _context: TurnContext) -> Said:
        whole, share = Value(_number(reading, "whole")), Value(_number(reading, "percent"))
        name = "-%" if reading.slots.get("sign") == -1 else "%of"
        return self._computed(Operation(name, (whole, share) if name == "-%" else (share, whole)))

    def _convert(self, reading: Reading, _context: TurnContext) -> Said | None:
        quantity, unit = reading.slots.get("quantity"), reading.slots.get("unit")
        if quantity is None and reading.text("bare_unit"):
            quantity = Value(Fraction(1), reading.text("bare_unit"))
        if not isinstance(quantity, Value) or not isinstance(unit, str):
            return None
        try:
            found = convert(quantity, unit)
        except Undefined:
            return Said(self._say("cannot_convert", unit=self._many(quantity.unit or ""), other=self._many(unit)))
        if dimension(unit) == dimension("kelvin") and self._below_absolute_zero(found):
            return Said(self._say("too_cold"))
        if not decimal(quantity.number)[1]:  # "5 feet 11 inches" would be repeated as 5.92 feet
            return self._said(found, "result_is", "result_about")
        key = "convert_is" if found.exact and decimal(found.number)[1] else "convert_about"
        return Said(self._say(key, quantity=self._quantity(quantity), result=self._quantity(found)))

    @staticmethod
    def _below_absolute_zero(value: Value) -> bool:
        return convert(value, "kelvin").number < 0

    def _how_far(self, reading: Reading, _context: TurnContext) -> Said | None:
        """Two quantities whose product or quotient is what is asked for; anything else is not this skill's."""
        story = " ".join(str(value) for key, value in reading.slots.items() if key in ("story", "more"))
        quantities = self._all_quantities(self._language.words(story).tokens)
        asked = str(reading.slots.get("asked"))
        if len(quantities) != 2:
            return None
        first, second = quantities
        for name, arguments in (("*", (first, second)), ("/", (first, second)), ("/", (second, first))):
            try:
                value = evaluate(Operation(name, arguments))
            except Undefined as error:
                return Said(self._say(error.key, **error.values))
            if value.unit is not None and dimension(value.unit) == dimension(asked):
                return self._said(self._in_known_unit(value, quantities), "answer_is", "answer_about")
        return None

    def _all_quantities(self, tokens: Sequence[str]) -> list[Value]:
        found: list[Value] = []
        at = 0
        while at < len(tokens):
            here = self._expressions.quantities(tokens, at)
            if here:
                at = here[0][0]
                found.append(here[0][1])
            else:
                at += 1
        return found

    def _in_known_unit(self, value: Value, given: Sequence[Value]) -> Value:
        """The result in the units that were spoken of: kilometres of kilometres per hour; time in hours."""
        asked = dimension(value.unit)
        parts = [part.strip() for quantity in given for part in (quantity.unit or "").split(" / ")]
        for unit in [quantity.unit for quantity in given] + parts:
            if unit and dimension(unit) == asked:
                return convert(value, unit)
        if asked == dimension("meter / second") and len(parts) == 2:
            length = next((p for p in parts if dimension(p) == dimension("meter")), "kilometer")
            time = next((p for p in parts if dimension(p) == dimension("second")), "hour")
            return convert(value, f"{length} / {time}")
        return value

    # --- saying -------------------------------------------------------------------------------------

    def _computed(self, expression: Expression) -> Said:
        try:
            return self._said(evaluate(expression), "result_is", "result_about")
        except Undefined as error:
            return Said(self._say(error.key, **error.values))

    def _said(self, value: Value, exact: str, about: str | None = None) -> Said:
        if value.unit is not None and dimension(value.unit) == dimension("second"):
            seconds = convert(value, "second")
            if value.exact and seconds.number.denominator == 1 and seconds.number >= 60:
                return Said(self._say(exact, result=self._language.wording.span(float(seconds.number))))
        is_exact = value.exact and decimal(value.number)[1]
        key = exact if is_exact or about is None else about
        return Said(self._say(key, result=self._quantity(value)))

    def _quantity(self, value: Value) -> str:
        text, _ = decimal(value.number)
        if value.unit is None:
            return text
        return self._language.wording.part("quantity", number=text, unit=self._units.say(value.unit, value.number == 1))

    def _many(self, unit: str) -> str:
        return self._units.say(unit, one=False)


def _number(reading: Reading, key: str) -> Fraction:
    value = reading.slots.get(key)
    return value if isinstance(value, Fraction) else Fraction(0)

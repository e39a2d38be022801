"""Values and their evaluation: fractions and quantities. What is undefined is said to be so, never guessed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

MOST_DIGITS = 400
MOST_FACTORIAL = 170
PRECISION = 40


class Undefined(Exception):
    """A value that does not exist. ``key``: of the sentence that says why; ``values``: what it names."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


@dataclass(frozen=True, slots=True)
class Value:
    """A number, with the units library's unit where it is a quantity. ``exact``: not rounded anywhere."""

    number: Fraction
    unit: str | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of an expression; ``arguments`` are values and operations."""

    name: str
    arguments: tuple[Expression, ...]


Expression = Value | Operation


@cache
def registry() -> Any:
    """The units library with exact numbers; loaded when the first unit is met."""
    from pint import UnitRegistry

    return UnitRegistry(non_int_type=Fraction, autoconvert_offset_to_baseunit=True, cache_folder=None)


def evaluate(expression: Expression) -> Value:
    """The value of an expression. Raises Undefined."""
    if isinstance(expression, Value):
        return expression
    arguments = [evaluate(argument) for argument in expression.arguments]
    value = _apply(expression.name, arguments)
    if abs(value.number) >= Fraction(10) ** MOST_DIGITS:
        raise Undefined("too_large")
    return value


def _apply(name: str, arguments: list[Value]) -> Value:
    if name in _FUNCTIONS and len(arguments) == 1:
        return _function(name, arguments[0])
    if name == "average":
        return _apply("/", [_total(arguments), Value(Fraction(len(arguments)))])
    if name == "sum":
        return _total(arguments)
    left, right = arguments
    exact = left.exact and right.exact
    if name in ("+%", "-%"):
        share = right.number / 100
        return Value(left.number * (1 + share if name == "+%" else 1 - share), left.unit, exact)
    if name in ("%of", "*"):
        scale = Fraction(1, 100) if name == "%of" else Fraction(1)
        return _times(left, right, scale)
    if name == "share":
        if right.number == 0:
            raise Undefined("divide_by_zero")
        return Value(_same(left, right).number * 100 / right.number, None, exact)
    if name in ("+", "-"):
        left = _same(left, right)
        return Value(left.number + (right.number if name == "+" else -right.number), right.unit, exact)
    if name == "/":
        return _divided(left, right)
    if left.unit or right.unit:
        raise Undefined("no_units_here")
    if name == "mod":
        if right.number == 0:
            raise Undefined("divide_by_zero")
        return Value(left.number % right.number, None, exact)
    if name == "^":
        return _power(left, right)
    if name in ("gcd", "lcm"):
        if left.number.denominator != 1 or right.number.denominator != 1:
            raise Undefined("whole_numbers")
        function = math.gcd if name == "gcd" else math.lcm
        return Value(Fraction(function(left.number.numerator, right.number.numerator)))
    raise Undefined("cannot_compute")


_FUNCTIONS = frozenset({"neg", "sqrt", "cbrt", "square", "cube", "factorial", "double", "triple", "half"})
_SCALES = {"neg": Fraction(-1), "double": Fraction(2), "triple": Fraction(3), "half": Fraction(1, 2)}


def _function(name: str, value: Value) -> Value:
    if name in _SCALES:
        return Value(value.number * _SCALES[name], value.unit, value.exact)
    if value.unit:
        raise Undefined("no_units_here")
    number = value.number
    if name in ("square", "cube"):
        return _power(value, Value(Fraction(2 if name == "square" else 3)))
    if name == "factorial":
        if number.denominator != 1 or number < 0:
            raise Undefined("factorial_of")
        if number > MOST_FACTORIAL:
            raise Undefined("too_large")
        return Value(Fraction(math.factorial(number.numerator)))
    if name == "sqrt" and number < 0:
        raise Undefined("root_of_negative")
    sign = -1 if number < 0 else 1
    return _root(Value(abs(number), None, value.exact), 2 if name == "sqrt" else 3, sign)


def _root(value: Value, degree: int, sign: int = 1) -> Value:
    top, bottom = _whole_root(value.number.numerator, degree), _whole_root(value.number.denominator, degree)
    if top is not None and bottom is not None:
        return Value(sign * Fraction(top, bottom), None, value.exact)
    with localcontext(prec=PRECISION):
        number = Decimal(value.number.numerator) / Decimal(value.number.denominator)
        root = number.sqrt() if degree == 2 else number ** (Decimal(1) / Decimal(degree))
    return Value(sign * Fraction(root), None, exact=False)


def _whole_root(number: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(number)
        return root if root * root == number else None
    root = round(number ** (1 / degree)) if number.bit_length() < 1000 else 0
    return next((r for r in (root - 1, root, root + 1) if r >= 0 and r**degree == number), None)


def _power(base: Value, exponent: Value) -> Value:
    number, power = base.number, exponent.number
    if number == 0 and power <= 0:
        raise Undefined("zero_to_zero" if power == 0 else "divide_by_zero")
    if power.denominator == 2 and abs(power.numerator) <= 100:
        if number < 0:
            raise Undefined("root_of_negative")
        return _root(Value(number**power.numerator, None, base.exact), 2)
    if power.denominator != 1:
        raise Undefined("cannot_compute")
    size = max(abs(number.numerator), number.denominator)
    if size > 1 and abs(power.numerator) * math.log10(size) > MOST_DIGITS:
        raise Undefined("too_large")
    return Value(number**power.numerator, None, base.exact and exponent.exact)


def _total(values: list[Value]) -> Value:
    total = values[0]
    for value in values[1:]:
        total = _apply("+", [total, value])
    return total


def _same(left: Value, right: Value) -> Value:
    """``left`` in the unit of ``right``."""
    if left.unit == right.unit:
        return left
    if left.unit is None or right.unit is None:
        raise Undefined("units_differ")
    return convert(left, right.unit)


def _times(left: Value, right: Value, scale: Fraction) -> Value:
    exact = left.exact and right.exact
    if left.unit is None or right.unit is None:
        return Value(left.number * right.number * scale, left.unit or right.unit, exact)
    return simplified(Value(left.number * right.number * scale, f"({left.unit}) * ({right.unit})", exact))


def _divided(left: Value, right: Value) -> Value:
    if right.number == 0:
        raise Undefined("divide_by_zero")
    exact = left.exact and right.exact
    if right.unit is None:
        return Value(left.number / right.number, left.unit, exact)
    if left.unit is None:
        return simplified(Value(left.number / right.number, f"1 / ({right.unit})", exact))
    return simplified(Value(left.number / right.number, f"({left.unit}) / ({right.unit})", exact))


def simplified(value: Value) -> Value:
    """The quantity with units of one kind cancelled: hours times kilometres per hour are kilometres."""
    quantity = registry().Quantity(value.number, registry().parse_units(_units(value.unit)))
    reduced = quantity.to_reduced_units()
    unit = _written(reduced.unit_items()) if not reduced.dimensionless else None
    return Value(Fraction(reduced.magnitude), unit, value.exact)


def convert(value: Value, unit: str) -> Value:
    """The quantity in another unit, exactly. Raises Undefined where they measure different things."""
    from pint.errors import DimensionalityError, OffsetUnitCalculusError

    units = registry()
    try:
        found = units.Quantity(value.number, _units(value.unit)).to(_units(unit))
    except (DimensionalityError, OffsetUnitCalculusError) as error:
        raise Undefined("units_differ") from error
    return Value(Fraction(found.magnitude), unit, value.exact)


def dimension(unit: str | None) -> str:
    """What a unit measures, comparable; empty for plain numbers."""
    powers = registry().parse_units(_units(unit)).dimensionality if unit else {}
    return " ".join(f"{name}{power}" for name, power in sorted(powers.items()))


def _written(powers: Iterable[tuple[str, Any]]) -> str:
    """``kilometer / hour``, ``meter ** 2``: the unit as the readers write it."""
    above: list[str] = []
    below: list[str] = []
    for name, power in powers:
        text = name if abs(power) == 1 else f"{name} ** {abs(power)}"
        (above if power > 0 else below).append(text)
    top = " * ".join(above) or "1"
    return f"{top} / {' / '.join(below)}" if below else top


def _units(unit: str | None) -> str:
    return unit or "dimensionless"

"""What templates of devices may call: filters, tests and functions that cannot grow or run without end.

What is too large raises SecurityError; what cannot be made of a value raises ValueError.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from jinja2 import TemplateError, Undefined
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.utils import pass_context

from assistant.home.backends.plain import parse_json
from assistant.types import JsonValue

RESULT_CHARS = 16_000
LOOP_STEPS = 500
BUDGET = "loop_budget__"
"""The template's variable that holds how many steps its loops have left."""


class NotDefined(ValueError):
    """What ``is_defined`` raises."""


@pass_context
def counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    budget = cast(list[int], context.get(BUDGET))
    for item in items:
        budget[0] -= 1
        if budget[0] < 0:
            raise SecurityError("a loop of that length")
        yield item


def text_of(value: Any) -> str:
    """``value`` as text, if that is not too long."""
    text: str = str(value)
    if len(text) > RESULT_CHARS:
        raise SecurityError("a text of that length")
    return text


def joined(parts: Iterable[Any]) -> str:
    return text_of("".join(text_of(part) for part in parts))


def limited_range(*bounds: int) -> range:
    steps = range(*bounds)
    if len(steps) > LOOP_STEPS:
        raise SecurityError("a range of that length")
    return steps


def limited_number(value: Any) -> Any:
    if isinstance(value, int | float) and abs(value) > 1e300:
        raise SecurityError("a number of that size")
    return value


_NONE: Any = object()


def to_float(value: Any, default: Any = _NONE) -> Any:
    try:
        found = float(value)
        if math.isfinite(found):
            return found
    except (TypeError, ValueError, TemplateError):
        pass
    if default is _NONE:
        raise ValueError(f"{text_of(value)[:40]!r} is no number")
    return default


def to_int(value: Any, default: Any = _NONE, base: int = 10) -> Any:
    try:
        return int(value, base) if isinstance(value, str) and base != 10 else int(float(value))
    except (TypeError, ValueError, OverflowError, TemplateError):
        if default is _NONE:
            raise ValueError("no whole number") from None
        return default


def to_bool(value: Any, default: Any = _NONE) -> Any:
    if isinstance(value, bool | int | float):
        return bool(value)
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on", "enable"):
        return True
    if word in ("0", "false", "no", "off", "disable"):
        return False
    if default is _NONE:
        raise ValueError("neither true nor false")
    return default


def iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _NONE) -> Any:
    if value is None and if_none is not _NONE:
        return if_none
    return if_true if value else if_false


def is_defined(value: Any) -> Any:
    if isinstance(value, Undefined):
        raise NotDefined("what it looks for is not in this message")
    return value


def replace_text(text: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old, new = text_of(text), text_of(old), text_of(new)
    found = text.count(old) if count < 0 else min(count, text.count(old))
    if len(text) + found * len(new) > RESULT_CHARS:
        raise SecurityError("a text of that length")
    return str(text.replace(old, new, count))


def join(parts: Iterable[Any], between: Any = "") -> str:
    taken = [text_of(part) for part in parts]
    if sum(map(len, taken)) + len(taken) * len(text_of(between)) > RESULT_CHARS:
        raise SecurityError("a text of that length")
    return str(text_of(between).join(taken))


def round_number(value: Any, precision: int = 0, method: str = "common", default: Any = _NONE) -> Any:
    try:
        number, scale = float(value), 10.0 ** max(-12, min(12, int(precision)))
        if method in ("ceil", "floor"):
            number = getattr(math, method)(number * scale) / scale
        rounded = round(number, max(-12, min(12, int(precision))))
    except (TypeError, ValueError, OverflowError, TemplateError):
        if default is _NONE:
            raise ValueError("no number to round") from None
        return default
    return int(rounded) if precision == 0 else rounded


def multiply(value: Any, by: Any) -> float:
    return float(limited_number(to_float(value) * to_float(by)))


def add(value: Any, more: Any) -> float:
    return float(limited_number(to_float(value) + to_float(more)))


def bitwise_and(value: Any, other: Any) -> int:
    return int(value) & int(other)


def bitwise_or(value: Any, other: Any) -> int:
    return int(value) | int(other)


def from_json(value: Any) -> JsonValue:
    return parse_json(text_of(value), RESULT_CHARS)


def to_json(value: Any) -> str:
    return text_of(json.dumps(value, ensure_ascii=False))


def regex_replace(text: Any, find: str = "", replace: str = "") -> str:
    return _replace_each(_pattern(find), _short(text), replace)


def _replace_each(pattern: re.Pattern[str], text: str, new: str) -> str:
    if len(text) * (len(new) + 1) > 16 * RESULT_CHARS:
        raise SecurityError("a text of that length")
    return text_of(pattern.sub(new, text))


def regex_findall_index(text: Any, find: str = "", index: int = 0) -> Any:
    return _pattern(find).findall(_short(text))[index]


def search(text: Any, find: str) -> bool:
    return _pattern(find).search(_short(text)) is not None


def match(text: Any, find: str) -> bool:
    return _pattern(find).match(_short(text)) is not None


def _short(text: Any) -> str:
    return text_of(text)[:256]


def _pattern(find: str) -> re.Pattern[str]:
    # Patterns that repeat a repetition can take for ever; two repetitions over 256 characters cannot.
    if len(find) > 100 or len(re.findall(r"[*+{]", find)) > 2 or re.search(r"[*+}]\)*[*+{]|\\\d", find):
        raise SecurityError("a pattern of that kind")
    try:
        return re.compile(find)
    except re.error as error:
        raise ValueError(f"no pattern: {error}") from error


def is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, TemplateError):
        return False


FILTERS = {
    "float": to_float,
    "int": to_int,
    "bool": to_bool,
    "iif": iif,
    "is_defined": is_defined,
    "replace": replace_text,
    "join": join,
    "string": text_of,
    "round": round_number,
    "multiply": multiply,
    "add": add,
    "bitwise_and": bitwise_and,
    "bitwise_or": bitwise_or,
    "from_json": from_json,
    "to_json": to_json,
    "regex_replace": regex_replace,
    "regex_findall_index": regex_findall_index,
    "tojson": to_json,
    "counted__": counted,
    "joined__": joined,
}
TESTS = {"is_number": is_number, "search": search, "match": match}
FUNCTIONS = {
    "float": to_float,
    "int": to_int,
    "bool": to_bool,
    "iif": iif,
    "range": limited_range,
    "is_number": is_number,
    "min": lambda *values: min(*values),
    "max": lambda *values: max(*values),
}

"""Value and command templates of devices: Jinja's sandbox, with a short list of what may be used, and limits.

A template comes from whoever may write to the broker. So it is looked at before it is compiled (only known nodes,
filters, functions and methods), every text that it makes is limited in length, and its loops share one budget.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from jinja2 import StrictUndefined, TemplateError, Undefined, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context

from assistant.home.backends.plain import Refused, parse_json
from assistant.types import JsonValue

SOURCE_CHARS = 4_000
RESULT_CHARS = 16_000
PAYLOAD_BYTES = 256_000
NODES = 400
LOOP_STEPS = 500
COMPILED = 8_192

_FILTERS = frozenset(
    """
    abs bitwise_and bitwise_or bool capitalize count d default first float from_json int is_defined items iif join last
    length list lower max min multiply add regex_replace regex_findall_index replace round string sum title to_json
    tojson trim upper""".split()
)
_TESTS = frozenset(
    """
    defined undefined none number string mapping sequence iterable integer float boolean true false even odd in eq ne
    lt le gt ge equalto divisibleby is_number search match""".split()
)
_FUNCTIONS = frozenset("float int bool iif min max range is_number".split())
_METHODS = frozenset(
    """
    get items keys values split strip lstrip rstrip lower upper title capitalize startswith endswith replace find index
    count""".split()
)
_LOOP = frozenset("first last index index0 length".split())
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.If,
    nodes.For, nodes.Assign, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.BinExpr, nodes.UnaryExpr, nodes.Filter,
    nodes.Test, nodes.Call, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Slice, nodes.Concat, nodes.Keyword,
)  # fmt: skip
_BUDGET = "loop_budget__"


class Missing(Refused):
    """The message does not hold what the template looks for: it is about something else."""


class _Undefined(ValueError):
    """What ``is_defined`` raises."""


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, extensions=())
        own = {name: globals()[f"_f_{name}"] for name in _OWN_FILTERS}
        self.filters = {name: self.filters[name] for name in _FILTERS if name in self.filters} | own
        self.filters["counted__"] = _counted
        self.filters["joined__"] = _joined
        self.tests = {name: self.tests[name] for name in _TESTS if name in self.tests}
        self.tests |= {"is_number": _is_number, "search": _t_search, "match": _t_match}
        self.globals = {
            "float": _f_float, "int": _f_int, "bool": _f_bool, "iif": _f_iif, "range": _range, "is_number": _is_number,
            "min": lambda *values: min(*values), "max": lambda *values: max(*values),
        }  # fmt: skip

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic of numbers, and texts put together; nothing that can grow without end."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" and (not numbers or abs(right) > 16 or abs(left) > 1e6):
            raise SecurityError("a power of that size")
        if not numbers and operator != "+":
            raise SecurityError(f"'{operator}' is for numbers")
        if not numbers and len(left) + len(right) > RESULT_CHARS:
            raise SecurityError("a text of that length")
        return _number(super().call_binop(context, operator, left, right))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A key of a mapping comes before its methods: messages have keys like ``update`` and ``items``."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Only the methods of the list, beside the keys of mappings."""
        known = _LOOP if isinstance(obj, LoopContext) else _METHODS
        return attr in known and super().is_safe_attribute(obj, attr, value)


class Template:
    """One compiled template."""

    def __init__(self, source: str) -> None:
        self._template = _compiled(source)

    def render(self, values: Mapping[str, Any]) -> str:
        """The result as text. Raises Refused where it cannot be made of ``values``, Missing where they lack something."""
        try:
            text: str = self._template.render({**values, _BUDGET: [LOOP_STEPS]})
        except (UndefinedError, _Undefined) as error:
            raise Missing(f"template: {error}") from error
        except (TemplateError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise Refused(f"template: {error}") from error
        except RecursionError:
            raise Refused("template: nested too deeply") from None
        if len(text) > RESULT_CHARS:
            raise Refused("template: its result is too long")
        return text.strip()

    def of_payload(self, payload: str) -> str:
        """The result for a payload: ``value``, and ``value_json`` where it is JSON. Raises Refused."""
        values: dict[str, Any] = {"value": payload}
        if payload[:1] in '{["-0123456789tfn':
            with contextlib.suppress(Refused):
                values["value_json"] = parse_json(payload, PAYLOAD_BYTES)
        return self.render(values)


def compile_template(source: str) -> Template:
    """Raises Refused for a template that is too long, no template, or uses what is not on the list."""
    if len(source) > SOURCE_CHARS:
        raise Refused("template: too long")
    return Template(source)


@lru_cache(maxsize=COMPILED)
def _compiled(source: str) -> Any:
    try:
        tree = _ENVIRONMENT.parse(source)
        _check(tree)
        return _ENVIRONMENT.from_string(_bounded(tree))
    except (TemplateError, RecursionError, OverflowError, MemoryError) as error:
        raise Refused(f"template: {error}") from error


def _check(tree: nodes.Template) -> None:
    """Refuse what is not on the lists. Containers may not hold what the template has put together itself."""
    found = list(_walk(tree))
    if len(found) > NODES:
        raise Refused("template: too long")
    made = {target.name for node in found if isinstance(node, nodes.Assign) for target in node.find_all(nodes.Name)
            if target.ctx == "store"}  # fmt: skip
    for node in found:
        if not isinstance(node, _NODES) or (isinstance(node, nodes.For) and node.recursive):
            raise Refused(f"template: {type(node).__name__} is not used here")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise Refused(f"template: there is no filter {node.name!r} here")
        if isinstance(node, nodes.Test) and node.name not in _TESTS:
            raise Refused(f"template: there is no test {node.name!r} here")
        if isinstance(node, nodes.Call):
            _check_call(node)
        if isinstance(node, nodes.Name) and node.name.endswith("__"):
            raise Refused(f"template: there is no {node.name!r} here")
        if isinstance(node, nodes.List | nodes.Tuple | nodes.Dict) and made & {
            name.name for name in node.find_all(nodes.Name) if name.ctx == "load"
        }:
            raise Refused("template: lists of its own variables are not used here")


def _check_call(node: nodes.Call) -> None:
    called = node.node
    by_name = isinstance(called, nodes.Name) and called.name in _FUNCTIONS
    by_method = isinstance(called, nodes.Getattr) and called.attr in _METHODS
    if not (by_name or by_method) or node.dyn_args or node.dyn_kwargs:
        raise Refused("template: that function is not used here")


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _bounded(tree: nodes.Template) -> nodes.Template:
    """Loops take their steps from the budget; texts are put together with a limit."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, "counted__", [], [], None, None).set_lineno(loop.lineno)
    _replace_concats(tree)
    return tree


def _replace_concats(node: nodes.Node) -> None:
    for field, value in list(node.iter_fields()):
        if isinstance(value, nodes.Concat):
            setattr(node, field, _limited(value))
        elif isinstance(value, list):
            setattr(node, field, [_limited(item) if isinstance(item, nodes.Concat) else item for item in value])
    for child in node.iter_child_nodes():
        _replace_concats(child)


def _limited(concat: nodes.Concat) -> nodes.Filter:
    parts = nodes.List(concat.nodes, lineno=concat.lineno)
    return nodes.Filter(parts, "joined__", [], [], None, None, lineno=concat.lineno)


# --- filters ----------------------------------------------------------------------------------------


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    budget = cast(list[int], context.get(_BUDGET))
    for item in items:
        budget[0] -= 1
        if budget[0] < 0:
            raise SecurityError("a loop of that length")
        yield item


def _text(value: Any) -> str:
    text: str = str(value)
    if len(text) > RESULT_CHARS:
        raise SecurityError("a text of that length")
    return text


def _joined(parts: Iterable[Any]) -> str:
    return _text("".join(_text(part) for part in parts))


def _range(*bounds: int) -> range:
    steps = range(*bounds)
    if len(steps) > LOOP_STEPS:
        raise SecurityError("a range of that length")
    return steps


def _number(value: Any) -> Any:
    if isinstance(value, int | float) and abs(value) > 1e300:
        raise SecurityError("a number of that size")
    return value


_NONE: Any = object()


def _f_float(value: Any, default: Any = _NONE) -> Any:
    try:
        found = float(value)
        if math.isfinite(found):
            return found
    except (TypeError, ValueError, TemplateError):
        pass
    if default is _NONE:
        raise ValueError(f"{_text(value)[:40]!r} is no number")
    return default


def _f_int(value: Any, default: Any = _NONE, base: int = 10) -> Any:
    try:
        return int(value, base) if isinstance(value, str) and base != 10 else int(float(value))
    except (TypeError, ValueError, OverflowError, TemplateError):
        if default is _NONE:
            raise ValueError("no whole number") from None
        return default


def _f_bool(value: Any, default: Any = _NONE) -> Any:
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


def _f_iif(value: Any, if_true: Any = True, if_false: Any = False, if_none: Any = _NONE) -> Any:
    if value is None and if_none is not _NONE:
        return if_none
    return if_true if value else if_false


def _f_is_defined(value: Any) -> Any:
    if isinstance(value, Undefined):
        raise _Undefined("what it looks for is not in this message")
    return value


def _f_replace(text: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old, new = _text(text), _text(old), _text(new)
    found = text.count(old) if count < 0 else min(count, text.count(old))
    if len(text) + found * len(new) > RESULT_CHARS:
        raise SecurityError("a text of that length")
    return str(text.replace(old, new, count))


def _f_join(parts: Iterable[Any], between: Any = "") -> str:
    taken = [_text(part) for part in parts]
    if sum(map(len, taken)) + len(taken) * len(_text(between)) > RESULT_CHARS:
        raise SecurityError("a text of that length")
    return str(_text(between).join(taken))


def _f_string(value: Any) -> str:
    return _text(value)


def _f_round(value: Any, precision: int = 0, method: str = "common", default: Any = _NONE) -> Any:
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


def _f_multiply(value: Any, by: Any) -> float:
    return float(_number(_f_float(value) * _f_float(by)))


def _f_add(value: Any, more: Any) -> float:
    return float(_number(_f_float(value) + _f_float(more)))


def _f_bitwise_and(value: Any, other: Any) -> int:
    return int(value) & int(other)


def _f_bitwise_or(value: Any, other: Any) -> int:
    return int(value) | int(other)


def _f_from_json(value: Any) -> JsonValue:
    return parse_json(_text(value), RESULT_CHARS)


def _f_to_json(value: Any) -> str:
    return _text(json.dumps(value, ensure_ascii=False))


_f_tojson = _f_to_json


def _f_regex_replace(text: Any, find: str = "", replace: str = "") -> str:
    return _replace_each(_pattern(find), _short(text), replace)


def _replace_each(pattern: re.Pattern[str], text: str, new: str) -> str:
    if len(text) * (len(new) + 1) > 16 * RESULT_CHARS:
        raise SecurityError("a text of that length")
    return _text(pattern.sub(new, text))


def _f_regex_findall_index(text: Any, find: str = "", index: int = 0) -> Any:
    return _pattern(find).findall(_short(text))[index]


def _t_search(text: Any, find: str) -> bool:
    return _pattern(find).search(_short(text)) is not None


def _t_match(text: Any, find: str) -> bool:
    return _pattern(find).match(_short(text)) is not None


def _short(text: Any) -> str:
    return _text(text)[:256]


def _pattern(find: str) -> re.Pattern[str]:
    # Patterns that repeat a repetition can take for ever; two repetitions over 256 characters cannot.
    if len(find) > 100 or len(re.findall(r"[*+{]", find)) > 2 or re.search(r"[*+}]\)*[*+{]|\\\d", find):
        raise SecurityError("a pattern of that kind")
    try:
        return re.compile(find)
    except re.error as error:
        raise ValueError(f"no pattern: {error}") from error


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, TemplateError):
        return False


_OWN_FILTERS = tuple(name.removeprefix("_f_") for name in dict(globals()) if name.startswith("_f_"))
_ENVIRONMENT = _Sandbox()

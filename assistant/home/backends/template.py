"""Value and command templates of devices: Jinja's sandbox, with a short list of what may be used, and limits.

A template comes from whoever may write to the broker. So it is looked at before it is compiled (only known nodes,
filters, functions and methods), every text that it makes is limited in length, and its loops share one budget.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.exceptions import SecurityError, UndefinedError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assistant.home.backends.plain import Refused, parse_json
from assistant.home.backends.template_filters import (
    BUDGET,
    FILTERS,
    FUNCTIONS,
    LOOP_STEPS,
    RESULT_CHARS,
    TESTS,
    NotDefined,
    limited_number,
)

SOURCE_CHARS = 4_000
PAYLOAD_BYTES = 256_000
NODES = 400
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
_FUNCTIONS = frozenset(FUNCTIONS)
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


class Missing(Refused):
    """The message does not hold what the template looks for: it is about something else."""


class _Sandbox(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, extensions=())
        self.filters = {name: self.filters[name] for name in _FILTERS if name in self.filters} | FILTERS
        self.tests = {name: self.tests[name] for name in _TESTS if name in self.tests} | TESTS
        self.globals = dict(FUNCTIONS)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic of numbers, and texts put together; nothing that can grow without end."""
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" and (not numbers or abs(right) > 16 or abs(left) > 1e6):
            raise SecurityError("a power of that size")
        if not numbers and operator != "+":
            raise SecurityError(f"'{operator}' is for numbers")
        if not numbers and len(left) + len(right) > RESULT_CHARS:
            raise SecurityError("a text of that length")
        return limited_number(super().call_binop(context, operator, left, right))

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
            text: str = self._template.render({**values, BUDGET: [LOOP_STEPS]})
        except (UndefinedError, NotDefined) as error:
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


_ENVIRONMENT = _Sandbox()

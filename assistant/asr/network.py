"""All sentences that templates can make, as graphs: compiled once, then sampled from and matched against.

hassil's expressions become transitions over pieces of text. Lists (names, areas, values, numbers) and expansion rules
are graphs of their own that many places call, so that a thousand names cost their own length once. A word is what
stands between two spaces, wherever its pieces come from (``light[s]``); a call begins and ends a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hassil.expression import Expression
    from hassil.intents import IntentData, Intents, SlotList, TextSlotList

SPACE = " "
MAX_DEPTH = 24
_PIECES = re.compile(r"\s+|[^\s]+")
_UNSPOKEN = ',.;:!?"“”()'


@dataclass(slots=True)
class Graph:
    """Transitions between numbered nodes, from ``START`` to ``END``.

    ``empty[n]``: nodes reached without text. ``pieces[n]``: (text or SPACE, node). ``calls[n]``: (key, node).
    Numbers stand in digits.
    """

    empty: list[list[int]] = field(default_factory=lambda: [[], []])
    pieces: list[list[tuple[str, int]]] = field(default_factory=lambda: [[], []])
    calls: list[list[tuple[str, int]]] = field(default_factory=lambda: [[], []])

    def add(self) -> int:
        """A new node."""
        self.empty.append([])
        self.pieces.append([])
        self.calls.append([])
        return len(self.empty) - 1

    def text(self, text: str, start: int, end: int) -> None:
        """Add literal text between two nodes."""
        pieces = [piece if piece.isspace() else piece.strip(_UNSPOKEN) for piece in _PIECES.findall(text)]
        pieces = [piece for piece in pieces if piece]
        if not pieces:
            self.empty[start].append(end)
        for index, piece in enumerate(pieces):
            following = end if index == len(pieces) - 1 else self.add()
            self.pieces[start].append((SPACE if piece.isspace() else piece, following))
            start = following


START, END = 0, 1


@dataclass(slots=True)
class Network:
    """``templates``: (intent, key of its graph). ``graphs``: templates, lists and rules, by key.

    ``wild``: keys of the graphs that stand for any words, and hold but what is often said there.
    """

    templates: list[tuple[str, str]] = field(default_factory=list)
    graphs: dict[str, Graph] = field(default_factory=dict)
    wild: set[str] = field(default_factory=set)


def compile_network(
    intents: Intents,
    slot_lists: Mapping[str, SlotList],
    fillers: Mapping[str, Sequence[str]],
) -> Network:
    """The network of every template that can be spoken.

    ``fillers``: what people typically say where a template takes any words, by list name; a template with a wildcard
    that has no fillers is left out, and so is one with an empty list (no device of that kind).
    """
    compiler = _Compiler(intents, {**intents.slot_lists, **slot_lists}, fillers)
    for name, intent in intents.intents.items():
        for number, data in enumerate(intent.data):
            for index, sentence in enumerate(data.sentences):
                key = f"template {name} {number} {index}"
                if compiler.graph(key, [sentence.expression], data, 0) is not None:
                    compiler.network.templates.append((name, key))
    return compiler.network


class _Compiler:
    def __init__(
        self,
        intents: Intents,
        lists: dict[str, SlotList],
        fillers: Mapping[str, Sequence[str]],
    ) -> None:
        self._intents = intents
        self._lists = lists
        self._fillers = fillers
        self._impossible: set[str] = set()
        self._sorted: dict[tuple[int, tuple[str, ...]], _Sorted] = {}
        self.network = Network()

    def graph(self, key: str, choices: Iterable[str | Expression], data: IntentData, depth: int) -> Graph | None:
        """The graph of ``key``, made of alternatives where it is new; ``None`` where none of them can be said."""
        graph = self.network.graphs.get(key)
        if graph is not None or key in self._impossible or depth > MAX_DEPTH:
            return graph
        graph = Graph()
        for choice in choices:
            if isinstance(choice, str):
                graph.text(choice, START, END)
                continue
            entry = graph.add()
            if self._build(graph, choice, entry, END, data, depth):
                graph.empty[START].append(entry)
        if not graph.empty[START] and not graph.pieces[START]:
            self._impossible.add(key)
            return None
        self.network.graphs[key] = graph
        return graph

    def _build(self, graph: Graph, expression: Expression, start: int, end: int, data: IntentData, depth: int) -> bool:
        """Add the expression between two nodes; False where it can make no sentence."""
        from hassil import expression as ex

        match expression:
            case ex.TextChunk():
                graph.text(expression.original_text, start, end)
                return True
            case ex.Alternative():
                return self._alternative(graph, expression.items, start, end, data, depth)
            case ex.Permutation():
                return self._permutation(graph, expression.items, start, end, data, depth)
            case ex.Group():
                return self._sequence(graph, expression.items, start, end, data, depth)
            case ex.ListReference():
                return self._call(graph, self._list(expression, data, depth), start, end)
            case ex.RuleReference():
                return self._call(graph, self._rule(expression.rule_name, data, depth), start, end)
        return False

    def _sequence(self, graph: Graph, items: list[Any], start: int, end: int, data: IntentData, depth: int) -> bool:
        from hassil.expression import RuleReference

        node = start
        for index, item in enumerate(items):
            following = graph.add()
            rule = self._rule_body(item.rule_name, data) if isinstance(item, RuleReference) else None
            if rule is not None and _touches_text(items, index):
                built = depth <= MAX_DEPTH and self._build(graph, rule, node, following, data, depth + 1)
            else:
                built = self._build(graph, item, node, following, data, depth)
            if not built:
                return False
            node = following
        graph.empty[node].append(end)
        return True

    def _alternative(self, graph: Graph, items: list[Any], start: int, end: int, data: IntentData, depth: int) -> bool:
        possible = False
        for item in items:
            entry, exit_ = graph.add(), graph.add()
            if self._build(graph, item, entry, exit_, data, depth):
                graph.empty[start].append(entry)
                graph.empty[exit_].append(end)
                possible = True
        return possible

    def _permutation(self, graph: Graph, items: list[Any], start: int, end: int, data: IntentData, depth: int) -> bool:
        if not items:
            graph.empty[start].append(end)
            return True
        possible = False
        for index, item in enumerate(items):
            entry, middle, rest = graph.add(), graph.add(), graph.add()
            if not self._build(graph, item, entry, middle, data, depth):
                continue
            graph.pieces[middle].append((SPACE, rest))
            if self._permutation(graph, items[:index] + items[index + 1 :], rest, end, data, depth):
                graph.pieces[start].append((SPACE, entry))
                possible = True
        return possible

    def _call(self, graph: Graph, key: str | None, start: int, end: int) -> bool:
        if key is None:
            return False
        graph.calls[start].append((key, end))
        return True

    def _rule_body(self, name: str, data: IntentData) -> Expression | None:
        rule = data.expansion_rules.get(name) or self._intents.expansion_rules.get(name)
        return None if rule is None else rule.expression

    def _rule(self, name: str, data: IntentData, depth: int) -> str | None:
        body = self._rule_body(name, data)
        if body is None:
            return None
        local = id(data) if name in data.expansion_rules or data.expansion_rules else ""
        key = f"rule {name} {_condition(data)} {local}"
        return key if self.graph(key, [body], data, depth + 1) is not None else None

    def _list(self, reference: Any, data: IntentData, depth: int) -> str | None:
        from hassil.intents import RangeSlotList, TextSlotList

        name = reference.list_name
        slot_list = data.slot_lists.get(name) or self._lists.get(name)
        if reference.is_inline_range:
            low, high, step = reference.get_inline_range()
            slot_list = RangeSlotList(name=name, start=low, stop=high, step=step or 1)
        key = f"list {name} {_condition(data)} {id(data) if name in data.slot_lists else ''}"
        values: Iterable[str | Expression]
        if key in self.network.graphs:
            return key
        if isinstance(slot_list, TextSlotList):
            values = self._fitting(slot_list, data)
        elif isinstance(slot_list, RangeSlotList):
            key = f"range {slot_list.start} {slot_list.stop} {slot_list.step} {slot_list.fraction_type}"
            if key in self.network.graphs:
                return key
            values = [str(number) for number in slot_list.get_numbers() for _ in range(_how_common(number))]
        else:
            values = self._fillers.get(name, ())
            self.network.wild.add(key)
        return key if self.graph(key, values, data, depth + 1) is not None else None

    def _fitting(self, slot_list: TextSlotList, data: IntentData) -> list[str | Expression]:
        """The values that may stand in these sentences. A thousand names have few contexts: each is looked at once."""
        keys = tuple(sorted({*data.requires_context, *data.excludes_context}))
        known = self._sorted.get((id(slot_list), keys))
        if known is None:
            known = self._sorted[id(slot_list), keys] = _sorted_by_context(slot_list, keys)
        fitting = [_fits(context, data) for context in known.contexts]
        return [text for text, context in known.values if fitting[context]]


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A list's values, each with the place of its context among the ``contexts``."""

    contexts: list[Mapping[str, Any]]
    values: list[tuple[str | Expression, int]]


def _sorted_by_context(slot_list: TextSlotList, keys: Sequence[str]) -> _Sorted:
    places: dict[str, int] = {}
    contexts: list[Mapping[str, Any]] = []
    values: list[tuple[str | Expression, int]] = []
    for value in slot_list.values:
        context = {key: value.context[key] for key in keys if key in value.context} if value.context else {}
        place = places.setdefault(repr(context), len(contexts))
        if place == len(contexts):
            contexts.append(context)
        values.append((value.text_in, place))
    return _Sorted(contexts, values)


def _how_common(number: float) -> int:
    """How much more often than any other number people say this one."""
    return 6 if number % 10 == 0 else 3 if number % 5 == 0 else 1


def _touches_text(items: Sequence[Any], index: int) -> bool:
    """Whether a rule's words are joined to letters beside them, as in ``<clean>ing``."""
    before = getattr(items[index - 1], "original_text", " ") if index else " "
    after = getattr(items[index + 1], "original_text", " ") if index + 1 < len(items) else " "
    return before[-1:].isalnum() or after[:1].isalnum()


def _condition(data: IntentData) -> str:
    """What decides which values of a list may stand in these sentences, as text."""
    needed = {key: value for key, value in data.requires_context.items() if not _is_slot(value)}
    return repr(sorted(needed.items())) + repr(sorted(data.excludes_context.items()))


def _is_slot(value: Any) -> bool:
    return isinstance(value, Mapping) and "slot" in value and "value" not in value


def _fits(context: Mapping[str, Any], data: IntentData) -> bool:
    """Whether a list's value may stand in these sentences: ``open {name}`` takes covers, not lamps."""
    for key, required in data.requires_context.items():
        if not _is_slot(required) and key in context and not _is_one_of(context[key], required):
            return False
    return not any(key in context and _is_one_of(context[key], out) for key, out in data.excludes_context.items())


def _is_one_of(value: Any, allowed: Any) -> bool:
    if isinstance(allowed, Mapping):
        allowed = allowed.get("value")
    choices = allowed if isinstance(allowed, (list, tuple, set)) else [allowed]
    values = value if isinstance(value, (list, tuple, set)) else [value]
    return allowed is None or any(one in choices for one in values)

"""All sentences that templates can make, as graphs: compiled once, then sampled from and matched against.

hassil's expressions become transitions over pieces of text. Lists (names, areas, values, numbers) and expansion rules
are graphs of their own that many places call, so that a thousand names cost their own length once: a list's plain texts
are sorted by the contexts in which they may stand, and each place calls those that fit. A word is what stands between
two spaces, wherever its pieces come from (``light[s]``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant.asr.graph import END, PIECE, SPACE, START, Graph, Network, Numbers, plain_words

if TYPE_CHECKING:
    from hassil.expression import Expression
    from hassil.intents import IntentData, Intents, RangeSlotList, SlotList, TextSlotList

MAX_DEPTH = 24


STANDARD_INTENTS = ("Hass", "Assist")
"""How the names of the intents begin that are not the user's own."""


@dataclass(frozen=True, slots=True)
class Sentences:
    """More templates beside the house's, with lists of their own. ``open``: lists in which any words may be said."""

    intents: Intents
    open: frozenset[str] = frozenset()


def compile_network(
    intents: Intents,
    slot_lists: Mapping[str, SlotList],
    fillers: Mapping[str, Sequence[str]],
    also: Sequence[Sentences] = (),
) -> Network:
    """The network of every template that can be spoken.

    ``fillers``: what people typically say where a template takes any words, by list name; a template with a wildcard
    that has no fillers is left out, and so is one with an empty list (no device of that kind).
    """
    network = Network()
    house = _Compiler(network, Sentences(intents), {**intents.slot_lists, **slot_lists}, fillers)
    names = house.templates("")
    network.own += [key for name, key in names if not name.startswith(STANDARD_INTENTS)]
    for number, more in enumerate(also):
        _Compiler(network, more, more.intents.slot_lists, fillers).templates(f"also {number}")
    return network


class _Compiler:
    def __init__(
        self,
        network: Network,
        sentences: Sentences,
        lists: Mapping[str, SlotList],
        fillers: Mapping[str, Sequence[str]],
    ) -> None:
        self._intents = sentences.intents
        self._open = sentences.open
        self._lists = lists
        self._fillers = fillers
        self._source = ""
        self._impossible: set[str] = set()
        self._sorted: dict[int, _Sorted] = {}
        blocks = [data for intent in self._intents.intents.values() for data in intent.data]
        self._decisive = sorted({key for data in blocks for key in _needed(data).keys() | data.excludes_context.keys()})
        self.network = network

    def templates(self, source: str) -> list[tuple[str, str]]:
        """Add all templates to the network, with ``source`` in their keys; those that were: (intent, key)."""
        self._source = source
        added = []
        for name, intent in self._intents.intents.items():
            for number, data in enumerate(intent.data):
                for index, sentence in enumerate(data.sentences):
                    key = f"template {name} {number} {index} {source}"
                    if self.graph(key, [sentence.expression], data, 0) is not None:
                        added.append((name, key))
        self.network.templates += [key for _name, key in added]
        return added

    def graph(self, key: str, choices: Iterable[Expression], data: IntentData, depth: int) -> Graph | None:
        """The graph of ``key``, made of alternatives where it is new; ``None`` where none of them can be said."""
        graph = self.network.graphs.get(key)
        if graph is not None or key in self._impossible or depth > MAX_DEPTH:
            return graph
        graph = Graph()
        for choice in choices:
            self._choice(graph, choice, data, depth)
        return self._kept(key, graph)

    def _choice(self, graph: Graph, choice: Expression, data: IntentData, depth: int) -> None:
        """Add one more way through a whole graph."""
        entry = graph.add()
        if self._build(graph, choice, entry, END, data, depth):
            graph.empty(START, entry)

    def _kept(self, key: str, graph: Graph) -> Graph | None:
        if not graph.edges[START]:
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
        graph.empty(node, end)
        return True

    def _alternative(self, graph: Graph, items: list[Any], start: int, end: int, data: IntentData, depth: int) -> bool:
        possible = False
        for item in items:
            entry, exit_ = graph.add(), graph.add()
            if self._build(graph, item, entry, exit_, data, depth):
                graph.empty(start, entry)
                graph.empty(exit_, end)
                possible = True
        return possible

    def _permutation(self, graph: Graph, items: list[Any], start: int, end: int, data: IntentData, depth: int) -> bool:
        if not items:
            graph.empty(start, end)
            return True
        possible = False
        for index, item in enumerate(items):
            entry, middle, rest = graph.add(), graph.add(), graph.add()
            if not self._build(graph, item, entry, middle, data, depth):
                continue
            graph.edges[middle].append((PIECE, SPACE, rest))
            if self._permutation(graph, items[:index] + items[index + 1 :], rest, end, data, depth):
                graph.edges[start].append((PIECE, SPACE, entry))
                possible = True
        return possible

    def _call(self, graph: Graph, key: str | None, start: int, end: int) -> bool:
        if key is None:
            return False
        graph.call(key, start, end)
        return True

    def _rule_body(self, name: str, data: IntentData) -> Expression | None:
        rule = data.expansion_rules.get(name) or self._intents.expansion_rules.get(name)
        return None if rule is None else rule.expression

    def _rule(self, name: str, data: IntentData, depth: int) -> str | None:
        body = self._rule_body(name, data)
        if body is None:
            return None
        local = id(data) if name in data.expansion_rules or data.expansion_rules else ""
        key = f"rule {name} {_condition(data)} {local} {self._source}"
        return key if self.graph(key, [body], data, depth + 1) is not None else None

    def _list(self, reference: Any, data: IntentData, depth: int) -> str | None:
        from hassil.intents import RangeSlotList, TextSlotList

        name = reference.list_name
        slot_list = data.slot_lists.get(name) or self._lists.get(name)
        if reference.is_inline_range:
            low, high, step = reference.get_inline_range()
            slot_list = RangeSlotList(name=name, start=low, stop=high, step=step or 1)
        if isinstance(slot_list, RangeSlotList):
            return self._range(slot_list)
        key = f"list {name} {_condition(data)} {id(data) if name in data.slot_lists else ''} {self._source}"
        if key in self.network.graphs:
            return key
        if name in self._open or not isinstance(slot_list, TextSlotList):
            self.network.wild.add(key)
        graph = Graph()
        if isinstance(slot_list, TextSlotList):
            self._texts(graph, slot_list, data, depth + 1)
        else:
            for text in self._fillers.get(name, ()):
                graph.text(text, START, END)
        return key if self._kept(key, graph) is not None else None

    def _range(self, slot_list: RangeSlotList) -> str:
        """The key of a range; equal ones are one."""
        fraction = slot_list.fraction_type
        parts = 1 if fraction is None else {"halves": 2, "tenths": 10}.get(fraction.value, 1)
        key = f"range {slot_list.start} {slot_list.stop} {slot_list.step} {parts}"
        self.network.numbers[key] = Numbers(slot_list.start, slot_list.stop, slot_list.step, parts)
        return key

    def _texts(self, graph: Graph, slot_list: TextSlotList, data: IntentData, depth: int) -> None:
        """Add the list's values that may stand in these sentences: calls to the plain ones that share a context."""
        known = self._sorted.get(id(slot_list))
        if known is None:
            known = self._sorted[id(slot_list)] = _sorted_by_context(slot_list, self._decisive)
        for place, context in enumerate(known.contexts):
            if not _fits(context, data):
                continue
            if known.plain[place]:
                called = f"phrases {id(slot_list)} {place}"
                self.network.phrases[called] = known.plain[place]
                graph.call(called, START, END)
            for expression in known.others[place]:
                self._choice(graph, expression, data, depth)


@dataclass(frozen=True, slots=True)
class _Sorted:
    """A list's values by their contexts: for each context the plain texts, and the values that have choices."""

    contexts: list[Mapping[str, Any]]
    plain: list[tuple[str, ...]]
    others: list[list[Expression]]


def _sorted_by_context(slot_list: TextSlotList, keys: Sequence[str]) -> _Sorted:
    """A thousand names have few contexts: each is looked at once."""
    from hassil.expression import TextChunk

    places: dict[str, int] = {}
    contexts: list[Mapping[str, Any]] = []
    plain: list[dict[str, None]] = []
    others: list[list[Expression]] = []
    for value in slot_list.values:
        context = {key: value.context[key] for key in keys if key in value.context} if value.context else {}
        place = places.setdefault(repr(context), len(contexts))
        if place == len(contexts):
            contexts.append(context)
            plain.append({})
            others.append([])
        if isinstance(value.text_in, TextChunk):
            plain[place][" ".join(plain_words(value.text_in.original_text))] = None
        else:
            others[place].append(value.text_in)
    return _Sorted(contexts, [tuple(filter(None, texts)) for texts in plain], others)


def _touches_text(items: Sequence[Any], index: int) -> bool:
    """Whether a rule's words are joined to letters beside them, as in ``<clean>ing``."""
    before = getattr(items[index - 1], "original_text", " ") if index else " "
    after = getattr(items[index + 1], "original_text", " ") if index + 1 < len(items) else " "
    return before[-1:].isalnum() or after[:1].isalnum()


def _condition(data: IntentData) -> str:
    """What decides which values of a list may stand in these sentences, as text."""
    return repr(sorted(_needed(data).items())) + repr(sorted(data.excludes_context.items()))


def _needed(data: IntentData) -> dict[str, Any]:
    """What the context of a list's value must have to stand in these sentences."""
    return {key: value for key, value in data.requires_context.items() if not _is_slot(value)}


def _is_slot(value: Any) -> bool:
    return isinstance(value, Mapping) and "slot" in value and "value" not in value


def _fits(context: Mapping[str, Any], data: IntentData) -> bool:
    """Whether a list's value may stand in these sentences: ``open {name}`` takes covers, not lamps."""
    if any(key in context and not _is_one_of(context[key], required) for key, required in _needed(data).items()):
        return False
    return not any(key in context and _is_one_of(context[key], out) for key, out in data.excludes_context.items())


def _is_one_of(value: Any, allowed: Any) -> bool:
    if isinstance(allowed, Mapping):
        allowed = allowed.get("value")
    choices = allowed if isinstance(allowed, (list, tuple, set)) else [allowed]
    values = value if isinstance(value, (list, tuple, set)) else [value]
    return allowed is None or any(one in choices for one in values)

"""The skills' sentences: hassil templates of a language, compiled to matchers over words.

``{list}`` takes what the list's reader finds (numbers, spans, times, units …), one of the list's values, or, for a list
that is a wildcard without a reader, any words. The same files feed the ear: see ``skill_intents``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from assistant.skills.text import Spelling, Words

if TYPE_CHECKING:
    from hassil.intents import Intents

MAX_WORDS = 60

Found = tuple[int, object]
"""Where a reading ends, and its value."""
Reader = Callable[[Words, int], Sequence[Found]]
Slots = tuple[tuple[str, object], ...]
State = tuple[int, Slots, int, int]
"""Position, slots so far, words left to wildcards, literal words."""
Match = Callable[[Words, State], Iterator[State]]


@dataclass(frozen=True, slots=True)
class Node:
    """One compiled expression. ``first``: words that it can begin with; ``None``: any. ``needs``: words it always has."""

    match: Match
    first: frozenset[str] | None
    needs: frozenset[str]
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence of an intent; ``slots`` are fixed by its block."""

    intent: str
    node: Node
    slots: Slots


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sentence means: the skill's intent and its slots."""

    intent: str
    slots: Mapping[str, object]

    def text(self, key: str) -> str | None:
        """A slot as text, where it was said."""
        value = self.slots.get(key)
        return str(value) if value is not None else None


class TemplateSet:
    """All templates of a language."""

    def __init__(self, templates: Sequence[Template]) -> None:
        self._by_first: dict[str, list[Template]] = {}
        self._anywhere: list[Template] = []
        self._order = {id(template): -index for index, template in enumerate(templates)}
        for template in templates:
            if template.node.first is None:
                self._anywhere.append(template)
            else:
                for word in template.node.first:
                    self._by_first.setdefault(word, []).append(template)

    def read(self, words: Words, leave_out: frozenset[str] = frozenset()) -> Reading | None:
        """The best reading of the whole sentence: fewest words left to wildcards, then most literal ones.

        Intents of ``leave_out`` are no readings.
        """
        if not words.tokens or len(words.tokens) > MAX_WORDS:
            return None
        present = frozenset(words.tokens)
        best: tuple[tuple[int, int, int], Template, Slots] | None = None
        for template in [*self._by_first.get(words.tokens[0], ()), *self._anywhere]:
            if template.intent in leave_out or not template.node.needs <= present:
                continue
            for end, slots, wild, literal in template.node.match(words, (0, template.slots, 0, 0)):
                if end != len(words.tokens):
                    continue
                key = (-wild, literal, self._order[id(template)])
                if best is None or key > best[0]:
                    best = (key, template, slots)
        return Reading(best[1].intent, dict(best[2])) if best is not None else None


class Compiler:
    """Makes matchers of hassil's expressions."""

    def __init__(self, intents: Intents, readers: Mapping[str, Reader], spelling: Spelling) -> None:
        self._intents = intents
        self._readers = readers
        self._spelling = spelling
        self._rules: dict[str, Node] = {}
        self._lists: dict[str, Node] = {}

    def templates(self) -> TemplateSet:
        """All sentences of all intents."""
        return TemplateSet(
            [
                Template(intent.name, self._node(sentence.expression), tuple(block.slots.items()))
                for intent in self._intents.intents.values()
                for block in intent.data
                for sentence in block.sentences
            ]
        )

    def _node(self, expression: Any) -> Node:
        from hassil.expression import Alternative, ListReference, Permutation, RuleReference, Sequence, TextChunk

        if isinstance(expression, TextChunk):
            return _literal(self._spelling.words(expression.original_text).tokens)
        if isinstance(expression, ListReference):
            return _named(self._list(expression.list_name), expression.slot_name)
        if isinstance(expression, RuleReference):
            name = expression.rule_name
            if name not in self._rules:
                self._rules[name] = self._node(self._intents.expansion_rules[name].expression)
            return self._rules[name]
        if isinstance(expression, Alternative | Permutation):
            return _any_of([self._node(item) for item in expression.items])
        assert isinstance(expression, Sequence)
        return _row([self._node(item) for item in expression.items])

    def _list(self, name: str) -> Node:
        """A list's node yields its value under the empty name, which the reference replaces by the slot's."""
        from hassil.intents import TextSlotList, WildcardSlotList

        if name in self._lists:
            return self._lists[name]
        values = self._intents.slot_lists.get(name)
        if name in self._readers:
            node = _read(self._readers[name])
        elif isinstance(values, WildcardSlotList):
            node = _wild()
        elif isinstance(values, TextSlotList):
            node = _any_of([_valued(self._value(value.text_in), value.value_out) for value in values.values])
        else:
            raise KeyError(f"the list {{{name}}} has neither values nor a reader")
        self._lists[name] = node
        return node

    def _value(self, text: Any) -> Node:
        return self._node(text.expression if hasattr(text, "expression") else text)


def _literal(tokens: tuple[str, ...]) -> Node:
    size = len(tokens)

    def match(words: Words, state: State) -> Iterator[State]:
        at, slots, wild, literal = state
        if words.tokens[at : at + size] == tokens:
            yield at + size, slots, wild, literal + size

    return Node(match, frozenset(tokens[:1]), frozenset(tokens), may_be_empty=not tokens)


def _row(nodes: Sequence[Node]) -> Node:
    nodes = [node for node in nodes if not (node.may_be_empty and node.first == frozenset() and not node.needs)]

    def match(words: Words, state: State, index: int = 0) -> Iterator[State]:
        if index == len(nodes):
            yield state
            return
        for following in nodes[index].match(words, state):
            yield from match(words, following, index + 1)

    first: frozenset[str] | None = frozenset()
    for node in nodes:
        first = None if first is None or node.first is None else first | node.first
        if not node.may_be_empty:
            break
    needs = frozenset().union(*(node.needs for node in nodes))
    return Node(match, first, needs, all(node.may_be_empty for node in nodes))


def _any_of(nodes: Sequence[Node]) -> Node:
    by_word: dict[str, list[Node]] = {}
    others = [node for node in nodes if node.first is None or node.may_be_empty]
    for node in nodes:
        if node.first is not None and not node.may_be_empty:
            for word in node.first:
                by_word.setdefault(word, []).append(node)

    def match(words: Words, state: State) -> Iterator[State]:
        word = words.tokens[state[0]] if state[0] < len(words.tokens) else ""
        for node in by_word.get(word, ()):
            yield from node.match(words, state)
        for node in others:
            yield from node.match(words, state)

    firsts = [node.first for node in nodes]
    first = None if any(f is None for f in firsts) else frozenset().union(*(f for f in firsts if f is not None))
    needs = frozenset.intersection(*(node.needs for node in nodes)) if nodes else frozenset()
    return Node(match, first, needs, any(node.may_be_empty for node in nodes))


def _read(reader: Reader) -> Node:
    def match(words: Words, state: State) -> Iterator[State]:
        at, slots, wild, literal = state
        if at < len(words.tokens):
            for end, value in reader(words, at):
                yield end, (*slots, ("", value)), wild, literal

    return Node(match, None, frozenset())


def _wild() -> Node:
    def match(words: Words, state: State) -> Iterator[State]:
        at, slots, wild, literal = state
        for end in range(at + 1, len(words.tokens) + 1):
            yield end, (*slots, ("", words.said(at, end))), wild + end - at, literal

    return Node(match, None, frozenset())


def _valued(node: Node, value: object) -> Node:
    def match(words: Words, state: State) -> Iterator[State]:
        for end, slots, wild, literal in node.match(words, state):
            yield end, (*slots, ("", value)), wild, literal

    return Node(match, node.first, node.needs, node.may_be_empty)


def _named(node: Node, slot: str) -> Node:
    def match(words: Words, state: State) -> Iterator[State]:
        for end, slots, wild, literal in node.match(words, state):
            yield end, (*slots[:-1], (slot, slots[-1][1])), wild, literal

    return Node(match, node.first, node.needs, node.may_be_empty)


@cache
def skill_data(language: str) -> dict[str, Any]:
    """The language's sentence files merged, in the form of Home Assistant's ``custom_sentences``."""
    from yaml import CSafeLoader, load

    merged: dict[str, Any] = {"language": language, "intents": {}, "lists": {}, "expansion_rules": {}}
    folder = resources.files("assistant") / "data" / "skills" / language
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else ():
        if file.name.endswith(".yaml"):
            document = load(file.read_text(encoding="utf-8"), CSafeLoader)
            for section in ("intents", "lists", "expansion_rules"):
                merged[section] |= document.get(section) or {}
    return merged


def skill_intents(language: str) -> Intents:
    """The skills' sentences as hassil's intents, for the ear's expectation; lists of any words stay wildcards."""
    from hassil.intents import Intents

    return Intents.from_dict(skill_data(language))


def load_templates(language: str, readers: Mapping[str, Reader], spelling: Spelling) -> TemplateSet:
    """All of a language's sentences, compiled. A language without files has none."""
    return Compiler(skill_intents(language), readers, spelling).templates()

"""All templates as one network of words, walked with a sentence in time that does not grow with their number.

hassil parses the templates; its own matcher tries them one after the other, which with a thousand templates and two
hundred names takes tens of milliseconds. Here every template becomes a path through one graph whose steps are words
and lists. Sets of places in the graph are made into states when they are first reached, and kept: from then on a word
is one look-up, however many templates share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product
from typing import TYPE_CHECKING

from assistant.han import is_han
from assistant.nlu.words import Words, words_of

if TYPE_CHECKING:
    from hassil.expression import Expression, Sentence

MAX_CLUSTER = 64
MAX_READINGS = 256
MAX_STEPS = 20_000
MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class ListStep:
    """A step over a value of list ``key``, which fills ``slot``. ``wildcard``: any words."""

    key: str
    slot: str
    wildcard: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A value of a list in a sentence: tokens up to ``end``, and what it means."""

    end: int
    value: object
    context: Mapping[str, object] = field(default_factory=dict)
    penalty: int = 0


@dataclass(frozen=True, slots=True)
class Entity:
    """A filled slot: tokens ``start`` to ``end``."""

    step: ListStep
    start: int
    found: Found


@dataclass(frozen=True, slots=True)
class Path:
    """One way of reading a whole sentence: the template's number, its entities, and how many words were literal."""

    template: int
    entities: tuple[Entity, ...]
    literals: int


Values = Callable[[str, int], Sequence[Found]]
"""(list's key, index of a token) -> the values that begin there."""


class State:
    """A set of places in the graph; what follows each word is found out once."""

    __slots__ = ("accepts", "lists", "nodes", "words")

    def __init__(self, nodes: frozenset[int], accepts: tuple[int, ...]) -> None:
        self.nodes = nodes
        self.accepts = accepts
        self.words: dict[str, State | None] = {}
        self.lists: list[tuple[ListStep, State]] | None = None


class Network:
    """Templates are added, then sentences are read. Adding after reading starts the states anew."""

    def __init__(self, is_wildcard: Callable[[str], bool]) -> None:
        self._is_wildcard = is_wildcard
        # By place, and only where there is something: there are 64,000 places, and most have one step of one kind.
        self._places = 1
        self._empty: dict[int, tuple[int, ...]] = {}
        self._words: dict[int, list[tuple[str, int]]] = {}
        self._lists: dict[int, list[tuple[ListStep, int]]] = {}
        self._accepts: dict[int, list[int]] = {}
        self._states: dict[frozenset[int], State] = {}
        self._first: State | None = None

    # --- building -------------------------------------------------------------------------------------

    def add(
        self,
        expression: Expression,
        number: int,
        rules: Mapping[str, Sentence],
        local_lists: Mapping[str, str] | None = None,
    ) -> None:
        """Add a template that is accepted as ``number``. ``local_lists``: name in the template -> list's key.

        Raises KeyError for a rule that does not exist.
        """
        self._states.clear()
        self._first = None
        end = _Builder(self, rules, local_lists or {}).add(expression, 0)
        self._accepts.setdefault(end, []).append(number)

    def node(self) -> int:
        """A new place."""
        self._places += 1
        return self._places - 1

    def word(self, start: int, token: str, end: int) -> None:
        """A step over a literal word."""
        self._words.setdefault(start, []).append((token, end))

    def list_value(self, start: int, step: ListStep, end: int) -> None:
        """A step over a value of a list."""
        self._lists.setdefault(start, []).append((step, end))

    def skip(self, start: int, end: int) -> None:
        """A step over nothing."""
        self._empty[start] = (*self._empty.get(start, ()), end)

    def step_of(self, key: str, slot: str) -> ListStep:
        """The step for a list."""
        return ListStep(key, slot, self._is_wildcard(key))

    def begins(self, token: str) -> bool:
        """Whether a template begins with the word."""
        return self._after(self._start(), token) is not None

    # --- reading --------------------------------------------------------------------------------------

    def read(self, words: Words, values: Values, start: int = 0) -> list[Path]:
        """Every way of reading the sentence from token ``start`` to its end."""
        return [path for path, end in self.walk(words.tokens, values, start) if end == len(words.tokens)]

    def walk(self, tokens: Sequence[str], values: Values, start: int = 0) -> Iterator[tuple[Path, int]]:
        """All paths from token ``start`` that come to a template's end, with the token where they do."""
        stack: list[tuple[int, State, tuple[Entity, ...], int]] = [(start, self._start(), (), 0)]
        steps = results = 0
        while stack and steps < MAX_STEPS and results < MAX_READINGS:
            position, state, entities, literals = stack.pop()
            steps += 1
            for number in state.accepts:
                results += 1
                yield Path(number, entities, literals), position
            if position >= len(tokens):
                continue
            following = self._after(state, tokens[position])
            if following is not None:
                stack.append((position + 1, following, entities, literals + 1))
            elif tokens[position] == "'s" and entities and entities[-1].found.end == position:
                stack.append((position + 1, state, entities, literals))  # "the kitchen's light"
            for step, after in self._lists_of(state):
                for found in _any_words(position, len(tokens)) if step.wildcard else values(step.key, position):
                    stack.append((found.end, after, (*entities, Entity(step, position, found)), literals))

    def _start(self) -> State:
        if self._first is None:
            self._first = self._state({0})
        return self._first

    def _after(self, state: State, token: str) -> State | None:
        try:
            return state.words[token]
        except KeyError:
            steps = (step for node in state.nodes for step in self._words.get(node, ()))
            targets = {end for word, end in steps if word == token}
            state.words[token] = after = self._state(targets) if targets else None
            return after

    def _lists_of(self, state: State) -> list[tuple[ListStep, State]]:
        if state.lists is None:
            targets: dict[ListStep, set[int]] = {}
            for node in state.nodes:
                for step, end in self._lists.get(node, ()):
                    targets.setdefault(step, set()).add(end)
            state.lists = [(step, self._state(ends)) for step, ends in targets.items()]
        return state.lists

    def _state(self, nodes: Iterable[int]) -> State:
        closed = set(nodes)
        todo = list(closed)
        while todo:
            for node in self._empty.get(todo.pop(), ()):
                if node not in closed:
                    closed.add(node)
                    todo.append(node)
        kept = frozenset(n for n in closed if n in self._words or n in self._lists or n in self._accepts)
        state = self._states.get(kept)
        if state is None:
            accepts = sorted({number for node in kept for number in self._accepts.get(node, ())})
            state = self._states[kept] = State(kept, tuple(accepts))
        return state


def _any_words(start: int, end: int) -> Iterator[Found]:
    return (Found(stop, None) for stop in range(start + 1, end + 1))


@dataclass(slots=True)
class _Builder:
    """Adds one template. Pieces that touch without a space between them (``light[s]``) are written out as words."""

    network: Network
    rules: Mapping[str, Sentence]
    local_lists: Mapping[str, str]
    depth: int = 0

    def add(self, expression: Expression, start: int) -> int:
        """The place where ``expression`` ends if it begins at ``start``."""
        from hassil import expression as ex

        if isinstance(expression, ex.TextChunk):
            return self._text(expression.text, start)
        if isinstance(expression, ex.ListReference):
            end = self.network.node()
            key = self.local_lists.get(expression.list_name, expression.list_name)
            self.network.list_value(start, self.network.step_of(key, expression.slot_name), end)
            return end
        if isinstance(expression, ex.RuleReference):
            if self.depth > MAX_DEPTH:
                raise KeyError(expression.rule_name)
            self.depth += 1
            end = self.add(self.rules[expression.rule_name].expression, start)
            self.depth -= 1
            return end
        if isinstance(expression, ex.Alternative):
            return self._join(start, [[item] for item in expression.items])
        if isinstance(expression, ex.Permutation):
            return self._join(start, [list(order) for order in permutations(expression.items)])
        return self._sequence(list(getattr(expression, "items", ())), start)

    def _text(self, text: str, start: int) -> int:
        for token in words_of(text).tokens:
            end = self.network.node()
            self.network.word(start, token, end)
            start = end
        return start

    def _join(self, start: int, ways: Iterable[list[Expression]]) -> int:
        end = self.network.node()
        for way in ways:
            self.network.skip(self._sequence(way, start), end)
        return end

    def _sequence(self, items: list[Expression], start: int) -> int:
        for cluster in self._clusters(items):
            texts = self._texts(cluster) if len(cluster) > 1 else None
            if texts is None:
                for item in cluster:
                    start = self.add(item, start)
                continue
            end = self.network.node()
            for text in dict.fromkeys(texts):
                self.network.skip(self._text(text, start), end)
            start = end
        return start

    def _clusters(self, items: list[Expression]) -> list[list[Expression]]:
        """Runs of items of which one touches the next."""
        clusters: list[list[Expression]] = []
        for item in items:
            if clusters and self._touches(clusters[-1][-1], item):
                clusters[-1].append(item)
            else:
                clusters.append([item])
        return clusters

    def _touches(self, left: Expression, right: Expression) -> bool:
        return "x" in self._edge(left, -1) and "x" in self._edge(right, 0)

    def _edge(self, expression: Expression, side: int) -> set[str]:
        """What stands at the edge: ``x`` a letter or digit, `` `` a space or a whole word, ``e`` nothing."""
        from hassil import expression as ex

        if isinstance(expression, ex.TextChunk):
            text = expression.text
            if not text:
                return {"e"}
            return {"x"} if text[side].isalnum() and not is_han(text[side]) else {" "}
        if isinstance(expression, ex.RuleReference | ex.ListReference):
            return {" "}
        if not isinstance(expression, ex.Group):
            return {" "}
        if isinstance(expression, ex.Sequence):
            edges: set[str] = set()
            for item in expression.items if side == 0 else reversed(expression.items):
                edge = self._edge(item, side)
                edges |= edge - {"e"}
                if "e" not in edge:
                    return edges
            return edges | {"e"}
        return {edge for item in expression.items for edge in self._edge(item, side)}

    def _texts(self, items: Sequence[Expression]) -> list[str] | None:
        """All texts that the items can be, written out; ``None`` where lists are among them, or too many."""
        parts = [self._texts_of(item) for item in items]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        count = 1
        for part in known:
            count *= len(part)
        return ["".join(way) for way in product(*known)] if count <= MAX_CLUSTER else None

    def _texts_of(self, expression: Expression) -> list[str] | None:
        from hassil import expression as ex

        if isinstance(expression, ex.TextChunk):
            return [expression.text]
        if isinstance(expression, ex.Alternative):
            ways = [self._texts_of(item) for item in expression.items]
            return None if any(way is None for way in ways) else [text for way in ways for text in way or ()]
        return self._texts(expression.items) if isinstance(expression, ex.Sequence) else None

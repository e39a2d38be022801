"""The network as one automaton over whole words, in flat arrays: a few bytes for each word of each sentence.

Node 0 is behind the last word of whatever one is in. A key is the number of a graph, a list's phrases, or a range.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from assistant.asr.graph import CALL, EMPTY, END, SPACE, START, Graph, Network, Numbers
from assistant.asr.lexicon import Lexicon, Spoken

DONE = 0
NO_ENTRY = -1


class Automaton(msgspec.Struct, frozen=True, dict=True):
    """What can be said, compiled. The fields are what is kept on disk; arrays hold C ``int``s.

    ``words``: as they are written; ``sounds[w]``: the ways to say word ``w``. ``entries[k]``: the first node of key ``k``,
    or ``NO_ENTRY`` for the range ``numbers[k]``. The arcs of node ``n`` are ``arc_from[n]`` to ``arc_from[n + 1]``: word
    and node behind; likewise its calls: key and node behind. ``ends[n]``: whether one may stop there. ``wild``: keys
    that stand for any words. ``templates``: keys of whole sentences. ``lists``: keys of lists and ranges.
    """

    words: tuple[str, ...]
    sounds: tuple[tuple[Spoken, ...], ...]
    entries: bytes
    arc_from: bytes
    arcs: bytes
    call_from: bytes
    calls: bytes
    ends: bytes
    numbers: dict[int, tuple[int, int, int, int]]
    wild: frozenset[int]
    lists: frozenset[int]
    templates: tuple[int, ...]

    @cached_property
    def _views(self) -> tuple[memoryview[int], ...]:
        arrays = (self.entries, self.arc_from, self.arcs, self.call_from, self.calls)
        return tuple(memoryview(data).cast("i") for data in arrays)

    @cached_property
    def ranges(self) -> dict[int, Numbers]:
        """The ranges by their keys."""
        return {key: Numbers(*numbers) for key, numbers in self.numbers.items()}

    def entry(self, key: int) -> int:
        """The first node of a key, or ``NO_ENTRY``."""
        return self._views[0][key]

    def arcs_of(self, node: int) -> Iterator[tuple[int, int]]:
        """(word, node behind) of every word that may follow a node."""
        _entries, starts, arcs, _call_starts, _calls = self._views
        return ((arcs[at], arcs[at + 1]) for at in range(2 * starts[node], 2 * starts[node + 1], 2))

    def calls_of(self, node: int) -> Iterator[tuple[int, int]]:
        """(key, node behind) of every call that may follow a node."""
        _entries, _starts, _arcs, starts, calls = self._views
        return ((calls[at], calls[at + 1]) for at in range(2 * starts[node], 2 * starts[node + 1], 2))

    def nodes_of(self, key: int) -> Iterator[int]:
        """All nodes that belong to a key; ``DONE`` belongs to none."""
        entry = self.entry(key)
        seen = {entry}
        todo = [entry] if entry != NO_ENTRY else []
        while todo:
            node = todo.pop()
            yield node
            for _label, behind in (*self.arcs_of(node), *self.calls_of(node)):
                if behind not in seen and behind != DONE:
                    seen.add(behind)
                    todo.append(behind)


def build_automaton(network: Network, lexicon: Lexicon) -> Automaton:
    """The automaton of a network; words that the lexicon cannot say lead nowhere."""
    return _Builder(network, lexicon).built()


class _Builder:
    """Numbers nodes in the order in which they are found, and writes them down in that order."""

    def __init__(self, network: Network, lexicon: Lexicon) -> None:
        self._network = network
        self._lexicon = lexicon
        keys = [*network.graphs, *network.phrases, *network.numbers]
        self._keys = {key: number for number, key in enumerate(keys)}
        self._words: dict[str, int] = {}
        self._sounds: list[tuple[Spoken, ...]] = []
        self._nodes = 1
        self._arc_from, self._arcs = array("i", [0, 0]), array("i")
        self._call_from, self._calls = array("i", [0, 0]), array("i")
        self._ends = bytearray([1])

    def built(self) -> Automaton:
        """All of it."""
        network, keys = self._network, self._keys
        entries = array("i")
        for graph in network.graphs.values():
            entries.append(self._nodes)
            self._add_graph(graph)
        for texts in network.phrases.values():
            entries.append(self._nodes)
            self._add_phrases(texts)
        entries.extend(NO_ENTRY for _ in network.numbers)
        numbers = {keys[key]: (n.first, n.last, n.step, n.parts) for key, n in network.numbers.items()}
        return Automaton(
            words=tuple(self._words),
            sounds=tuple(self._sounds),
            entries=entries.tobytes(),
            arc_from=self._arc_from.tobytes(),
            arcs=self._arcs.tobytes(),
            call_from=self._call_from.tobytes(),
            calls=self._calls.tobytes(),
            ends=bytes(self._ends),
            numbers=numbers,
            wild=frozenset(keys[key] for key in network.wild if key in keys),
            lists=frozenset(number for key, number in keys.items() if key.startswith(("list ", "range "))),
            templates=tuple(keys[key] for key in network.templates),
        )

    def _node(self) -> int:
        self._nodes += 1
        return self._nodes - 1

    def _word(self, written: str) -> int:
        number = self._words.get(written)
        if number is None:
            number = self._words[written] = len(self._words)
            self._sounds.append(self._lexicon.spoken(written))
        return number

    def _write(self, arcs: Mapping[tuple[int, int], None], calls: Mapping[tuple[int, int], None], ends: bool) -> None:
        """Write down the next node."""
        for word, behind in arcs:
            if self._sounds[word]:
                self._arcs.extend((word, behind))
        for key, behind in calls:
            self._calls.extend((key, behind))
        self._arc_from.append(len(self._arcs) // 2)
        self._call_from.append(len(self._calls) // 2)
        self._ends.append(ends)

    def _add_graph(self, graph: Graph) -> None:
        places = {START: self._node(), END: DONE}
        queue = [START]
        for here in queue:
            words, called, ends = _following(graph, here)
            for _label, behind in (*words, *called):
                if behind not in places:
                    places[behind] = self._node()
                    queue.append(behind)
            arcs = {(self._word(word), places[behind]): None for word, behind in words}
            self._write(arcs, {(self._keys[key], places[behind]): None for key, behind in called}, ends)

    def _add_phrases(self, texts: Sequence[str]) -> None:
        # Of two that are said alike the last is found first: the name as the house writes it, not a form of it.
        rows = sorted({tuple(text.split()) for text in texts}, key=lambda row: [word.swapcase() for word in row])
        self._node()
        queue = [(0, len(rows), 0)]
        for first, last, depth in queue:
            arcs: dict[tuple[int, int], None] = {}
            ends = len(rows[first]) == depth
            at = first + ends
            while at < last:
                word, begun = rows[at][depth], at
                while at < last and rows[at][depth] == word:
                    at += 1
                is_leaf = at == begun + 1 and len(rows[begun]) == depth + 1
                arcs[self._word(word), DONE if is_leaf else self._node()] = None
                if not is_leaf:
                    queue.append((begun, at, depth + 1))
            self._write(arcs, {}, ends)


def _following(graph: Graph, node: int) -> tuple[dict[tuple[str, int], None], dict[tuple[str, int], None], bool]:
    """Words and calls that can follow a node, and whether one may stop: text is followed up to the next space."""
    words: dict[tuple[str, int], None] = {}
    calls: dict[tuple[str, int], None] = {}
    ends = False
    seen: set[tuple[int, str]] = set()
    todo = [(node, "")]
    while todo:
        here, word = todo.pop()
        if (here, word) in seen:
            continue
        seen.add((here, word))
        if here == END:
            if word:
                words[word, END] = None
            else:
                ends = True
        for kind, label, behind in graph.edges[here]:
            if kind == EMPTY:
                todo.append((behind, word))
            elif kind == CALL:
                if word:
                    words[word, here] = None
                else:
                    calls[label, behind] = None
            elif label != SPACE:
                todo.append((behind, word + label))
            elif word:
                words[word, behind] = None
            else:
                todo.append((behind, ""))
    return words, calls, ends

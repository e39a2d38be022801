"""Which sentences of the network a row of spoken words is: whole, or with strange words before and after it.

A chart parser over the network's graphs: what a list or rule can match at a place in the row is worked out once,
however many templates ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.asr.lexicon import Lexicon, Spoken
from assistant.asr.network import END, SPACE, START, Network

MAX_WORDS = 40
MAX_WILD = 8


@dataclass(frozen=True, slots=True)
class Arc:
    """One written word out of a node: its spoken words, and the node behind it."""

    spoken: Spoken
    written: str
    node: int


@dataclass(frozen=True, slots=True)
class Step:
    """Everything that can follow a node: words by their first spoken word, calls, the end."""

    arcs: dict[str, tuple[Arc, ...]]
    calls: tuple[tuple[str, int], ...]
    ends: bool


class Wild(str):
    """What was heard where a sentence takes any words: from the ``first`` word of the row to behind the ``last``."""

    first: int
    last: int

    @classmethod
    def of(cls, words: Sequence[str], first: int, last: int) -> Wild:
        """The words between two places."""
        wild = cls(" ".join(words[first:last]))
        wild.first, wild.last = first, last
        return wild


Ends = dict[int, tuple[str, ...]]
"""Where a match that began somewhere may end: place in the row -> what was matched, as it is written."""


class Grammar:
    """A network with the spoken forms of its words. Safe to share between threads once built.

    Around a sentence may stand the polite phrases ``before`` and ``after``; ``connectors`` join two sentences.
    """

    def __init__(
        self,
        network: Network,
        lexicon: Lexicon,
        *,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
        connectors: Sequence[str] = (),
    ) -> None:
        self.network = network
        self._lexicon = lexicon
        self._before = _phrases(before)
        self._after = _phrases(after)
        self._connectors = _phrases(connectors)
        self._steps: dict[tuple[str, int], Step] = {}
        self._firsts: dict[str, frozenset[str]] = {}

    def prepare(self) -> None:
        """Work out now what the first match would else have to."""
        _ = self.templates_by_word

    def match(self, words: Sequence[str]) -> str | None:
        """The written sentence, or joined sentences, that the spoken words are; ``None`` where they are none."""
        if not words or len(words) > MAX_WORDS:
            return None
        found = self._runs(_Chart(self, words), 0, {}).get(len(words))
        return None if found is None else " ".join(found)

    def frame(self, words: Sequence[str]) -> tuple[str, ...] | None:
        """Like ``match`` in pieces, where any words will do for what a sentence leaves open: that piece is a ``Wild``.

        ``None`` too where the sentence leaves nothing open.
        """
        if not words or len(words) > MAX_WORDS or not self.network.wild:
            return None
        found = self._runs(_Chart(self, words, loose=True), 0, {}).get(len(words))
        return found if found and any(isinstance(piece, Wild) for piece in found) else None

    def longest(self, words: Sequence[str]) -> tuple[int, int, str] | None:
        """The longest run of the words that is a sentence: (first, behind last, written)."""
        if len(words) > MAX_WORDS:
            return None
        chart = _Chart(self, words)
        known: dict[int, Ends] = {}
        best: tuple[int, int, str] | None = None
        for first in range(len(words)):
            ends = self._runs(chart, first, known)
            last = max(ends, default=first)
            if last - first > (best[1] - best[0] if best else 0):
                best = first, last, " ".join(ends[last])
        return best

    def _runs(self, chart: _Chart, first: int, known: dict[int, Ends]) -> Ends:
        """Where sentences that begin at ``first``, with what is polite and joined, may end."""
        if first in known:
            return known[first]
        ends: Ends = {}
        for length in self._lengths(chart, first, self._before):
            for last, more in self._runs(chart, first + length, known).items():
                ends.setdefault(last, chart.words[first : first + length] + more)
        for last, written in chart.sentence(first).items():
            ends.setdefault(last, written)
            for length in self._lengths(chart, last, self._after):
                ends.setdefault(last + length, written + chart.words[last : last + length])
            for length in self._lengths(chart, last, self._connectors):
                for end, more in self._runs(chart, last + length, known).items():
                    ends.setdefault(end, written + chart.words[last : last + length] + more)
        known[first] = ends
        return ends

    @staticmethod
    def _lengths(chart: _Chart, at: int, phrases: Sequence[Spoken]) -> set[int]:
        return {len(phrase) for phrase in phrases if chart.words[at : at + len(phrase)] == phrase}

    def step(self, key: str, node: int) -> Step:
        """What can follow ``node`` of the graph ``key``."""
        step = self._steps.get((key, node))
        if step is None:
            step = self._steps[key, node] = self._expand(key, node)
        return step

    def first_words(self, key: str) -> frozenset[str]:
        """The spoken words that a match of the graph may begin with; ``""`` among them where it may be empty."""
        known = self._firsts.get(key)
        if known is not None:
            return known
        self._firsts[key] = frozenset()  # a rule that calls itself adds nothing new
        found: set[str] = set()
        seen = {START}
        open_nodes = [START]
        while open_nodes:
            step = self.step(key, open_nodes.pop())
            found.update(step.arcs)
            if step.ends:
                found.add("")
            for called, behind in step.calls:
                firsts = self.first_words(called)
                found |= firsts - {""}
                if "" in firsts and behind not in seen:
                    seen.add(behind)
                    open_nodes.append(behind)
        self._firsts[key] = frozenset(found)
        return self._firsts[key]

    def walk(self, key: str, words: set[str]) -> set[str]:
        """Collect the spoken words that stand in a graph itself; returns the keys of the graphs that it calls."""
        called: set[str] = set()
        seen = {START}
        open_nodes = [START]
        while open_nodes:
            step = self.step(key, open_nodes.pop())
            following = [behind for _called, behind in step.calls]
            called.update(name for name, _behind in step.calls)
            for arcs in step.arcs.values():
                for arc in arcs:
                    words.update(arc.spoken)
                    following.append(arc.node)
            for node in following:
                if node not in seen:
                    seen.add(node)
                    open_nodes.append(node)
        return called

    @cached_property
    def templates_by_word(self) -> dict[str, tuple[str, ...]]:
        """Keys of the templates that may begin with a spoken word."""
        index: dict[str, list[str]] = {}
        for _intent, key in self.network.templates:
            for word in self.first_words(key):
                index.setdefault(word, []).append(key)
        return {word: tuple(keys) for word, keys in index.items()}

    def _expand(self, key: str, node: int) -> Step:
        """Follow pieces of text up to the next space, call or end: each path is a word."""
        graph = self.network.graphs[key]
        arcs: dict[str, dict[Arc, None]] = {}
        calls: dict[tuple[str, int], None] = {}
        ends = False
        seen: set[tuple[int, str]] = set()
        todo = [(node, "")]
        while todo:
            here, word = todo.pop()
            if (here, word) in seen:
                continue
            seen.add((here, word))
            todo += [(following, word) for following in graph.empty[here]]
            if here == END or (word and graph.calls[here]):
                if not word:
                    ends = True
                else:
                    self._add(arcs, word, here)
            if not word:
                calls.update(dict.fromkeys(graph.calls[here]))
            for piece, following in graph.pieces[here]:
                if piece != SPACE:
                    todo.append((following, word + piece))
                elif word:
                    self._add(arcs, word, following)
                else:
                    todo.append((following, ""))
        return Step({first: tuple(found) for first, found in arcs.items()}, tuple(calls), ends)

    def _add(self, arcs: dict[str, dict[Arc, None]], word: str, node: int) -> None:
        for spoken in self._lexicon.spoken(word):
            arcs.setdefault(spoken[0], {})[Arc(spoken, word, node)] = None


def _phrases(phrases: Sequence[str]) -> tuple[Spoken, ...]:
    return tuple(tuple(phrase.split()) for phrase in phrases)


class _Chart:
    """Matches over one row of words, each worked out once."""

    def __init__(self, grammar: Grammar, words: Sequence[str], *, loose: bool = False) -> None:
        self._grammar = grammar
        self._loose = loose
        self.words = tuple(words)
        self._found: dict[tuple[str, int], Ends] = {}

    def sentence(self, first: int) -> Ends:
        """Where a whole sentence that begins at ``first`` may end."""
        ends: Ends = {}
        if first < len(self.words):
            for key in self._grammar.templates_by_word.get(self.words[first], ()):
                for last, written in self._graph(key, first).items():
                    ends.setdefault(last, written)
        return ends

    def _graph(self, key: str, first: int) -> Ends:
        known = self._found.get((key, first))
        if known is not None:
            return known
        self._found[key, first] = {}  # left recursion finds nothing
        ends: Ends = {}
        seen: set[tuple[int, int]] = {(START, first)}
        todo: list[tuple[int, int, tuple[str, ...]]] = [(START, first, ())]
        while todo:
            node, at, written = todo.pop()
            step = self._grammar.step(key, node)
            if step.ends:
                ends.setdefault(at, written)
            for following, behind, more in self._moves(step, at):
                if (following, behind) not in seen:
                    seen.add((following, behind))
                    todo.append((following, behind, written + more))
        self._found[key, first] = ends
        return ends

    def _moves(self, step: Step, at: int) -> list[tuple[int, int, tuple[str, ...]]]:
        """(node, place, what was matched) of every word and call that matches at a place."""
        word = self.words[at] if at < len(self.words) else None
        moves: list[tuple[int, int, tuple[str, ...]]] = [
            (arc.node, at + len(arc.spoken), (arc.written,))
            for arc in (step.arcs.get(word, ()) if word is not None else ())
            if self.words[at : at + len(arc.spoken)] == arc.spoken
        ]
        for called, node in step.calls:
            if self._loose and called in self._grammar.network.wild:
                ends = range(at + 1, min(at + MAX_WILD, len(self.words)) + 1)
                moves += [(node, last, (Wild.of(self.words, at, last),)) for last in ends]
                continue
            firsts = self._grammar.first_words(called)
            if "" in firsts or word in firsts:
                moves += [(node, last, more) for last, more in self._graph(called, at).items()]
        return moves

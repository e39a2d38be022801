"""Which of the house's sentences a row of spoken words is: whole, or with strange words before and after it.

A chart parser over the automaton: what a list or rule can match at a place in the row is worked out once, however
many templates ask for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.asr.automaton import NO_ENTRY, Automaton
from assistant.asr.lexicon import Spoken
from assistant.asr.numbers import FIRST_WORDS, numbers_at

MAX_WORDS = 40
MAX_WILD = 8
KEPT_STEPS = 4_000
"""Nodes whose ways on are kept ready: those that are often come to. A thousand names have many more."""


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
    calls: tuple[tuple[int, int], ...]
    ends: bool


class Wild(str):
    """What stands where a sentence takes any words: from the ``first`` word of the row to behind the ``last``."""

    first: int
    last: int

    @classmethod
    def of(cls, words: Sequence[str], first: int, last: int) -> Wild:
        """``words`` that stand between two places."""
        wild = cls(" ".join(words))
        wild.first, wild.last = first, last
        return wild


Ends = dict[int, tuple[str, ...]]
"""Where a match that began somewhere may end: place in the row -> what was matched, as it is written."""


class Grammar:
    """An automaton's sentences. Safe to share between threads.

    Around a sentence may stand the polite phrases ``before`` and ``after``; ``connectors`` join two sentences.
    """

    def __init__(
        self,
        automaton: Automaton,
        *,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
        connectors: Sequence[str] = (),
    ) -> None:
        self.automaton = automaton
        self._before = _phrases(before)
        self._after = _phrases(after)
        self._connectors = _phrases(connectors)
        self._steps: dict[int, Step] = {}
        self._firsts: dict[int, frozenset[str]] = {}

    def prepare(self) -> None:
        """Work out now what the first match would else have to."""
        _ = self.templates_by_word

    def match(self, words: Sequence[str]) -> str | None:
        """The written sentence, or joined sentences, that the spoken words are; ``None`` where they are none."""
        found = self.pieces(words)
        return None if found is None else " ".join(found)

    def pieces(self, words: Sequence[str]) -> tuple[str, ...] | None:
        """``match`` in pieces; one that could have been any words is a ``Wild``."""
        if not words or len(words) > MAX_WORDS:
            return None
        return self._runs(_Chart(self, words), 0, {}).get(len(words))

    def frame(self, words: Sequence[str]) -> tuple[str, ...] | None:
        """``pieces``, where any words will do for what a sentence leaves open; ``None`` too where it leaves nothing open."""
        if not words or len(words) > MAX_WORDS or not self.automaton.wild:
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

    def step(self, node: int) -> Step:
        """What can follow a node."""
        step = self._steps.get(node)
        if step is None:
            if len(self._steps) >= KEPT_STEPS:
                self._steps = {}
            step = self._steps[node] = self._step(node)
        return step

    def _step(self, node: int) -> Step:
        automaton = self.automaton
        arcs: dict[str, list[Arc]] = {}
        for word, behind in automaton.arcs_of(node):
            for spoken in automaton.sounds[word]:
                arcs.setdefault(spoken[0], []).append(Arc(spoken, automaton.words[word], behind))
        found = {first: tuple(ways) for first, ways in arcs.items()}
        return Step(found, tuple(automaton.calls_of(node)), bool(automaton.ends[node]))

    def first_words(self, key: int) -> frozenset[str]:
        """The spoken words that a match of a key may begin with; ``""`` among them where it may be empty."""
        known = self._firsts.get(key)
        if known is not None:
            return known
        entry = self.automaton.entry(key)
        if entry == NO_ENTRY:
            return FIRST_WORDS
        automaton = self.automaton
        self._firsts[key] = frozenset()  # a rule that calls itself adds nothing new
        found: set[str] = set()
        seen = {entry}
        open_nodes = [entry]
        while open_nodes:
            node = open_nodes.pop()
            found.update(spoken[0] for word, _behind in automaton.arcs_of(node) for spoken in automaton.sounds[word])
            if automaton.ends[node]:
                found.add("")
            for called, behind in automaton.calls_of(node):
                firsts = self.first_words(called)
                found |= firsts - {""}
                if "" in firsts and behind not in seen:
                    seen.add(behind)
                    open_nodes.append(behind)
        self._firsts[key] = frozenset(found)
        return self._firsts[key]

    @cached_property
    def templates_by_word(self) -> dict[str, tuple[int, ...]]:
        """Keys of the templates that may begin with a spoken word."""
        index: dict[str, list[int]] = {}
        for key in self.automaton.templates:
            for word in self.first_words(key):
                index.setdefault(word, []).append(key)
        return {word: tuple(keys) for word, keys in index.items()}


def _phrases(phrases: Sequence[str]) -> tuple[Spoken, ...]:
    return tuple(tuple(phrase.split()) for phrase in phrases)


def number_ends(automaton: Automaton, key: int, words: Spoken, first: int) -> Ends:
    """Where a number of a range that begins at ``first`` may end."""
    numbers = automaton.ranges[key]
    return {
        end: (f"{whole}.{tenths}" if tenths else str(whole),)
        for end, whole, tenths in numbers_at(words, first)
        if numbers.holds(whole, tenths)
    }


class _Chart:
    """Matches over one row of words, each worked out once."""

    def __init__(self, grammar: Grammar, words: Sequence[str], *, loose: bool = False) -> None:
        self._grammar = grammar
        self._loose = loose
        self.words = tuple(words)
        self._found: dict[tuple[int, int], Ends] = {}

    def sentence(self, first: int) -> Ends:
        """Where a whole sentence that begins at ``first`` may end."""
        ends: Ends = {}
        if first < len(self.words):
            for key in self._grammar.templates_by_word.get(self.words[first], ()):
                for last, written in self._graph(key, first).items():
                    ends.setdefault(last, written)
        return ends

    def _graph(self, key: int, first: int) -> Ends:
        known = self._found.get((key, first))
        if known is not None:
            return known
        entry = self._grammar.automaton.entry(key)
        if entry == NO_ENTRY:
            found = self._found[key, first] = number_ends(self._grammar.automaton, key, self.words, first)
            return found
        self._found[key, first] = {}  # left recursion finds nothing
        ends: Ends = {}
        seen: set[tuple[int, int]] = {(entry, first)}
        todo: list[tuple[int, int, tuple[str, ...]]] = [(entry, first, ())]
        while todo:
            node, at, written = todo.pop()
            step = self._grammar.step(node)
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
            if self._loose and called in self._grammar.automaton.wild:
                ends = range(at + 1, min(at + MAX_WILD, len(self.words)) + 1)
                moves += [(node, last, (Wild.of(self.words[at:last], at, last),)) for last in ends]
                continue
            firsts = self._grammar.first_words(called)
            if "" in firsts or word in firsts:
                found = self._graph(called, at).items()
                if called in self._grammar.automaton.wild:
                    moves += [(node, last, (Wild.of(more, at, last),)) for last, more in found]
                else:
                    moves += [(node, last, more) for last, more in found]
        return moves

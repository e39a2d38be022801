"""Near-misses: the sentence of the templates that a row of words almost is, where sound and spelling leave no doubt.

Small words may be missing, too many or exchanged (``lots a sugar``), and a word may be one that sounds much like it.
What decides a command is never touched: numbers, and words such as on, off, up, down, all, not.
"""

from __future__ import annotations

import heapq
import math
from array import array
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.asr.automaton import NO_ENTRY, Automaton
from assistant.asr.matching import Arc, Grammar, number_ends
from assistant.asr.numbers import NUMBER_WORDS
from assistant.asr.sounds import likeness, sound_code

_SMALL = "a an the of to i i'd can could may would have me my our is are with and in at please it for some that's uh um oh so"
_DECISIVE = """
on off up down open close shut lock unlock not no don't all every everything except but if when unless half
start stop pause resume play mute unmute arm disarm enable disable increase decrease raise lower more less
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand point percent
"""
SMALL = frozenset(_SMALL.split())
DECISIVE = frozenset(_DECISIVE.split())

MOST_COST = 1.6
COST_OF_SENTENCE = 0.4
COST_OF_WORD = 0.12
"""A repair may cost so much, and so much more for each word that was heard: short sentences stand little change."""
SMALL_COST = 0.5
STRANGE_COST = 0.9
"""Of a heard word that the sentence does not have."""
LEAST_ALIKE = 0.65
UNLIKE_COST = 1.5
CLEARANCE = 0.25
"""How much less the best repair must cost than one that says something else."""
TEMPLATES_TRIED = 200


@dataclass(frozen=True, slots=True)
class Repair:
    """A sentence as it is written, and what it cost to make it of the words: 0 would be the words themselves."""

    written: str
    cost: float


Ends = dict[int, tuple[float, tuple[str, ...]]]


class Repairer:
    """Finds repairs by the grammar. Building its index costs a few milliseconds, at the first use."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar

    def prepare(self) -> None:
        """Work out now what the first repair would else have to."""
        _ = self._index

    def repair(self, words: Sequence[str], most_cost: float = MOST_COST) -> Repair | None:
        """The nearest sentence within ``most_cost``; ``None`` where there is none, or two that differ in substance."""
        most_cost = min(most_cost, COST_OF_SENTENCE + COST_OF_WORD * len(words))
        chart = _NearChart(self._grammar, tuple(words), most_cost)
        found: dict[str, float] = {}
        for key in self._likely(words):
            ending = chart.graph(key, 0).get(len(words))
            if ending is not None:
                written = " ".join(ending[1])
                found[written] = min(ending[0], found.get(written, math.inf))
        if not found:
            return None
        ranked = sorted(found.items(), key=lambda item: item[1])
        written, cost = ranked[0]
        rivals = [
            other
            for other, price in ranked[1:]
            if price < cost + CLEARANCE and _substance(other) != _substance(written)
        ]
        return None if rivals else Repair(written, cost)

    def _likely(self, words: Sequence[str]) -> list[int]:
        """Keys of the templates that have most of the words, rare ones counting more."""
        index = self._index
        scores: defaultdict[int, float] = defaultdict(float)
        for word in dict.fromkeys(words):
            if word not in SMALL:
                having = index.templates_with(word)
                own = len(index.own.get(word, ()))
                rarity = math.log(1 + len(self._grammar.automaton.templates) / own) if own else 1.0
                for template in having:
                    scores[template] += rarity
        best = heapq.nsmallest(TEMPLATES_TRIED, scores.items(), key=lambda entry: (-entry[1], entry[0]))
        return [self._grammar.automaton.templates[template] for template, _score in best]

    @cached_property
    def _index(self) -> _Index:
        return _Index(self._grammar.automaton)


class _Index:
    """Which templates (by their place among the automaton's) can have a spoken word."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._known: dict[int, tuple[frozenset[str], frozenset[int]]] = {}
        own: defaultdict[str, array[int]] = defaultdict(lambda: array("i"))
        calling: defaultdict[int, array[int]] = defaultdict(lambda: array("i"))
        for place, key in enumerate(automaton.templates):
            vocabulary, lists = self._collected(key)
            for word in vocabulary:
                own[word].append(place)
            for name in lists:
                calling[name].append(place)
        self.own: Mapping[str, Sequence[int]] = dict(own)
        """Templates that have a word themselves, or by a rule."""
        self._calling = dict(calling)
        self._lists = {name: self._all_words(name) for name in calling}
        self._known = {}

    def templates_with(self, word: str) -> set[int]:
        """Those that have it themselves, and those that call a list which has it."""
        found = set(self.own.get(word, ()))
        for name, vocabulary in self._lists.items():
            if word in vocabulary:
                found.update(self._calling[name])
        return found

    def _collected(self, key: int) -> tuple[frozenset[str], frozenset[int]]:
        """The words of a template or rule, and the lists that it calls."""
        known = self._known.get(key)
        if known is not None:
            return known
        self._known[key] = frozenset(), frozenset()  # a rule that calls itself adds nothing new
        words, called = self._walked(key)
        lists = {name for name in called if name in self._automaton.lists}
        for name in called - lists:
            more, further = self._collected(name)
            words |= more
            lists |= further
        self._known[key] = frozenset(words), frozenset(lists)
        return self._known[key]

    def _all_words(self, key: int) -> frozenset[str]:
        """The words of a list and of what it calls."""
        if self._automaton.entry(key) == NO_ENTRY:
            return NUMBER_WORDS
        known = self._known.get(key)
        if known is not None:
            return known[0]
        self._known[key] = frozenset(), frozenset()
        words, called = self._walked(key)
        found = frozenset(words).union(*(self._all_words(name) for name in called))
        self._known[key] = found, frozenset()
        return found

    def _walked(self, key: int) -> tuple[set[str], set[int]]:
        words: set[int] = set()
        called: set[int] = set()
        for node in self._automaton.nodes_of(key):
            words.update(word for word, _behind in self._automaton.arcs_of(node))
            called.update(name for name, _behind in self._automaton.calls_of(node))
        return {part for word in words for spoken in self._automaton.sounds[word] for part in spoken}, called


class _NearChart:
    """Matches at a price over one row of words; what a list or rule costs at a place is worked out once."""

    def __init__(self, grammar: Grammar, words: tuple[str, ...], most_cost: float) -> None:
        self._grammar = grammar
        self._words = words
        self._most = most_cost
        self._found: dict[tuple[int, int], Ends] = {}

    def graph(self, key: int, first: int) -> Ends:
        """Where a match of the graph that begins at ``first`` may end, at what price, and as what it is written."""
        known = self._found.get((key, first))
        if known is not None:
            return known
        entry = self._grammar.automaton.entry(key)
        if entry == NO_ENTRY:
            exact = number_ends(self._grammar.automaton, key, self._words, first)
            numbers = self._found[key, first] = {last: (0.0, written) for last, written in exact.items()}
            return numbers
        self._found[key, first] = {}
        ends: Ends = {}
        done: set[tuple[int, int]] = set()
        heap: list[tuple[float, int, int, tuple[str, ...]]] = [(0.0, entry, first, ())]
        while heap:
            cost, node, at, written = heapq.heappop(heap)
            if (node, at) in done:
                continue
            done.add((node, at))
            step = self._grammar.step(node)
            if step.ends and at not in ends:
                ends[at] = cost, written
            moves = [*self._words_moves([arc for arcs in step.arcs.values() for arc in arcs], node, at)]
            for called, behind in step.calls:
                is_wild = called in self._grammar.automaton.wild
                moves += [
                    (price, behind, last, more)
                    for last, (price, more) in self.graph(called, at).items()
                    if not price or not is_wild  # where any words may stand, what was heard is no slip
                ]
            for price, following, behind, more in moves:
                if cost + price <= self._most and (following, behind) not in done:
                    heapq.heappush(heap, (cost + price, following, behind, written + more))
        self._found[key, first] = ends
        return ends

    def _words_moves(self, arcs: list[Arc], node: int, at: int) -> list[tuple[float, int, int, tuple[str, ...]]]:
        """(price, node, place, written) of taking, exchanging, leaving out and putting in a word."""
        moves: list[tuple[float, int, int, tuple[str, ...]]] = []
        word = self._words[at] if at < len(self._words) else None
        if word is not None and word not in DECISIVE:
            moves.append((SMALL_COST if word in SMALL else STRANGE_COST, node, at + 1, ()))
        for arc in arcs:
            length = len(arc.spoken)
            if word is not None:
                if self._words[at : at + length] == arc.spoken:
                    moves.append((0.0, arc.node, at + length, (arc.written,)))
                    continue
                price = self._exchange(word, arc, at)
                if price is not None:
                    moves.append((price, arc.node, at + length, (arc.written,)))
            if length == 1 and arc.spoken[0] in SMALL:
                moves.append((SMALL_COST, arc.node, at, (arc.written,)))
        return moves

    def _exchange(self, word: str, arc: Arc, at: int) -> float | None:
        heard = self._words[at : at + len(arc.spoken)]
        if len(heard) < len(arc.spoken) or not DECISIVE.isdisjoint(heard) or not DECISIVE.isdisjoint(arc.spoken):
            return None
        if len(heard) == 1 and word in SMALL and arc.spoken[0] in SMALL:
            return SMALL_COST
        if word in SMALL or arc.spoken[0] in SMALL or sound_code(word)[:1] != sound_code(arc.spoken[0])[:1]:
            return None
        alike = likeness(" ".join(heard), " ".join(arc.spoken))
        return UNLIKE_COST * (1 - alike) + 0.05 if alike >= LEAST_ALIKE else None


def _substance(written: str) -> tuple[str, ...]:
    return tuple(word for word in written.casefold().split() if word not in SMALL)

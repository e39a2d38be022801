"""What templates are made of once they are compiled: graphs of text, lists of phrases, and ranges of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

SPACE = " "
START, END = 0, 1
EMPTY, PIECE, CALL = range(3)
"""Kinds of an edge: nothing is said, a piece of text is, or what another graph makes."""
Edge = tuple[int, str, int]
"""(kind, text or SPACE or key of the called graph, node behind)."""
FEW_NUMBERS = 2_000
EACH = 37
"""Of a range of very many numbers each so-many-th is drawn from, and those that people say."""
_PIECES = re.compile(r"\s+|[^\s]+")
_UNSPOKEN = ',.;:!?="“”()'


@dataclass(slots=True)
class Graph:
    """Edges between numbered nodes, from ``START`` to ``END``, which none leaves. Numbers stand in digits."""

    edges: list[list[Edge]] = field(default_factory=lambda: [[], []])

    def add(self) -> int:
        """A new node."""
        self.edges.append([])
        return len(self.edges) - 1

    def empty(self, start: int, end: int) -> None:
        """A way between two nodes on which nothing is said."""
        self.edges[start].append((EMPTY, "", end))

    def text(self, text: str, start: int, end: int) -> None:
        """Add literal text between two nodes."""
        pieces = [piece if piece.isspace() else piece.strip(_UNSPOKEN) for piece in _PIECES.findall(text)]
        pieces = [piece for piece in pieces if piece]
        if not pieces:
            self.empty(start, end)
        for index, piece in enumerate(pieces):
            following = end if index == len(pieces) - 1 else self.add()
            self.edges[start].append((PIECE, SPACE if piece.isspace() else piece, following))
            start = following

    def call(self, key: str, start: int, end: int) -> None:
        """What another graph makes, between two nodes; it begins and ends a word."""
        self.edges[start].append((CALL, key, end))


def plain_words(text: str) -> tuple[str, ...]:
    """The words of a literal text, as ``Graph.text`` takes them."""
    words = (word.strip(_UNSPOKEN) for word in text.split())
    return tuple(word for word in words if word)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A range of numbers, ``first`` to ``last``; ``parts``: 10 where tenths are said too, 2 for halves, else 1."""

    first: int
    last: int
    step: int = 1
    parts: int = 1

    def holds(self, whole: int, tenths: int) -> bool:
        """Whether a number is in the range."""
        if not self.first <= whole <= self.last or (whole - self.first) % self.step:
            return False
        return not tenths or self.parts == 10 or (self.parts == 2 and tenths == 5)

    def texts(self) -> Iterator[str]:
        """The numbers to draw from, those that people say most often several times."""
        wholes = range(max(self.first, 0), self.last + 1, self.step)
        few = len(wholes) * self.parts <= FEW_NUMBERS
        for index, whole in enumerate(wholes):
            if few or index % EACH == 0 or _is_round(whole):
                yield from [str(whole)] * _how_common(whole)
                tenths = range(10 // self.parts, 10, 10 // self.parts)
                yield from (f"{whole}.{tenth}" for tenth in tenths if few or whole <= 100)


def _is_round(number: int) -> bool:
    return number <= 100 or number % (10 if number <= 1000 else 100) == 0


def _how_common(number: int) -> int:
    """How much more often than any other number people say this one."""
    return 6 if number % 10 == 0 else 3 if number % 5 == 0 else 1


@dataclass(slots=True)
class Network:
    """All that can be said.

    ``templates``: keys of whole sentences, ``own``: of those that are the user's. ``graphs``: templates, lists and rules,
    by key; they call each other, and ``phrases`` (texts of a list that stand in the same contexts) and ``numbers``, by keys of their own.
    ``wild``: keys of the graphs that stand for any words, and hold but what is often said there.
    """

    templates: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    graphs: dict[str, Graph] = field(default_factory=dict)
    phrases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: dict[str, Numbers] = field(default_factory=dict)
    wild: set[str] = field(default_factory=set)

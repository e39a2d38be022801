"""Sentences drawn from the network so that every template, branch, name and value is heard of, from a seed."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.asr.graph import CALL, EMPTY, END, SPACE, START, Network
from assistant.asr.lexicon import Lexicon, Spoken

MAX_PIECES = 400
COMMON_LIST_USES = 3


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """How much to draw: rounds of ``batch`` sentences of each template, which leaves when a round held almost nothing

    new: less than ``novelty`` pairs of neighbouring words a sentence that no template had yet, where a list that many
    templates share counts as one word. ``polite_share`` of the sentences get a polite phrase, and ``joined_share`` are
    joined with another one.
    """

    seed: int = 0
    batch: int = 6
    novelty: float = 1.0
    in_all: int = 30_000
    own_budget: int = 4_000
    own_most: int = 1_000
    polite_share: float = 0.06
    joined_share: float = 0.02


Option = tuple[tuple[str, ...], str | None, int]
"""One way on from a node: the text passed, the graph called after it, the node behind."""


class Sampler:
    """Draws sentences. Each branch that was taken less often than its neighbours is taken first, ties by chance."""

    def __init__(self, network: Network, lexicon: Lexicon, seed: int = 0) -> None:
        self._network = network
        self._lexicon = lexicon
        self._random = random.Random(seed)
        self._options: dict[tuple[str, int], list[Option]] = {}
        self._numbers: dict[str, list[str]] = {}
        self._turns: dict[tuple[str, int], list[int]] = {}
        self._said: defaultdict[str, int] = defaultdict(int)
        self._common = _common_lists(network)
        self.unsaid: set[str] = set()
        """Words that were drawn and cannot be said."""

    def sentence(self, key: str) -> tuple[Spoken | None, tuple[str, ...]]:
        """One sentence of a template in spoken words (``None`` where a word cannot be said), and its pattern."""
        pieces: list[str] = []
        pattern: list[str] = []
        self._walk(key, pieces, pattern)
        return self._spoken("".join(pieces)), tuple("".join(pattern).split())

    def _spoken(self, written: str) -> Spoken | None:
        said: list[str] = []
        for word in written.split():
            ways = self._lexicon.spoken(word)
            if not ways:
                self.unsaid.add(word)
                return None
            if len(ways) == 1:
                said += ways[0]
            else:
                said += ways[self._said[word] % len(ways)]
                self._said[word] += 1
        return tuple(said)

    def _walk(self, key: str, pieces: list[str], pattern: list[str] | None) -> None:
        if key in self._network.numbers:
            number = self._number(key)
            pieces.append(number)
            if pattern is not None:
                pattern.append(number)
            return
        node = START
        while node != END and len(pieces) <= MAX_PIECES:
            options = self._options.get((key, node)) or self._expand(key, node)
            text, called, node = options[0] if len(options) == 1 else options[self._branch(key, node, len(options))]
            pieces += text
            if pattern is not None:
                pattern += text
            if called is not None:
                pieces.append(SPACE)
                if pattern is not None and called in self._common:
                    pattern.append(f" {called.replace(' ', '_')} ")
                    self._walk(called, pieces, None)
                else:
                    if pattern is not None:
                        pattern.append(SPACE)
                    self._walk(called, pieces, pattern)
                    if pattern is not None:
                        pattern.append(SPACE)
                pieces.append(SPACE)

    def _branch(self, key: str, node: int, branches: int) -> int:
        """The branches in turn, in a new random order each time round."""
        turns = self._turns.get((key, node))
        if not turns:
            turns = self._turns[key, node] = list(range(branches))
            self._random.shuffle(turns)
        return turns.pop()

    def _number(self, key: str) -> str:
        """A number of a range, as it is written."""
        texts = self._numbers.get(key)
        if texts is None:
            texts = self._numbers[key] = list(self._network.numbers[key].texts())
        return texts[self._branch(key, START, len(texts))]

    def _expand(self, key: str, node: int) -> list[Option]:
        """The ways on from a node, each followed to where there is a choice again."""
        edges = self._network.graphs[key].edges
        options: list[Option] = []
        for edge in edges[node]:
            text: tuple[str, ...] = ()
            while True:
                kind, label, behind = edge
                if kind == CALL:
                    options += self._called(text, label, behind)
                    break
                if kind != EMPTY:
                    text += (label,)
                if behind == END or len(edges[behind]) != 1:
                    options.append((text, None, behind))
                    break
                edge = edges[behind][0]
        self._options[key, node] = options
        return options

    def _called(self, before: tuple[str, ...], key: str, behind: int) -> list[Option]:
        """A call; each of a list's texts and each number is a way of its own, as likely as any other."""
        phrases = self._network.phrases.get(key)
        if phrases is not None:
            return [((*before, SPACE, text, SPACE), None, behind) for text in phrases]
        return [(before, key, behind)]


def sample_sentences(
    network: Network,
    lexicon: Lexicon,
    plan: SamplingPlan,
    *,
    polite: Sequence[Spoken] = (),
    connectors: Sequence[Spoken] = (),
) -> tuple[list[Spoken], set[str]]:
    """Sentences of all templates in spoken words, and the written words that could not be said.

    Some begin or end with one of the ``polite`` phrases, and some are two sentences joined by one of ``connectors``.
    """
    sampler = Sampler(network, lexicon, plan.seed)
    chance = random.Random(plan.seed + 1)
    sentences: list[Spoken] = []
    seen: set[tuple[str, str]] = set()
    active = list(network.templates)
    while active and len(sentences) < plan.in_all:
        going_on = []
        for key in active:
            known = len(seen)
            for _ in range(plan.batch):
                words, pattern = sampler.sentence(key)
                seen.update(zip(("", *pattern), (*pattern, ""), strict=True))
                if words:
                    sentences.append(words)
            if len(seen) - known >= plan.novelty * plan.batch:
                going_on.append(key)
        active = going_on
    for key in network.own:
        for _ in range(min(plan.own_most, plan.own_budget // len(network.own))):
            words, _pattern = sampler.sentence(key)
            if words:
                sentences.append(words)
    plain = list(sentences)
    for words in plain:
        if polite and chance.random() < plan.polite_share:
            phrase = chance.choice(polite)
            sentences.append(phrase + words if chance.random() < 0.6 else words + phrase)
        if connectors and chance.random() < plan.joined_share:
            sentences.append(words + chance.choice(connectors) + chance.choice(plain))
    return sentences, sampler.unsaid


def _common_lists(network: Network) -> frozenset[str]:
    """Lists and ranges that more than a few templates or rules call: names, areas, percentages."""
    uses: defaultdict[str, int] = defaultdict(int)
    for graph in network.graphs.values():
        for key in {label for edges in graph.edges for kind, label, _node in edges if kind == CALL}:
            if key.startswith(("list ", "range ")):
                uses[key] += 1
    return frozenset(key for key, count in uses.items() if count > COMMON_LIST_USES)

"""Choosing under a grammar that only pays for choices: a token trie of what is legal.

Where one continuation is legal its tokens are fed together with the next step's; only the logits of legal tokens are
looked at. Where two are nearly as likely, rounding would decide: then the tokens are fed again one by one, as
llama.cpp's own sampler has them, so that the answers are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


class ChoiceEngine(Protocol):
    """What choosing needs of an engine."""

    def tokenize(self, text: str) -> list[int]: ...

    def evaluate(self, purpose: str, tokens: list[int]) -> None: ...

    def extend(self, purpose: str, tokens: Sequence[int]) -> None: ...

    def best_of(self, legal: Sequence[int]) -> tuple[int, float]: ...


@dataclass(slots=True)
class TrieNode:
    """One place in the trie: the legal next tokens, and the choice that ends here, if any."""

    next: dict[int, TrieNode] = field(default_factory=dict)
    choice: int | None = None


CLOSE = 0.25
"""Logits of tokens that are fed together were seen to differ by 0.09 from those of the same tokens one by one."""


def build_trie(choices: Sequence[Sequence[int]]) -> TrieNode:
    """The trie of token sequences; of equal ones the first counts."""
    root = TrieNode()
    for index, tokens in enumerate(choices):
        node = root
        for token in tokens:
            node = node.next.setdefault(token, TrieNode())
        if node.choice is None:
            node.choice = index
    return root


def choose(
    engine: ChoiceEngine,
    prompt: list[int],
    choices: Sequence[str],
    *,
    end: int,
    purpose: str = "intent",
    trie: TrieNode | None = None,
) -> int:
    """Index of the choice that the model decodes greedily after ``prompt``; ``end`` is the token that ends an answer.

    ``trie``: that of ``choices``, where it is kept because there are many.
    """
    node = trie if trie is not None else build_trie([engine.tokenize(text) for text in choices])
    answer: list[int] = []
    together = evaluated = False
    pending: list[int] = []
    while True:
        while len(node.next) == 1 and node.choice is None:  # no choice: taken without asking
            ((token, node),) = node.next.items()
            pending.append(token)
        if not node.next:
            return node.choice if node.choice is not None else 0
        together = together or len(pending) > (1 if evaluated else 0)  # behind the prompt, or behind one another
        if not evaluated:
            engine.evaluate(purpose, [*prompt, *pending])
            evaluated = True
        elif pending:
            engine.extend(purpose, pending)
        answer += pending
        legal = [*node.next, *([end] if node.choice is not None else [])]
        token, lead = engine.best_of(legal)
        if together and lead < CLOSE:
            _feed_singly(engine, purpose, prompt, answer)
            together = False
            token, _lead = engine.best_of(legal)
        if token == end and node.choice is not None:
            return node.choice
        pending, node = [token], node.next[token]


def _feed_singly(engine: ChoiceEngine, purpose: str, prompt: list[int], answer: Sequence[int]) -> None:
    engine.evaluate(purpose, prompt)
    for token in answer:
        engine.extend(purpose, [token])

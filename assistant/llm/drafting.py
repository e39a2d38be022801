"""Guesses at what an answer will say next, for answers that repeat their prompt: documents, translations, lists.

A guess is evaluated in one batch with the next token; where it is right, its tokens need no run of their own. A wrong one
costs the batch's arithmetic and changes nothing of the answer (``generation``).
"""

from __future__ import annotations

LONGEST = 3
SHORTEST = 2


def prompt_lookup(tokens: list[int], length: int = 4) -> list[int]:
    """At most ``length`` tokens that followed the last few tokens where they stood before, latest place first."""
    for size in range(LONGEST, SHORTEST - 1, -1):
        if len(tokens) <= size:
            continue
        tail = tokens[-size:]
        for start in range(len(tokens) - size - 1, -1, -1):
            if tokens[start : start + size] == tail:
                return tokens[start + size : start + size + length]
    return []

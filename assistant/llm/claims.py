"""No answer of the chat model claims a deed: it has done nothing, whatever it writes.

A model of this size tells people what they want to hear ("I've set the alarm"). Each clause is held back until it is
whole, which the voice waits for anyway, and one that claims to have acted, or to be about to, ends the answer.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

INSTEAD = "I can't do that from here, so nothing was done."
_DOING = (
    "turn(?:ed|ing)?|switch(?:ed|ing)?|open(?:ed|ing)?|clos(?:e|ed|ing)|shut(?:ting)?|lock(?:ed|ing)?|unlock(?:ed|ing)?|"
    "dim(?:med|ming)?|adjust(?:ed|ing)?|activat(?:e|ed|ing)|set(?:ting)?(?: up)?|start(?:ed|ing)?|stopp?(?:ed|ing)?|paus(?:e|ed|ing)|"
    "play(?:ed|ing)?|add(?:ed|ing)?|remov(?:e|ed|ing)|delet(?:e|ed|ing)|send(?:ing)?|sent|call(?:ed|ing)?|book(?:ed|ing)?|"
    "order(?:ed|ing)?|buy(?:ing)?|bought|schedul(?:e|ed|ing)|remind(?:ed|ing)?|email(?:ed|ing)?|post(?:ed|ing)?|sav(?:e|ed|ing)"
)
_CLAIM = re.compile(
    rf"\bI(?:'ve| have| will|'ll| am|'m| just| now)(?: just| already| now| also| going to)* (?:{_DOING})\b|"
    rf"^\s*(?:(?:sure|okay|ok|alright|done|certainly|of course)[,.!]\s*)?I (?:{_DOING})\b(?! (?:with|by) )|"
    r"\b(?:is|are|has been|have been) now (?:on|off|open|closed|locked|unlocked|set|playing|switched|turned)\b",
    re.IGNORECASE,
)
_AGREEING = re.compile(
    r"\s*(?:sure(?: thing)?|okay|ok|alright|all right|done|certainly|of course|yes|no problem)\W*", re.IGNORECASE
)
"""Held back with what follows: "Sure, I've …" is a claim as a whole."""
_CLAUSE_END = re.compile(r"[.!?;:,…。！？，；：\n]")


def without_claims(pieces: Iterator[str]) -> Generator[str]:
    """The same pieces up to the first claim; where that is the very beginning, a plain word instead of it."""
    held, said = "", False
    try:
        for piece in pieces:
            held += piece
            ends = [match.end() for match in _CLAUSE_END.finditer(held)]
            if not ends or _AGREEING.fullmatch(held[: ends[-1]]):
                continue
            clause, held = held[: ends[-1]], held[ends[-1] :]
            if _CLAIM.search(clause):
                held = clause
                break
            said = True
            yield clause
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
    if not _CLAIM.search(held):
        yield held
    elif not said:
        yield INSTEAD

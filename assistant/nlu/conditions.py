"""Conditions of a command: "if it is above 23 …", "… unless the television is on"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENING = re.compile(
    r"^(?:only )?(?P<word>if|in case|provided(?: that)?|as long as|given that|unless|should)\s+", re.IGNORECASE
)
_INNER = re.compile(
    r"[,\s]+(?:but )?(?:only )?(?P<word>if|in case|provided(?: that)?|as long as|given that|unless)\s+", re.IGNORECASE
)
_THEN = re.compile(r"^(?:then|please|,)\s+", re.IGNORECASE)
_SHOULD = re.compile(r"^(?P<subject>.+?)\s+be\s+", re.IGNORECASE)
_PLACE = re.compile(r"^(?:in|on|at|of|inside|outside|upstairs|downstairs)\b", re.IGNORECASE)
_NOT = re.compile(r"\b(?:is not|isn't|are not|aren't|isnt|arent)\b", re.IGNORECASE)
_NOBODY = re.compile(r"\b(?:nobody|no one|no-one)\b", re.IGNORECASE)
_NO = re.compile(r"\b(there is|there's|there are|is there)\s+(?:no|not any)\b", re.IGNORECASE)
_NONE = re.compile(r"^none of\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Conditional:
    """A command, and the condition's words as a statement or question; ``unless``: it must not be so."""

    command: str
    condition: str
    unless: bool


def conditionals(text: str) -> Iterator[Conditional]:
    """Every way of cutting ``text`` into a condition and a command; none where it has no word for a condition."""
    opening = _OPENING.match(text)
    if opening is not None:
        rest = text[opening.end() :]
        parts = [(rest[:cut].strip(" ,"), _THEN.sub("", rest[cut:].strip(" ,"))) for cut in _cuts(rest)]
        # A place between the two is the condition's: "if it is below twenty in the bedroom turn the heating up".
        for condition, command in sorted(parts, key=lambda part: _PLACE.match(part[1]) is not None):
            if condition and command:
                yield _conditional(opening["word"], condition, command)
        return
    for inner in reversed(list(_INNER.finditer(text))):
        yield _conditional(inner["word"], text[inner.end() :].strip(" ,"), text[: inner.start()].strip(" ,"))


def _cuts(text: str) -> Iterator[int]:
    """Where a command can begin: after commas and "then" first, then after any word."""
    marks = [match.end() for match in re.finditer(r",\s*|\s+then\s+", text)]
    yield from marks
    yield from (match.end() for match in re.finditer(r"\s+", text) if match.end() not in marks)


def _conditional(word: str, condition: str, command: str) -> Conditional:
    unless = word.lower() == "unless"
    if word.lower() == "should":
        condition = _SHOULD.sub(lambda match: f"{match['subject']} is ", condition, count=1)
    for pattern, replacement in (
        (_NOT, "is"),
        (_NOBODY, "anyone"),
        (_NO, r"\1 any"),
        (_NONE, "any of"),
    ):
        changed = pattern.sub(replacement, condition, count=1)
        if changed != condition:
            condition, unless = changed, not unless
            break
    return Conditional(command, condition, unless)

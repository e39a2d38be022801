"""Which devices are meant that are only pointed at: "the other one", "the one by the window", "the second one", "the porch one"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.nlu.past import Past
from assistant.nlu.sharing import stem
from assistant.nlu.words import words_of

_OTHER = re.compile(
    r"\b(?:the |that |my |our )?(?:(?P<one>other one|another one|other(?=$| on\b| off\b))|"
    r"(?P<rest>others|other ones|other (?:two|three|four)|rest(?: of (?:them|those))?|remaining ones?)|other (?P<noun>\w+))(?!\w)",
    re.IGNORECASE,
)
_ORDINAL = re.compile(
    r"\b(?:the )?(?P<place>first|second|third|fourth|last|former|latter)(?: one)?\b(?! (?:floor|time))", re.I
)
_PLACED = re.compile(
    r"\b(?:the |that |those )?(?P<one>ones?)(?: that'?s| that is| that are| which is)?"
    r" (?:in|by|on|for|at|near|next to|beside|over|above|under|from|of|with|outside|inside|behind|to) "
    r"(?:the |my |our )?(?P<mark>[\w' ]+)$",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\b(?:the |that |my |our )?(?P<mark>[\w']+(?: [\w']+){0,2}?) (?P<one>ones?)\b", re.IGNORECASE)
_NO_MARK = frozenset(
    "this that which no any every each some one other another and turn switch make set put just only not the dim open close "
    "first second third last it them but both these those lock unlock start stop an a".split()
)
_ORDER = {"first": 0, "former": 0, "second": 1, "latter": -1, "third": 2, "fourth": 3, "last": -1}
_ENDS = frozenset(
    {"on", "off", "up", "down", "please", "too", "instead", "then", "as", "well", "open", "closed", "again"}
)
_EMPTY = frozenset("the my our side a an 's one ones room in of".split())


class Pointable(Protocol):
    """What is needed of the matcher."""

    def find_devices(self, text: str) -> tuple[str, ...]: ...

    def describe(self, device_id: str) -> str: ...

    def alike(self, device_id: str) -> tuple[tuple[str, ...], ...]: ...


@dataclass(frozen=True, slots=True)
class Pointed:
    """``ids``: what is meant; ``rest``: the sentence with "it" or "them" in its place, empty where there is no more."""

    ids: tuple[str, ...]
    rest: str


def pointed(text: str, past: Past, matcher: Pointable) -> Pointed | None:
    """The devices that a part of ``text`` points at; ``None`` where none does, or it is not clear which."""
    for pattern, find in ((_OTHER, _others), (_ORDINAL, _in_order), (_PLACED, _by_mark), (_MARKED, _by_mark)):
        match = pattern.search(text)
        if match is not None and pattern in (_PLACED, _MARKED) and matcher.find_devices(match[0]):
            continue  # "LED strip one" is a name
        found = find(match, past, matcher) if match is not None else None
        if match is not None and found is not None:
            ids, tail = found
            word = "it" if len(ids) == 1 else "them"
            end = match.end() - (len(tail) if tail else 0)
            rest = f"{text[: match.start()]}{word} {text[end:]}".split()
            return Pointed(ids, " ".join(rest) if rest != [word] else "")
    return None


_Chosen = tuple[tuple[str, ...], str]
"""(devices, the end of the match that is no part of what points at them)"""


def pools(past: Past, matcher: Pointable) -> tuple[tuple[str, ...], ...]:
    """What there is to choose from, the nearest first: what was offered, what was spoken of, what is like the last."""
    like = matcher.alike(past.targets[-1]) if past.targets else ()
    topic = past.topic if len(past.topic) > 1 else ()
    return tuple(pool for pool in (past.offered, topic, *like) if len(pool) > 1)


def _others(match: re.Match[str], past: Past, matcher: Pointable) -> _Chosen | None:
    noun = match["noun"]
    if noun is not None and not matcher.find_devices(noun):
        return None
    named = set(matcher.find_devices(noun)) if noun is not None else None
    for pool in pools(past, matcher):
        within = tuple(i for i in pool if named is None or i in named)
        meant = past.targets if len(past.targets) < len(within) else past.targets[-1:]
        left = tuple(i for i in within if i not in meant)
        if not left or len(left) == len(within):
            continue
        if match["rest"] is not None or len(left) == 1:
            return left, ""
    return None


def _in_order(match: re.Match[str], past: Past, _matcher: Pointable) -> _Chosen | None:
    for pool in (past.offered, past.topic):
        place = _ORDER[match["place"].lower()]
        if len(pool) > 1 and -1 <= place < len(pool):
            return (pool[place],), ""
    return None


def _by_mark(match: re.Match[str], past: Past, matcher: Pointable) -> _Chosen | None:
    """By a word of its name or its place; the end of the sentence may be a command's ("the one in the den off")."""
    several = match["one"].lower() == "ones"
    said = match["mark"].split()
    if said[0].lower() in _NO_MARK or (said[-1].lower() in _NO_MARK and len(said) == 1):
        said = [word for word in said if word.lower() not in _NO_MARK]
    if not said:
        return None
    tail: list[str] = []
    while True:
        ids = marked(" ".join(said), past, matcher, several=several)
        if ids:
            return ids, " ".join(tail)
        if match.re is not _PLACED or len(said) < 2 or said[-1].lower() not in _ENDS:
            return None
        tail.insert(0, said.pop())


def marked(mark: str, past: Past, matcher: Pointable, *, several: bool) -> tuple[str, ...]:
    """Of what there is to choose from, what bears the words of ``mark``."""
    wanted = {stem(token) for token in words_of(mark.lower()).tokens} - _EMPTY
    if not wanted:
        return ()
    for pool in pools(past, matcher):
        scores = [(len(wanted & _stems(matcher.describe(device_id))), device_id) for device_id in pool]
        best = max(score for score, _device in scores)
        ids = tuple(device_id for score, device_id in scores if score == best)
        if best == len(wanted) and (len(ids) == 1 or (several and len(ids) < len(pool))):
            return ids
    return ()


def _stems(text: str) -> set[str]:
    return {stem(token) for token in words_of(text.lower()).tokens}


def without(ids: Sequence[str], left_out: Sequence[str]) -> tuple[str, ...]:
    """``ids`` but for some."""
    return tuple(device_id for device_id in ids if device_id not in left_out)

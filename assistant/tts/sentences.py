"""Cuts a text that arrives in pieces into sentences, each as early as it is certain to have ended.

A pure generator: it neither waits nor looks ahead further than one character. Code blocks are left out here, because
only the stream knows where they begin and end; all other markup is left to the spoken forms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

CLAUSE_CHARS = (16, 40)
"""The first pieces may end at a clause of so many characters, so that speech begins early; the second is longer, so that
the first lasts while it is made. What follows is cut at sentences where these are no longer than below."""
LONG_CHARS = (40, 100)
"""A longer sentence is cut at its last clause between these: all of its frames are made before its first sound."""
MAX_SENTENCE_CHARS = 200
"""No clause ends for so long: it is cut at a space."""

_FENCE = re.compile(r"\s*(```+|~~~+)")
_ENUMERATION = re.compile(r"\s*(?:[-*+>]\s+)*(?:\d{1,3}|[A-Za-z])[.)]$")
_END = re.compile(r"""[.!?…]+["'”’)\]*_]*(?=\s)|[。！？｡][」』”’）]*|\n""")
_CLAUSE = re.compile(r"""[,;:–—]["'”’)\]*_]*(?=\s)|[、，；：]""")
_JOINT = re.compile(
    r"(?<=[a-z])(?<!\bin)(?<!\bof)(?<!\bto)(?<!\bby)(?<!\bon)(?<!\bat)(?<!\bfor)(?<!\bwith)(?<!\bfrom)"
    r" (?=(?:because|which|who|where|when|while|but|although|since|so that) )"
)
"""Before these words people draw breath without a comma; not between a preposition and its pronoun."""
_JOINT_CHARS = 10
"""How far behind a clause's end has to be read to know that it is one."""
_LAST_WORD = re.compile(r"([^\s(\"'“‘*_]+)$")

_NAMES_FOLLOW = "mr mrs ms dr prof st mt fig figs vol pp ca cf vs e.g i.e approx gen col sgt capt lt rev hon"
_NAME_MAY_FOLLOW = (
    "etc jr sr inc ltd co corp dept est min max temp avg ave blvd rd a.m p.m u.s u.k e.u u.n al "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun"
)
_NUMBERED = frozenset(("no", "nos"))
"""Before a digit it is "number"; else it is an answer."""
_TITLES = frozenset(_NAMES_FOLLOW.split())
"""Never the last word of a sentence: a name, a number or an explanation follows."""
_SHORT = frozenset(_NAME_MAY_FOLLOW.split())
"""May be the last word of a sentence: one ends where a capital letter follows."""


def split_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Sentences of the text that ``pieces`` make together, stripped, none empty; line ends are sentence ends."""
    buffer = ""
    fence: str | None = None
    given = 0
    for piece in pieces:
        buffer += piece
        while True:
            if fence is not None:
                buffer, fence = _skip_code(buffer, fence)
                if fence is not None:
                    break
            opening = _FENCE.match(buffer)
            if opening and "\n" in buffer[opening.end() :]:
                fence, buffer = opening[1][:3], buffer[buffer.index("\n", opening.end()) + 1 :]
                continue
            if opening or buffer.lstrip() in ("`", "``", "~", "~~"):
                break  # the fence's own line is not complete yet
            end = _sentence_end(buffer, given)
            if end is None:
                break
            sentence, buffer = buffer[:end].strip(), buffer[end:]
            if sentence:
                given += 1
                yield sentence
    if fence is None and not _FENCE.match(buffer) and buffer.strip():
        yield buffer.strip()


def _skip_code(buffer: str, fence: str) -> tuple[str, str | None]:
    """Drop lines up to the closing fence; returns what is left and the fence that is still open, if any."""
    while "\n" in buffer:
        line, buffer = buffer.split("\n", 1)
        if line.strip().startswith(fence):
            return buffer, None
    closed = buffer.strip().startswith(fence)
    return ("", None) if closed else (buffer, fence)


def _sentence_end(buffer: str, given: int) -> int | None:
    """Where the first sentence in ``buffer`` ends, or ``None`` while that is not certain; ``given`` came before it."""
    end, certain = _stop(buffer)
    if given < len(CLAUSE_CHARS):
        clause = _first_clause(buffer, CLAUSE_CHARS[given], len(buffer) if end is None else end)
        if clause is not None:
            return clause
    length = len(buffer) if end is None else end
    if length > LONG_CHARS[1] + _JOINT_CHARS:
        clause = _last_clause(buffer, LONG_CHARS, length)
        if clause is not None:
            return clause
    if length > MAX_SENTENCE_CHARS:
        space = buffer.rfind(" ", 0, MAX_SENTENCE_CHARS)
        return _last_clause(buffer, (0, MAX_SENTENCE_CHARS), length) or (space if space > 0 else MAX_SENTENCE_CHARS)
    return end if certain else None


def _stop(buffer: str) -> tuple[int | None, bool]:
    """Where the first stop is that ends a sentence, and whether it certainly does."""
    for match in _END.finditer(buffer):
        if match.group() == "\n" or match.group()[0] in "。！？｡":
            return match.end(), True
        ends = _ends_sentence(buffer, match)
        if ends is not False:
            return match.end(), ends is True
    return None, False


def _first_clause(buffer: str, shortest: int, before: int) -> int | None:
    """The end of the first clause of at least ``shortest`` characters that leaves something of the sentence."""
    return min(_clause_ends(buffer, (shortest, before), before), default=None)


def _last_clause(buffer: str, size: tuple[int, int], before: int) -> int | None:
    """The end of the last clause of so many characters that leaves something of the sentence."""
    return max(_clause_ends(buffer, size, before), default=None)


def _clause_ends(buffer: str, size: tuple[int, int], before: int) -> Iterator[int]:
    lead = len(buffer) - len(buffer.lstrip())
    for pattern in (_CLAUSE, _JOINT):
        for match in pattern.finditer(buffer, lead, before):
            if size[0] <= match.end() - lead <= size[1] and match.end() < before - 1:
                yield match.end()


def _ends_sentence(buffer: str, match: re.Match[str]) -> bool | None:
    """Whether the stop is a sentence's; ``None`` where that hangs on a character that has not come yet."""
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    line_start = buffer.rfind("\n", 0, match.start()) + 1
    if _ENUMERATION.match(buffer[line_start : match.start() + 1]):
        return False
    found = _LAST_WORD.search(buffer[: match.start()])
    word = found[1].lower() if found else ""
    if word in _TITLES or re.fullmatch(r"[a-z]", word):
        return False
    if word not in _SHORT and word not in _NUMBERED:
        return True
    following = buffer[match.end() :].lstrip()
    if not following:
        return None
    if word in _NUMBERED:
        return not following[0].isdigit()
    return following[0].isupper() or following[0] in "\"'“‘(*_-#"

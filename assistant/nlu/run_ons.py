"""Sentences that are said in one breath, as a recogniser writes them: "the floor is filthy let Sisyphus loose".

What tells how things are, and what then asks for something: the latter can be understood alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.nlu.joints import goes_on, is_imagined, reasons, starts_command

MOST_SEAMS = 3
LEAST_WORDS = 2
_ITS = r"(?:the|my|our|his|her|their|that|those|all|up|down|some|in|\w+'s)"
_ASKS = re.compile(
    r"\s+(?=(?:(?:so|now|quick|quickly|please|then) )*(?:"
    r"(?:turn|switch|pop|stick|bung|fire|crank|fetch|send|bring|give|get|put|pull|raise|lower|unlock|mute|unmute|let|let's|"
    r"make|have|start|stop|pause|kill|shut|flick|black out) "
    r"|(?:light|dim|heat|cool|warm|open|close|clean|set|draw|drop|lock|run|mow|hoover|vacuum|air|brew|boil|wash|charge|water|"
    rf"play) {_ITS}\b"
    r"|time (?:for|to)\b|no (?:need for|more)\b|(?:i|we) (?:need|want|could do with|could use|fancy)\b|(?:i'd|we'd) (?:like|love)\b|"
    r"(?:could|can|would|will) (?:you|we|i|someone|somebody)\b|shall we have\b|"
    r"so (?:the|my|our|his|her) (?:\w+ ){1,3}?(?:can|could|should|may|must|needn't|doesn't)\b))|"
    r"(?<=,)\s+(?=(?:the|my|our|his|her) (?:\w+ ){1,3}?(?:can|could|should|may|must) (?:be|go|come|look)\b)",
    re.IGNORECASE,
)
_SO = re.compile(r"^(?:(?:so|now|then) )+", re.IGNORECASE)
_TELLS = re.compile(
    r"\b(?:is|are|am|has|have|needs?|wants?|smells?|looks?|feels?|gets?|keeps?|hurts?|stinks?|won't|can't|cannot|isn't|aren't|doesn't|"
    r"don't|haven't|hasn't|hear|see)\b|'(?:s|m|re|ve|d|ll)\b",
    re.IGNORECASE,
)
_BRINGS_ABOUT = re.compile(
    r"\b(?:hear|heard|see|seen|watch|watching|help|helps|helping|makes?|making|lets?|has|have|having|who|which|that) "
    r"(?:\w+ ){0,2}\w+$|\bto (?!(?:bed|work|school|town|sleep|lunch|dinner|breakfast|church)$)\w+$",
    re.IGNORECASE,
)
"""Then what follows is what somebody does: "I hear people turn the key"."""
_POINTS_BACK = re.compile(r"\b(?:it|them|that|those|they|him|her|there)\b", re.IGNORECASE)
_OPEN = re.compile(
    r"(?:\bis|\bare|\bam|\bhave|\bhas|n't|\bcannot|\bsome|\bany|\bno|\bmore|\bneeds?|\bwants?|\bso|\bvery|\btoo)$",
    re.IGNORECASE,
)
"""A clause does not end with these."""
_HAVING = re.compile(
    r"\b(?:has|have) (?:a|an|no|some|got|the|to|guests|company|visitors|friends|people)\b", re.IGNORECASE
)
_WELCOME = re.compile(
    r"\b(?:would|'d) (?:be (?:so |very |really )?(?:nice|grand|lovely|great|good|brilliant|welcome|perfect|wonderful|handy|ideal)|"
    r"do (?:me|us) good)$|\bwouldn't (?:hurt|go amiss|be bad)$",
    re.IGNORECASE,
)
_ASKED = re.compile(r"^(?:could|can|may) (?:i|we) (?:please )?(?:have|get)\b", re.IGNORECASE)


def asked_parts(text: str) -> Iterator[str]:
    """The parts of a sentence that ask for something, beside what is told: after it, and before a reason for it."""
    after = asked_after(text)
    if after is not None:
        yield after
    yield from (command for command, _reason in reasons(text) if not _POINTS_BACK.search(command))


def asked_after(text: str) -> str | None:
    """What is asked for after something was told, with a comma between them or none; ``None`` where there is no such part.

    What points back ("get it charged") is no part of its own.
    """
    for seam in list(_ASKS.finditer(text))[:MOST_SEAMS]:
        head, tail = text[: seam.start()].rstrip(" ,."), text[seam.end() :].strip()
        if len(head.split()) < LEAST_WORDS or _POINTS_BACK.search(tail):
            continue
        if _tells(head) and not goes_on(head) and not _OPEN.search(head):
            return _SO.sub("", tail)
    return None


def _tells(head: str) -> bool:
    if _ASKED.match(head) or _WELCOME.search(head):
        return True
    if starts_command(head) or is_imagined(head) or not _TELLS.search(head):
        return False
    return _BRINGS_ABOUT.search(head) is None or _HAVING.search(head) is not None

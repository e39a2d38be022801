"""Other ways in which a sentence is compared: without its emphasis, its clauses alone, a craving as a plain wish.

What people add for colour ("absolutely", "ever so", "god") moves a sentence away from every phrasing and changes no meaning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from assistant.nlu.normalise import plain, tidy

_PRONOUN = re.compile(r"\b(?:it|them|that|this|one)\b")
_EMPHASIS = re.compile(
    r"\b(?:absolutely|really|rather|quite|way(?= too)|far(?= too)|much(?= too)|terribly|awfully|bloody|damn|god|gosh|blimey|jeez|"
    r"phew|wow|ugh|ever so|very|totally|completely|utterly|super|pretty|simply|literally|seriously|honestly|a (?:little )?bit|a little|"
    r"a tad|somewhat|kind of|sort of|just|so(?= (?:dark|bright|hot|cold|warm|stuffy|loud|noisy|dim|dry|damp|chilly|gloomy))|"
    r"right now|at the moment|again|nearly|almost|as hell|like mad|like crazy)\b"
)
_DONE_AND_NOW = re.compile(
    r"(?<=\w) (?:and|so) (?=(?:the|it|my|our|there) (?:\w+ ){0,2}?(?:is|are|can|needs?|looks?)\b)", re.IGNORECASE
)
_JUST_NOW = re.compile(
    r"^(?:i|we)(?: have|'ve)? just (?!said|told|read|heard|asked|wanted)\w+ .+?(?:,| and| so) (?:now )?"
    r"(?P<rest>(?:the|it|it's|my|our|there|there's) .+)$",
    re.IGNORECASE,
)
_DOING_WHAT = re.compile(r"\bwhat (?:i|we) (?:am|are) \w+ing\b")
_CRAVING = re.compile(
    r"^(?:i|we) (?:(?:could|would) (?:murder|kill for|go for|do with|use|love|really use)|am (?:dying|gasping|desperate|longing) for|"
    r"are (?:dying|gasping|desperate) for|fancy)\s+(?P<what>.+)$|"
    r"^(?:(?:does )?any(?:one|body) (?:fancy|want|up for)|who (?:wants|fancies|is up for))\s+(?P<offered>.+)$|"
    r"^(?P<praised>(?!it |that |this |which ).+?) would be (?:lovely|nice|great|good|wonderful|pretty|perfect|grand|ace|brilliant)\b.*$"
)


_IS = re.compile(
    r"\b(?P<who>nobody|no one|someone|somebody|everybody|everyone|anyone|anybody|(?:the|my|our|this|that) \w+)'s "
    r"(?=(?:\w+ing|too|all|so|way|not|far|full|nearly|in|on|at|a|got|very|really|out|empty|cold|hot|warm|dark|bright|wet|dirty|damp|"
    r"freezing|loud|asleep|awake|dry|always|still|\w+ed)\b)",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"\b(?P<who>nobody|no one|someone|somebody|everybody|everyone|(?:the|my|our|this|that) \w+)'s (?=(?:had|been|gone|finished|done|come|"
    r"left|run|burst|broken)\b)",
    re.IGNORECASE,
)


def spelled_out(text: str) -> str:
    """``the car's nearly flat`` and ``somebody's gone`` with their verbs: else they would be taken for owners."""
    return _HAS.sub(r"\g<who> has ", _IS.sub(r"\g<who> is ", text.replace("’", "'")))


def present_part(text: str) -> str:
    """``I just had a shower and the room is full of steam`` without what is over: how things are now is what matters."""
    told = _JUST_NOW.match(text.strip())
    return told["rest"] if told is not None else text


def variants(text: str, people: Collection[str] = ()) -> tuple[str, ...]:
    """``text`` in plain words, and what else it is compared as, without repetition. ``people``: who is called by name here."""
    sentence = plain(tidy(text))
    found = [sentence, *_reworded(sentence), plain(text)]
    first, _, rest = sentence.partition(" ")
    if first in people and rest:
        found.append(f"someone {rest}")
    for clause in clauses(text):
        found += [clause, *_reworded(clause)]
    return tuple(dict.fromkeys(found))


def _reworded(sentence: str) -> Iterator[str]:
    calm = " ".join(_EMPHASIS.sub(" ", sentence).split())
    if len(calm.split()) > 1:
        yield calm
    if _DOING_WHAT.search(sentence):
        yield _DOING_WHAT.sub("what i am doing", sentence)
    craving = _CRAVING.match(sentence)
    if craving is not None:
        what = craving["what"] or craving["offered"] or craving["praised"]
        yield f"i would like {what}"


def clauses(text: str) -> Iterator[str]:
    """The parts of a sentence, where each says something by itself."""
    parts = [plain(tidy(part)) for part in tidy(_DONE_AND_NOW.sub(", ", text)).split(",")]
    return (part for part in parts if len(parts) > 1 and len(part.split()) > 2 and not _PRONOUN.search(part))


def without_place(tokens: Sequence[str], start: int, end: int, prepositions: frozenset[str]) -> tuple[str, ...]:
    """A sentence with "room" for the place at ``start`` to ``end`` (exclusive), and without it where that leaves one."""
    before, after = list(tokens[:start]), list(tokens[end:])
    if after[:1] == ["'s"]:
        after = after[1:]
    article = [] if before[-1:] == ["the"] else ["the"]
    as_room = " ".join([*before, *article, "room", *after])
    while before and before[-1] in ("the", "our", "my"):
        before.pop()
    if before and before[-1] in prepositions:
        return as_room, " ".join([*before[:-1], *after])
    return (as_room,)

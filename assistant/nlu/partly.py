"""Several commands of which the templates do not read every one: wishes among them, and what nobody understands.

"Send the hoover out and close the blind" is a wish and a command. Of "turn on the lamp and the flux capacitor" the lamp is
turned on, and it is said which part was not understood: nothing that was asked for by name is left undone for another's sake.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from assistant.nlu.intents import QUESTIONS
from assistant.nlu.joints import JOINT, is_imagined, is_telling, preambles, starts_command
from assistant.types import Intent, NoIntent, Understanding, Understood

MOST_PIECES = 5
MOST_WORDS_UNKNOWN = 8
_POINTS_BACK = re.compile(r"\b(?:it|them|those|that|they|he|she|him|there)\b", re.IGNORECASE)
_BARE = re.compile(r"^(?:the|my|our|a|an|some)\b", re.IGNORECASE)
_IS = re.compile(
    r"\b(?:is|are|needs?|has|have|looks?|feels?|smells?|wants?)\b|'s (?:too|so|a|not|all)\b", re.IGNORECASE
)
"""A thing that is only named is no wish: "turn off the radio in ten minutes and the light now"."""
_BREAKS_OFF = re.compile(r"\b(?:the|a|an|and|or|of|my|our|to|in|at|for|with|um|uh|er)$", re.IGNORECASE)

Read = Callable[[str], Understanding]


@dataclass(frozen=True, slots=True)
class _Piece:
    """``intents``: empty where the piece is not understood; ``plain``: the templates read it."""

    text: str
    intents: tuple[Intent, ...]
    plain: bool


def wholly(text: str, read: Read, wish: Read) -> Understood | None:
    """All intents of a sentence whose parts are all understood, at least one of them without guessing."""
    pieces = _pieces(text, read, wish)
    if len(pieces) < 2 or not all(piece.intents for piece in pieces) or not any(piece.plain for piece in pieces):
        return None
    return Understood(tuple(intent for piece in pieces for intent in piece.intents), "model")


def partly(text: str, read: Read, wish: Read) -> Understood | None:
    """What is understood of a sentence but for one part of it, which must be told as one that is not."""
    pieces = _pieces(text, read, wish)
    unknown = [piece for piece in pieces if not piece.intents]
    if len(unknown) != 1 or len(pieces) < 2 or not pieces[0].plain or not _commands(pieces[0].text):
        return None
    if is_telling(text) or len(unknown[0].text.split()) > MOST_WORDS_UNKNOWN or _BREAKS_OFF.search(unknown[0].text):
        return None
    told = Intent("HassRespond", {"part": unknown[0].text}, "part_not_understood")
    return Understood((*(intent for piece in pieces for intent in piece.intents), told), "match")


def holds_command(text: str) -> bool:
    """Whether a command begins within a text: who takes the whole for one wish leaves that undone."""
    return any(starts_command(part) for part in JOINT.split(text)[1:])


def is_row(found: Understood | None) -> bool:
    """Whether beside the part that is told at least two were understood: surer than any guess at the whole."""
    return found is not None and len(found.intents) > 2


def _commands(text: str) -> bool:
    """Whether a part is a command, perhaps with the reason before it ("it's bedtime lock the door")."""
    return starts_command(text) or any(starts_command(command) for _reason, command in preambles(text))


def _pieces(text: str, read: Read, wish: Read) -> list[_Piece]:
    """The parts of a sentence, each as long as it is understood as one; none where it is no row of commands."""
    joints = list(JOINT.finditer(text))
    if not 0 < len(joints) < MOST_PIECES or is_imagined(text):
        return []
    starts = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(text)]
    pieces: list[_Piece] = []
    place = 0
    while place < len(starts):
        for last in range(len(starts) - 1, place - 1, -1):
            if place == 0 and last == len(starts) - 1:
                continue  # the whole was read in vain
            piece = _piece(text[starts[place] : ends[last]].strip(" ,"), read, wish, first=place == 0)
            if piece.intents or last == place:
                break
        pieces.append(piece)
        place = last + 1
    return pieces if all(piece.text for piece in pieces) else []


def _piece(text: str, read: Read, wish: Read, *, first: bool) -> _Piece:
    wishes = (first or not _BARE.match(text) or _IS.search(text) is not None) and not holds_command(text)
    if not first and _POINTS_BACK.search(text):
        return _Piece(text, (), plain=False)  # what it points at is in another part
    for reader, plain in ((read, True), (wish, False)):
        found: Understanding = reader(text) if text else NoIntent()
        if not plain and not wishes:
            break
        if isinstance(found, Understood) and not any(intent.name in QUESTIONS for intent in found.intents):
            return _Piece(text, found.intents, plain)
    return _Piece(text, (), plain=False)

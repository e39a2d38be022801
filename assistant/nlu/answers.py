"""What an answer to the assistant's own question chooses: "the second one", "bedroom", "both", "yes please", "no"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from assistant.nlu.intents import chosen, ids_of
from assistant.nlu.words import words_of
from assistant.types import Ask, Intent, JsonValue, Understanding, Understood

_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|ya|sure|ok|okay|of course|do it|go ahead|please do|confirm(?:ed)?|affirmative|absolutely|definitely|"
    r"(?:i said|like i said|i meant) yes|go on|"
    r"correct|right|that's right|that is right|indeed|i do|i am sure|i'm sure|certainly|by all means|fine|go for it|please)\b"
)
_NOT_YET = frozenset(
    "no not nope nah don't dont never wait but later unless except stop cancel instead without".split()
)
_WITH_YES = frozenset(
    "yes yeah yep yup ya sure ok okay of course do it that this them go ahead please confirm confirmed affirmative "
    "absolutely definitely correct right that's indeed i i'm am certainly by all means fine for the thanks thank you now "
    "then is very much would want on said like to really my a uh um well mean want".split()
)
"""What a yes may be said with, besides the words of the question itself."""
_NO = re.compile(
    r"^(?:no|nope|nah|never ?mind|cancel|stop|don't|do not|forget (?:it|about it|that)|leave it|negative|neither|none|nothing|"
    r"abort|not (?:now|really|that|any)|no thanks|rather not)\b"
)
_ALL = re.compile(
    r"^(?:both|all|each|every|everything|every one|the two|the lot|all of (?:them|those)|both of them|either)\b"
)
_SPAN = re.compile(r"^(?:(?:just|only) )?(?:the )?(?P<end>first|last) (?P<count>two|three|2|3)(?: ones?)?(?: please)?$")
_WITHOUT = re.compile(
    r"^(?:no,? )?(?P<how>not|all but|all except(?: for)?|everything (?:but|except)|any(?:thing)? but|both but|all of them (?:but|except)) "
    r"(?P<what>(?:the |my )?(?!now|yet|really|sure|that$|this$|it$|all$|both$).+)$"
)
_BOTH = re.compile(r"^both (?=.+ and )")
_WHICHEVER = re.compile(
    r"^(?:whichever|any|any (?:one|of them)|(?:it )?does ?n[o']t matter|i do ?n[o']t (?:mind|care)|"
    r"you (?:choose|pick|decide))$"
)
_ORDINALS = {
    "first": 0, "1st": 0, "former": 0, "second": 1, "2nd": 1, "latter": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3,
    "last": -1,
}  # fmt: skip
_CARDINALS = {"one": 0, "1": 0, "two": 1, "2": 1, "three": 2, "3": 2, "four": 3, "4": 3}
_NO_THING = re.compile(
    r"^(?:who|what|when|where|why|how|which|is|are|do|does|did|can|could|would|will|turn|switch|dim|mute|unmute|pause|resume|set|"
    r"lock|unlock|undo)\b|^(?:who|what|when|where|how)'s\b",
    re.IGNORECASE,
)
_EMPTY = frozenset(
    "the one in please on i mean meant a an my our that this would like want do of with at by is it ones to for".split()
)


def answer(text: str, ask: Ask, describe: Callable[[str], str]) -> Understanding | None:
    """The chosen intents, HassNevermind for a no; ``None`` where ``text`` is no answer. ``text`` is lower-case."""
    if len(ask.candidates) == 1:
        if _YES.match(text):
            return _agreed(text, ask)
        return Understood((Intent("HassNevermind"),), "match") if _NO.match(text) and len(text.split()) <= 6 else None
    several = _several(text, ask, describe)
    if several is not None:
        return several
    if _ALL.match(text):
        return Understood(ask.candidates, "match")
    if _WHICHEVER.match(text):
        return Understood(ask.candidates[:1], "match")
    chosen = _by_place_in_row(text, ask) or _named(text, ask, describe)
    if chosen is not None:
        return Understood((chosen,), "match")
    return Understood((Intent("HassNevermind"),), "match") if _NO.match(text) and len(text.split()) <= 5 else None


def is_thing(text: str) -> bool:
    """Whether a text may be what was asked for, and is no question or command of another kind instead."""
    return _NO_THING.match(text) is None


def filled(text: str, ask: Ask) -> Understood:
    """The answer's own words in the slot that was asked for, each of several things by itself; a no is a no."""
    if _NO.match(text.lower()) and len(text.split()) <= 3:
        return Understood((Intent("HassNevermind"),), "match")
    said = re.sub(
        r"^(?:(?:please|just|oh|well|um|uh|add|put|i need|we need|some)\b[, ]*)+(?=\w)", "", text, flags=re.IGNORECASE
    )
    things: list[JsonValue] = [thing.strip() for thing in re.split(r",|\band\b", said) if thing.strip()]
    value = things[0] if len(things) == 1 else things
    intent = ask.candidates[0]
    return Understood((replace(intent, slots={**intent.slots, ask.missing: value}),), "match")


def _several(text: str, ask: Ask, describe: Callable[[str], str]) -> Understanding | None:
    """ "The first two", "all but the guest one", "not the guest one", "mum's and dad's", "both in the bedroom"."""
    span = _SPAN.match(text)
    if span is not None:
        count = _CARDINALS[span["count"]] + 1
        chosen = ask.candidates[:count] if span["end"] == "first" else ask.candidates[-count:]
        return Understood(chosen, "match") if count < len(ask.candidates) else None
    without = _WITHOUT.match(text)
    if without is not None:
        named = _named(without["what"], ask, describe)
        rest = tuple(c for c in ask.candidates if c != named)
        if named is None:
            return None
        settled = len(rest) == 1 or not without["how"].startswith("not")
        return Understood(rest, "match") if settled else Ask(ask.question, rest)
    parts = re.split(r",? and (?:also )?|, ", _BOTH.sub("", text))
    found = [_by_place_in_row(part, ask) or _named(part, ask, describe) for part in parts]
    if len(parts) > 1 and all(found) and len(set(map(id, found))) == len(parts):
        return Understood(tuple(one for one in found if one is not None), "match")
    return _all_marked(text, ask, describe)


def _all_marked(text: str, ask: Ask, describe: Callable[[str], str]) -> Understanding | None:
    """ "Both in the bedroom": of more than two those that bear most of the words."""
    match = _ALL.match(text)
    said = {token for token in words_of(text[match.end() :]).tokens if token != "'s"} - _EMPTY if match else set()
    marks = [len(said & _words(candidate, describe)) for candidate in ask.candidates]
    most = max(marks)
    chosen = tuple(c for c, mark in zip(ask.candidates, marks, strict=True) if mark == most)
    return Understood(chosen, "match") if most and 1 < len(chosen) < len(marks) else None


def with_rest(found: Understanding, ask: Ask) -> Understanding:
    """The answer, and then what the sentence had asked for beside it, about the device that was chosen where that was open."""
    if not isinstance(found, Understood) or not ask.then or found.intents[0].name == "HassNevermind":
        return found
    offered = set(ids_of(ask.candidates))
    ids = ids_of(found.intents)
    rest = tuple(
        replace(intent, slots={**intent.slots, **chosen(ids)})
        if ids and len(offered) > 1 and set(ids_of([intent])) == offered
        else intent
        for intent in ask.then
    )
    return replace(found, intents=(*found.intents, *rest))


def _agreed(text: str, ask: Ask) -> Understood | None:
    """Only a yes that is nothing else opens a door: not "yes but later", and not "yes the kitchen light"."""
    said = text.replace("’", "'").replace(",", " ").replace(".", " ").replace("!", " ").split()
    if not _NOT_YET.isdisjoint(said):
        return Understood((Intent("HassNevermind"),), "match")
    known = _WITH_YES.union(word.strip("?,.!'\"") for word in ask.question.lower().split())
    return Understood((_confirmed(ask.candidates[0]),), "match") if known.issuperset(said) else None


def _confirmed(intent: Intent) -> Intent:
    return replace(intent, slots={**intent.slots, "confirmed": True})


def _by_place_in_row(text: str, ask: Ask) -> Intent | None:
    tokens = [
        token for token in words_of(text).tokens if token not in ("the", "one", "please", "number") or len(text) < 5
    ]
    if len(tokens) != 1:
        return None
    index = _ORDINALS.get(tokens[0])
    if index is None and not _is_in_names(tokens[0], ask):
        index = _CARDINALS.get(tokens[0])
    return ask.candidates[index] if index is not None and -1 <= index < len(ask.candidates) else None


def _is_in_names(token: str, ask: Ask) -> bool:
    return any(token in words_of(str(c.slots.get("spoken", c.slots.get("name", "")))).tokens for c in ask.candidates)


def _named(text: str, ask: Ask, describe: Callable[[str], str]) -> Intent | None:
    """The one candidate that has most of the words said; every word must be one of a candidate's."""
    said = {token for token in words_of(text).tokens if token != "'s"} - _EMPTY
    marks: list[int] = []
    known: set[str] = set()
    for candidate in ask.candidates:
        spoken = _words(candidate, describe)
        marks.append(len(said & spoken))
        known |= spoken
    best = max(marks)
    if not best or marks.count(best) > 1 or len(said - known) > 1:
        return None
    return ask.candidates[marks.index(best)]


def _words(candidate: Intent, describe: Callable[[str], str]) -> set[str]:
    """Every word that a candidate can be told by, in singular and plural."""
    ids = candidate.slots.get("device_id")
    texts = [describe(str(i)) for i in (ids if isinstance(ids, list) else [ids])]
    parts = (*texts, candidate.slots.get("area"), candidate.slots.get("spoken"), candidate.slots.get("name"))
    spoken = set(words_of(" ".join(str(part) for part in parts if part)).tokens)
    return spoken | {word[:-1] for word in spoken if word.endswith("s")} | {f"{word}s" for word in spoken}

"""The last turns: several commands, exceptions, pronouns, ellipsis, and answers to the assistant's own questions."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.nlu.clauses import read_sentence, split_except
from assistant.nlu.normalise import tidy
from assistant.nlu.words import plain
from assistant.types import Action, Ask, Intent, JsonValue, NoIntent, TurnContext, Understanding, Understood

MEMORY_S = 180.0
_YES = re.compile(
    r"^(?:yes|yeah|yep|yup|sure|ok|okay|of course|do it|go ahead|please do|confirm|affirmative|absolutely|definitely|correct|right)\b"
)
_NO = re.compile(r"^(?:no|nope|nah|never ?mind|cancel|stop|don't|do not|forget it|leave it|negative)\b")
_FOLLOW = re.compile(
    r"^(?:and |also |now )*(?:(?P<cue>what about|how about|(?:the )?same (?:for|in|with|on)|do the same (?:for|in|with|on)|"
    r"and|also|in|on|the other one|not)\s+)?(?:the |my |in the |in |on the |for the |for )*(?P<what>.+?)"
    r"(?:\s+(?:too|as well|also|instead))?$"
)
_ORDINALS = {
    "first": 0,
    "1st": 0,
    "one": 0,
    "second": 1,
    "2nd": 1,
    "two": 1,
    "third": 2,
    "3rd": 2,
    "three": 2,
    "last": -1,
}
_NEGATED = re.compile(r"\b(?:don't|do not|never|please don't|you shouldn't|should not|shouldn't|no need to)\b")
_REPORTED = re.compile(
    r"\b(?:yesterday|last (?:night|week|month|year)|i wonder|did you know|i (?:once|already|just|think|heard|saw|read|remember) |"
    r"(?:he|she|they|we|somebody|someone) (?:said|says|told|asked|turned|switched|opened|closed|locked|left)\b|"
    r"my \w+ (?:said|says|told|asked|turned|switched) )"
)


class ClauseReader(Protocol):
    """Reads one clause; ``SentenceMatcher`` is one."""

    def match_clause(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Intent | None: ...

    def find_devices(self, text: str) -> tuple[str, ...]: ...

    def find_area(self, text: str) -> str | None: ...

    def describe(self, device_id: str) -> str: ...


@dataclass(frozen=True, slots=True)
class _Past:
    at: dt.datetime
    intents: tuple[Intent, ...]
    targets: tuple[str, ...]
    ask: Ask | None


class Dialogue:
    """Remembers one conversation. ``resolve`` reads a sentence in the light of it."""

    def __init__(self) -> None:
        self._past: _Past | None = None
        self._now: dt.datetime | None = None

    def resolve(self, text: str, context: TurnContext, matcher: ClauseReader) -> Understanding:
        """The reading of ``text``, or NoIntent."""
        self._now = context.now
        past = self._recent(context.now)
        sentence = tidy(text)
        lowered = sentence.lower()
        if past is not None and past.ask is not None:
            answer = self._answer(lowered, past.ask, matcher)
            if answer is not None:
                return answer
        if _NEGATED.search(lowered) or _REPORTED.search(lowered):
            return NoIntent("not a request")
        referents = past.targets if past is not None else ()
        intents = self._read(sentence, context, matcher, referents)
        if intents:
            return Understood(intents, "match")
        followed = self._follow(lowered, past, matcher) if past is not None else None
        return followed or NoIntent("no template matches")

    def remember(self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None) -> None:
        """Keep what was done, and what was asked. A sentence that did nothing leaves the memory as it was."""
        if not intents and ask is None:
            return
        targets = tuple(dict.fromkeys(target for action in actions for target in action.targets))
        if not targets and self._past is not None and ask is None:
            targets = self._past.targets
        self._past = _Past(self._now or dt.datetime.now().astimezone(), intents, targets, ask)

    def _recent(self, now: dt.datetime) -> _Past | None:
        if self._past is None or abs((now - self._past.at).total_seconds()) > MEMORY_S:
            return None
        return self._past

    def _read(
        self, sentence: str, context: TurnContext, matcher: ClauseReader, referents: Sequence[str]
    ) -> tuple[Intent, ...]:
        def read(clause: str) -> Intent | None:
            found = matcher.match_clause(clause, context, referents)
            return found if found is not None else self._read_except(clause, context, matcher, referents)

        return _carry_room(read_sentence(sentence, read))

    @staticmethod
    def _read_except(
        clause: str, context: TurnContext, matcher: ClauseReader, referents: Sequence[str]
    ) -> Intent | None:
        parts = split_except(clause)
        if parts is None:
            return None
        base, left_out = parts
        intent = matcher.match_clause(base, context, referents)
        if intent is None or "device_id" in intent.slots:
            return None
        ids: list[JsonValue] = []
        areas: list[JsonValue] = []
        for name in left_out:
            found = matcher.find_devices(name)
            area = matcher.find_area(re.sub(r"\s+(?:lights?|ones?|lamps?)$", "", name))
            if found:
                ids += found
            elif area:
                areas.append(area)
            else:
                return None
        return replace(intent, slots={**intent.slots, "except": ids, "except_area": areas})

    @staticmethod
    def _answer(text: str, ask: Ask, matcher: ClauseReader) -> Understanding | None:
        """What an answer to ``ask`` chooses; ``None`` where the sentence is no answer."""
        if len(ask.candidates) == 1:
            if _YES.match(text):
                slots = {**ask.candidates[0].slots, "confirmed": True}
                return Understood((replace(ask.candidates[0], slots=slots),), "match")
            return Understood((Intent("HassNevermind"),), "match") if _NO.match(text) else None
        if _NO.match(text):
            return Understood((Intent("HassNevermind"),), "match")
        if re.match(r"^(?:both|all|all of them|each|every one|the two)\b", text):
            return Understood(ask.candidates, "match")
        for word, index in _ORDINALS.items():
            if re.search(rf"\b(?:the )?{word}(?: one)?$", text) and -1 <= index < len(ask.candidates):
                return Understood((ask.candidates[index],), "match")
        chosen = _named_among(text, ask, matcher)
        return Understood((chosen,), "match") if chosen is not None else None

    @staticmethod
    def _follow(text: str, past: _Past, matcher: ClauseReader) -> Understanding | None:
        """``and in the bedroom too``, ``what about the garage``: the last intent with another place or device."""
        match = _FOLLOW.match(text)
        if match is None or not past.intents or len(text.split()) > 9:
            return None
        what, last = match["what"], past.intents[-1]
        area, ids = matcher.find_area(what), matcher.find_devices(what)
        keep = {k: v for k, v in last.slots.items() if k not in ("name", "device_id", "area", "floor", "here", "all")}
        if ids:
            domain = ids[0].partition(".")[0]
            if keep.get("domain") not in (None, domain) and last.name not in (
                "HassTurnOn",
                "HassTurnOff",
                "HassGetState",
            ):
                return None
            keep["domain"] = domain
            return Understood(
                (replace(last, slots={**keep, "device_id": ids[0] if len(ids) == 1 else list(ids)}),), "match"
            )
        if area:
            return Understood((replace(last, slots={**keep, "area": area}),), "match")
        return None


def _named_among(text: str, ask: Ask, matcher: ClauseReader) -> Intent | None:
    words = set(plain(text).split()) - {"the", "one", "in", "please", "on", "i", "mean", "meant", "a"}
    if not words:
        return None
    marks = []
    for candidate in ask.candidates:
        described = matcher.describe(str(candidate.slots.get("device_id", "")))
        spoken = set(plain(f"{described} {candidate.slots.get('area', '')}").split())
        marks.append(len(words & spoken))
    best = max(marks)
    return ask.candidates[marks.index(best)] if best and marks.count(best) == 1 else None


def _carry_room(intents: tuple[Intent, ...]) -> tuple[Intent, ...]:
    """A later command without a room is about the room of the one before it, if it has none of its own."""
    result: list[Intent] = []
    area: JsonValue = None
    for intent in intents:
        if intent.slots.get("here") and area is not None:
            slots = {key: value for key, value in intent.slots.items() if key != "here"}
            intent = replace(intent, slots={**slots, "area": area})
        area = intent.slots.get("area", area)
        result.append(intent)
    return tuple(result)

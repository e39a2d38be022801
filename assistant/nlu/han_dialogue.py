"""One conversation in Chinese: the same memory as ``Dialogue``, with the words of a language that has no spaces."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.nlu import han_text
from assistant.nlu.clauses import taken_up
from assistant.nlu.concern import speaks_of_home
from assistant.nlu.dialogue import MEMORY_S
from assistant.nlu.intents import QUESTIONS, ids_of
from assistant.nlu.name_index import NameIndex
from assistant.nlu.past import Past
from assistant.nlu.reading import ClauseReader, plain_intent
from assistant.nlu.vocabulary import vocabulary
from assistant.nlu.words import words_of
from assistant.types import Action, Ask, Home, Intent, JsonValue, NoIntent, TurnContext, Understanding, Understood

_YES = re.compile(r"^(?:是|对|好|可以|行|确定|确认|要|没错|嗯|当然|没问题|同意|开吧|做吧)")
_NO = re.compile(r"^(?:不|别|算了|取消|没|否|停|免了)")
_ALL = re.compile(r"^(?:都|全|两个都|所有|全部|每一?个)")
_ORDINAL = re.compile(
    r"^第?(?P<n>一|二|两|三|四|1|2|3|4)个?$|^(?P<last>最后一个|后一个|后者)$|^(?P<first>前者|前一个)$"
)
_NUMBERS = {"一": 0, "1": 0, "二": 1, "两": 1, "2": 1, "三": 2, "3": 2, "四": 3, "4": 3}
_FOLLOW = re.compile(
    r"^(?:还有|那|那么|再|也|同样)?(?P<what>.+?)(?:也(?:是|一样|要)?|呢|一样)$|^(?:还有|那)(?P<other>.+)$"
)
_MOST_ANSWER = 12
_TARGETS = ("name", "device_id", "area", "floor", "here", "all", "device_class")


class HanDialogue:
    """Remembers one conversation; ``resolve`` reads a sentence in the light of it. The turn's rules are ``Dialogue``'s."""

    def __init__(self) -> None:
        self._past: Past | None = None
        self._now: dt.datetime | None = None

    def resolve(
        self, text: str, context: TurnContext, matcher: ClauseReader, *, repair: bool = True, plain: bool = True
    ) -> Understanding:
        """The reading of ``text``, or NoIntent. Names are taken as they are said: there are no repairs."""
        self._now = context.now
        past = self._recent(context.now)
        if past is not None and past.ask is not None and past.ask.missing:
            if repair and not han_text.is_question(text):
                return _filled(han_text.plain(text), past.ask)
            past = None  # what else is said is a sentence of its own
        if not plain:
            return NoIntent("no template matches")
        sentence = han_text.tidy(text)
        if past is not None and past.ask is not None:
            answered = _answer(han_text.plain(text), past.ask, matcher)
            if answered is not None:
                return answered
        if han_text.is_negated(sentence):
            return NoIntent("told not to")
        intents = self._read(sentence, context, matcher, past)
        if not intents and past is not None:
            intents = _followed(sentence, past, context, matcher)
        return Understood(intents, "match") if intents else NoIntent("no template matches")

    def remember(self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None) -> None:
        """Keep what was done, and what was asked. A sentence that did nothing leaves the memory as it was."""
        if not intents and ask is None:
            return
        targets = tuple(dict.fromkeys(target for action in actions for target in action.targets))
        if not targets and self._past is not None and ask is None:
            targets = self._past.targets
        now = self._now or dt.datetime.now().astimezone()
        self._past = Past(now, han_text.tidy(text), intents, targets, ask)

    def _recent(self, now: dt.datetime) -> Past | None:
        if self._past is None or abs((now - self._past.at).total_seconds()) > MEMORY_S:
            return None
        return self._past

    # --- sentences --------------------------------------------------------------------------------------

    def _read(
        self, sentence: str, context: TurnContext, matcher: ClauseReader, past: Past | None
    ) -> tuple[Intent, ...]:
        about = past.targets if past is not None else ()
        found = _conditional(sentence, context, matcher, about) or _delayed(sentence, context, matcher, about)
        if found is not None:
            return (found,)
        for parts in han_text.clauses(sentence):
            intents = _all_of(parts, context, matcher, about)
            if intents:
                return intents
        return ()


def _clause(text: str, context: TurnContext, matcher: ClauseReader, about: Sequence[str]) -> Intent | None:
    """One clause; what asks or states never acts."""
    text = han_text.tidy(text)
    if han_text.is_negated(text):
        return None
    found = matcher.match_verbatim(text, context, custom=True) or matcher.match_clause(text, context, about)
    if found is None or (found.name not in QUESTIONS and han_text.is_question(text)):
        return None
    return found


def _all_of(
    parts: Sequence[str], context: TurnContext, matcher: ClauseReader, about: Sequence[str]
) -> tuple[Intent, ...]:
    """The intents of all clauses; none where one is not understood. "It" is what the clause before is about."""
    intents: list[Intent] = []
    for part in parts:
        intent = _clause(part, context, matcher, about)
        if intent is None:
            return ()
        if intents:
            intent = taken_up(intent, intents[-1])
        intents.append(intent)
        about = ids_of([intent]) or about
    return tuple(intents)


def _acts(text: str, context: TurnContext, matcher: ClauseReader, about: Sequence[str]) -> tuple[Intent, ...]:
    for parts in han_text.clauses(text):
        intents = _all_of(parts, context, matcher, about)
        if intents:
            return () if any(intent.name in QUESTIONS for intent in intents) else intents
    return ()


def _delayed(text: str, context: TurnContext, matcher: ClauseReader, about: Sequence[str]) -> Intent | None:
    parts = han_text.delayed(text)
    command = _acts(parts.command, context, matcher, about) if parts is not None else ()
    if parts is None or not command:
        return None
    at = context.now + dt.timedelta(seconds=parts.delay_s)
    slots: dict[str, JsonValue] = {
        "at": at.isoformat(), "command": han_text.tidy(parts.command), "delay_s": parts.delay_s,
        "then": [plain_intent(intent) for intent in command],
    }  # fmt: skip
    return Intent("AssistDelayed", slots)


def _conditional(text: str, context: TurnContext, matcher: ClauseReader, about: Sequence[str]) -> Intent | None:
    for parts in han_text.conditional(text):
        condition = matcher.match_clause(f"{parts.condition}吗", context, about)
        condition = condition or matcher.match_clause(parts.condition, context, about)
        if condition is None or condition.name not in QUESTIONS:
            continue
        command = _acts(parts.command, context, matcher, about)
        if command:
            slots: dict[str, JsonValue] = {
                "if": plain_intent(condition),
                "then": [plain_intent(intent) for intent in command],
            }
            return Intent("AssistIf", {**slots, "unless": True} if parts.unless else slots)
    return None


# --- answers and follow-ups -------------------------------------------------------------------------------


def _answer(text: str, ask: Ask, matcher: ClauseReader) -> Understanding | None:
    """What an answer to the assistant's own question chooses; ``None`` where it is none."""
    if len(text) > _MOST_ANSWER:
        return None
    if len(ask.candidates) == 1:
        if _NO.match(text):
            return Understood((Intent("HassNevermind"),), "match")
        chosen = ask.candidates[0]
        confirmed = replace(chosen, slots={**chosen.slots, "confirmed": True})
        return Understood((confirmed,), "match") if _YES.match(text) else None
    if _ALL.match(text):
        return Understood(ask.candidates, "match")
    found = _in_row(text, ask) or _named(text, ask, matcher)
    if found is not None:
        return Understood((found,), "match")
    return Understood((Intent("HassNevermind"),), "match") if _NO.match(text) else None


def _filled(text: str, ask: Ask) -> Understood:
    """The answer's own words in the slot that was asked for, each of several things by itself; a no is a no."""
    if _NO.match(text):
        return Understood((Intent("HassNevermind"),), "match")
    things: list[JsonValue] = [thing.strip() for thing in re.split(r"[、，,]|和|还有", text) if thing.strip()]
    intent = ask.candidates[0]
    value = things[0] if len(things) == 1 else things
    return Understood((replace(intent, slots={**intent.slots, ask.missing: value}),), "match")


def _in_row(text: str, ask: Ask) -> Intent | None:
    said = _ORDINAL.match(text)
    if said is None:
        return None
    index = -1 if said["last"] else 0 if said["first"] else _NUMBERS[said["n"]]
    return ask.candidates[index] if index < len(ask.candidates) else None


def _named(text: str, ask: Ask, matcher: ClauseReader) -> Intent | None:
    """The one candidate whose names have the most of the characters said."""
    said = {token for token in words_of(text).tokens if token not in ("'s", "那", "个", "是", "盏", "这")}
    marks = []
    for candidate in ask.candidates:
        ids = candidate.slots.get("device_id")
        texts = [matcher.describe(str(i)) for i in (ids if isinstance(ids, list) else [ids])]
        texts += [str(candidate.slots[key]) for key in ("area", "spoken", "name") if candidate.slots.get(key)]
        marks.append(len(said & set(words_of(" ".join(texts)).tokens)))
    best = max(marks)
    if not said or best < max(1, len(said) - 1) or marks.count(best) > 1:
        return None
    return ask.candidates[marks.index(best)]


def _followed(text: str, past: Past, context: TurnContext, matcher: ClauseReader) -> tuple[Intent, ...]:
    """``卧室的呢``, ``台灯也关掉`` after a command or question: the same of another room or device."""
    said = _FOLLOW.match(text)
    if said is None or not past.intents:
        return ()
    part = (said["what"] or said["other"]).strip(" ,").removesuffix("的")
    last = past.intents[-1]
    kept = {key: value for key, value in last.slots.items() if key not in _TARGETS}
    domains = {target.partition(".")[0] for target in past.targets}
    domain = last.slots.get("domain") or (domains.pop() if len(domains) == 1 else None)
    area, floor = matcher.find_area(part), matcher.find_floor(part)
    if area is not None or floor is not None:
        place: dict[str, JsonValue] = {"area": area} if area is not None else {"floor": floor}
        return (replace(last, slots={**kept, **({"domain": domain} if domain else {}), **place}),)
    ids = matcher.find_devices(part, context)
    if not ids or (domain is not None and any(i.partition(".")[0] != domain for i in ids)):
        return ()
    chosen: JsonValue = ids[0] if len(ids) == 1 else list(ids)
    return (replace(last, slots={**kept, "device_id": chosen}),)


class HanConcern:
    """The model's part for a language that it has no phrasings of: it only tells whether a sentence is about the home."""

    def __init__(self, home: Home, language: str) -> None:
        self._index = NameIndex(home, vocabulary(language))

    def understand(self, text: str, context: TurnContext) -> Understanding:
        """NoIntent; ``about_home`` where the chat model must not answer."""
        return NoIntent("no template matches", about_home=speaks_of_home(han_text.tidy(text), self._index))

    def warm(self) -> None:
        """Nothing is to be made ready."""

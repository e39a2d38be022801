"""Sentences that are only a part of one: "and in the bedroom too", "no, 22", "the south one as well", "and pears"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.nlu.clauses import Clause
from assistant.nlu.joints import starts_command
from assistant.nlu.past import Past
from assistant.nlu.words import words_of
from assistant.types import Intent, JsonValue, TurnContext

MAX_WORDS = 9
_CUE = re.compile(
    r"^(?:(?:and|also|now|then|what about|how about|(?:the |do the )?same (?:for|in|with|on|to|thing (?:for|in|with|on))|"
    r"and (?:for|what about|how about)|as well as|plus|likewise|ditto (?:for|in)?)\b[,\s]*)+",
    re.IGNORECASE,
)
CORRECTED = re.compile(
    r"^(?:(?:no|nope|sorry|wait|oops|actually|rather|i mean|i meant|i said|make (?:that|it)|not that(?: one)?|that's wrong|"
    r"that is wrong|i want|better|try)\b[,\s]*)+",
    re.IGNORECASE,
)
_NOT_THIS = re.compile(
    r"^not (?P<wrong>.+?)[,\s]+(?:but |i mean |i meant )?(?P<right>(?:the|in|on|my)\b.+)$", re.IGNORECASE
)
_TAIL = re.compile(r"[,\s]+(?:too|as well|also|instead|then|again|please)$", re.IGNORECASE)
_PLACED = re.compile(r"^(?:(?:in|on|at|for|to|with|inside)\s+)+", re.IGNORECASE)
_ONE = re.compile(r"\bones?\b", re.IGNORECASE)
_OWN_SENTENCE = re.compile(
    r"^(?:(?:i|we|he|she|they|you|it|there)(?:'(?:s|re|ve|ll|m|d))?\b(?! (?:\w+ )?need\b)|(?:make|create|start|tell|read|show|is|are|am|"
    r"was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must|how|what|who|whose|why|when|where|which|"
    r"let|let's|never mind|forget|stop|wait|listen|look|hello|hi|hey|bye|goodbye|thank|thanks|cheers|sorry|yes|yeah|yep|ok|okay|"
    r"that|that's|this|these|those|here|please)\b)",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"^(?:(?:oh|very|so|really|just|all|that) )*(?:good|great|nice|perfect|lovely|brilliant|awesome|cool|fine|wonderful|excellent|super|"
    r"fantastic|amazing|right|well|enough|done|sure|ta|much)(?: (?:job|work|one|done|thanks|thank you|then|now|for now|for today|girl|boy|"
    r"morning|night|evening|afternoon|assistant|again))*$",
    re.IGNORECASE,
)
_NEED = re.compile(r"^(?:we|i) (?:(?:also|still) )?need (?:(?:some|more|also) )*", re.IGNORECASE)
_NOTHING = frozenset("the a an and or of um uh er my our to in on at for with please then so oh".split())
_OTHER = re.compile(r"^(?:the )?other(?: one| ones)?$|^another(?: one)?$", re.IGNORECASE)
_TAKEN_OFF = re.compile(
    r"^(?:take|scratch|cross|strike|leave|knock) (?:(?:the )?(?P<item>.+) (?:off|out)|(?:off|out) (?:the )?(?P<last>.+))$",
    re.IGNORECASE,
)
_TARGETS = ("name", "device_id", "area", "floor", "here", "all", "except", "except_area", "device_class")
_SWITCHING = frozenset({"HassTurnOn", "HassTurnOff", "HassToggle", "HassGetState"})
_LISTS = frozenset(
    "HassListAddItem HassListRemoveItem HassListCompleteItem HassShoppingListAddItem HassShoppingListRemoveItem".split()
)
MOST_ELLIPTIC = 4
_QUESTIONS = ("HassGet", "HassClimateGet", "AssistListQuery")


class Matching(Protocol):
    """What is needed of the matcher."""

    def find_devices(self, text: str, context: TurnContext | None = None) -> tuple[str, ...]: ...

    def kinds_in(self, place: Mapping[str, JsonValue]) -> frozenset[str]: ...

    def find_area(self, text: str) -> str | None: ...

    def find_floor(self, text: str) -> str | None: ...


class Reading(Protocol):
    """What is needed of the turn's reading."""

    @property
    def context(self) -> TurnContext: ...

    @property
    def matcher(self) -> Matching: ...

    def clause(self, text: str, about: Sequence[str] | None = None) -> Intent | None: ...


def follow(text: str, past: Past, reading: Reading) -> tuple[Clause, ...]:
    """The last intent with what ``text`` changes of it; empty where it changes nothing that is known."""
    if not past.intents or len(text.split()) > MAX_WORDS:
        return ()
    corrected = CORRECTED.match(text) is not None
    negated = _NOT_THIS.match(text)
    part = opener_off(negated["right"] if negated is not None else text)
    corrected = corrected or negated is not None
    if not _is_said(part):
        return ()
    last = past.intents[-1]
    if last.name in _LISTS and (_OWN_SENTENCE.match(part) or _PRAISE.match(part)):
        return ()
    intent = _named_alike(part, last, past, reading) or _elsewhere(part, last, past, reading)
    intent = intent or _next_item(part, last) or _said_of_it(part, past, reading) or _changed(part, past, reading)
    if intent is None:
        return ()
    clause = Clause(past.said, intent)
    if corrected and past.ask is None and _is_act(last) and _target(intent) != _target(last):
        return (Clause(text, Intent("AssistUndo")), clause)
    return (clause,)


def opener_off(text: str) -> str:
    """``text`` without "no," and "and" before it, and without "too" after it."""
    return _TAIL.sub("", _CUE.sub("", CORRECTED.sub("", text))).strip(" ,")


def _is_act(intent: Intent) -> bool:
    return not intent.name.startswith(_QUESTIONS)


def _target(intent: Intent) -> tuple[JsonValue, ...]:
    return tuple(intent.slots.get(key) for key in ("device_id", "area", "floor"))


# --- the same for another place or device -------------------------------------------------------------------


def _named_alike(part: str, last: Intent, past: Past, reading: Reading) -> Intent | None:
    """ "Ben's", after one lamp: his lamp, not everything in his room."""
    if not isinstance(last.slots.get("device_id"), str) or _PLACED.match(part) or last.name in _LISTS:
        return None
    words = past.said.split()
    bare = _ONE.sub("", part).strip()
    for start in range(1, len(words)):
        ids = reading.matcher.find_devices(f"{bare} {' '.join(words[start:])}", reading.context)
        if len(ids) == 1 and ids[0].partition(".")[0] == _domain_of(past.targets):
            kept = {key: value for key, value in last.slots.items() if key not in _TARGETS}
            return replace(last, slots={**kept, "device_id": ids[0]})
    return None


def _said_of_it(part: str, past: Past, reading: Reading) -> Intent | None:
    """ "Off again", "a bit slower", "blue", "add jam": said of what was spoken of last."""
    if len(part.split()) > MOST_ELLIPTIC or not _has_content(part):
        return None
    last = past.intents[-1]
    name = last.slots.get("name")
    if last.name in _LISTS or last.name == "AssistListQuery":
        lists = [str(name)] if isinstance(name, str) else ["shopping list"]
        taken = _TAKEN_OFF.match(part)
        part = f"remove {taken['item'] or taken['last']}" if taken is not None else part
        frames = tuple(f"{part} {word} {title}" for title in lists for word in ("to", "from", "on"))
    elif _domain_of(past.targets) is None:
        return None
    else:
        frames = (f"turn it {part}", f"make it {part}", f"set it to {part}", f"put it {part}")
    for frame in frames:
        intent = reading.clause(frame, past.targets)
        if (
            intent is not None
            and _is_act(intent)
            and "here" not in intent.slots
            and intent.slots.get("device_id") is not None
        ):
            return intent
    return None


def carried_over(last: Intent, domain: str, before: str | None) -> Intent | None:
    """The last act for another kind of device: locking a door is closing a gate, and what is asked of it is how it is.

    ``None`` where it means nothing there. ``before``: the kind that it was of.
    """
    if domain == before or before is None:
        return last
    if last.name == "HassGetState":
        return replace(last, slots={k: v for k, v in last.slots.items() if k != "state"}, response="one")
    if last.name not in _SWITCHING:
        return None
    if "lock" not in (domain, before):
        return last
    securing = {"lock": "HassTurnOn", "cover": "HassTurnOff", "valve": "HassTurnOff"}
    return replace(last, name=securing[domain]) if domain in securing and securing.get(before) == last.name else None


def _elsewhere(part: str, last: Intent, past: Past, reading: Reading) -> Intent | None:
    if last.name.startswith(("HassList", "HassShopping", "AssistIf", "AssistDelayed")):
        return None
    kept = {key: value for key, value in last.slots.items() if key not in _TARGETS}
    bare = _PLACED.sub("", part)
    for key, place in (("area", reading.matcher.find_area(bare)), ("floor", reading.matcher.find_floor(bare))):
        if place is not None:
            domain = last.slots.get("domain") or _domain_of(past.targets)
            if (
                isinstance(domain, str)
                and domain not in reading.matcher.kinds_in({key: place})
                and _devices(bare, past, reading)
            ):
                continue  # "the garage", of a lock: its door
            kind = {"device_class": last.slots["device_class"]} if "device_class" in last.slots else {}
            return replace(last, slots={**kept, **kind, **({"domain": domain} if domain else {}), key: place})
    ids = _devices(bare, past, reading)
    if not ids:
        return None
    domain = ids[0].partition(".")[0]
    before = (last.slots.get("domain"), _domain_of(past.targets))
    if domain not in before:
        carried = carried_over(last, domain, next((kind for kind in before if isinstance(kind, str)), None))
        if carried is None or (last.name not in _SWITCHING):
            return None
        last, kept = carried, {key: value for key, value in carried.slots.items() if key not in _TARGETS}
    chosen: dict[str, JsonValue] = {"device_id": ids[0]} if len(ids) == 1 else {"device_id": list(ids)}
    return replace(last, slots={**kept, "domain": domain, **chosen})


def _domain_of(ids: Sequence[str]) -> str | None:
    domains = {device_id.partition(".")[0] for device_id in ids}
    return domains.pop() if len(domains) == 1 else None


def _devices(part: str, past: Past, reading: Reading) -> tuple[str, ...]:
    """The devices that ``part`` names, if need be with a noun of the last sentence: "Dad's", "the south one"."""
    if _OTHER.match(part) and past.ask is not None:
        rest = [c.slots.get("device_id") for c in past.ask.candidates]
        others = tuple(i for i in rest if isinstance(i, str) and i not in past.targets)
        return others if len(others) == 1 else ()
    ids = reading.matcher.find_devices(part, reading.context)
    if ids:
        return ids
    bare = _ONE.sub("", part).strip()
    words = past.said.split()
    for start in range(len(words) - 1, -1, -1):
        for end in range(len(words), start, -1):
            ids = reading.matcher.find_devices(f"{bare} {' '.join(words[start:end])}", reading.context)
            if ids:
                return ids
    return ()


# --- lists ----------------------------------------------------------------------------------------------------


def _next_item(part: str, last: Intent) -> Intent | None:
    """``and pears``: one more item for the list."""
    if not last.name.startswith(("HassList", "HassShopping")) or "item" not in last.slots or len(part.split()) > 4:
        return None
    if starts_command(part):
        return None
    if last.name not in (
        "HassListAddItem",
        "HassShoppingListAddItem",
        "HassListRemoveItem",
        "HassShoppingListRemoveItem",
    ):
        return None
    part = _NEED.sub("", part)
    items: list[JsonValue] = [item.strip() for item in re.split(r",|\band\b", part) if item.strip()]
    return replace(last, slots={**last.slots, "item": items[0] if len(items) == 1 else items})


# --- another value --------------------------------------------------------------------------------------------


def _changed(part: str, past: Past, reading: Reading) -> Intent | None:
    """The last sentence with ``part`` in the place of some of its words, as few as can be."""
    if not _has_content(part):
        return None
    last = past.intents[-1]
    referents = past.targets
    for sentence in _substituted(past.said.split(), part):
        intent = reading.clause(sentence, referents)
        if intent is not None and _follows(intent, last):
            return intent
    return None


def _is_said(part: str) -> bool:
    """Whether there are words, and not only those that stand before one."""
    return not _NOTHING.issuperset(words_of(part).tokens)


def _has_content(part: str) -> bool:
    """A number, or words; "yes" and "thanks" change nothing."""
    tokens = words_of(part).tokens
    return bool(tokens) and tokens[0] not in ("yes", "yeah", "ok", "thanks", "thank", "good", "great", "cool", "nice")


def _substituted(words: list[str], part: str) -> Iterator[str]:
    yield " ".join([*words, part])
    for size in range(1, len(words)):
        for start in range(len(words) - size, 0, -1):
            yield " ".join([*words[:start], part, *words[start + size :]])


def _follows(intent: Intent, last: Intent) -> bool:
    """Whether a sentence put together can be what was meant: the same sort of thing, and something new in it."""
    if intent == last or ("here" in intent.slots and "here" not in last.slots):
        return False
    if last.name.startswith(_QUESTIONS):
        return intent.name.startswith(_QUESTIONS)
    settings = {
        "HassTurnOn",
        "HassLightSet",
        "HassFanSetSpeed",
        "HassSetPosition",
        "HassClimateSetTemperature",
        "HassSetVolume",
    }
    return intent.name == last.name or {intent.name, last.name} <= settings

"""The model's part of understanding: what people want without saying it, chosen among what this house can do.

A sentence embedding compares the sentence with the phrasings of every wish that this house can fulfil. A near one is
taken; in between the language model must choose the same one, under a grammar of the candidates; else it is talk.
A question, or talk about the past, never acts.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.errors import ModelError
from assistant.nlu.asked import QuestionReader
from assistant.nlu.bank import Bank, Near
from assistant.nlu.concern import concerns_home
from assistant.nlu.describing import NONE_OF_THESE, describe
from assistant.nlu.framed import MARGIN, FrameReader, Reading
from assistant.nlu.intents import QUESTIONS
from assistant.nlu.joints import starts_command
from assistant.nlu.mentions import spoken_of_in
from assistant.nlu.name_index import NameIndex
from assistant.nlu.normalise import plain, tidy
from assistant.nlu.phrasings import Phrasings, phrasings
from assistant.nlu.run_ons import asked_parts
from assistant.nlu.shape import is_opposite, is_other_shape
from assistant.nlu.sharing import sharing_words, stem
from assistant.nlu.talk import contradicts, is_talk, is_unfinished
from assistant.nlu.variants import clauses, present_part, spelled_out, variants, without_place
from assistant.nlu.vectors import Vectors
from assistant.nlu.vocabulary import vocabulary
from assistant.nlu.wishes import kinds_of
from assistant.nlu.words import number_at, words_of
from assistant.types import Device, Home, Intent, JsonValue, NoIntent, TurnContext, Understanding, Understood

log = logging.getLogger(__name__)

POSSIBLE = 0.56
WORTH_ASKING = 0.60
WORTH_MARGIN = 0.15
"""How likely, and how much nearer than talk, a wish must be to be asked about: "Shall I close the Blind?". Of 448 remarks
5 were asked about."""
COMMAND_ALMOST = 0.70
COMMAND_SURE = 0.85
"""How near what begins as a plain command must be: the templates would know it if this house had what it names."""
SHORT = 2
TALK = "talk"
_QUESTION = re.compile(
    r"^(?:who|whose|why|when|where|which|how (?!about)|what (?!about)|does|do (?!something)|did|shall|ought|"
    r"has|have (?=(?:i|we|you|they|he|she|all|any|both) )|"
    r"was|were|should|would it|will|is|are|am)\b"
)
_OFFERING = re.compile(
    r"^(?:let's|lets|let us|(?:can|could|may|shall) (?:i|we) (?:please )?have|how about|what about (?:some|a|an)\b|any chance of|"
    r"what do you say to)\b"
)
"""Said as a question, and meant as a wish."""
_OURS = re.compile(r"^(?:let's|lets|let us|i|we)\b")
_WISHING = re.compile(r"^(?:why (?:is|are) (?:it|the \w+|this place) (?:so|not|still)|is it possible)\b")
_OUTSIDE = re.compile(
    r"\b(?:outside|outdoors|out there|in (?:the )?(?:town|city|country|world|street|mountains|sky|news))\b"
)
_EXCEPTING = re.compile(r"\b(?:except|apart from|other than|but (?:not|leave|keep))\b")
_PARTS = frozenset({"half", "halve", "quarter", "third", "double", "twice", "triple", "percent", "degree", "degrees"})
_ASKING = frozenset({"HassClimateGetTemperature", "HassGetWeather", "HassGetState"})


class Chooser(Protocol):
    """The language model under a grammar: which of ``choices`` does the speaker want?"""

    def choose(self, sentence: str, choices: Sequence[str]) -> int: ...


class ModelUnderstander:
    """``understand`` gives an act of this house, or NoIntent. ``chooser`` is called only where the embedding is unsure."""

    def __init__(
        self, home: Home, vectors: Vectors, chooser: Callable[[], Chooser | None], language: str = "en"
    ) -> None:
        self._vectors = vectors
        self._chooser = chooser
        self._phrasings: Phrasings = phrasings(language)
        self._vocabulary = vocabulary(language)
        self._language = language
        self._common = _function_words(self._phrasings)
        self._index = NameIndex(home, self._vocabulary)
        self._questions = QuestionReader(home, self._language)
        self.bank = Bank(self._vectors, self._phrasings, home)
        self._called = _proper_names(home)
        self._frames = FrameReader(self.bank, self._index, self._common, self._called)
        self._domains: dict[str | None, set[str]] = {None: set()}
        for device in home.devices:
            self._domains[None].add(device.domain)
            if device.area:
                self._domains.setdefault(device.area, set()).add(device.domain)

    def warm(self) -> None:
        """Have the bank's vectors ready."""
        self.bank.warm()

    def understand(self, text: str, context: TurnContext) -> Understanding:
        """The act that ``text`` asks for, with its room; where there is none, whether it is about the house at all."""
        try:
            found = self._understood(text, context)
        except ModelError as error:  # the templates go on without it, and what they leave is not guessed at
            log.error("the model's part cannot be asked: %s", error)
            found = NoIntent("no model")
        return replace(found, about_home=concerns_home(text, self._index)) if isinstance(found, NoIntent) else found

    def _understood(self, said: str, context: TurnContext) -> Understood | NoIntent:
        text = present_part(spelled_out(said))
        for asked in asked_parts(text) if not is_talk(plain(text)) else ():
            # "The floor is filthy let Sisyphus loose": what is asked for goes before its reason, where it says of what.
            found = self._wish(asked, asked, context)
            if isinstance(found, Understood) and self._is_certain(found, asked):
                return found
        return self._wish(said, text, context)

    def _is_certain(self, found: Understood, sentence: str) -> bool:
        """Whether a part says where, or what is meant, and need not be asked about."""
        if any(intent.slots.get("offered") for intent in found.intents):
            return False
        return bool(self._spot_place(plain(tidy(sentence)))[0]) or all(i.slots.get("device_id") for i in found.intents)

    def _wish(self, said: str, text: str, context: TurnContext) -> Understood | NoIntent:
        """What one sentence asks for; ``text`` is ``said`` with its verbs spelled out, without what is over."""
        sentence = plain(tidy(text))
        if not sentence or len(plain(text).split()) < SHORT:
            return NoIntent("too short to be sure")
        question = self._questions.read(said, context) if not _OFFERING.match(plain(said)) else None
        if question is not None:
            return Understood((question,), "model")
        if is_talk(plain(text)) or is_talk(sentence):
            return NoIntent("talk")
        if is_unfinished(sentence) or _has_amount(sentence) or _EXCEPTING.search(sentence):
            return NoIntent("only templates can be exact enough")
        readings = self.readings(text, context)
        if not readings:
            return NoIntent("nothing that this house can do")
        best = readings[0]
        if best.margin < MARGIN or best.score < POSSIBLE:
            return NoIntent("talk")
        if starts_command(sentence) and not best.named and not self._is_plain(best, sentence):
            return NoIntent("a command that names nothing of this house")
        if best.is_sure or self._model_agrees(text, readings):
            return Understood((best.intent,), "model", best.score)
        if best.score >= WORTH_ASKING and best.margin >= WORTH_MARGIN and best.intent.name not in QUESTIONS:
            offered = replace(best.intent, slots={**best.intent.slots, "offered": True})
            return Understood((offered,), "model", best.score)
        return NoIntent("not sure")

    def readings(self, text: str, context: TurnContext) -> list[Reading]:
        """Every way of taking the sentence, the likeliest first."""
        text = spelled_out(text)
        sentence = plain(tidy(text))
        asked = bool(_QUESTION.match(sentence)) and not _WISHING.match(sentence) and not _OURS.match(plain(text))
        place, shortened = self._spot_place(sentence)
        near, talk = self.bank.nearest(tuple(dict.fromkeys((*variants(text, self._called), *shortened))))
        found = list(self._wished(near, talk, sentence, place, context, asked=asked))
        if not asked:
            said = (*((shortened[-1],) if shortened else ()), sentence, *clauses(text))
            framed = (self._frames.read(part, place, context) for part in dict.fromkeys(said))
            found += [reading for reading in framed if reading is not None]
        return sorted(found, key=lambda reading: -reading.score)

    def _is_plain(self, reading: Reading, sentence: str) -> bool:
        """Whether what begins as a command is near enough to a wish, with no word in it that is of something else."""
        if reading.score >= COMMAND_SURE:
            return True
        if reading.score < COMMAND_ALMOST or reading.margin < 1.5 * MARGIN:
            return False
        ids = reading.intent.slots.get("device_id")
        devices = [self._index.devices[str(i)] for i in (ids if isinstance(ids, list) else [ids]) if i is not None]
        if not devices:
            return False
        known = [reading.phrasing, *(text for d in devices for text in (d.name, *d.aliases, d.area or ""))]
        known += [str(reading.intent.slots.get(key, "")) for key in ("area", "floor")]
        explained = {stem(token) for text in known for token in words_of(text).tokens}
        said = {stem(token) for token in words_of(sentence).tokens if token not in self._common}
        return not {word for word in said if len(word) > 2} - explained

    # --- wishes -----------------------------------------------------------------------------------------

    def _wished(
        self,
        near: Sequence[Near],
        talk: float,
        sentence: str,
        place: Mapping[str, JsonValue],
        context: TurnContext,
        *,
        asked: bool,
    ) -> Iterator[Reading]:
        taken: set[int] = set()
        for one in near:
            if one.similarity < POSSIBLE:
                return
            if id(one.wish) in taken:
                continue
            if asked and one.wish.intent not in _ASKING:
                continue
            if contradicts(sentence, one.phrasing, one.wish.key) or is_opposite(sentence, one.phrasing, one.wish.key):
                continue
            if is_other_shape(sentence, one.phrasing, self._called):
                continue
            intent = self._intent(one, sentence, place, context)
            if intent is not None:
                taken.add(id(one.wish))
                yield Reading(intent, describe(one.wish, intent), one.similarity, one.similarity - talk, one.phrasing)

    def _intent(self, near: Near, sentence: str, place: Mapping[str, JsonValue], context: TurnContext) -> Intent | None:
        """The wish as an intent at the place, ``None`` where it cannot be there."""
        wish = near.wish
        if wish.act is None:
            devices = self._meant(near, sentence, place, context)
            return wish.on(devices, place) if devices else None
        area = place.get("area")
        kinds = kinds_of(wish.act)
        spoken_of = spoken_of_in(sentence, self._index, kinds) if wish.act.in_room else ()
        if spoken_of:
            # "It is dark on the patio", "the big light is too harsh": not the room's, whatever room it is said in.
            ids: list[JsonValue] = [device.id for device in spoken_of]
            slots = {k: v for k, v in wish.act.slots.items() if k != "domain"}
            return Intent(wish.intent, {**slots, "device_id": ids[0] if len(ids) == 1 else ids, "all": True})
        if wish.act.in_room and not place and _OUTSIDE.search(sentence):
            return None
        if (
            place
            and kinds
            and not any(d.domain in kinds and self._index.is_in(d.id, place) for d in self._index.devices.values())
        ):
            return None
        intent = wish.act.as_intent(str(area) if area is not None else context.area)
        if "floor" in place:
            slots = {key: value for key, value in intent.slots.items() if key not in ("area", "here")}
            return Intent(intent.name, {**slots, **place})
        if (
            area is None
            and kinds
            and not kinds & self._domains.get(context.area, set())
            and len(kinds) == 1
            and "domain" not in intent.slots
        ):
            # The room has no thermostat or player of its own: the house's is meant.
            return Intent(intent.name, {k: v for k, v in intent.slots.items() if k not in ("area", "here")})
        return intent

    def _meant(
        self, near: Near, sentence: str, place: Mapping[str, JsonValue], context: TurnContext
    ) -> tuple[Device, ...]:
        """Of the devices that a wish can be about, those that this sentence is about."""
        left = near.wish.devices
        if place:
            there = tuple(d for d in left if self._index.is_in(d.id, place))
            if not there and any(d.domain == "vacuum" for d in left):
                there = left  # a robot that lives elsewhere can clean there
            left = there or tuple(d for d in left if d.area is None)
        elif near.wish.in_room and context.area is not None:
            left = tuple(d for d in left if d.area in (context.area, None))
        if len(left) > 1:
            left = sharing_words(left, sentence, near.phrasing)
        if len(left) > 1 and not place:
            left = tuple(d for d in left if d.area is not None and d.area == context.area) or left
        return left

    # --- places -----------------------------------------------------------------------------------------

    def _spot_place(self, sentence: str) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
        """The area or floor that the sentence names as slots, and the sentence with "room" in its place, and without it."""
        tokens = words_of(sentence).tokens
        for size in range(min(4, len(tokens)), 0, -1):
            for start in range(len(tokens) - size + 1):
                letters = "".join(tokens[start : start + size]).replace("'", "")
                for key, table in (("area", self._index.areas), ("floor", self._index.floors)):
                    row = table.get(letters)
                    # "The street light" is in no "Light Room".
                    if row is not None and not (row[0] and size == 1 and (tokens[start],) in self._index.kind_words):
                        return {key: row[1]}, without_place(tokens, start, start + size, self._vocabulary.prepositions)
        return {}, ()

    # --- the language model -----------------------------------------------------------------------------

    def _model_agrees(self, text: str, readings: Sequence[Reading]) -> bool:
        chooser = self._chooser()
        if chooser is None:
            return False
        choices = list(dict.fromkeys(reading.words for reading in readings[:4]))
        return chooser.choose(text, [*choices, NONE_OF_THESE]) == 0


def _has_amount(sentence: str) -> bool:
    """Whether a number or a part is said, which no wish would heed."""
    tokens = words_of(sentence).tokens
    return any(token in _PARTS or (token != "one" and number_at(tokens, place)) for place, token in enumerate(tokens))


def _proper_names(home: Home) -> frozenset[str]:
    """Words that a person or a robot is called by here: "Ben" of "Ben's Room", "Rosie"."""
    names = [text for place in home.areas for text in (place.name, *place.aliases)]
    names += [text for device in home.devices for text in (device.name, *device.aliases)]
    owners = {words_of(name).tokens[0] for name in names if "'s" in words_of(name).tokens[1:2]}
    robots = [d.name for d in home.devices if d.domain in ("vacuum", "lawn_mower", "person")]
    called = {token for name in robots for token in words_of(name).tokens} | owners
    return frozenset(called | {f"{name}s" for name in called})


def _function_words(known: Phrasings) -> frozenset[str]:
    """Words of the frames, which are never taken for a name; talk has too many words that are one's."""
    frames = [texts for key, texts in (known.frames or {}).items() if key != TALK]
    return frozenset(token for texts in frames for text in texts for token in words_of(text).tokens)

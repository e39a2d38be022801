"""All skills as a turn sees them: sentences are read once, and the skill whose sentence it is answers."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from assistant.errors import StorageError
from assistant.skills.base import Handler, Said
from assistant.skills.language import Language
from assistant.skills.templates import Reading, TemplateSet
from assistant.types import Action, Intent, JsonValue, NotHandled, Outcome, SkillReply, TurnContext, TurnResult

log = logging.getLogger(__name__)

WHILE_RINGING = frozenset({"RingStop", "Snooze"})
"""Sentences that mean something only while it rings."""
ANSWER_S = 120.0
"""For so long an answer to a skill's question is waited for."""


class Skill(Protocol):
    """One skill: which intents of the language's sentences it handles."""

    @property
    def handlers(self) -> Mapping[str, Handler]: ...


class Ringing(Protocol):
    """What may ring, and is quietened before anything else is understood."""

    @property
    def rings(self) -> bool: ...

    def quieten(self, reading: Reading) -> Said | None: ...

    def take_back(self, turn_id: str) -> Said | None: ...


Carrier = Callable[[Intent, TurnContext, bool], Outcome | None]
Hook = Callable[[str, TurnContext], Said | None]
Watcher = Callable[[TurnResult], None]


@dataclass(frozen=True, slots=True)
class _Question:
    skill: str
    answer: Callable[[str, TurnContext], Said | None]
    at: dt.datetime


class SkillSet:
    """Implements the turn's ``Skills``. ``skills``: by name, asked in order where they share an intent.

    ``first`` may take a sentence before anybody reads it, ``several`` one of several steps, ``reckoned`` a word problem,
    ``last`` one that no template reads; ``half`` says what of one was not understood that nobody took. ``carriers`` carry out
    understood intents that are no device's; ``watchers`` are told of each turn's end.
    ``templates``: the sentences, compiled when the first one is read.
    """

    def __init__(
        self,
        language: Language,
        skills: Mapping[str, Skill],
        *,
        templates: Callable[[], TemplateSet],
        ringing: Ringing | None = None,
        first: Hook = lambda _text, _context: None,
        several: Hook = lambda _text, _context: None,
        reckoned: Hook = lambda _text, _context: None,
        last: Hook = lambda _text, _context: None,
        half: Hook = lambda _text, _context: None,
        carriers: Mapping[str, Carrier] | None = None,
        watchers: tuple[Watcher, ...] = (),
    ) -> None:
        self._language = language
        self._templates = templates
        self._handlers: dict[str, list[tuple[str, Handler]]] = {}
        for name, skill in skills.items():
            for intent, handler in skill.handlers.items():
                self._handlers.setdefault(intent, []).append((name, handler))
        self._ringing = ringing
        self._first = first
        self._several = several
        self._reckoned = reckoned
        self._last = last
        self._half = half
        self._carriers = dict(carriers or {})
        self._watchers = watchers
        self._question: _Question | None = None
        self._planned_in: str | None = None
        """The last turn, where all that it did was to plan something."""

    def claim(self, text: str, context: TurnContext) -> SkillReply | None:
        """See the turn's ``Skills``."""
        return self._kept(lambda: self._claim(text, context), context)

    def _claim(self, text: str, context: TurnContext) -> SkillReply | None:
        question, self._question = self._question, None
        if self._ringing is not None and self._ringing.rings:
            reading = self._templates().read(self._language.words(text))
            said = self._ringing.quieten(reading) if reading is not None else None
            if said is not None and reading is not None:
                return self._reply("timers", said, context, reading)
        if question is not None and (context.now - question.at).total_seconds() <= ANSWER_S:
            said = question.answer(text, context)
            if said is not None:
                return self._reply(question.skill, said, context)
        planned_in, self._planned_in = self._planned_in, None
        if planned_in is not None and self._ringing is not None and self._language.takes_back(text):
            said = self._ringing.take_back(planned_in)
            if said is not None:
                return self._reply("timers", said, context)
        said = self._first(text, context)
        return self._reply("translation", said, context) if said is not None else None

    def answer(self, text: str, context: TurnContext, _cancelled: Callable[[], bool] = bool) -> SkillReply | None:
        """See the turn's ``Skills``."""
        return self._kept(lambda: self._answer(text, context), context)

    def _answer(self, text: str, context: TurnContext) -> SkillReply | None:
        found = self.alone(text, context)
        if found is not None:
            return found
        for name, hook in (("steps", self._several), ("arithmetic", self._reckoned), ("knowledge", self._last)):
            said = hook(text, context)
            if said is not None:
                return self._reply(name, said, context)
        return None

    def alone(self, text: str, context: TurnContext) -> SkillReply | None:
        """The answer to one sentence of a skill, and nothing else: a step of several."""
        reading = self.read(text)
        if reading is None:
            return None
        for name, handler in self._handlers.get(reading.intent, ()):
            said = handler(reading, context)
            if said is not None:
                return self._reply(name, said, context, reading)
        return None

    def unclear(self, text: str, context: TurnContext) -> str | None:
        """See the turn's ``Skills``."""
        half = self._half(text, context)
        if half is not None:
            return str(half.text)
        tokens = self._language.words(text).tokens
        for phrase in self._language.table["unclear"]["about"]:
            words = tuple(self._language.split(phrase))
            if any(tokens[i : i + len(words)] == words for i in range(len(tokens) - len(words) + 1)):
                return self._language.wording.say("not_understood")
        return None

    def reads(self, text: str) -> bool:
        """See the turn's ``Skills``."""
        return self.read(text) is not None

    def carry_out(self, intent: Intent, context: TurnContext, *, confirmed: bool = False) -> Outcome | None:
        """See the turn's ``Skills``."""
        carrier = self._carriers.get(intent.name)
        try:
            return carrier(intent, context, confirmed) if carrier is not None else None
        except StorageError as error:
            return NotHandled(self._unkept(error))

    def note(self, result: TurnResult) -> None:
        """See the turn's ``Skills``."""
        planned = result.skill == "timers" or all(action.intent == "AssistDelayed" for action in result.actions)
        self._planned_in = result.turn_id if planned and result.actions else None
        for watcher in self._watchers:
            watcher(result)

    def read(self, text: str) -> Reading | None:
        """The skill's sentence that ``text`` is."""
        return self._templates().read(self._language.words(text), WHILE_RINGING)

    def _kept(self, work: Callable[[], SkillReply | None], context: TurnContext) -> SkillReply | None:
        """What the disk did not take is not confirmed, and is told in words that a person can hear."""
        try:
            return work()
        except StorageError as error:
            log.error("%s", error)
            return self._reply("storage", Said(self._unkept(error), notes=(str(error),)), context)

    def _unkept(self, error: StorageError) -> str:
        return self._language.wording.say("cannot_keep_full" if error.full else "cannot_keep")

    def _reply(self, skill: str, said: Said, context: TurnContext, reading: Reading | None = None) -> SkillReply:
        if said.question is not None:
            self._question = _Question(skill, said.question, context.now)
        name = reading.intent if reading is not None else "SkillAnswer"
        slots = {key: _plain(value) for key, value in reading.slots.items()} if reading is not None else {}
        own = () if said.actions else (Action(name, slots),)
        pieces = [said.text] if isinstance(said.text, str) else said.text
        return SkillReply(
            skill, pieces, (*said.actions, *own), said.question is not None, said.language, said.notes
        )  # fmt: skip


def _plain(value: object) -> JsonValue:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)

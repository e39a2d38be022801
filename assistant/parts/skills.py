"""Builds the skills over one store and one clock; every conversation gets a set of its own with its own memory."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.errors import AssistantError, ModelError
from assistant.skills.agenda.agenda import Agenda
from assistant.skills.agenda.skill import AgendaSkill
from assistant.skills.arithmetic.skill import ArithmeticSkill
from assistant.skills.calendar import CalendarSkill
from assistant.skills.clock import Clock, SystemClock
from assistant.skills.housekeeping import VOLUME_INTENTS, Controls, HousekeepingSkill
from assistant.skills.knowledge.library import Library
from assistant.skills.knowledge.skill import KnowledgeSkill
from assistant.skills.language import Language, language
from assistant.skills.lists import SHOPPING_INTENTS, ListsSkill, Notes, OwnLists
from assistant.skills.skills import SkillSet
from assistant.skills.steps import StepsSkill
from assistant.skills.store import Store
from assistant.skills.talk import TalkSkill
from assistant.skills.templates import TemplateSet, load_templates
from assistant.skills.translation import Message, TranslationSkill
from assistant.types import NoIntent

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.skills.base import Said
    from assistant.skills.knowledge.vectors import Embedder
    from assistant.turn.protocols import HouseLike, Mind
    from assistant.types import Intent, Outcome, SkillReply, TurnContext, Understanding

log = logging.getLogger(__name__)

STORE_FILE = "skills.db"
INDEX_FILE = "documents.db"


class ModelLike(Protocol):
    """A client of the language model."""

    def answer(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[str]: ...


class SkillParts:
    """What the skills share. ``store_path`` ``None`` keeps timers and lists in memory only."""

    def __init__(
        self,
        config: Config,
        *,
        store_path: Path | None,
        clock: Clock | None = None,
        model: Callable[[str], ModelLike] | None = None,
        embedder: Callable[[], Embedder] | None = None,
    ) -> None:
        """``model`` gives a client of the language model by its name, ``embedder`` the sentence embedding."""
        self._model = model
        self._embedder = embedder
        self.config = config
        self._store_path = store_path
        self.controls: Controls | None = None
        """The running assistant's knobs, once it runs."""
        self.clock: Clock = clock or SystemClock(config.assistant.timezone)

    @cached_property
    def language(self) -> Language:
        """The configured language."""
        return language(self.config.assistant.language)

    @cached_property
    def store(self) -> Store:
        """Timers, lists and notes on the disk, opened when the first is asked for."""
        return Store(self._store_path)

    @cached_property
    def agenda(self) -> Agenda:
        """Timers, alarms, reminders, commands for later."""
        return Agenda(self.store, self.clock)

    @cached_property
    def timers(self) -> AgendaSkill:
        """The agenda by voice."""
        return AgendaSkill(self.agenda, self.clock, self.language)

    @cached_property
    def arithmetic(self) -> ArithmeticSkill:
        """Arithmetic and units."""
        return ArithmeticSkill(self.language)

    @cached_property
    def calendar(self) -> CalendarSkill:
        """Clock and calendar."""
        return CalendarSkill(self.clock, self.language)

    @cached_property
    def lists(self) -> ListsSkill:
        """Lists and notes."""
        return ListsSkill(OwnLists(self.store), Notes(self.store, self.clock), self.language)

    @cached_property
    def library(self) -> Library:
        """The owner's documents and their index."""
        from assistant.skills.knowledge.index import KnowledgeIndex

        if self._embedder is None:
            raise AssistantError("documents cannot be read without the sentence embedding")
        folder = self.config.knowledge.folder or self.config.paths.state / "documents"
        return Library(folder, KnowledgeIndex(self.config.paths.state / INDEX_FILE, self._embedder))

    @cached_property
    def knowledge(self) -> KnowledgeSkill:
        """Answers from the documents."""
        assert self._embedder is not None
        model = self._model
        held = (lambda: model("manual")) if model is not None else None
        return KnowledgeSkill(lambda: self.library, self._embedder, self.language, held)

    def _question(self, text: str, context: TurnContext) -> Said | None:
        """Looked up only where there are documents: an index is not made for nothing."""
        exists = "library" in self.__dict__ or (self.config.paths.state / INDEX_FILE).is_file()
        if self._embedder is None or not exists:
            return None
        try:
            return self.knowledge.question(text, context)
        except ModelError as error:  # without the embedding the language model answers, as if there were no documents
            log.error("the documents cannot be asked: %s", error)
            return None

    @cached_property
    def templates(self) -> TemplateSet:
        """All sentences of the skills, compiled."""
        readers = {**self.language.readers(), **self.arithmetic.readers(), **self.calendar.readers()}
        readers |= TranslationSkill(self.language, None).readers()
        return load_templates(self.language.code, readers, self.language.spelling)

    def conversation(
        self, house: HouseLike, mind: Mind | None = None, *, forget: Callable[[], None] = lambda: None
    ) -> SkillSet:
        """The skills of one conversation over ``house``; ``mind`` reads the steps of a longer request for it.

        ``forget`` has the chat model begin anew.
        """
        model = self._model
        translation = TranslationSkill(self.language, (lambda: model("translation")) if model is not None else None)

        def interpret(text: str, _context: TurnContext) -> Said | None:
            return translation.interpret(text, skills.read(text)) if translation.interprets else None

        def read(text: str, context: TurnContext) -> Understanding:
            return mind.read(text, context) if mind is not None else NoIntent()

        def carry_out(intent: Intent, context: TurnContext) -> Outcome:
            return skills.carry_out(intent, context) or house.carry_out(intent, context)

        def alone(text: str, context: TurnContext) -> SkillReply | None:
            return skills.alone(text, context)

        steps = StepsSkill(self.language, read, carry_out, lambda text: skills.read(text), alone)

        def shopping(intent: Intent, _context: TurnContext, confirmed: bool) -> Outcome | None:
            has_list = any(device.domain == "todo" for device in house.snapshot().devices)
            return None if has_list else self.lists.shopping(intent, confirmed=confirmed)

        housekeeping = HousekeepingSkill(self.language, self.config.assistant.name, ThisMachine(), self.controls)

        def volume(intent: Intent, _context: TurnContext, _confirmed: bool) -> Outcome | None:
            plays = any(device.domain == "media_player" for device in house.snapshot().devices)
            return None if plays else housekeeping.volume_intent(intent)

        skills = SkillSet(
            self.language,
            {
                "timers": self.timers,
                "calendar": self.calendar,
                "arithmetic": self.arithmetic,
                "lists": self.lists,
                "housekeeping": housekeeping,
                "translation": translation,
                "talk": TalkSkill(self.language, forget),
                **({"knowledge": self.knowledge} if self._embedder is not None else {}),
            },
            templates=lambda: self.templates,
            ringing=self.timers,
            first=interpret,
            several=steps.request,
            reckoned=self.arithmetic.problem,
            half=lambda text, context: steps.half_understood(text, context) or self.arithmetic.beyond(text, context),
            last=lambda text, context: self.lists.recall(text, context) or self._question(text, context),
            carriers={
                "AssistDelayed": self._delayed,
                **dict.fromkeys(SHOPPING_INTENTS, shopping),
                **dict.fromkeys(VOLUME_INTENTS, volume),
            },
            watchers=(housekeeping.note,),
        )
        return skills

    def _delayed(self, intent: Intent, context: TurnContext, _confirmed: bool) -> Outcome:
        return self.timers.delayed(intent, context)

    def share(self, other: SkillParts) -> None:
        """Use what ``other`` has compiled."""
        self.__dict__["templates"] = other.templates

    def close(self) -> None:
        """Let the store go."""
        if "store" in self.__dict__:
            self.store.close()
        if "library" in self.__dict__:
            self.library.index.close()


class ThisMachine:
    """What this machine tells of itself."""

    @property
    def version(self) -> str:
        """The assistant's."""
        from assistant import __version__

        return __version__

    def addresses(self) -> list[str]:
        """The address that it is reached at, without sending anything."""
        import socket

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(("192.0.2.1", 9))  # a documentation address: only the route is looked up
                return [str(probe.getsockname()[0])]
            except OSError:
                return []

    def temperature_c(self) -> float | None:
        """Of the board."""
        from assistant.machine.health import read_health

        return read_health().temperature_c


class FixedClock:
    """A clock that stands: for cases that bring their own time."""

    boot = "fixed"

    def __init__(self, now: dt.datetime) -> None:
        self._now = now

    def now(self) -> dt.datetime:
        """The given moment."""
        return self._now

    def steady_s(self) -> float:
        """Seconds of the given moment."""
        return self._now.timestamp()

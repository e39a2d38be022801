"""Builds the skills over one store and one clock; every conversation gets a set of its own with its own memory."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.skills.agenda.agenda import Agenda
from assistant.skills.agenda.skill import AgendaSkill
from assistant.skills.arithmetic.skill import ArithmeticSkill
from assistant.skills.calendar import CalendarSkill
from assistant.skills.clock import Clock, SystemClock
from assistant.skills.language import Language, language
from assistant.skills.skills import SkillSet
from assistant.skills.store import Store
from assistant.skills.templates import TemplateSet, load_templates

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.turn import HouseLike
    from assistant.types import Intent, Outcome, TurnContext

STORE_FILE = "skills.db"


class SkillParts:
    """What the skills share. ``store_path`` ``None`` keeps timers and lists in memory only."""

    def __init__(self, config: Config, *, store_path: Path | None, clock: Clock | None = None) -> None:
        self.config = config
        self._store_path = store_path
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
    def templates(self) -> TemplateSet:
        """All sentences of the skills, compiled."""
        readers = {**self.language.readers(), **self.arithmetic.readers(), **self.calendar.readers()}
        return load_templates(self.language.code, readers, self.language.spelling)

    def conversation(self, house: HouseLike) -> SkillSet:
        """The skills of one conversation over ``house``."""
        return SkillSet(
            self.language,
            {"timers": self.timers, "calendar": self.calendar, "arithmetic": self.arithmetic},
            templates=lambda: self.templates,
            ringing=self.timers,
            carriers={"AssistDelayed": self._delayed},
        )

    def _delayed(self, intent: Intent, context: TurnContext, _confirmed: bool) -> Outcome:
        return self.timers.delayed(intent, context)

    def share(self, other: SkillParts) -> None:
        """Use what ``other`` has compiled."""
        self.__dict__["templates"] = other.templates

    def close(self) -> None:
        """Let the store go."""
        if "store" in self.__dict__:
            self.store.close()


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

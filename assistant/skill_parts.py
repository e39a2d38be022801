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
from assistant.skills.housekeeping import VOLUME_INTENTS, Controls, HousekeepingSkill
from assistant.skills.language import Language, language
from assistant.skills.lists import SHOPPING_INTENTS, ListsSkill, Notes, OwnLists
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
    def templates(self) -> TemplateSet:
        """All sentences of the skills, compiled."""
        readers = {**self.language.readers(), **self.arithmetic.readers(), **self.calendar.readers()}
        return load_templates(self.language.code, readers, self.language.spelling)

    def conversation(self, house: HouseLike) -> SkillSet:
        """The skills of one conversation over ``house``."""

        def shopping(intent: Intent, _context: TurnContext, _confirmed: bool) -> Outcome | None:
            has_list = any(device.domain == "todo" for device in house.snapshot().devices)
            return None if has_list else self.lists.shopping(intent)

        housekeeping = HousekeepingSkill(self.language, self.config.assistant.name, ThisMachine(), self.controls)

        def volume(intent: Intent, _context: TurnContext, _confirmed: bool) -> Outcome | None:
            plays = any(device.domain == "media_player" for device in house.snapshot().devices)
            return None if plays else housekeeping.volume_intent(intent)

        return SkillSet(
            self.language,
            {
                "timers": self.timers,
                "calendar": self.calendar,
                "arithmetic": self.arithmetic,
                "lists": self.lists,
                "housekeeping": housekeeping,
            },
            templates=lambda: self.templates,
            ringing=self.timers,
            carriers={
                "AssistDelayed": self._delayed,
                **dict.fromkeys(SHOPPING_INTENTS, shopping),
                **dict.fromkeys(VOLUME_INTENTS, volume),
            },
            watchers=(housekeeping.note,),
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

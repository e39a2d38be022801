"""What the running assistant does for itself: follows the home, watches the board's health, gives memory back, tells notices."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from assistant.errors import AssistantError
from assistant.events import Announced, Reloaded, StateChanged, TurnFinished
from assistant.machine import memory
from assistant.machine.health import HealthWatch, read_health
from assistant.machine.notices import Notice
from assistant.service.beside import Beside
from assistant.service.core import Core
from assistant.service.stages import LoadedStages

log = logging.getLogger(__name__)

FOLLOW_HOME_S = 1.0
HEALTH_EVERY_S = 30.0
TIDY_EVERY_S = 3.0


class Upkeep:
    """Each coroutine goes on until it is cancelled."""

    def __init__(self, core: Core, stages: LoadedStages, beside: Beside) -> None:
        self._core = core
        self._stages = stages
        self._beside = beside
        self._tidy = memory.Tidy(self._give_back)
        core.events.listen(self._tidy.used, TurnFinished, Announced, Reloaded)

    async def tell(self, notice: Notice) -> None:
        """Say a notice in the assistant's language."""
        text = notice.text or self._core.telling.say(notice.key, **notice.values)
        with contextlib.suppress(AssistantError):  # without a voice it stands in the journal alone
            log.info("%s", text, extra={"STAGE": "notice"})
            await self._core.announce(text)

    async def follow_home(self) -> None:
        """Take the names that the home has now, whenever they are others."""
        while True:
            await asyncio.sleep(FOLLOW_HOME_S)
            if await self._beside.run(lambda: self._stages.follow_home(self._core)):
                await asyncio.to_thread(memory.give_back)

    async def watch_health(self) -> None:
        """Tell of heat and of a weak power supply."""
        watch = HealthWatch()
        while True:
            for notice in watch.check(await asyncio.to_thread(read_health), time.monotonic()):
                await self.tell(notice)
            await asyncio.sleep(HEALTH_EVERY_S)

    def _give_back(self) -> None:
        if self._stages.ears is not None:
            self._stages.ears.prepare()
        memory.trim()
        self._stages.parts.model.rest()

    async def keep_small(self) -> None:
        """Give back what hearing and thinking have left free, before a reply's synthesis takes more, and after each turn.

        It takes some 15 ms, at moments at which nobody waits: the first sound is on its way.
        """
        async with self._core.events.subscribe(StateChanged, TurnFinished) as events:
            async for event in events:
                if not isinstance(event, StateChanged) or event.state == "speaking":
                    await asyncio.to_thread(memory.trim)

    async def keep_tidy(self) -> None:
        """Give back what turns have left free, when nobody is spoken to."""
        while True:
            await asyncio.sleep(TIDY_EVERY_S)
            if self._core.state == "idle" and not self._core.loudspeaker.busy:
                await asyncio.to_thread(self._tidy.tidy)

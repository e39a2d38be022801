"""Tries again, later and later, what could not be loaded at the start: a model that was fetched meanwhile is taken up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from assistant.service.core import Core
    from assistant.types import JsonValue

FIRST_S, LONGEST_S = 15.0, 600.0


class Stages(Protocol):
    """What ``stages.LoadedStages`` offers for this."""

    @property
    def missing(self) -> tuple[str, ...]: ...

    def load_missing(self, core: Core) -> tuple[str, ...]: ...


@dataclass(slots=True, eq=False)
class Retry:
    """``found`` is told on the loop what could be loaded after all."""

    stages: Stages
    found: Callable[[tuple[str, ...]], object]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock_s: Callable[[], float] = time.monotonic
    _next_s: float = 0.0

    @asynccontextmanager
    async def beside(self, core: Core) -> AsyncIterator[None]:
        """A service of the core's: at work until the block is left."""
        async with asyncio.TaskGroup() as tasks:
            trying = tasks.create_task(self._run(core), name="retrying")
            yield
            trying.cancel()

    async def _run(self, core: Core) -> None:
        wait_s = FIRST_S
        while True:
            self._next_s = self.clock_s() + wait_s
            await self.sleep(wait_s)
            if not self.stages.missing:
                wait_s = FIRST_S
                continue
            found = await asyncio.to_thread(self.stages.load_missing, core)
            if found:
                self.found(found)
            wait_s = FIRST_S if found else min(2 * wait_s, LONGEST_S)

    def status(self) -> JsonValue:
        """The missing parts, and when they are tried again; for ``assistant status``."""
        parts = self.stages.missing
        again_s = round(max(0.0, self._next_s - self.clock_s())) if parts else None
        return {"parts": list(parts), "again_in_s": again_s}

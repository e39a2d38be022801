"""Blocking work beside the event loop that an end does not wait for: loading a model takes longer than an owner's patience."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
AT_ONCE = 4


class Beside:
    """Threads of its own: the loop's are waited for when it ends. Who ends with some ``left`` has to leave the process."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, "beside")
        self._going: set[Future[Any]] = set()

    @property
    def left(self) -> int:
        """How many pieces of work have not ended, those that nobody waits for any more among them."""
        return len(self._going)

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, or raises. Cancelled, it leaves the work behind."""
        future = self._pool.submit(work)
        self._going.add(future)
        future.add_done_callback(self._going.discard)
        return await asyncio.wrap_future(future)

    async def run_until(self, stop: asyncio.Event, work: Callable[[], object]) -> bool:
        """Whether ``work`` was done before ``stop`` was set; raises what it raises."""
        doing, stopped = asyncio.create_task(self.run(work)), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait((doing, stopped), return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                return False
            await doing
            return True
        finally:
            doing.cancel()
            stopped.cancel()

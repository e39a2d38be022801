"""Keeps the parts that run beside the assistant running: each in a task of its own, entered again when it fails.

This is one of the few places with a broad ``except``: a defect in a panel must not end the assistant.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.service.core import Core, ServiceFactory

log = logging.getLogger(__name__)

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
STEADY_S = 60.0
"""Who ran for so long begins with the shortest wait again."""


async def keep_running(
    core: Core,
    name: str,
    factory: ServiceFactory,
    *,
    clock_s: Callable[[], float] | None = None,
    sleep: Callable[[float], asyncio.Future[None]] | None = None,
) -> None:
    """Enter the service and stay in it until cancelled. A permanent error ends it, with its reason in the troubles."""
    now_s = clock_s or asyncio.get_running_loop().time
    pause = sleep or asyncio.sleep
    failures = 0
    while True:
        begun_s = now_s()
        try:
            async with factory(core):
                core.trouble(name, "")
                await asyncio.Event().wait()  # until cancelled, or the service's own tasks fail
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            failures = 0 if now_s() - begun_s >= STEADY_S else failures
            if not _report(core, name, error):
                return
        await pause(min(FIRST_RETRY_S * 2**failures, LONGEST_RETRY_S))
        failures += 1


def _report(core: Core, name: str, error: BaseException) -> bool:
    """Say what ended a service; whether it is worth trying again."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, AssistantError):
        core.trouble(name, str(error))
        return not error.permanent
    if not isinstance(error, Exception) and not isinstance(error, BaseExceptionGroup):
        raise error
    log.error("%s failed", name, exc_info=error)
    core.trouble(name, f"failed: {type(error).__name__}: {error}")
    return True


class Supervisor:
    """All services, each in its task; an asynchronous context manager."""

    def __init__(self, core: Core, services: Mapping[str, ServiceFactory]) -> None:
        self._core = core
        self._services = dict(services)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Supervisor:
        self._tasks = [
            asyncio.create_task(keep_running(self._core, name, factory), name=name)
            for name, factory in self._services.items()
        ]
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

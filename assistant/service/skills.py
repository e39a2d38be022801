"""The skills in the running assistant: a thread looks what is due and the loudspeaker rings; its knobs by voice."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from assistant.errors import AssistantError
from assistant.events import Event, Indexing, Ringing
from assistant.skills.agenda.agenda import Agenda
from assistant.skills.agenda.runner import AgendaRunner

if TYPE_CHECKING:
    from assistant.parts import Parts
    from assistant.service.core import Core
    from assistant.skills.store import Store

DEBOUNCE_MS = 2000
STORE_LOOK_S = 5.0
RESTART_AFTER_S = 3.0
"""The reply is heard before the end."""
PREFIX = "agenda "
LONGEST_S = 3600.0
"""It rings until it is stopped, but not all day in an empty house."""


class Sounds(Protocol):
    """What the running assistant offers; ``core.Core`` does."""

    def ring(self, name: str, *, text: str = "", longest_s: float = ...) -> None: ...

    def stop_ring(self, name: str, by: str = "owner") -> bool: ...

    def say(self, text: str) -> Future[bool]: ...


class CoreRinger:
    """Rings by the core's loudspeaker, and lets what the owner silences there be done with."""

    def __init__(self, core: Sounds, agenda: Agenda) -> None:
        self._core = core
        self._agenda = agenda

    def ring(self, key: str, text: str) -> None:
        """See ``Ringer``."""
        self._core.ring(PREFIX + key, text=text, longest_s=LONGEST_S)

    def silence(self, key: str) -> None:
        """See ``Ringer``."""
        self._core.stop_ring(PREFIX + key, "skill")

    def announce(self, text: str, heard: Callable[[], None]) -> None:
        """See ``Ringer``."""

        def over(future: Future[bool]) -> None:
            if not future.cancelled() and future.exception() is None and future.result():
                heard()

        self._core.say(text).add_done_callback(over)

    def heard(self, event: Event) -> None:
        """What was stopped at the loudspeaker (a button, "stop" over the ringing, the longest time) is over."""
        if isinstance(event, Ringing) and not event.on and event.by != "skill" and event.name.startswith(PREFIX):
            key = event.name.removeprefix(PREFIX)
            for entry in self._agenda.ringing():
                if str(entry.id) == key:
                    self._agenda.stop(entry)


class CoreControls:
    """The running assistant's knobs for the skills. ``restart``: ends the process; systemd begins it anew."""

    def __init__(self, core: Core) -> None:
        self._core = core

    @property
    def volume(self) -> float:
        """See ``Controls``."""
        return self._core.volume

    def set_volume(self, volume: float) -> float:
        """See ``Controls``."""
        return self._core.set_volume(volume)

    def mute(self, on: bool) -> None:
        """See ``Controls``."""
        self._core.mute(on)

    def restart(self) -> None:
        """See ``Controls``."""
        timer = threading.Timer(RESTART_AFTER_S, os.kill, (os.getpid(), signal.SIGTERM))
        timer.daemon = True
        timer.start()


async def follow_documents(core: Core, parts: Parts) -> None:
    """Take up what is put into the folder of documents, or taken out of it, until cancelled."""
    from watchfiles import awatch

    folder = parts.config.knowledge.folder or parts.config.paths.state / "documents"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            await asyncio.to_thread(_take_up, core, parts)
        async for _changes in awatch(folder, step=500, debounce=DEBOUNCE_MS):
            await asyncio.to_thread(_take_up, core, parts)
    except OSError as error:
        core.trouble("documents", f"{folder}: {error.strerror or error}")


async def follow_store(core: Core, store: Store) -> None:
    """Tell while timers, lists and notes cannot be kept, until cancelled."""
    while True:
        core.trouble("timers", str(store.unkept or store.warning or ""))
        await asyncio.sleep(STORE_LOOK_S)


def _take_up(core: Core, parts: Parts) -> None:
    try:
        problems = parts.skill_parts.library.sync(
            lambda name, done, total: core.events.publish(Indexing(name, done, total))
        )
    except AssistantError as error:
        core.trouble("documents", str(error))
        return
    core.trouble("documents", "; ".join(problems.values()))


@asynccontextmanager
async def open_skills(core: Core, parts: Parts) -> AsyncIterator[AgendaRunner]:
    """The agenda at work until the block is left."""
    skills = parts.skill_parts
    ringer = CoreRinger(core, skills.agenda)
    runner = AgendaRunner(skills.agenda, ringer, parts.house.carry_out, skills.clock, skills.language.wording)
    stopped = threading.Event()
    end_listening = core.events.listen(ringer.heard, Ringing)
    thread = threading.Thread(target=runner.run, args=(stopped,), name="agenda", daemon=True)
    thread.start()
    following = [
        asyncio.create_task(follow_documents(core, parts), name="documents"),
        asyncio.create_task(follow_store(core, skills.store), name="store"),
    ]
    try:
        yield runner
    finally:
        for task in following:
            task.cancel()
        stopped.set()
        end_listening()
        await asyncio.to_thread(thread.join)

"""The composition root of ``assistant run``: builds the parts, supervises them, talks to systemd.

To attach a part of the running assistant (a panel, a protocol, connections to devices, timers), write an asynchronous
context manager that takes the ``Core`` and add it in ``attach_parts`` below; what a ``Core`` offers is written at the top
of ``service/core.py``:

    @asynccontextmanager
    async def open_panel(core: Core) -> AsyncIterator[None]:
        async with serve(core):
            yield

    def attach_parts(core, parts):
        core.add_service("panel", open_panel)

It is entered when the house is there (before the language model is), left at the end, and entered again when it fails.
``parts`` has the house, the matcher and the model clients; what is read again on SIGHUP goes through ``Parts.reload``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.api.attach import attach_api
from assistant.api.commands import control_commands
from assistant.api.control import ControlServer
from assistant.api.control_client import SOCKET_NAME
from assistant.audio.echo import EchoSuppressor
from assistant.config import Config, load_config
from assistant.errors import AssistantError, ConfigError
from assistant.events import Event, EventBus, PartReady, Reloaded, StateChanged, Trouble
from assistant.machine import memory, notices
from assistant.machine.notices import Notice
from assistant.machine.usage import machine_status, own_use, uptime_s
from assistant.parts import Parts
from assistant.service.beside import Beside
from assistant.service.core import Core
from assistant.service.hearing import Hearing
from assistant.service.home import attach_home
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.microphone import build_hearing, manners, open_player
from assistant.service.recordings import FOLDER, Recordings, open_recordings
from assistant.service.retrying import Retry
from assistant.service.settings import LastingSettings
from assistant.service.skills import CoreControls, open_skills
from assistant.service.stages import LoadedStages
from assistant.service.supervisor import Supervisor
from assistant.service.systemd import Notifier, Progress
from assistant.service.upkeep import Upkeep
from assistant.service.worker import Worker
from assistant.telling import Telling
from assistant.types import AudioClip, JsonValue

log = logging.getLogger(__name__)

THINKING, TEXTS = "thinking", "texts"
THINKING_LIMIT_S = 60.0
STOP_WITHIN_S = 1.5
JUST_BOOTED_S = 300.0
RESTART_ONLY = ("paths", "asr", "llm", "tts", "wake", "mqtt", "homeassistant", "gpio")


def attach_parts(core: Core, parts: Parts) -> None:
    """Every service that runs beside the assistant; see the module's first lines."""
    parts.skill_parts.controls = CoreControls(core)
    core.add_service("skills", lambda running: open_skills(running, parts))
    core.events.listen(lambda event: _attend(parts, event), StateChanged)
    recordings = Recordings(parts.config.paths.state / FOLDER, lambda: parts.config.recordings)
    core.add_service("recordings", lambda running: open_recordings(running, recordings))
    attach_api(core, parts)
    attach_home(core, parts)


def _attend(parts: Parts, event: Event) -> None:
    """While somebody speaks, and until the answer is there, programs that use the model wait."""
    if isinstance(event, StateChanged):
        parts.model.queue.attend(event.state in ("listening", "processing"))


@dataclass(slots=True)
class Daemon:
    """One run of the assistant, from its configuration to its end."""

    config_path: Path | None = None
    notifier: Notifier = field(default_factory=Notifier)
    attach: Callable[[Core, Parts], None] = attach_parts
    progress: Progress = field(default_factory=Progress)
    events: EventBus = field(default_factory=EventBus)
    begun_s: float = field(default_factory=time.monotonic)
    milestones: dict[str, float] = field(default_factory=dict)
    """Seconds from the start to: ``ears``, ``voice``, …, ``ready``, ``model``."""
    _config: Config = field(default_factory=Config)
    _core: Core = field(init=False)
    _parts: Parts = field(init=False)
    _stages: LoadedStages = field(init=False)
    _echo: EchoSuppressor = field(init=False)
    _upkeep: Upkeep = field(init=False)
    _beside: Beside = field(default_factory=Beside)
    _hearing: Hearing | None = None
    _workers: tuple[Worker, ...] = ()
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _reload: asyncio.Event = field(default_factory=asyncio.Event)
    _ready: bool = False

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises ConfigError for what cannot be configured, AssistantError at the start."""
        self._config = load_config(self.config_path)
        loop = asyncio.get_running_loop()
        self.events.attach(loop)
        self._build()
        for number, event in ((signal.SIGTERM, self._stop), (signal.SIGINT, self._stop), (signal.SIGHUP, self._reload)):
            loop.add_signal_handler(number, event.set)
        commands = ChainMap(control_commands(self._core, self.status, self._reload.set), self._core.commands)
        try:
            async with ControlServer(self._config.paths.runtime / SOCKET_NAME, commands):
                await self._live()
        finally:
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def _build(self) -> None:
        config = self._config
        self._parts = Parts(config, announce=True)
        self._stages = LoadedStages(self._parts)
        self._echo, player = open_player(config)
        loudspeaker = Loudspeaker(
            player, volume=config.audio.volume, report=lambda text: self._core.trouble("loudspeaker", text)
        )
        thinking, texts = (Worker(name, self.progress, limit_s=THINKING_LIMIT_S) for name in (THINKING, TEXTS))
        self._workers = (thinking, texts)
        self._core = Core(
            self._stages,
            loudspeaker,
            thinking,
            texts=texts,
            settings=LastingSettings(config.paths.state / "settings.json"),
            events=self.events,
            configured_volume=config.audio.volume,
            earcons=config.audio.earcons,
            telling=Telling(config.assistant.language),
        )
        self.events.listen(self._noted, PartReady, Trouble)
        self._upkeep = Upkeep(self._core, self._stages, self._beside)

    async def _live(self) -> None:
        watchdog = asyncio.create_task(self._feed_watchdog(), name="watchdog")
        try:
            self.notifier.status("loading the models")
            if not await self._beside.run_until(self._stop, lambda: self._stages.load(self._core)):
                return
            for worker in self._workers:
                worker.start()
            self._core.loudspeaker.start()
            self._core.loudspeaker.sound(_silence())  # the device is opened before the first reply needs it
            self._listen()
            self.attach(self._core, self._parts)
            retry = Retry(self._stages, self._found)
            self._core.add_service("loading", retry.beside)
            self._core.add_status("missing", retry.status)
            async with Supervisor(self._core, self._core.services):
                self._now_ready()
                await self._serve()
        finally:
            self.notifier.stopping()
            watchdog.cancel()
            await asyncio.to_thread(self._close)

    async def _serve(self) -> None:
        """Everything that goes on until the end. A task that fails by a defect ends the daemon: systemd begins it anew."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._warm(), name="warm"),
                tasks.create_task(self._upkeep.follow_home(), name="home"),
                tasks.create_task(self._upkeep.watch_health(), name="health"),
                tasks.create_task(self._upkeep.keep_tidy(), name="tidy"),
                tasks.create_task(self._upkeep.keep_small(), name="small"),
                tasks.create_task(self._reload_when_asked(), name="reload"),
            ]
            await self._stop.wait()
            for task in running:
                task.cancel()

    def _listen(self) -> None:
        if self._stages.wake is None or self._stages.ears is None:
            return  # why is among the troubles
        self._hearing = build_hearing(self._core, self._stages, self._config, self.progress, self._echo)
        self._core.add_status("hearing", self._hearing.status)
        self._hearing.start()

    def _found(self, _names: tuple[str, ...]) -> None:
        """What could not be loaded at the start is there now; conversations that began without it begin anew."""
        self._core.forget_conversations()
        if self._hearing is None:
            self._listen()
        self.notifier.status(self.status_line())

    def _now_ready(self) -> None:
        self._ready = True
        self._milestone("ready")
        self.notifier.ready(self.status_line())
        log.info("ready after %.1f s", self.milestones["ready"], extra={"STAGE": "start"})

    async def _warm(self) -> None:
        await self._beside.run(lambda: self._stages.warm(self._core))
        await asyncio.to_thread(memory.give_back)
        self._milestone("model")
        self.notifier.status(self.status_line())
        log.info("the model is warm after %.1f s", self.milestones["model"], extra={"STAGE": "start"})
        uptime = uptime_s()
        if self._config.audio.greeting and uptime is not None and uptime < JUST_BOOTED_S:
            await self._upkeep.tell(Notice("ready"))
        for notice in await asyncio.to_thread(notices.take, self._config.paths.state):
            await self._upkeep.tell(notice)

    # --- reload --------------------------------------------------------------------------------------

    async def _reload_when_asked(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            self.notifier.reloading()
            try:
                await self._beside.run(self._reload_now)
                await asyncio.to_thread(memory.give_back)  # what was compiled before, 80 MB
                self.events.publish(Reloaded())
            except AssistantError as error:
                log.error("not reloaded, everything stays as it was: %s", error)
                self._core.trouble("configuration", str(error))
                self.events.publish(Reloaded(str(error)))
            self.notifier.ready(self.status_line())

    def _reload_now(self) -> None:
        config = load_config(self.config_path)
        late = [name for name in RESTART_ONLY if getattr(config, name) != getattr(self._config, name)]
        late += [key for key in ("input", "output") if getattr(config.audio, key) != getattr(self._config.audio, key)]
        self._parts.reload(config)
        self._config = config
        self._core.earcons = config.audio.earcons
        self._core.telling.language = config.assistant.language
        if config.audio.volume != self._core.configured_volume:
            self._core.configured_volume = config.audio.volume
            self._core.set_volume(config.audio.volume)
        if self._hearing is not None:
            self._hearing.listener.behave(manners(config))
        self._core.forget_conversations()
        self._stages.follow_home(self._core, anew=True)
        self._core.trouble("configuration", f"changed, but only a restart takes: {', '.join(late)}" if late else "")
        log.info("configuration and inventory were read again")

    # --- watchdog, status ----------------------------------------------------------------------------

    async def _feed_watchdog(self) -> None:
        """Feed it while everybody moves. It runs from the start: loading counts as moving."""
        interval_s = self.notifier.watchdog_interval_s
        while interval_s is not None:
            stuck = self.progress.stuck()
            if stuck:
                log.critical("stuck: %s; the watchdog is not fed any more", ", ".join(stuck))
            else:
                self.notifier.watchdog()
            await asyncio.sleep(interval_s / 2)

    def _milestone(self, name: str) -> None:
        self.milestones[name] = round(time.monotonic() - self.begun_s, 2)

    def _noted(self, event: object) -> None:
        if isinstance(event, PartReady):
            self._milestone(event.name)
        if self._ready:
            self.notifier.status(self.status_line())

    @property
    def loading(self) -> bool:
        """Whether something is still being loaded or compiled, also after the end."""
        return self._beside.left > 0

    def status_line(self) -> str:
        """One line for ``systemctl status``."""
        if not self._ready:
            return "loading the models"
        what = "muted" if self._core.muted else "listening" if self._hearing is not None else "cannot hear"
        model = "" if "model" in self.milestones else "; the language model is still warming up"
        troubles = "; ".join(f"{subject}: {text}" for subject, text in self._core.troubles.items())
        return f"{what}{model}{'; ' + troubles if troubles else ''}"

    def status(self) -> dict[str, JsonValue]:
        """What ``assistant status`` shows."""
        config = self._config
        return {
            "ready": self._ready,
            "pid": os.getpid(),
            "seconds": round(time.monotonic() - self.begun_s, 1),
            "line": self.status_line(),
            **self._core.status(),
            "wake_words": list(config.wake.words),
            "models": {"asr": config.asr.model, "llm": config.llm.model, "tts": config.tts.voice},
            "devices": len(self._parts.house.snapshot().devices) if self._ready else None,
            "milestones_s": dict(self.milestones),
            "process": own_use(),
            "machine": machine_status(),
        }

    def _close(self) -> None:
        """Everybody ends, within the time that an impatient owner gives; who does not is left behind."""
        self._core.stop()
        if self._hearing is not None:
            self._hearing.close(STOP_WITHIN_S / 2)
        self._core.loudspeaker.close(STOP_WITHIN_S / 3)
        self._core.end_thinking()
        for worker in self._workers:
            worker.close(STOP_WITHIN_S / 3)


def _silence() -> AudioClip:
    import numpy as np

    return AudioClip(np.zeros(1600, np.int16), 16_000)


def run(config_path: Path | None) -> None:
    """Run the assistant until it is stopped. Raises ConfigError or AssistantError where it cannot begin."""
    memory.bound_pools()
    daemon = Daemon(config_path)
    try:
        asyncio.run(daemon.run())
    except* ConfigError as group:
        raise _first(group) from group
    except* AssistantError as group:
        raise _first(group) from group
    if daemon.loading:
        logging.shutdown()
        os._exit(0)  # the interpreter would wait for what is loaded for nobody


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

"""The interfaces in the running assistant: what is switched on in ``[api]`` is served beside it."""

from __future__ import annotations

import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.api.access import Access, PairingDesk, Scope
from assistant.config.environment import service_environment
from assistant.errors import AssistantError
from assistant.types import Intent, JsonScalar, JsonValue

if TYPE_CHECKING:
    from assistant.api.app import Served
    from assistant.config import Config
    from assistant.config.sections import ApiSection
    from assistant.parts import Parts
    from assistant.service.core import Command, Core
    from assistant.web.house import House
    from assistant.web.upkeep import Upkeep

log = logging.getLogger(__name__)
ACCESS_FILE = "access.json"


def attach_api(core: Core, parts: Parts) -> None:
    """Add the services that the configuration switches on."""
    config = parts.config
    if config.api.listen != "off":
        core.add_service("api", lambda running: open_api(running, parts))
    if config.api.wyoming_port:
        core.add_service("wyoming", lambda running: open_wyoming(running, parts))
    if config.api.satellites:
        core.add_service("satellites", lambda running: open_satellites(running, parts))


@asynccontextmanager
async def open_api(core: Core, parts: Parts) -> AsyncIterator[None]:
    """Serve HTTP while inside. Raises AssistantError where the port is taken."""
    from assistant.api.app import build_api
    from assistant.api.guard import host_names
    from assistant.api.mcp_server import McpEndpoint, mcp_server
    from assistant.api.server import EVERYWHERE, LOOPBACK, listen, serving
    from assistant.api.to_https import ToHttps
    from assistant.web.logs import LogKeeper
    from assistant.web.panel import Panel

    config = parts.config.api
    served = served_by(parts, core)
    core.commands |= access_commands(served.access, served.desk)
    logs = LogKeeper()
    panel = Panel(core, house_of(parts), served.access, served.desk, config.certificate is not None, logs)
    mcp = McpEndpoint(lambda: mcp_server(core, lambda: parts.house))
    api = build_api(served, [*panel.routes(), mcp.route()])
    sockets = listen(EVERYWHERE if config.listen == "network" else LOOPBACK, config.port)
    tls = (config.certificate, config.certificate_key) if config.certificate and config.certificate_key else None
    handed = _handed_over(core, config)
    if tls is None:
        sockets += handed
    core.add_status("api", lambda: {"port": config.port, "listen": config.listen, "waiting": api.generator.waiting})
    logging.getLogger().addHandler(logs)
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(mcp.running())
            await stack.enter_async_context(serving(api.app, sockets, tls=tls))
            if handed and tls is not None:
                to_https = ToHttps(config.port, host_names(socket.gethostname(), config.names))
                await stack.enter_async_context(serving(to_https, handed))
            log.info("the interfaces are served on port %d (%s)", config.port, config.listen, extra={"STAGE": "api"})
            yield
    finally:
        logging.getLogger().removeHandler(logs)
        api.generator.close()


def _handed_over(core: Core, config: ApiSection) -> list[socket.socket]:
    """What systemd listens at for the panel (port 80), where it is open to the house; else that is told, and not served."""
    from assistant.api.server import handed_over

    count = service_environment().sockets
    closed = count and config.listen != "network"
    core.trouble("panel", 'assistant-panel.socket is on, but [api] listen is not "network"' if closed else "")
    return [] if closed else handed_over(count)


@asynccontextmanager
async def open_wyoming(core: Core, parts: Parts) -> AsyncIterator[None]:
    """Serve Wyoming while inside, and announce it in the house where others may use it."""
    from assistant.api.announce import announced, own_address
    from assistant.api.wyoming_server import WyomingParts, serving_wyoming
    from assistant.service.waking import wake_engine

    config = parts.config
    offered = WyomingParts(
        hearing=lambda: parts.hearing.ears_for(parts.mind),
        speaking=lambda: parts.voice,
        wake=lambda names: wake_engine(names, config.wake.sensitivity, config, parts.hearing.vosk),
        wake_words=config.wake.words,
        core=core,
        language=config.assistant.language,
        asr_model=config.asr.model,
        voice=config.tts.voice,
    )
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(
            serving_wyoming(offered, config.api.wyoming_port, config.api.wyoming_from)
        )
        if config.api.wyoming_from:
            await stack.enter_async_context(announced(port, f"assistant-{socket.gethostname()}", own_address()))
        core.add_status("wyoming", lambda: {"port": port, "from": list(config.api.wyoming_from)})
        yield


@asynccontextmanager
async def open_satellites(core: Core, parts: Parts) -> AsyncIterator[None]:
    """Be the server of the configured satellites while inside. Raises ConfigError for an entry that is none."""
    from assistant.api.satellites import Ears, read_place, satellites
    from assistant.audio.vad import SpeechDetector
    from assistant.service.waking import wake_engine

    config = parts.config
    ears = Ears(
        stream=lambda: parts.hearing.ears_for(parts.mind).start(),
        wake=lambda: wake_engine(config.wake.words, config.wake.sensitivity, config, parts.hearing.vosk),
        speech=lambda: SpeechDetector().process,
    )
    async with satellites(core, [read_place(entry) for entry in config.api.satellites], ears):
        yield


def house_of(parts: Parts) -> House:
    """The panel's house over ``parts``."""
    from assistant.web.corrections import FOLDER, correct
    from assistant.web.house import House

    agenda = parts.skill_parts.agenda

    def cancel(number: int) -> bool:
        found = [entry for entry in agenda.entries() if entry.id == number]
        agenda.cancel(found)
        return bool(found)

    def corrected(heard: str, meant: str, area: str | None) -> Intent:
        config = parts.config
        folder = config.paths.state / FOLDER
        return correct(folder, config.assistant.language, heard, meant, parts.context(area=area), parts.fresh_matcher)

    return House(
        house=lambda: parts.house,
        config=lambda: parts.config,
        agenda=lambda: [(entry, agenda.left_s(entry)) for entry in agenda.entries()],
        cancel=cancel,
        correct=corrected,
        name=lambda device, said: parts.house.name_device(device, said),
        forget_name=lambda device, name: parts.house.forget_name(device, name),
        own_names=lambda: parts.house.own_names,
        library=lambda: parts.skill_parts.library,
        upkeep=lambda: upkeep_of(parts.config),
        reload=lambda: os.kill(os.getpid(), signal.SIGHUP),  # as "systemctl reload" does it
    )


def upkeep_of(config: Config) -> Upkeep:
    """Backups and updates on this machine: as the installed service has them, or of what a user's own assistant keeps."""
    from assistant.update.backup import Places
    from assistant.update.orders import OUTCOME_FOLDER, UNIT
    from assistant.update.system import CONFIG, KEYS, PREFIX, STATE, UNITS, is_packaged
    from assistant.web.upkeep import Upkeep

    state = config.paths.state
    installed = state == STATE
    own = CONFIG if installed else _folder_of(config)
    orders = installed and any((folder / UNIT).exists() for folder in UNITS)
    return Upkeep(Places(own, state), OUTCOME_FOLDER, PREFIX, KEYS, orders, config.update.url, not is_packaged())


def _folder_of(config: Config) -> Path:
    """The folder of a user's own configuration; an empty one where its file lies among others that are not ours."""
    if config.source is not None and config.source.parent.name == "assistant":
        return config.source.parent
    empty = config.paths.state / "config"
    empty.mkdir(parents=True, exist_ok=True)
    return empty


def served_by(parts: Parts, core: Core | None) -> Served:
    """What is served of ``parts``. Raises StorageError where the list of tokens cannot be read."""
    from assistant.api.app import Served
    from assistant.llm.serving import ServedModel

    return Served(
        config=parts.config,
        text=ServedModel(lambda: parts.model.engine, parts.model.queue),
        hearing=lambda: parts.hearing.open_ears,
        speaking=lambda: parts.voice,
        embedding=lambda: parts.understanding.embedder,
        access=Access(parts.config.paths.state / ACCESS_FILE),
        desk=PairingDesk(lambda code: tell_code(core, code)),
        loaded=lambda: parts.model.loaded,
        core=core,
    )


def tell_code(core: Core | None, code: str) -> None:
    """Make a pairing code known in the house: in the journal, and by the assistant's own voice."""
    log.warning("pairing code for a new browser: %s (for five minutes)", code, extra={"STAGE": "pairing"})
    if core is not None:
        try:
            core.tell("pairing_code", code=", ".join(code))
        except AssistantError as error:
            log.info("the code could not be spoken: %s", error)


def access_commands(access: Access, desk: PairingDesk) -> dict[str, Command]:
    """The control socket's commands around who may in; whoever may open the socket may let others in."""

    async def pair(_arguments: Mapping[str, JsonScalar]) -> JsonValue:
        return desk.new_code()

    async def add_token(arguments: Mapping[str, JsonScalar]) -> JsonValue:
        scopes = str(arguments.get("scopes") or "text,speech").split(",")
        unknown = [scope for scope in scopes if scope not in list(Scope)]
        if unknown:
            raise ValueError(f"unknown scope '{unknown[0]}'; known are: {', '.join(Scope)}")
        return access.add_token(str(arguments.get("name") or ""), [Scope(scope) for scope in scopes])

    async def tokens(_arguments: Mapping[str, JsonScalar]) -> JsonValue:
        return [
            {"id": entry.id, "name": entry.name, "kind": kind, "scopes": list(entry.scopes), "used": entry.used}
            for kind, entries in (("token", access.tokens()), ("browser", access.sessions()))
            for entry in entries
        ]

    async def revoke(arguments: Mapping[str, JsonScalar]) -> JsonValue:
        name = str(arguments.get("name") or "")
        return access.revoke_token(name) or access.end_session(name)

    return {"pair": pair, "add_token": add_token, "tokens": tokens, "revoke": revoke}

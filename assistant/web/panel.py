"""The panel's routes: pages for people, and the forms that they send. The door has let in only paired browsers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from assistant.api.access import Access, PairingDesk
from assistant.api.guard import COOKIE
from assistant.api.machine import machine_figures
from assistant.api.ollama import running
from assistant.api.replies import HttpError, json_reply
from assistant.errors import AssistantError
from assistant.service.core import Core
from assistant.web.access_pages import AccessPages
from assistant.web.house import House
from assistant.web.house_pages import HousePages
from assistant.web.knowledge import KnowledgePages
from assistant.web.live import live
from assistant.web.logs import LogKeeper
from assistant.web.pages import LANGUAGE_COOKIE, back, by_script, form_of, number_of, page
from assistant.web.pairing import Pairing
from assistant.web.saying import say
from assistant.web.settings import SETTINGS, save_settings
from assistant.web.texts import LANGUAGES
from assistant.web.turn_pages import TurnPages
from assistant.web.turns import turn_event
from assistant.web.upkeep import UpkeepPages


@dataclass(slots=True)
class Panel:
    """All pages."""

    core: Core
    house: House
    access: Access
    desk: PairingDesk
    secure: bool = False
    logs: LogKeeper = field(default_factory=LogKeeper)

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        post = ["POST"]
        return [
            *Pairing(self.access, self.desk, self.secure).routes(),
            *TurnPages(self.core, self.house).routes(),
            *HousePages(self.house).routes(),
            *KnowledgePages(self.core, self.house).routes(),
            *AccessPages(self.access).routes(),
            *UpkeepPages(self.house.upkeep).routes(),
            Route("/", self.home),
            Route("/settings", self.settings),
            Route("/system", self.system),
            Route("/events", self.events),
            Route("/panel/say", self.say, methods=post),
            Route("/panel/control", self.control, methods=post),
            Route("/panel/settings", self.save_settings, methods=post),
            Route("/panel/language", self.language, methods=post),
            Route("/panel/leave", self.leave, methods=post),
            Mount("/static", StaticFiles(packages=[("assistant.web", "static")])),
        ]

    # --- pages ---------------------------------------------------------------------------------------

    async def home(self, request: Request) -> Response:
        """What it hears and says; programs that ask here are told that an Ollama runs."""
        if "text/html" not in request.headers.get("accept", ""):
            return await running(request)
        turns = [turn_event(record) for record in reversed(self.core.turns)][:20]
        return page(request, "home.html", core=self.core, turns=turns)

    async def settings(self, request: Request) -> Response:
        """The form of settings."""
        return page(request, "settings.html", settings=SETTINGS, config=self.house.config(), problem="")

    async def system(self, request: Request) -> Response:
        """Health, models, log."""
        config = self.house.config()
        figures = await run_in_threadpool(lambda: machine_figures(config.paths.state))
        lines = [(time.strftime("%H:%M:%S", time.localtime(line.at)), line) for line in reversed(self.logs.lines)]
        models = {"asr": config.asr.model, "llm": config.llm.model, "tts": config.tts.voice}
        status = await run_in_threadpool(self.core.status)
        return page(
            request, "system.html", core=self.core, figures=figures, lines=lines[:150], models=models, facts=status
        )

    async def events(self, request: Request) -> Response:
        """The live stream."""
        return await live(self.core, request)

    # --- what the pages send -------------------------------------------------------------------------

    async def say(self, request: Request) -> Response:
        """A typed turn."""
        return await say(self.core, request)

    async def control(self, request: Request) -> Response:
        """Listen, stop, mute, volume."""
        fields = await form_of(request)
        match fields.get("do"):
            case "listen":
                self.core.listen()
            case "stop":
                self.core.stop()
            case "mute" | "unmute" as word:
                self.core.mute(word == "mute")
            case "volume":
                self.core.set_volume(number_of(fields, "value", 0, 100) / 100)
            case _:
                raise HttpError(400, "this cannot be done")
        return json_reply({"ok": True}) if by_script(request) else back("/")

    async def save_settings(self, request: Request) -> Response:
        """Keep settings; a wrong one is shown in the form, and nothing is kept."""
        fields = await form_of(request)
        try:
            await run_in_threadpool(lambda: save_settings(self.house.config(), fields))
        except AssistantError as error:
            return page(
                request, "settings.html", 400, settings=SETTINGS, config=self.house.config(), problem=str(error)
            )
        self.house.reload()
        return back("/settings", "✓")

    async def language(self, request: Request) -> Response:
        """Another language."""
        chosen = (await form_of(request)).get("language", "")
        reply = back("/")
        if chosen in LANGUAGES:
            reply.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, samesite="strict", httponly=True)
        return reply

    async def leave(self, request: Request) -> Response:
        """End this browser's session."""
        from assistant.api.guard import caller_of

        await form_of(request)
        self.access.end_session(caller_of(request.scope).session_id)
        reply = RedirectResponse("/pair", 303)
        reply.delete_cookie(COOKIE)
        return reply

"""The panel's routes: pages for people, and the forms that they send. The door has let in only paired browsers."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from assistant.api.access import Access, PairingDesk, Scope
from assistant.api.guard import COOKIE
from assistant.api.house_acts import act_on, acts_of, value_of
from assistant.api.machine import machine_figures
from assistant.api.ollama import running
from assistant.api.replies import HttpError, json_reply
from assistant.core import Core, TurnRequest
from assistant.errors import AssistantError
from assistant.home.lists import items_of
from assistant.types import Device, Home
from assistant.web.live import live
from assistant.web.logs import LogKeeper
from assistant.web.pages import LANGUAGE_COOKIE, back, form_of, page
from assistant.web.pairing import Pairing
from assistant.web.settings import SETTINGS, save_settings
from assistant.web.texts import LANGUAGES
from assistant.web.turns import find, intent_lines, turn_event, waterfall, why

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.skills.agenda.entries import Entry
    from assistant.turn import HouseLike
    from assistant.types import Intent

SOURCE = "panel"
LONGEST_TEXT = 1000


@dataclass(slots=True)
class House:
    """What the panel needs of the house and its skills; ``agenda`` is ``None`` where there are none."""

    house: Callable[[], HouseLike]
    config: Callable[[], Config]
    agenda: Callable[[], list[tuple[Entry, float]]] = list
    cancel: Callable[[int], bool] = lambda _id: False
    correct: Callable[[str, str, str | None], Intent] | None = None
    reload: Callable[[], object] = lambda: None


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
            Route("/", self.home),
            Route("/turns", self.turns),
            Route("/turns/{turn_id}", self.turn),
            Route("/devices", self.devices),
            Route("/agenda", self.agenda),
            Route("/settings", self.settings),
            Route("/system", self.system),
            Route("/access", self.show_access),
            Route("/events", self.events),
            Route("/panel/say", self.say, methods=post),
            Route("/panel/control", self.control, methods=post),
            Route("/panel/act", self.act, methods=post),
            Route("/panel/correct", self.correct, methods=post),
            Route("/panel/cancel", self.cancel, methods=post),
            Route("/panel/settings", self.save_settings, methods=post),
            Route("/panel/token", self.token, methods=post),
            Route("/panel/revoke", self.revoke, methods=post),
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

    async def turns(self, request: Request) -> Response:
        """The last turns."""
        records = [(record, waterfall(record.result.ms)) for record in reversed(self.core.turns)]
        return page(request, "turns.html", records=records)

    async def turn(self, request: Request) -> Response:
        """One turn: its stages, why, and a form to correct it."""
        record = find(self.core.turns, request.path_params["turn_id"])
        if record is None:
            raise HttpError(404, "this turn is no longer kept")
        return page(
            request,
            "turn.html",
            record=record,
            bars=waterfall(record.result.ms),
            reasons=why(record),
            intents=intent_lines(record),
            correctable=self.house.correct is not None,
        )

    async def devices(self, request: Request) -> Response:
        """All devices by room."""
        home = await run_in_threadpool(lambda: self.house.house().snapshot())
        return page(request, "devices.html", rooms=by_room(home), acts_of=acts_of, value_of=value_of)

    async def agenda(self, request: Request) -> Response:
        """Timers, alarms, reminders and lists."""
        entries = await run_in_threadpool(self.house.agenda)
        home = await run_in_threadpool(lambda: self.house.house().snapshot())
        lists = [(device, items_of(device)) for device in home.devices if device.domain == "todo"]
        rows = [(entry, _span(left_s), dt.datetime.fromtimestamp(time.time() + left_s)) for entry, left_s in entries]
        return page(request, "agenda.html", entries=rows, lists=lists)

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

    async def show_access(self, request: Request) -> Response:
        """Tokens and paired browsers."""
        return page(request, "access.html", access=self.access, scopes=list(Scope)[:-1], secret="", dated=_dated)

    async def events(self, request: Request) -> Response:
        """The live stream."""
        return await live(self.core, request)

    # --- what the pages send -------------------------------------------------------------------------

    async def say(self, request: Request) -> Response:
        """A typed turn."""
        text = (await form_of(request)).get("text", "").strip()
        if not 1 <= len(text) <= LONGEST_TEXT:
            raise HttpError(400, f"a sentence has 1 to {LONGEST_TEXT} characters")
        record = await self.core.turn(TurnRequest(text, source=SOURCE))
        return json_reply(turn_event(record)) if _by_script(request) else back("/")

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
                self.core.set_volume(_number(fields, "value", 0, 100) / 100)
            case _:
                raise HttpError(400, "this cannot be done")
        return json_reply({"ok": True}) if _by_script(request) else back("/")

    async def act(self, request: Request) -> Response:
        """Switch a device; what wants a yes first asks for it."""
        fields = await form_of(request)
        value = _number(fields, "value", -1000, 1000) if fields.get("value") else None
        device, act, confirmed = fields.get("device", ""), fields.get("act", ""), fields.get("confirmed") == "yes"
        try:
            done = await run_in_threadpool(lambda: act_on(self.house.house(), device, act, value, confirmed=confirmed))
        except (LookupError, ValueError) as error:
            raise HttpError(400, str(error.args[0])) from error
        if _by_script(request):
            return json_reply({"ok": done.ok, "reply": done.reply, "ask": done.ask})
        if done.ask:
            return page(request, "confirm.html", question=done.reply, fields=fields)
        return back("/devices", done.reply)

    async def correct(self, request: Request) -> Response:
        """What was heard means something else."""
        fields = await form_of(request)
        correct = self.house.correct
        record = find(self.core.turns, fields.get("turn", ""))
        if correct is None or record is None:
            raise HttpError(404, "this turn is no longer kept")
        place = f"/turns/{record.result.turn_id}"
        meant = fields.get("meant", "").strip()[:LONGEST_TEXT]
        try:
            await run_in_threadpool(lambda: correct(record.result.transcript, meant, record.area))
        except AssistantError as error:
            return back(place, str(error))
        self.house.reload()
        return back(place, f"✓ {record.result.transcript} → {meant}")

    async def cancel(self, request: Request) -> Response:
        """Take a timer away."""
        number = int(_number(await form_of(request), "id", 0, 2**53))
        await run_in_threadpool(lambda: self.house.cancel(number))
        return back("/agenda")

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

    async def token(self, request: Request) -> Response:
        """A new token, shown this once."""
        async with request.form(max_files=0, max_fields=20) as form:
            wanted = [str(value) for value in form.getlist("scope")]
        fields = await form_of(request)
        known = [Scope(value) for value in wanted if value in list(Scope) and value != Scope.PANEL]
        try:
            secret = self.access.add_token(fields.get("name", ""), known)
        except ValueError as error:
            return back("/access", str(error))
        return page(request, "access.html", access=self.access, scopes=list(Scope)[:-1], secret=secret, dated=_dated)

    async def revoke(self, request: Request) -> Response:
        """Take a token or a browser away."""
        entry = (await form_of(request)).get("id", "")
        _ = self.access.revoke_token(entry) or self.access.end_session(entry)
        return back("/access")

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


def by_room(home: Home) -> list[tuple[str, list[Device]]]:
    """Devices by room in the home's order, those without a room last; lists have a page of their own."""
    rooms: dict[str, list[Device]] = {area.name: [] for area in home.areas}
    for device in home.devices:
        if device.domain != "todo":
            rooms.setdefault(device.area or "", []).append(device)
    without = rooms.pop("", [])
    return [(name, devices) for name, devices in rooms.items() if devices] + ([("", without)] if without else [])


def _by_script(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _number(fields: Mapping[str, str], key: str, low: float, high: float) -> float:
    raw = fields.get(key, "")
    try:
        number = float(raw)
    except ValueError as error:
        raise HttpError(400, f"'{key}' must be a number") from error
    if not low <= number <= high:
        raise HttpError(400, f"'{key}' must be from {low:g} to {high:g}")
    return number


def _span(seconds: float) -> str:
    left = max(0, round(seconds))
    return f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"


def _dated(at: float) -> str:
    return dt.datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")

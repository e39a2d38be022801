"""The pages of the house: devices by room with their controls, timers and lists."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.api.house_acts import act_on, acts_of, value_of
from assistant.api.replies import HttpError, json_reply
from assistant.home.lists import items_of
from assistant.types import Device, Home
from assistant.web.house import House
from assistant.web.pages import back, by_script, form_of, number_of, page


@dataclass(frozen=True, slots=True)
class HousePages:
    """The routes."""

    house: House

    def routes(self) -> list[Route]:
        """All of them."""
        post = ["POST"]
        return [
            Route("/devices", self.devices),
            Route("/agenda", self.agenda),
            Route("/panel/act", self.act, methods=post),
            Route("/panel/unname", self.unname, methods=post),
            Route("/panel/cancel", self.cancel, methods=post),
        ]

    async def devices(self, request: Request) -> Response:
        """All devices by room."""
        home = await run_in_threadpool(lambda: self.house.house().snapshot())
        return page(
            request,
            "devices.html",
            rooms=by_room(home),
            acts_of=acts_of,
            value_of=value_of,
            own_names=self.house.own_names(),
        )

    async def agenda(self, request: Request) -> Response:
        """Timers, alarms, reminders and lists."""
        entries = await run_in_threadpool(self.house.agenda)
        home = await run_in_threadpool(lambda: self.house.house().snapshot())
        lists = [(device, items_of(device)) for device in home.devices if device.domain == "todo"]
        rows = [(entry, _span(left_s), dt.datetime.fromtimestamp(time.time() + left_s)) for entry, left_s in entries]
        return page(request, "agenda.html", entries=rows, lists=lists)

    async def act(self, request: Request) -> Response:
        """Switch a device; what wants a yes first asks for it."""
        fields = await form_of(request)
        value = number_of(fields, "value", -1000, 1000) if fields.get("value") else None
        device, act, confirmed = fields.get("device", ""), fields.get("act", ""), fields.get("confirmed") == "yes"
        try:
            done = await run_in_threadpool(lambda: act_on(self.house.house(), device, act, value, confirmed=confirmed))
        except (LookupError, ValueError) as error:
            raise HttpError(400, str(error.args[0])) from error
        if by_script(request):
            return json_reply({"ok": done.ok, "reply": done.reply, "ask": done.ask})
        if done.ask:
            return page(request, "confirm.html", question=done.reply, fields=fields)
        return back("/devices", done.reply)

    async def unname(self, request: Request) -> Response:
        """Take a name of the owner's own away."""
        fields = await form_of(request)
        known = await run_in_threadpool(self.house.forget_name, fields.get("device", ""), fields.get("name", ""))
        if not known:
            raise HttpError(404, "there is no such name")
        return back("/devices")

    async def cancel(self, request: Request) -> Response:
        """Take a timer away."""
        number = int(number_of(await form_of(request), "id", 0, 2**53))
        await run_in_threadpool(lambda: self.house.cancel(number))
        return back("/agenda")


def by_room(home: Home) -> list[tuple[str, list[Device]]]:
    """Devices by room in the home's order, those without a room last; lists have a page of their own."""
    rooms: dict[str, list[Device]] = {area.name: [] for area in home.areas}
    for device in home.devices:
        if device.domain != "todo":
            rooms.setdefault(device.area or "", []).append(device)
    without = rooms.pop("", [])
    return [(name, devices) for name, devices in rooms.items() if devices] + ([("", without)] if without else [])


def _span(seconds: float) -> str:
    left = max(0, round(seconds))
    return f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"

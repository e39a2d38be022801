"""The pages of turns: what was said and done, why, what was heard, and what it should have meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from assistant.api.replies import HttpError
from assistant.errors import AssistantError
from assistant.events import TurnRecord
from assistant.service.core import Core
from assistant.web.house import House
from assistant.web.pages import back, form_of, page
from assistant.web.saying import LONGEST_TEXT
from assistant.web.turns import find, intent_lines, waterfall, why

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TurnPages:
    """The routes."""

    core: Core
    house: House

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/turns", self.turns),
            Route("/turns/{turn_id}", self.turn),
            Route("/turns/{turn_id}/heard.wav", self.heard),
            Route("/panel/correct", self.correct, methods=["POST"]),
            Route("/panel/name", self.name, methods=["POST"]),
        ]

    async def turns(self, request: Request) -> Response:
        """The last turns."""
        records = [(record, waterfall(record.result.ms)) for record in reversed(self.core.turns)]
        return page(request, "turns.html", records=records)

    async def turn(self, request: Request) -> Response:
        """One turn: its stages, why, what was heard, and forms to correct it."""
        record = find(self.core.turns, request.path_params["turn_id"])
        if record is None:
            raise HttpError(404, "this turn is no longer kept")
        home = await run_in_threadpool(lambda: self.house.house().snapshot())
        kept = self.core.recordings
        sound = None if kept is None else await run_in_threadpool(kept.find, record.result.turn_id)
        return page(
            request,
            "turn.html",
            record=record,
            bars=waterfall(record.result.ms),
            reasons=why(record),
            intents=intent_lines(record),
            correctable=self.house.correct is not None,
            devices=[device for device in home.devices if device.domain != "todo"] if self.house.name else [],
            sound=sound is not None,
        )

    async def heard(self, request: Request) -> Response:
        """The sound of a turn, where it is kept."""
        kept = self.core.recordings
        path = None if kept is None else await run_in_threadpool(kept.find, request.path_params["turn_id"])
        if path is None:
            raise HttpError(404, "what was heard then is not kept")
        return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "no-store"})

    def _kept(self, change: T | None, fields: Mapping[str, str]) -> tuple[T, TurnRecord, str]:
        """What changes the house, the turn that a form is about, and its page. Raises HttpError where one is missing."""
        record = find(self.core.turns, fields.get("turn", ""))
        if change is None or record is None:
            raise HttpError(404, "this turn is no longer kept")
        return change, record, f"/turns/{record.result.turn_id}"

    async def correct(self, request: Request) -> Response:
        """What was heard means something else."""
        fields = await form_of(request)
        correct, record, place = self._kept(self.house.correct, fields)
        meant = fields.get("meant", "").strip()[:LONGEST_TEXT]
        try:
            await run_in_threadpool(lambda: correct(record.result.transcript, meant, record.area))
        except AssistantError as error:
            return back(place, str(error))
        self.house.reload()
        return back(place, f"✓ {record.result.transcript} → {meant}")

    async def name(self, request: Request) -> Response:
        """ "When I say this, I mean that device": one more name for it."""
        fields = await form_of(request)
        give, _record, place = self._kept(self.house.name, fields)
        device = fields.get("device", "")
        try:
            name = await run_in_threadpool(give, device, fields.get("said", ""))
        except AssistantError as error:
            return back(place, str(error))
        return back(place, f"✓ {name} → {device}")

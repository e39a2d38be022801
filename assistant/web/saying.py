"""Typed turns: whole for a plain form, or word by word as they come, as server-sent events that a script reads."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from assistant.api.replies import HttpError, json_reply
from assistant.service.core import Core
from assistant.service.turns import TurnRequest
from assistant.web.live import event_line
from assistant.web.pages import back, by_script, form_of
from assistant.web.turns import turn_event

SOURCE = "panel"
LONGEST_TEXT = 1000
EVENTS = "text/event-stream"


async def say(core: Core, request: Request) -> Response:
    """A typed turn. Raises HttpError 400 for a sentence that is none."""
    text = (await form_of(request)).get("text", "").strip()
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise HttpError(400, f"a sentence has 1 to {LONGEST_TEXT} characters")
    if EVENTS in request.headers.get("accept", ""):
        return StreamingResponse(_stream(core, text), media_type=EVENTS, headers={"Cache-Control": "no-store"})
    record = await core.turn(TurnRequest(text, source=SOURCE))
    return json_reply(turn_event(record)) if by_script(request) else back("/")


async def _stream(core: Core, text: str) -> AsyncIterator[bytes]:
    """``piece`` events with the reply's text as it is made, then one ``turn``. Who goes to another page meanwhile stops nothing."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[str | None] = asyncio.Queue()

    def told(piece: str | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there any more
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

    turn = core.submit(TurnRequest(text, source=SOURCE, on_piece=told)).future
    turn.add_done_callback(lambda _turn: told(None))
    while (piece := await pieces.get()) is not None:
        yield event_line("piece", {"text": piece})
    yield event_line("turn", turn_event(turn.result()))

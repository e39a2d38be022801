"""Live updates: what happens in the running assistant as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from assistant.api.replies import HttpError
from assistant.events import (
    Event,
    Heard,
    Indexing,
    MicrophoneLevel,
    Muted,
    PartialTranscript,
    Ringing,
    StateChanged,
    Trouble,
    TurnFinished,
    VolumeChanged,
    Woken,
)
from assistant.service.core import Core
from assistant.types import JsonValue
from assistant.web.turns import turn_event

MAX_STREAMS = 16
PULSE_S = 15.0
_open = 0


def event_row(event: Event) -> tuple[str, dict[str, JsonValue]] | None:
    """An event's name and values; ``None``: the panel does not show it."""
    match event:
        case StateChanged(state=state):
            return "state", {"state": state}
        case Woken(trigger=trigger, word=word):
            return "woken", {"trigger": trigger, "word": word}
        case PartialTranscript(text=text):
            return "partial", {"text": text}
        case MicrophoneLevel(level_db=level, peak_db=peak):
            return "level", {"level": level, "peak": peak}
        case Heard(text=text, source=source):
            return "heard", {"text": text, "source": source}
        case TurnFinished(record=record):
            return "turn", turn_event(record)
        case Muted(on=on):
            return "muted", {"on": on}
        case VolumeChanged(volume=volume):
            return "volume", {"volume": round(volume, 2)}
        case Ringing(name=name, on=on):
            return "ringing", {"name": name, "on": on}
        case Trouble(subject=subject, text=text):
            return "trouble", {"subject": subject, "text": text}
        case Indexing(name=name, done=done, total=total, problem=problem):
            return "index", {"name": name, "done": done, "total": total, "problem": problem}
    return None


async def live(core: Core, request: Request) -> Response:
    """The stream. Raises HttpError 503 where too many are open."""
    if _open >= MAX_STREAMS:
        raise HttpError(503, "too many live pages are open", retry_s=5)
    return StreamingResponse(
        _stream(core, "level" in request.query_params),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store"},
    )


async def _stream(core: Core, levels: bool) -> AsyncIterator[bytes]:
    global _open
    _open += 1
    try:
        async with core.events.subscribe() as events:
            yield event_line("state", {"state": core.state})
            while True:
                try:
                    async with asyncio.timeout(PULSE_S):
                        event = await anext(events)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                row = event_row(event)
                if row is not None and (levels or row[0] != "level"):
                    yield event_line(*row)
    finally:
        _open -= 1


def event_line(name: str, values: dict[str, JsonValue]) -> bytes:
    """One server-sent event."""
    return f"event: {name}\ndata: ".encode() + msgspec.json.encode(values) + b"\n\n"

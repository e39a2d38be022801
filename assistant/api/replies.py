"""What all HTTP interfaces share: typed bodies in, JSON out, errors with a status, and clients that leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from assistant.errors import AssistantError, ContextOverflow, EngineBusy, ModelError
from assistant.llm.constraints import SchemaError

T = TypeVar("T")


class HttpError(Exception):
    """An answer that is an error. ``code`` and ``param`` are OpenAI's."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_s: int | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.retry_s = retry_s


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


def http_error(error: AssistantError) -> HttpError:
    """What the assistant's own errors are to a client."""
    message = " ".join(str(error).split())
    match error:
        case ContextOverflow():
            return HttpError(400, message, code="context_length_exceeded", param="messages")
        case SchemaError():
            return HttpError(400, message, code="invalid_json_schema", param="response_format")
        case EngineBusy():
            return HttpError(503, "server busy, please try again", code="server_busy", retry_s=2)
        case ModelError():
            return HttpError(503, message, code="model_unavailable")
        case _:
            return HttpError(500, message, code="internal_error")


async def body_of(request: Request, kind: type[T]) -> T:
    """The request's JSON body as ``kind``. Raises HttpError 400, with what is wrong in it."""
    raw = await request.body()
    if not raw.strip():
        raise HttpError(400, "missing request body")
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise HttpError(400, f"invalid request: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HttpError(400, f"invalid JSON: {str(error)[:200]}") from error


def json_reply(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def lines_reply(values: AsyncIterator[object]) -> StreamingResponse:
    """NDJSON, one value a line."""

    async def lines() -> AsyncIterator[bytes]:
        async for value in values:
            yield msgspec.json.encode(value) + b"\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def events_reply(values: AsyncIterator[object]) -> StreamingResponse:
    """Server-sent events as OpenAI's API has them, with its last word."""

    async def events() -> AsyncIterator[bytes]:
        async for value in values:
            yield b"data: " + msgspec.json.encode(value) + b"\n\n"
        yield b"data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def or_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of ``work``, which is cancelled when the client hangs up. Raises ClientGone then."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientGone
    finally:
        for task in (working, leaving):
            task.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _gone(request: Request) -> None:
    try:
        while (await request.receive())["type"] != "http.disconnect":
            pass
    except ClientDisconnect:
        pass

"""The control socket: one JSON line asks, one JSON line (or a stream of them) answers, over a Unix socket.

Request    ``{"command": "ask", "arguments": {"text": "…"}}``
Answer     ``{"ok": true, "result": …}`` or ``{"ok": false, "error": "…"}``
Stream     any number of ``{"event": …}`` lines before the answer; it ends when the client hangs up.

Whoever may open the socket may command the house; that is decided by the file's owner, group and mode alone. All else
that arrives is untrusted: lines, waiting times and the number of clients are limited.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import logging
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

import msgspec

from assistant.errors import AssistantError
from assistant.types import JsonScalar, JsonValue

log = logging.getLogger(__name__)

SOCKET_MODE = 0o660
MAX_REQUEST_BYTES = 64 * 1024
MAX_CLIENTS = 16
REQUEST_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 10.0
REFUSAL_TIMEOUT_S = 1.0

T = TypeVar("T", str, int, float, bool)
Arguments = Mapping[str, JsonScalar]
Answer = Awaitable[JsonValue] | AsyncIterator[JsonValue]
Command = Callable[[Arguments], Answer]


class _Request(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    command: str
    arguments: dict[str, str | int | float | bool | None] = {}


def argument(arguments: Arguments, name: str, kind: type[T], default: T | None = None) -> T:
    """An argument of the wanted kind. Raises ValueError where it is missing (and has no default) or of another kind."""
    value = arguments.get(name, default)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"'{name}' must be {kind.__name__}")
    return value


class ControlServer:
    """Serves named commands on a Unix socket; an async context manager.

    A command is a function of its arguments that returns an awaitable (one answer) or an async iterator (a stream).
    An AssistantError that it raises, and a ValueError for bad arguments, are the client's answer.
    """

    def __init__(
        self, path: Path, commands: Mapping[str, Command], *, request_timeout_s: float = REQUEST_TIMEOUT_S
    ) -> None:
        self._path = path
        self._commands = commands  # looked up at each call: parts add theirs later
        self._request_timeout_s = request_timeout_s
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._closing = False

    async def __aenter__(self) -> Self:
        await self._claim()
        try:
            # Bound by hand, so that the socket never is there with another mode.
            listening = _bind(self._path)
            self._server = await asyncio.start_unix_server(self._serve, sock=listening, limit=MAX_REQUEST_BYTES)
        except OSError as error:
            raise AssistantError(
                f"{self._path}: the control socket cannot be made: {error.strerror or error}"
            ) from error
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        if self._server is not None:
            self._server.close()
        for task in tuple(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    async def _claim(self) -> None:
        """Make way for the socket: a dead one is removed, a living one is another assistant's."""
        try:
            mode = self._path.lstat().st_mode
        except FileNotFoundError:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return
        if not stat.S_ISSOCK(mode):
            raise AssistantError(f"{self._path}: is there already, and is no socket", mend="remove it")
        try:
            _, writer = await asyncio.open_unix_connection(str(self._path))
        except OSError:
            self._path.unlink(missing_ok=True)
            return
        writer.close()
        raise AssistantError(f"{self._path}: another assistant is running", mend="stop it first")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        try:
            if len(self._clients) >= MAX_CLIENTS:
                await _refuse(reader, writer, "too many clients")
                return
            self._clients.add(task)
            while await self._exchange(reader, writer):
                pass
        except (OSError, TimeoutError) as error:
            log.debug("control client lost: %s", error or "too slow")
        except asyncio.CancelledError:
            if not self._closing:  # the streams' own callback would report a client that the server itself ended
                raise
        finally:
            self._clients.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer; False when the connection is over."""
        try:
            async with asyncio.timeout(self._request_timeout_s):
                line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return False
        except asyncio.LimitOverrunError:
            await _refuse(reader, writer, f"a request is one line of at most {MAX_REQUEST_BYTES} bytes")
            return False
        try:
            request = msgspec.json.decode(line, type=_Request)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            await _write(writer, _failure(f"not a request: {error}"))
            return False
        command = self._commands.get(request.command)
        if command is None:
            await _write(writer, _failure(self._unknown(request.command)))
            return True
        return await self._answer(command, request.arguments, reader, writer)

    async def _answer(
        self, command: Command, arguments: Arguments, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        try:
            answer = command(arguments)
            if isinstance(answer, AsyncIterator):
                return await _stream(answer, reader, writer)
            await _write(writer, {"ok": True, "result": await answer})
        except AssistantError as error:
            await _write(writer, _failure(str(error)))
        except ValueError as error:
            await _write(writer, _failure(f"bad arguments: {error}"))
        return True

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name[:40], self._commands, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(sorted(self._commands))}"
        return f"unknown command '{name[:40]}'; {hint}"


def _bind(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    temporary = path.with_name(f".{path.name}.new")
    try:
        temporary.unlink(missing_ok=True)
        listening.bind(str(temporary))
        temporary.chmod(SOCKET_MODE)
        listening.setblocking(False)
        listening.listen(MAX_CLIENTS)
        temporary.rename(path)
    except OSError:
        listening.close()
        raise
    return listening


async def _stream(events: AsyncIterator[JsonValue], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send events until they end or the client hangs up (or sends anything: there is nothing to say meanwhile)."""

    async def send() -> None:
        async for event in events:
            await _write(writer, {"event": event})
        await _write(writer, {"ok": True, "result": None})

    sending = asyncio.ensure_future(send())
    hang_up = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait((sending, hang_up), return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
        return False  # after a stream the connection is over: the read may have eaten a byte
    finally:
        for task in (sending, hang_up):
            task.cancel()
        await asyncio.gather(sending, hang_up, return_exceptions=True)
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


async def _write(writer: asyncio.StreamWriter, answer: Mapping[str, JsonValue]) -> None:
    """One line; a client that does not read it in time is given up (TimeoutError)."""
    writer.write(msgspec.json.encode(answer) + b"\n")
    async with asyncio.timeout(WRITE_TIMEOUT_S):
        await writer.drain()


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: str) -> None:
    """A last answer. What was sent is read (and dropped) for a moment: else the hang-up would overtake the answer."""
    await _write(writer, _failure(message))
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(REFUSAL_TIMEOUT_S):
            while await reader.read(MAX_REQUEST_BYTES):
                pass


def _failure(message: str) -> dict[str, JsonValue]:
    return {"ok": False, "error": " ".join(message.split())[:500]}

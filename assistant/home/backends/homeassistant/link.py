"""One WebSocket connection to Home Assistant: authentication, commands with their results, events."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from assistant.home.backend import SourceAway
from assistant.home.backends.plain import Refused, parse_json, plain_text
from assistant.types import JsonValue

AWAY = "Home Assistant"
OPEN_S = 10.0
ASK_S = 20.0
MOST_BYTES = 32_000_000
"""All states of a large home come in one message."""
TICK_S = 0.5

Table = Mapping[str, Any]


class LinkError(Exception):
    """The connection cannot be made or is over; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command. ``error``: why it failed; empty where it did not."""

    value: JsonValue = None
    error: str = ""


def websocket_url(url: str) -> str:
    """``http://host:8123`` -> ``ws://host:8123/api/websocket``."""
    return f"ws{url.removeprefix('http').rstrip('/')}/api/websocket"


class Link:
    """``read`` is called by one thread; commands may come from any."""

    def __init__(self, url: str, token: str, ca_file: Path | None, on_event: Callable[[Table], None]) -> None:
        self._on_event = on_event
        self._lock = threading.Lock()
        self._last_id = 0
        self._pending: dict[int, Callable[[Result], None]] = {}
        address = websocket_url(url)
        context = None
        try:
            if address.startswith("wss:"):
                context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
            opening = connect(
                address, ssl=context, open_timeout=OPEN_S, close_timeout=1.0, max_size=MOST_BYTES, proxy=None
            )
            self._closing = contextlib.ExitStack()
            self._socket: ClientConnection = self._closing.enter_context(opening)
        except (OSError, WebSocketException, ValueError) as error:
            raise LinkError(plain_text(str(error)) or "no answer") from error
        try:
            self._authenticate(token)
        except (OSError, WebSocketException, Refused) as error:
            self.close()
            raise LinkError(plain_text(str(error)) or "no answer") from error
        except LinkError:
            self.close()
            raise

    def _authenticate(self, token: str) -> None:
        if self._receive(OPEN_S).get("type") != "auth_required":
            raise LinkError("what answers there is no Home Assistant")
        self._socket.send(json.dumps({"type": "auth", "access_token": token}))
        answer = self._receive(OPEN_S)
        if answer.get("type") != "auth_ok":
            raise LinkError("the access token is refused")

    def _receive(self, timeout_s: float) -> Table:
        value = parse_json(self._socket.recv(timeout=timeout_s), MOST_BYTES)
        return value if isinstance(value, dict) else {}

    def close(self) -> None:
        """End it; commands that wait for a result fail."""
        self._closing.close()
        with self._lock:
            pending, self._pending = list(self._pending.values()), {}
        for settle in pending:
            settle(Result(error="the connection is over"))

    def read(self) -> None:
        """Take one message, if one comes within a tick. Raises LinkError where the connection is over."""
        try:
            message = self._receive(TICK_S)
        except TimeoutError:
            return
        except Refused:
            return  # one message that cannot be read
        except (OSError, WebSocketException) as error:
            raise LinkError(plain_text(str(error)) or "the connection is over") from error
        kind, number = message.get("type"), message.get("id")
        if kind == "event" and isinstance(message.get("event"), dict):
            self._on_event(message["event"])
        elif kind == "result" and isinstance(number, int):
            with self._lock:
                settle = self._pending.pop(number, None)
            if settle is not None:
                settle(_result(message))

    def send(self, kind: str, settle: Callable[[Result], None], **data: Any) -> None:
        """Send a command; ``settle`` gets its result, in the reading thread. Raises SourceAway."""
        try:
            with self._lock:  # ids must go out in their order
                self._last_id += 1
                self._pending[self._last_id] = settle
                self._socket.send(json.dumps({"id": self._last_id, "type": kind, **data}))
        except (OSError, WebSocketException) as error:
            raise SourceAway(AWAY) from error

    def ask(self, kind: str, **data: Any) -> Result:
        """Send a command and read until its result is here; for the reading thread. Raises LinkError."""
        found: list[Result] = []
        try:
            self.send(kind, found.append, **data)
        except SourceAway as error:
            raise LinkError(str(error)) from error
        for _trial in range(int(ASK_S / TICK_S)):
            if found:
                return found[0]
            self.read()
        raise LinkError("it does not answer")

    def request(self, kind: str, **data: Any) -> Future[Result]:
        """Send a command from another thread. Raises SourceAway."""
        future: Future[Result] = Future()
        self.send(kind, future.set_result, **data)
        return future


def _result(message: Table) -> Result:
    if message.get("success"):
        value: JsonValue = message.get("result")
        return Result(value)
    error = message.get("error")
    text = error.get("message") if isinstance(error, dict) else None
    return Result(error=plain_text(text or "it failed"))

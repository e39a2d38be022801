"""The HTTP server: uvicorn on sockets of our own, with limits for those who hold connections and say nothing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from assistant.errors import AssistantError, ConfigError

HEAD_S = 10.0
"""A request's head must be there within so many seconds."""
HEAD_BYTES = 32 * 1024
MAX_CONNECTIONS = 256
MAX_OF_ONE_ADDRESS = 96
STOP_S = 1.0
LOOPBACK = ("127.0.0.1", "::1")
FIRST_HANDED = 3
EVERYWHERE = ("0.0.0.0", "::")  # only where the owner has switched it on


class LimitedProtocol(H11Protocol):
    """HTTP/1.1 with a limit to how long a head may take, and to connections in all and of one address."""

    head_s = HEAD_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Take the connection, or hang up at once where there are too many."""
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        address = self.client[0] if self.client else ""
        same = Counter(c.client[0] for c in self.connections if isinstance(c, H11Protocol) and c.client)
        if len(self.connections) > MAX_CONNECTIONS or same[address] > MAX_OF_ONE_ADDRESS:
            transport.abort()
            return
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Some of a request; while its head is not whole the clock runs from its first byte."""
        super().data_received(data)
        whole = self.conn.their_state is not h11.IDLE or not self.conn.trailing_data[0]
        if whole and self._late is not None:
            self._late.cancel()
            self._late = None
        elif not whole and self._late is None:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        if self._late is not None:
            self._late.cancel()
            self._late = None
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._late = self.loop.call_later(self.head_s, self._too_late)

    def _too_late(self) -> None:
        self._late = None
        if self.transport is not None and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            self.transport.close()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the daemon's."""
        yield


def listen(addresses: Sequence[str], port: int) -> list[socket.socket]:
    """Listening sockets. Raises AssistantError where the port is taken; an address family that is missing is passed over."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                made = socket.socket(family, socket.SOCK_STREAM)
            except OSError:
                continue
            sockets.append(made)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                made.bind((address, port))
            except OSError as error:
                if family == socket.AF_INET6 and error.errno == 99:  # no IPv6 on this machine
                    sockets.pop().close()
                    continue
                raise
            port = made.getsockname()[1]  # 0 was "any": then the same for all
            made.listen(128)
            made.setblocking(False)
    except OSError as error:
        for made in sockets:
            made.close()
        raise AssistantError(
            f"port {port} cannot be listened at: {error.strerror or error}", mend="choose another as api.port"
        ) from error
    return sockets


def handed_over(count: int) -> list[socket.socket]:
    """Sockets that systemd listens at for us (a socket unit), each as a copy: the originals stay for another try."""
    sockets = []
    for descriptor in range(FIRST_HANDED, FIRST_HANDED + count):
        made = socket.socket(fileno=os.dup(descriptor))
        made.setblocking(False)
        sockets.append(made)
    return sockets


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS from PEM files. Raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{certificate}, {key}: cannot be used for TLS: {error.strerror or error}") from error
    return context


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp,
    sockets: Sequence[socket.socket],
    *,
    tls: tuple[Path, Path] | None = None,
    protocol: type[LimitedProtocol] = LimitedProtocol,
) -> AsyncIterator[None]:
    """Serve ``app`` while inside. Long answers are cut off at the end, after a moment."""
    config: Any = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=HEAD_BYTES,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=int(STOP_S),
        loop="none",
    )
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # its start and end are told by who serves
    config.load()
    if tls is not None:
        config.ssl = tls_context(*tls)
    server = _Server(config)
    task = asyncio.create_task(server.serve(list(sockets)), name="http")
    try:
        while not server.started:
            if task.done():
                task.result()
                raise AssistantError("the HTTP server ended at once")
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task
        for made in sockets:
            made.close()

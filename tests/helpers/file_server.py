"""A real web server on the loopback interface that misbehaves as it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """One file and how it is served."""

    body: bytes = b""
    breaks_after: list[int] = field(default_factory=list)
    """For each request in turn: how many bytes are sent before the connection is closed."""
    ignores_range: bool = False
    wrong_range: bool = False
    status: int = 200
    location: str | None = None
    length: int | None = None
    """The Content-Length that it claims."""
    silent: bool = False
    """It accepts the request and never answers."""
    stalls_after: list[int] = field(default_factory=list)
    """The same, but the connection stays open and silent."""
    gate: threading.Event | None = None
    """The answer's body waits for this."""


class FileServer:
    """Serves ``files`` (path -> Served); ``requests`` are the paths and Range headers that came."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.requests: list[tuple[str, str | None]] = []
        self.closing = threading.Event()
        self.url = ""

    def serve(self, path: str, body: bytes = b"", **how: object) -> str:
        """Serve ``body``; returns its address."""
        self.files[path] = Served(body, **how)  # type: ignore[arg-type]  # the fields of Served
        return f"{self.url}/{path}"

    def ranges(self, path: str) -> list[str | None]:
        """The Range headers of the requests for ``path``."""
        return [asked for name, asked in self.requests if name == path]


class _Handler(BaseHTTPRequestHandler):
    files: FileServer

    def do_GET(self) -> None:
        server = self.files
        path, asked = self.path.lstrip("/"), self.headers.get("Range")
        server.requests.append((path, asked))
        served = server.files.get(path, Served(status=404))
        if served.silent:
            server.closing.wait()
            self.close_connection = True
            return
        start = 0
        if asked and not served.ignores_range and served.status == 200:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self._head(served, start)
        if served.gate is not None:
            served.gate.wait()
        self._body(served, served.body[start:])

    def _head(self, served: Served, start: int) -> None:
        size = len(served.body)
        if start and start >= size:
            self.send_response(416)
        elif start:
            self.send_response(206)
            first = start - 1 if served.wrong_range else start
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        else:
            self.send_response(served.status)
        if served.location:
            self.send_header("Location", served.location)
        length = size - start if served.length is None else served.length
        self.send_header("Content-Length", str(max(0, length)))
        self.end_headers()

    def _body(self, served: Served, body: bytes) -> None:
        if served.breaks_after:
            body = body[: served.breaks_after.pop(0)]
            self.close_connection = True
        if served.stalls_after:
            self.wfile.write(body[: served.stalls_after.pop(0)])
            self.files.closing.wait()
            return
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_args: object) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A running server; ends with the block."""
    files = FileServer()
    handler = type("Handler", (_Handler,), {"files": files})
    server = _Server(("127.0.0.1", 0), handler)
    files.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield files
    finally:
        files.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()

"""A lamp with a web server on the loopback interface, as the cheap ones have it."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class HttpLamp:
    """``requests`` are (method, path, body, authorization). ``status`` and ``silent`` make it misbehave."""

    def __init__(self):
        self.state = {"on": False, "level": 0}
        self.requests = []
        self.status = 200
        self.deaf = False
        self.silent = threading.Event()
        self.ending = threading.Event()
        self.answer = None
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    lamp = None

    def _do(self):
        lamp, length = self.lamp, int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        lamp.requests.append((self.command, self.path, body, self.headers.get("Authorization")))
        if lamp.silent.is_set():
            lamp.ending.wait()
            return
        parts = urlsplit(self.path)
        if parts.path == "/set" and not lamp.deaf:
            asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
            asked |= json.loads(body) if body else {}
            lamp.state = {"on": asked.get("state") == "on", "level": int(asked.get("percent") or lamp.state["level"])}
        data = lamp.answer or json.dumps(lamp.state).encode()
        self.send_response(lamp.status)
        if lamp.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PUT = _do  # noqa: N815  # as the base class names them

    def log_message(self, *_args):
        """Tests are quiet."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_args):
        """A client that went away is what some tests are about."""


@contextmanager
def http_lamp():
    lamp = HttpLamp()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"lamp": lamp}))
    lamp.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield lamp
    finally:
        lamp.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()

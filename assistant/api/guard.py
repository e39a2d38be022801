"""The door: every request passes here before any route sees it.

In this order: the host's name (against DNS rebinding), the origin (against other sites' scripts), how often, who it is
and what they may (``access``), how long the body is and how slowly it comes. What goes out gets the headers that
keep browsers from doing more than the panel needs.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as AsgiScope

from assistant.api.access import ANONYMOUS_HERE, Access, Scope, csrf_of
from assistant.api.failures import failure_reply
from assistant.api.limits import RateLimit
from assistant.api.replies import HttpError

COOKIE = "assistant_session"
BODY_BYTES = 1024 * 1024
BODY_S = 30.0
MB = 1024 * 1024
FORM_BYTES = MB
FILES = {
    "/v1/audio/transcriptions": (26 * MB, 30.0),  # OpenAI's limit of 25 MB for a recording, and the form around it
    "/panel/knowledge": (32 * MB + FORM_BYTES, 300.0),
    "/panel/restore": (1024 * MB + FORM_BYTES, 1800.0),
    "/panel/update": (4096 * MB + FORM_BYTES, 3600.0),
}
"""Where files are sent to: how long the body may be, and seconds that it may take. Who is let in is looked at before."""
SAFE = ("GET", "HEAD", "OPTIONS")
PUBLIC = ("/pair", "/static/", "/favicon.ico")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``csrf`` is what a paired browser's changes must bring along; empty for programs."""

    name: str
    scopes: frozenset[Scope]
    local: bool
    address: str
    csrf: str = ""
    session_id: str = ""

    def may(self, scope: Scope) -> bool:
        """Whether the scope is theirs."""
        return scope in self.scopes or Scope.PANEL in self.scopes


def scope_of(path: str) -> Scope | None:
    """What a path asks for; ``None``: it is open to everybody."""
    if path in PUBLIC or path.startswith(PUBLIC[1]):
        return None
    for prefix, scope in (
        ("/v1/audio/", Scope.SPEECH),
        ("/v1/", Scope.TEXT),
        ("/api/", Scope.TEXT),
        ("/openapi.json", Scope.TEXT),
        ("/mcp", Scope.HOUSE),
        ("/health", Scope.STATUS),
        ("/metrics", Scope.STATUS),
    ):
        if path == prefix.rstrip("/") or path.startswith(prefix):
            return scope
    return Scope.PANEL


@dataclass(slots=True)
class Guard:
    """The ASGI application around all others."""

    app: ASGIApp
    access: Access
    names: frozenset[str]
    """Host names under which it may be reached; addresses always may, for they cannot be rebound."""
    origins: frozenset[str] = frozenset()
    rate: RateLimit = field(default_factory=lambda: RateLimit(50.0, 200))
    failures: RateLimit = field(default_factory=lambda: RateLimit(0.1, 10))
    """Wrong secrets by address: ten, then one in ten seconds."""
    body_s: float = BODY_S
    secure: bool = False

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """One request (or the application's own start and end)."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        outgoing = _with_headers(send, self.secure, self._cors(Headers(scope=scope)))
        try:
            answer = self._admit(scope)
            if answer is None:
                limit, seconds = FILES.get(scope["path"], (BODY_BYTES, self.body_s))
                limited = _Body(receive, limit, seconds, Headers(scope=scope))
                await self.app(scope, limited, outgoing)
                return
        except HttpError as error:
            answer = failure_reply(scope["path"], error, _wants_page(Headers(scope=scope)))
        await answer(scope, receive, outgoing)

    def _admit(self, scope: AsgiScope) -> Response | None:
        """``None`` where the request may go on; an answer that is no error, or HttpError."""
        headers = Headers(scope=scope)
        path, method = scope["path"], scope["method"]
        address = scope["client"][0] if scope.get("client") else "unknown"
        self._check_host(headers)
        foreign = self._check_origin(headers, method)
        if method == "OPTIONS" and foreign:
            return Response(status_code=204)
        if not self.rate.allows(address):
            raise HttpError(429, "too many requests", code="rate_limited", retry_s=self.rate.retry_s())
        _check_length(headers, FILES.get(path, (BODY_BYTES, 0))[0])
        caller = self._caller(headers, address)
        scope.setdefault("state", {})["caller"] = caller
        # At the root programs are told that this is an Ollama, people get the panel.
        wanted = None if path == "/" and not _wants_page(headers) else scope_of(path)
        if wanted is None or caller.may(wanted):
            return None
        if wanted is Scope.PANEL and method in SAFE and _wants_page(headers):
            return RedirectResponse("/pair", 303)
        if caller.scopes and wanted is not Scope.PANEL:
            raise HttpError(403, f"this needs a token with the scope '{wanted}'", code="insufficient_scope")
        raise HttpError(401, "this needs a token, or a paired browser", code="invalid_api_key")

    def _check_host(self, headers: Headers) -> None:
        if len(headers.getlist("host")) != 1:
            raise HttpError(400, "one Host header is needed")
        if not own_name(headers.get("host", ""), self.names):
            raise HttpError(403, "this host name is not served here; see api.names", code="host_not_allowed")

    def _check_origin(self, headers: Headers, method: str) -> bool:
        """Whether the request comes from another site that may ask. Raises HttpError 403 where it may not."""
        origin = headers.get("origin")
        if origin is None:
            site = headers.get("sec-fetch-site", "none")
            navigates = headers.get("sec-fetch-mode") == "navigate" and method in SAFE
            if site in ("cross-site", "same-site") and not navigates:
                raise HttpError(403, "requests of other sites are refused", code="origin_not_allowed")
            return False
        if origin in self.origins:
            return True
        scheme = "https" if self.secure else "http"
        if origin.lower() != f"{scheme}://{headers['host'].lower()}":
            raise HttpError(403, "requests of other sites are refused; see api.origins", code="origin_not_allowed")
        return False

    def _caller(self, headers: Headers, address: str) -> Caller:
        """Who asks. Raises HttpError 401 for a wrong token, 429 after too many of them."""
        local = _is_local(address) and not any(name in headers for name in ("forwarded", "x-forwarded-for", "via"))
        kind, _, secret = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and secret.strip():
            token = None if self.failures.exhausted(address) else self.access.token(secret.strip())
            if token is not None:
                return Caller(token.name, frozenset(token.scopes), local, address)
            # Clients of the published APIs send any word where no key is needed: on this machine it is none.
            if not local or secret.strip().startswith("assistant_"):
                if not self.failures.allows(address):
                    raise HttpError(429, "too many wrong tokens", code="rate_limited", retry_s=self.failures.retry_s())
                raise HttpError(401, "this token is not known", code="invalid_api_key")
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        if cookie and headers.get("origin") not in self.origins:  # another site's scripts never act as the panel
            session = self.access.session(cookie)
            if session is not None:
                return Caller(session.name, frozenset({Scope.PANEL}), local, address, csrf_of(cookie), session.id)
        return Caller("this machine" if local else "", ANONYMOUS_HERE if local else frozenset(), local, address)

    def _cors(self, headers: Headers) -> dict[str, str]:
        origin = headers.get("origin")
        if origin is None or origin not in self.origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "authorization, content-type",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Vary": "Origin",
        }


class _Body:
    """The request's body, no longer than ``limit`` and no slower than ``seconds``; then HttpError is raised in its reader."""

    def __init__(self, receive: Receive, limit: int, seconds: float, headers: Headers) -> None:
        self._receive = receive
        self._left = limit
        self._seconds = seconds
        self._deadline: float | None = None
        self._over = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

    async def __call__(self) -> Message:
        if self._over:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._deadline = self._deadline or loop.time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise HttpError(408, "the request did not come in time") from error
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HttpError(413, "the request is too long")
        self._over = not message.get("more_body", False)
        return message


def _check_length(headers: Headers, limit: int) -> None:
    length = headers.get("content-length")
    if length is not None and (not length.isdecimal() or int(length) > limit):
        raise HttpError(413, f"the request is longer than {limit} bytes")


def _wants_page(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def own_name(host: str, names: Collection[str]) -> str:
    """The name in a Host header, where it is this machine's or a plain address; else an empty one."""
    name = (urlsplit(f"//{host}").hostname or "") if _well_formed(host) else ""
    return name if name.rstrip(".") in names or _is_address(name) else ""


def _well_formed(host: str) -> bool:
    try:
        parsed = urlsplit(f"//{host}")
        return bool(parsed.hostname) and parsed.netloc == host and parsed.username is None and (parsed.port or 1) > 0
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_local(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return parsed.is_loopback or (mapped is not None and mapped.is_loopback)


def _with_headers(send: Send, secure: bool, more: dict[str, str]) -> Callable[[Message], Awaitable[None]]:
    async def outgoing(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            wanted = {**HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {}), **more}
            for name, value in wanted.items():
                if name in more or name not in headers:
                    headers[name] = value
        await send(message)

    return outgoing


def host_names(own: str, further: Iterable[str]) -> frozenset[str]:
    """The names of this machine, in the forms in which browsers send them."""
    names = {"localhost", "assistant.local"}
    for name in (own, *further):
        name = name.strip().lower().rstrip(".")
        if name:
            names |= {name, f"{name}.local"} if "." not in name else {name}
    return frozenset(names)


def caller_of(scope: Any) -> Caller:
    """Who asks, in a route that the guard let through."""
    caller: Caller = scope["state"]["caller"]
    return caller

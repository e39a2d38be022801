"""At port 80, where TLS is switched on: who comes without it is sent on; nothing else is served there."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from assistant.api.guard import own_name

HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class ToHttps:
    """The application. ``names``: of this machine; a request for another one is not sent anywhere."""

    port: int
    names: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        name = own_name(Headers(scope=scope).get("host", ""), self.names)
        reply: Response = Response(status_code=403)
        if name:
            host = f"[{name}]" if ":" in name else name
            port = "" if self.port == HTTPS_PORT else f":{self.port}"
            reply = RedirectResponse(f"https://{host}{port}{quote(scope['path'])}", 308)
        await reply(scope, receive, send)

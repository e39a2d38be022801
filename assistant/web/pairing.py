"""The way in: a code that the box tells in the house, typed into the browser, becomes a session."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from assistant.api.access import SESSION_DAYS, Access, PairingDesk, Scope
from assistant.api.guard import COOKIE, caller_of
from assistant.api.limits import RateLimit
from assistant.api.replies import HttpError
from assistant.web.pages import page


@dataclass(frozen=True, slots=True)
class Pairing:
    """The routes. ``tries`` and ``asks``: how often one address may type a code, or have one told."""

    access: Access
    desk: PairingDesk
    secure: bool = False
    tries: RateLimit = field(default_factory=lambda: RateLimit(1 / 12, 5))
    asks: RateLimit = field(default_factory=lambda: RateLimit(1 / 60, 3))

    def routes(self) -> list[Route]:
        """All of them."""
        return [Route("/pair", self.show), Route("/pair", self.pair, methods=["POST"])]

    async def show(self, request: Request) -> Response:
        """The form."""
        if caller_of(request.scope).may(Scope.PANEL):
            return RedirectResponse("/", 303)
        return page(request, "pair.html", problem="", told=False)

    async def pair(self, request: Request) -> Response:
        """A code, or the wish for one. Another site cannot send this form: the door has looked at its origin."""
        address = caller_of(request.scope).address
        async with request.form(max_files=0, max_fields=4) as form:
            code, wish = str(form.get("code") or ""), str(form.get("wish") or "")
        if wish == "code":
            if not self.asks.allows(address):
                raise HttpError(429, "too many requests", retry_s=self.asks.retry_s())
            self.desk.ask()
            return page(request, "pair.html", problem="", told=True)
        if not self.tries.allows(address):
            raise HttpError(429, "too many codes", retry_s=self.tries.retry_s())
        if not self.desk.accepts(code):
            return page(request, "pair.html", 403, problem="pair_wrong", told=False)
        cookie = self.access.add_session(request.headers.get("user-agent", ""))
        reply = RedirectResponse("/", 303)
        reply.set_cookie(
            COOKIE, cookie, max_age=SESSION_DAYS * 86_400, httponly=True, samesite="strict", secure=self.secure
        )
        return reply

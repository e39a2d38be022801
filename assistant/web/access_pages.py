"""The page of who may in: tokens of programs, paired browsers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.api.access import Access, Scope
from assistant.web.pages import back, form_of, page


@dataclass(frozen=True, slots=True)
class AccessPages:
    """The routes."""

    access: Access

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/access", self.show_access),
            Route("/panel/token", self.token, methods=["POST"]),
            Route("/panel/revoke", self.revoke, methods=["POST"]),
        ]

    async def show_access(self, request: Request) -> Response:
        """Tokens and paired browsers."""
        return page(request, "access.html", access=self.access, scopes=list(Scope)[:-1], secret="", dated=_dated)

    async def token(self, request: Request) -> Response:
        """A new token, shown this once."""
        async with request.form(max_files=0, max_fields=20) as form:
            wanted = [str(value) for value in form.getlist("scope")]
        fields = await form_of(request)
        known = [Scope(value) for value in wanted if value in list(Scope) and value != Scope.PANEL]
        try:
            secret = self.access.add_token(fields.get("name", ""), known)
        except ValueError as error:
            return back("/access", str(error))
        return page(request, "access.html", access=self.access, scopes=list(Scope)[:-1], secret=secret, dated=_dated)

    async def revoke(self, request: Request) -> Response:
        """Take a token or a browser away."""
        entry = (await form_of(request)).get("id", "")
        _ = self.access.revoke_token(entry) or self.access.end_session(entry)
        return back("/access")


def _dated(at: float) -> str:
    return dt.datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M")

"""What all pages share: templates, the visitor's language, forms that only our own pages can send."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.api.guard import Caller, caller_of
from assistant.api.replies import HttpError
from assistant.web.texts import LANGUAGES, choose_language, texts

LANGUAGE_COOKIE = "assistant_language"
NAVIGATION = ("home", "turns", "devices", "agenda", "knowledge", "settings", "system", "access")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("assistant.web"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def language_of(request: Request) -> str:
    """The visitor's language."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return choose_language(chosen, request.headers.get("accept-language", ""))


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page in the visitor's language."""
    language = language_of(request)
    caller = caller_of(request.scope)
    words = texts(language)
    body = (
        _templates()
        .get_template(template)
        .render(
            t=words,
            language=language,
            languages=LANGUAGES,
            caller=caller,
            navigation=NAVIGATION,
            path=request.url.path,
            note=request.query_params.get("note", ""),
            **values,
        )
    )
    return HTMLResponse(body, status, headers={"Cache-Control": "no-store"})


def check_csrf(caller: Caller, sent: str) -> None:
    """Raises HttpError 403 where a change does not come from a page of ours."""
    if not caller.csrf or not hmac.compare_digest(caller.csrf.encode(), sent.encode()):
        raise HttpError(403, "this page is out of date; load it again")


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form that one of our own pages sent. Raises HttpError 403."""
    caller = caller_of(request.scope)
    async with request.form(max_files=0, max_fields=100) as form:
        fields = {key: value for key, value in form.items() if not isinstance(value, UploadFile)}
    check_csrf(caller, fields.get("csrf", "") or request.headers.get("x-csrf-token", ""))
    return fields


def by_script(request: Request) -> bool:
    """Whether a script of the page asks, which wants JSON."""
    return "application/json" in request.headers.get("accept", "")


def number_of(fields: Mapping[str, str], key: str, low: float, high: float) -> float:
    """A field's number. Raises HttpError 400."""
    raw = fields.get(key, "")
    try:
        number = float(raw)
    except ValueError as error:
        raise HttpError(400, f"'{key}' must be a number") from error
    if not low <= number <= high:
        raise HttpError(400, f"'{key}' must be from {low:g} to {high:g}")
    return number


def back(place: str, note: str = "") -> Response:
    """To another page, with a note; a reload does not send the form again."""
    from urllib.parse import urlencode

    return RedirectResponse(f"{place}?{urlencode({'note': note})}" if note else place, 303)

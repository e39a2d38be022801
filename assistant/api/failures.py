"""Errors in each interface's own form: Ollama's, OpenAI's, a page for people, plain JSON for the rest."""

from __future__ import annotations

import html

from starlette.responses import HTMLResponse, Response

from assistant.api.openai_text import error_body
from assistant.api.replies import HttpError, json_reply

_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{status}</title>'
    '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/static/panel.css">'
    '<main class="narrow"><h1>{status}</h1><p>{message}</p><p><a href="/">Back</a></p></main></html>'
)


def failure_reply(path: str, error: HttpError, page: bool = False) -> Response:
    """The answer to a request that failed."""
    headers = {}
    if error.retry_s is not None:
        headers["Retry-After"] = str(error.retry_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="assistant"'
    if error.status in (408, 413):
        headers["Connection"] = "close"  # what is still to come is not read
    if path.startswith("/v1/"):
        return json_reply({"error": error_body(error)}, error.status, headers)
    if page and not path.startswith(("/api/", "/mcp")):
        text = _PAGE.format(status=error.status, message=html.escape(error.message))
        return HTMLResponse(text, error.status, headers)
    return json_reply({"error": error.message}, error.status, headers)

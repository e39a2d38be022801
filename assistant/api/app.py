"""The HTTP application: every interface's routes behind one door, with errors in each one's own form."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from assistant.api.access import Access, PairingDesk
from assistant.api.catalog import Catalog
from assistant.api.failures import failure_reply
from assistant.api.generator import Generator
from assistant.api.guard import Guard, host_names
from assistant.api.limits import RateLimit
from assistant.api.machine import machine_figures
from assistant.api.metrics import Counting, Metrics
from assistant.api.ollama import OllamaApi, running
from assistant.api.openai_audio import OpenAiAudio
from assistant.api.openai_text import OpenAiText
from assistant.api.openapi import description
from assistant.api.ports import Embedding, Hearing, Speaking, TextModel
from assistant.api.replies import ClientGone, HttpError, http_error, json_reply
from assistant.config import Config
from assistant.errors import AssistantError
from assistant.types import JsonValue

if TYPE_CHECKING:
    from assistant.service.core import Core

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Served:
    """What is served. The callables load what they give, and are called in threads."""

    config: Config
    text: TextModel
    hearing: Callable[[], Hearing]
    speaking: Callable[[], Speaking]
    embedding: Callable[[], Embedding]
    access: Access
    desk: PairingDesk
    loaded: Callable[[], bool] = lambda: True
    core: Core | None = None
    rate: RateLimit = field(default_factory=lambda: RateLimit(50.0, 200))


@dataclass(slots=True)
class Api:
    """The application, and what of it must be known outside."""

    app: ASGIApp
    generator: Generator
    metrics: Metrics
    catalog: Catalog


def build_api(served: Served, more: Sequence[BaseRoute] = ()) -> Api:
    """Everything behind the door. ``more``: further routes (the panel's, MCP's)."""
    config = served.config
    catalog = Catalog(config)
    generator = Generator(served.text, limit=config.api.queue, timeout_s=config.api.timeout_s)
    metrics = Metrics(lambda: machine_figures(config.paths.state))
    metrics.follow(lambda: generator.waiting, lambda: generator.running)
    if served.core is not None:
        served.core.events.listen(metrics.on_event)
    routes: list[Route] = [
        *OllamaApi(config, catalog, generator, served.embedding, served.loaded).routes(),
        *OpenAiText(config, catalog, generator, served.embedding).routes(),
        *OpenAiAudio(config, served.hearing, served.speaking).routes(),
        Route("/health", lambda _request: json_reply(health(served))),
        Route("/metrics", lambda _request: Response(metrics.text(), media_type="text/plain; version=1.0.0")),
        Route("/openapi.json", lambda _request: json_reply(description())),
    ]
    if not any(isinstance(route, Route) and route.path == "/" for route in more):
        routes.append(Route("/", running))
    inner = Starlette(
        routes=[*routes, *more],
        exception_handlers={
            HttpError: _on_http_error,
            AssistantError: _on_assistant_error,
            HTTPException: _on_starlette_error,
            ClientGone: _on_gone,
            Exception: _on_defect,
        },
    )
    listed = [*routes, *(route for route in more if isinstance(route, Route))]
    guard = Guard(
        inner,
        served.access,
        host_names(socket.gethostname(), config.api.names),
        frozenset(config.api.origins),
        rate=served.rate,
        secure=config.api.certificate is not None,
    )
    return Api(Counting(guard, metrics, listed), generator, metrics, catalog)


def health(served: Served) -> dict[str, JsonValue]:
    """How the assistant is, in short."""
    core = served.core
    troubles: dict[str, JsonValue] = dict(core.troubles) if core is not None else {}
    return {
        "status": "degraded" if troubles else "ok",
        "model_loaded": served.loaded(),
        "state": core.state if core is not None else "serving",
        "troubles": troubles,
    }


def _page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HttpError)
    return failure_reply(request.url.path, error, _page(request))


def _on_assistant_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AssistantError)
    made = http_error(error)
    if made.status >= 500:
        log.warning("%s: %s", request.url.path, error)
    return failure_reply(request.url.path, made, _page(request))


def _on_starlette_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "there is no such page", 405: "this method is not allowed here"}
    made = HttpError(error.status_code, words.get(error.status_code, str(error.detail)))
    reply = failure_reply(request.url.path, made, _page(request))
    for name, value in (error.headers or {}).items():
        reply.headers[name] = value
    return reply


def _on_gone(_request: Request, _error: Exception) -> Response:
    return Response(status_code=499)  # nobody reads it


def _on_defect(request: Request, _error: Exception) -> Response:
    """A defect: Starlette logs it; nothing of it goes out."""
    return failure_reply(request.url.path, HttpError(500, "something is wrong in the assistant; see its journal"))

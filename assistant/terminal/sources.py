"""Where the terminal's answers come from: the running assistant's own interface, or a model that is loaded here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from assistant.config import Config
from assistant.errors import AssistantError, EngineError
from assistant.llm.requests import Finished, GenerateRequest, Output, Piece

Source = Callable[[GenerateRequest], Iterator[Output]]
CONNECT_S = 2.0


@contextmanager
def local_source(config: Config) -> Iterator[Source]:
    """A model in this process; it takes a moment to load."""
    from assistant.llm.serving import ServedModel
    from assistant.parts import Parts

    with Parts(config) as parts:
        model = ServedModel(lambda: parts.model.engine, parts.model.queue)
        yield lambda request: model.generate(request, lambda: False)


@contextmanager
def remote_source(config: Config) -> Iterator[Source]:
    """The running assistant (so that the model is in memory once); where none runs, a model in this process."""
    import httpx

    scheme = "https" if config.api.certificate else "http"
    url = f"{scheme}://localhost:{config.api.port}"
    # Its certificate may be its own; nobody but this machine is at the other end of loopback.
    with httpx.Client(base_url=url, timeout=httpx.Timeout(None, connect=CONNECT_S), verify=False) as client:
        try:
            client.get("/api/version").raise_for_status()
        except httpx.HTTPError:
            with local_source(config) as source:
                yield source
            return
        model = client.get("/v1/models").json()["data"][0]["id"]
        yield lambda request: _streamed(client, model, request)


def _streamed(client: Any, model: str, request: GenerateRequest) -> Iterator[Output]:
    import httpx

    try:
        with client.stream("POST", "/api/chat", json=_body(model, request)) as reply:
            if reply.status_code != 200:
                reply.read()
                raise AssistantError(str(reply.json().get("error", reply.status_code)))
            for line in reply.iter_lines():
                yield from _outputs(json.loads(line))
    except httpx.HTTPError as error:
        raise EngineError(f"the connection to the assistant broke: {error}") from error


def _body(model: str, request: GenerateRequest) -> dict[str, Any]:
    sampling = request.sampling
    options = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "repeat_penalty": sampling.repeat_penalty,
        "num_predict": -1 if request.max_tokens is None else request.max_tokens,
        "seed": sampling.seed,
    }
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": message.role, "content": message.text} for message in request.messages],
        "options": options,
    }
    if request.schema is not None:
        body["format"] = request.schema
    return body


def _outputs(line: dict[str, Any]) -> Iterator[Output]:
    if "error" in line:
        raise EngineError(str(line["error"]))
    if line["message"]["content"]:
        yield Piece(line["message"]["content"])
    if line["done"]:
        yield Finished(
            "length" if line["done_reason"] == "length" else "stop",
            line["prompt_eval_count"],
            0,
            line["eval_count"],
            line["load_duration"],
            line["prompt_eval_duration"],
            line["eval_duration"],
            line["total_duration"],
        )

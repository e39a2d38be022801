"""OpenAI's API over the assistant's model: models, chat, completions, embeddings."""

from __future__ import annotations

import base64
import json
import struct
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assistant.api.catalog import HEARING_NAMES, SPEAKING_NAMES, Catalog
from assistant.api.generator import Generator
from assistant.api.ollama import collected, embedded, first_of
from assistant.api.openai_types import (
    ChatBody,
    CompletionBody,
    EmbeddingBody,
    chat_request,
    completion_request,
)
from assistant.api.ports import Embedding
from assistant.api.replies import HttpError, body_of, events_reply, http_error, json_reply, or_gone
from assistant.config import Config
from assistant.errors import AssistantError
from assistant.llm.requests import Called, Finished, Output, Piece, ToolCall
from assistant.llm.sampling import Sampling
from assistant.types import JsonValue

Json = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class _Head:
    """What every chunk of an answer begins with."""

    id: str
    kind: str
    model: str
    created: int

    def chunk(self, choices: list[JsonValue], **more: JsonValue) -> Json:
        return {
            "id": self.id,
            "object": self.kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": "assistant",
            "choices": choices,
            **more,
        }


def _head(prefix: str, kind: str, model: str) -> _Head:
    return _Head(f"{prefix}-{uuid.uuid4().hex[:24]}", kind, model, int(time.time()))


@dataclass(frozen=True, slots=True)
class OpenAiText:
    """The routes for text."""

    config: Config
    catalog: Catalog
    generator: Generator
    embedding: Callable[[], Embedding]

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/v1/models", self.models),
            Route("/v1/models/{name:path}", self.model),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route("/v1/completions", self.completions, methods=["POST"]),
            Route("/v1/embeddings", self.embeddings, methods=["POST"]),
        ]

    @property
    def _sampling(self) -> Sampling:
        llm = self.config.llm
        return Sampling(llm.temperature, llm.top_p, repeat_penalty=llm.repeat_penalty)

    async def models(self, _request: Request) -> Response:
        """The models that can be named."""
        names = [model.name for model in self.catalog.installed()] + [HEARING_NAMES[0], SPEAKING_NAMES[0]]
        return json_reply({"object": "list", "data": [_model(name) for name in names]})

    async def model(self, request: Request) -> Response:
        """One of them."""
        name = request.path_params["name"]
        if name in HEARING_NAMES + SPEAKING_NAMES:
            return json_reply(_model(name))
        return json_reply(_model(self.catalog.find(name).name))

    async def chat(self, request: Request) -> Response:
        """A conversation's next message."""
        body = await body_of(request, ChatBody)
        served = self.catalog.find_text(body.model)
        wanted = chat_request(body, self._sampling, self.config.api.timeout_s)
        if body.stream:
            outputs = self.generator.stream(wanted)
            first = await or_gone(request, first_of(outputs))
            usage = body.stream_options is not None and bool(body.stream_options.include_usage)
            return events_reply(
                _chat_chunks(first, outputs, _head("chatcmpl", "chat.completion.chunk", served.name), usage)
            )
        text, calls, end = await or_gone(request, collected(self.generator, wanted))
        message: Json = {"role": "assistant", "content": text if text or not calls else None, "refusal": None}
        if calls:
            message["tool_calls"] = [_call(call) for call in calls]
        choice: JsonValue = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": _reason(end, bool(calls)),
        }
        head = _head("chatcmpl", "chat.completion", served.name)
        return json_reply(head.chunk([choice], usage=_usage(end)))

    async def completions(self, request: Request) -> Response:
        """A text's continuation."""
        body = await body_of(request, CompletionBody)
        served = self.catalog.find_text(body.model)
        insert = "insert" in served.capabilities
        wanted = completion_request(body, self._sampling, self.config.api.timeout_s, insert=insert)
        head = _head("cmpl", "text_completion", served.name)
        before = (wanted.raw or "") if body.echo else ""
        if body.stream:
            outputs = self.generator.stream(wanted)
            first = await or_gone(request, first_of(outputs))
            usage = body.stream_options is not None and bool(body.stream_options.include_usage)
            return events_reply(_text_chunks(first, outputs, head, usage, before))
        text, _calls, end = await or_gone(request, collected(self.generator, wanted))
        return json_reply(head.chunk([_text_choice(before + text, end.reason)], usage=_usage(end)))

    async def embeddings(self, request: Request) -> Response:
        """Texts as vectors."""
        body = await body_of(request, EmbeddingBody)
        texts = [body.input] if isinstance(body.input, str) else body.input
        vectors = await embedded(self.catalog, self.embedding, body.model, texts)
        words = sum(len(text.split()) for text in texts)
        data: list[JsonValue] = [
            {
                "object": "embedding",
                "index": index,
                "embedding": _base64(vector) if body.encoding_format == "base64" else list(vector),
            }
            for index, vector in enumerate(vectors)
        ]
        usage: JsonValue = {"prompt_tokens": words, "total_tokens": words}
        return json_reply({"object": "list", "data": data, "model": self.catalog.embedding.name, "usage": usage})


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 0, "owned_by": "assistant"}


def _base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _call(call: ToolCall, index: int | None = None) -> Json:
    entry: Json = {
        "id": f"call_{uuid.uuid4().hex[:24]}",
        "type": "function",
        "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)},
    }
    return entry if index is None else {"index": index, **entry}


def _usage(end: Finished) -> Json:
    return {
        "prompt_tokens": end.prompt_tokens,
        "completion_tokens": end.answer_tokens,
        "total_tokens": end.prompt_tokens + end.answer_tokens,
        "prompt_tokens_details": {"cached_tokens": end.reused_tokens},
    }


def _reason(end: Finished, called: bool) -> str:
    return "tool_calls" if called and end.reason == "stop" else end.reason


def _text_choice(text: str, reason: str | None) -> JsonValue:
    return {"index": 0, "text": text, "logprobs": None, "finish_reason": reason}


def _chat_choice(delta: Json, reason: str | None = None) -> JsonValue:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


async def _chat_chunks(
    first: Output | None, outputs: AsyncGenerator[Output], head: _Head, usage: bool
) -> AsyncIterator[object]:
    called = 0
    yield head.chunk([_chat_choice({"role": "assistant", "content": ""})])
    async for output in _all(first, outputs):
        match output:
            case Piece(text=text):
                yield head.chunk([_chat_choice({"content": text})])
            case Called(call=call):
                yield head.chunk([_chat_choice({"tool_calls": [_call(call, called)]})])
                called += 1
            case Finished() as end:
                yield head.chunk([_chat_choice({}, _reason(end, called > 0))])
                if usage:
                    yield head.chunk([], usage=_usage(end))
            case HttpError() as error:
                yield {"error": error_body(error)}


async def _text_chunks(
    first: Output | None, outputs: AsyncGenerator[Output], head: _Head, usage: bool, before: str
) -> AsyncIterator[object]:
    if before:
        yield head.chunk([_text_choice(before, None)])
    async for output in _all(first, outputs):
        match output:
            case Piece(text=text):
                yield head.chunk([_text_choice(text, None)])
            case Finished() as end:
                yield head.chunk([_text_choice("", end.reason)])
                if usage:
                    yield head.chunk([], usage=_usage(end))
            case HttpError() as error:
                yield {"error": error_body(error)}


async def _all(first: Output | None, outputs: AsyncGenerator[Output]) -> AsyncIterator[Output | HttpError]:
    """An answer whose first output was taken; what breaks it off comes as its last."""
    output = first
    async with aclosing(outputs):
        while output is not None:
            yield output
            try:
                output = await anext(outputs, None)
            except AssistantError as error:
                yield http_error(error)
                return


def error_body(error: HttpError) -> Json:
    """An error as OpenAI's clients read it."""
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = kinds.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    return {"message": error.message, "type": kind, "param": error.param, "code": error.code}

"""Ollama's requests, as its documentation and its own client write them; what is not known is passed over, as there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import msgspec

from assistant.api.replies import HttpError
from assistant.llm.requests import ChatMessage, GenerateRequest, Schema, Tool, ToolCall
from assistant.llm.sampling import Sampling

MAX_PREDICT = 1 << 20
KeepAlive = str | int | float | None


class Options(msgspec.Struct, frozen=True):
    """Generation options; those of the hardware are accepted and have no effect."""

    num_predict: int = -1
    num_ctx: int | None = None
    num_keep: int = 4
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    repeat_last_n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: list[str] | str | None = None


class Function(msgspec.Struct, frozen=True):
    """A tool's description."""

    name: str
    description: str | None = ""
    parameters: dict[str, Any] | None = None


class ToolEntry(msgspec.Struct, frozen=True):
    """A tool in a request."""

    function: Function
    type: str | None = "function"


class CalledFunction(msgspec.Struct, frozen=True):
    """A call in a message of the assistant's."""

    name: str
    arguments: dict[str, Any] | None = None


class CallEntry(msgspec.Struct, frozen=True):
    """A tool's call in a message."""

    function: CalledFunction


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | None = ""
    tool_calls: list[CallEntry] | None = None
    images: list[str] | None = None


class GenerateBody(msgspec.Struct, frozen=True):
    """``/api/generate``."""

    model: str = ""
    prompt: str | None = ""
    suffix: str | None = None
    system: str | None = None
    template: str | None = None
    stream: bool | None = True
    raw: bool | None = False
    format: dict[str, Any] | str | None = None
    options: Options | None = None
    images: list[str] | None = None
    context: list[int] | None = None
    think: bool | str | None = None
    truncate: bool | None = None
    keep_alive: KeepAlive = None


class ChatBody(msgspec.Struct, frozen=True):
    """``/api/chat``."""

    model: str = ""
    messages: list[Message] | None = None
    tools: list[ToolEntry] | None = None
    stream: bool | None = True
    format: dict[str, Any] | str | None = None
    options: Options | None = None
    think: bool | str | None = None
    truncate: bool | None = None
    keep_alive: KeepAlive = None


class NameBody(msgspec.Struct, frozen=True):
    """Requests that name a model: ``/api/show``, ``/api/pull``."""

    model: str = ""
    name: str = ""
    stream: bool | None = True

    @property
    def wanted(self) -> str:
        """The model's name; ``name`` is the older key."""
        return self.model or self.name


class EmbedBody(msgspec.Struct, frozen=True):
    """``/api/embed`` (``input``) and ``/api/embeddings`` (``prompt``)."""

    model: str = ""
    input: str | list[str] | None = None
    prompt: str | None = None
    truncate: bool | None = None
    keep_alive: KeepAlive = None


def sampling_of(options: Options, default: Sampling) -> Sampling:
    """Sampling as asked for, the rest as configured. Raises HttpError 400 for what makes no sense."""
    stop = (options.stop,) if isinstance(options.stop, str) else tuple(options.stop or ())
    values = {
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
        "min_p": options.min_p,
        "repeat_penalty": options.repeat_penalty,
        "repeat_last": options.repeat_last_n,
        "presence_penalty": options.presence_penalty,
        "frequency_penalty": options.frequency_penalty,
        "seed": options.seed,
    }
    return checked_sampling(values, stop, default)


def checked_sampling(values: dict[str, Any], stop: tuple[str, ...], default: Sampling) -> Sampling:
    """``default`` with those ``values`` that are not ``None``."""
    given = {key: value for key, value in values.items() if value is not None}
    for key, low, high in (
        ("temperature", 0, 100), ("top_p", 0, 1), ("min_p", 0, 1), ("top_k", 0, 1 << 20), ("repeat_penalty", 0.01, 100),
        ("repeat_last", -1, 1 << 16), ("presence_penalty", -10, 10), ("frequency_penalty", -10, 10),
    ):  # fmt: skip
        if key in given and not low <= given[key] <= high:
            raise HttpError(400, f"{key} must be from {low} to {high}", param=key)
    if len(stop) > 16 or any(len(text) > 200 for text in stop):
        raise HttpError(400, "at most 16 stop texts of 200 characters", param="stop")
    if "seed" in given:
        given["seed"] = int(given["seed"]) & 0xFFFFFFFF
    if given.get("repeat_last") == -1:
        given["repeat_last"] = 4096
    return replace(default, **given, stop=stop)


def schema_of(wanted: dict[str, Any] | str | None) -> Schema | Literal["json"] | None:
    """What ``format`` asks for. Raises HttpError 400."""
    if wanted is None or wanted == "":
        return None
    if wanted == "json":
        return "json"
    if isinstance(wanted, dict):
        return wanted
    raise HttpError(400, f'invalid format: "{wanted[:50]}"; expected "json" or a JSON Schema object', param="format")


def tool_of(entry: ToolEntry) -> Tool:
    """A tool's description."""
    function = entry.function
    return Tool(function.name, function.description or "", function.parameters or {"type": "object"})


def message_of(message: Message) -> ChatMessage:
    """A message. Raises HttpError 400 for images."""
    if message.images:
        raise HttpError(400, "this model does not take images", param="images")
    calls = tuple(ToolCall(c.function.name, c.function.arguments or {}) for c in message.tool_calls or ())
    return ChatMessage(message.role, message.content or "", calls)


def request_of(body: GenerateBody | ChatBody, default: Sampling, timeout_s: float, *, insert: bool) -> GenerateRequest:
    """What is to be generated. Raises HttpError 400."""
    options = body.options or Options()
    if body.think:
        raise HttpError(400, f'"{body.model}" does not support thinking', param="think")
    if options.num_ctx is not None and not 1 <= options.num_ctx <= MAX_PREDICT:
        raise HttpError(400, "num_ctx must be positive", param="num_ctx")
    request = GenerateRequest(
        schema=schema_of(body.format),
        sampling=sampling_of(options, default),
        max_tokens=None if options.num_predict < 0 else options.num_predict,
        truncate=body.truncate is not False,
        keep=options.num_keep,
        context=options.num_ctx,
        timeout_s=timeout_s,
    )
    return _with_chat(request, body) if isinstance(body, ChatBody) else _with_prompt(request, body, insert)


def _with_chat(request: GenerateRequest, body: ChatBody) -> GenerateRequest:
    return replace(
        request,
        messages=tuple(message_of(message) for message in body.messages or ()),
        tools=tuple(tool_of(entry) for entry in body.tools or ()),
    )


def _with_prompt(request: GenerateRequest, body: GenerateBody, insert: bool) -> GenerateRequest:
    for key, refused in (("images", body.images), ("template", body.template), ("context", body.context)):
        if refused:
            hint = "; use /api/chat to go on with a conversation" if key == "context" else ""
            raise HttpError(400, f"'{key}' is not supported{hint}", param=key)
    if body.suffix and not insert:
        raise HttpError(400, f"{body.model} does not support insert", param="suffix")
    prompt = body.prompt or ""
    if body.raw or body.suffix:
        return replace(request, raw=prompt, suffix=body.suffix or "")
    system = (ChatMessage("system", body.system),) if body.system else ()
    return replace(request, messages=(*system, ChatMessage("user", prompt)))

"""OpenAI's requests, as its documentation and its own client write them; what is not known is passed over."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec

from assistant.api.ollama_types import checked_sampling
from assistant.api.replies import HttpError
from assistant.llm.requests import ChatMessage, GenerateRequest, Schema, Speaker, Tool, ToolCall
from assistant.llm.sampling import Sampling

Role = Literal["system", "developer", "user", "assistant", "tool", "function"]


class TextPart(msgspec.Struct, frozen=True):
    """A part of a message."""

    type: str
    text: str | None = None


class CalledFunction(msgspec.Struct, frozen=True):
    """A function's call; ``arguments`` is JSON text."""

    name: str
    arguments: str = "{}"


class CallEntry(msgspec.Struct, frozen=True):
    """A tool's call in a message."""

    function: CalledFunction
    id: str = ""
    type: str = "function"


class Message(msgspec.Struct, frozen=True):
    """One message of a conversation."""

    role: Role
    content: str | list[TextPart] | None = None
    tool_calls: list[CallEntry] | None = None


class Function(msgspec.Struct, frozen=True):
    """A tool's description."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ToolEntry(msgspec.Struct, frozen=True):
    """A tool in a request."""

    function: Function
    type: Literal["function"] = "function"


class NamedFunction(msgspec.Struct, frozen=True):
    """The name of a function."""

    name: str


class NamedTool(msgspec.Struct, frozen=True):
    """A tool that must be called."""

    function: NamedFunction
    type: str = "function"


class JsonSchema(msgspec.Struct, frozen=True):
    """A named schema."""

    name: str = ""
    schema: dict[str, Any] = {}
    strict: bool | None = None


class ResponseFormat(msgspec.Struct, frozen=True):
    """What form the answer must have."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(msgspec.Struct, frozen=True):
    """What a stream also tells."""

    include_usage: bool | None = None


class _Sampled(msgspec.Struct, frozen=True, kw_only=True):
    model: str
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: str | list[str] | None = None
    n: int | None = None
    logprobs: bool | int | None = None


class ChatBody(_Sampled, frozen=True, kw_only=True):
    """``/v1/chat/completions``."""

    messages: list[Message]
    max_completion_tokens: int | None = None
    tools: list[ToolEntry] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    response_format: ResponseFormat | None = None


class CompletionBody(_Sampled, frozen=True, kw_only=True):
    """``/v1/completions``."""

    prompt: str | list[str]
    suffix: str | None = None
    echo: bool | None = None


class EmbeddingBody(msgspec.Struct, frozen=True):
    """``/v1/embeddings``."""

    model: str
    input: str | list[str]
    encoding_format: Literal["float", "base64"] | None = None


class SpeechBody(msgspec.Struct, frozen=True):
    """``/v1/audio/speech``."""

    model: str
    input: str
    voice: str | dict[str, Any] = ""
    response_format: Literal["mp3", "opus", "aac", "flac", "wav", "pcm"] = "mp3"
    speed: float = 1.0
    stream_format: str | None = None


def _sampling(body: _Sampled, default: Sampling) -> Sampling:
    if body.n not in (None, 1):
        raise HttpError(400, "n must be 1: one answer at a time", param="n")
    if body.logprobs:
        raise HttpError(400, "logprobs are not supported", param="logprobs")
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    values = {
        "temperature": body.temperature,
        "top_p": body.top_p,
        "presence_penalty": body.presence_penalty,
        "frequency_penalty": body.frequency_penalty,
        "seed": body.seed,
    }
    return checked_sampling(values, stop, default)


def _limit(value: int | None, name: str) -> int | None:
    if value is not None and value < 1:
        raise HttpError(400, f"{name} must be at least 1", param=name)
    return value


def _message(message: Message) -> ChatMessage:
    if isinstance(message.content, list):
        if any(part.type not in ("text", "input_text", "refusal") for part in message.content):
            raise HttpError(400, "this model takes text only", param="messages")
        text = "\n".join(part.text or "" for part in message.content)
    else:
        text = message.content or ""
    roles: dict[str, Speaker] = {"developer": "system", "function": "tool"}
    role: Speaker = roles.get(message.role, message.role)  # type: ignore[arg-type]  # the others are the same
    return ChatMessage(role, text, tuple(_call(entry) for entry in message.tool_calls or ()))


def _call(entry: CallEntry) -> ToolCall:
    try:
        arguments = json.loads(entry.function.arguments or "{}")
    except (ValueError, RecursionError) as error:
        raise HttpError(400, "a tool call's arguments must be JSON", param="messages") from error
    return ToolCall(entry.function.name, arguments if isinstance(arguments, dict) else {})


def _schema(wanted: ResponseFormat | None) -> Schema | Literal["json"] | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return "json"
    if wanted.json_schema is None:
        raise HttpError(400, "response_format.json_schema is missing", param="response_format")
    return wanted.json_schema.schema


def chat_request(body: ChatBody, default: Sampling, timeout_s: float) -> GenerateRequest:
    """What is to be generated. Raises HttpError 400."""
    if not body.messages:
        raise HttpError(400, "messages must not be empty", param="messages")
    tools = tuple(
        Tool(t.function.name, t.function.description or "", t.function.parameters or {}) for t in body.tools or ()
    )
    choice = body.tool_choice.function.name if isinstance(body.tool_choice, NamedTool) else body.tool_choice or "auto"
    if isinstance(body.tool_choice, NamedTool) and choice not in {tool.name for tool in tools}:
        raise HttpError(400, f"tool_choice names no tool: '{choice[:50]}'", param="tool_choice")
    limit = body.max_completion_tokens if body.max_completion_tokens is not None else body.max_tokens
    return GenerateRequest(
        messages=tuple(_message(message) for message in body.messages),
        tools=tools,
        tool_choice=choice,
        schema=_schema(body.response_format),
        sampling=_sampling(body, default),
        max_tokens=_limit(limit, "max_tokens"),
        truncate=False,
        timeout_s=timeout_s,
    )


def completion_request(body: CompletionBody, default: Sampling, timeout_s: float, *, insert: bool) -> GenerateRequest:
    """What is to be generated. Raises HttpError 400."""
    prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
    if len(prompts) != 1:
        raise HttpError(400, "prompt must be one text", param="prompt")
    if body.suffix and not insert:
        raise HttpError(400, f"{body.model} does not support suffix", param="suffix")
    return GenerateRequest(
        raw=prompts[0],
        suffix=body.suffix or "",
        sampling=_sampling(body, default),
        max_tokens=_limit(body.max_tokens, "max_tokens") or 16,  # OpenAI's default
        truncate=False,
        timeout_s=timeout_s,
    )

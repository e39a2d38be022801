"""The description of the HTTP interfaces (OpenAPI 3.1), made from the very types that read the requests."""

from __future__ import annotations

from typing import Any

import msgspec

from assistant import __version__
from assistant.api import ollama_types as ollama
from assistant.api import openai_types as openai
from assistant.api.catalog import TEXT_FORMATS

_OBJECT = {"type": "object"}
_OLLAMA_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_OPENAI_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"message": {"type": "string"}, "type": {"type": "string"}},
            "required": ["message", "type"],
        }
    },
    "required": ["error"],
}
# path, method, body's type, what a good answer is
_BODIES: tuple[tuple[str, type, dict[str, Any]], ...] = (
    ("/api/generate", ollama.GenerateBody, {"application/json": _OBJECT, "application/x-ndjson": {}}),
    ("/api/chat", ollama.ChatBody, {"application/json": _OBJECT, "application/x-ndjson": {}}),
    ("/api/show", ollama.NameBody, {"application/json": _OBJECT}),
    ("/api/pull", ollama.NameBody, {"application/json": _OBJECT, "application/x-ndjson": {}}),
    ("/api/embed", ollama.EmbedBody, {"application/json": _OBJECT}),
    ("/api/embeddings", ollama.EmbedBody, {"application/json": _OBJECT}),
    ("/v1/chat/completions", openai.ChatBody, {"application/json": _OBJECT, "text/event-stream": {}}),
    ("/v1/completions", openai.CompletionBody, {"application/json": _OBJECT, "text/event-stream": {}}),
    ("/v1/embeddings", openai.EmbeddingBody, {"application/json": _OBJECT}),
    ("/v1/audio/speech", openai.SpeechBody, {"audio/wav": {}, "audio/mpeg": {}, "audio/flac": {}, "audio/ogg": {}, "audio/pcm": {}}),
)  # fmt: skip
_READS = {
    "/api/tags": "application/json",
    "/api/ps": "application/json",
    "/api/version": "application/json",
    "/v1/models": "application/json",
    "/health": "application/json",
    "/metrics": "text/plain",
}


def description() -> dict[str, Any]:
    """The whole document."""
    # Both APIs have a "Message" and a "ChatBody": schemas of one name would hide each other, so each path has its own.
    paths: dict[str, Any] = {}
    for path, kind, good in _BODIES:
        paths[path] = {"post": _operation(path, good, {"application/json": {"schema": _inline(kind)}})}
    for path, content in _READS.items():
        paths[path] = {"get": _operation(path, {content: _OBJECT if content.endswith("json") else {"type": "string"}})}
    form = {
        "type": "object",
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "model": {"type": "string"},
            "language": {"type": "string"},
            "response_format": {"enum": list(TEXT_FORMATS)},
        },
        "required": ["file", "model"],
    }
    transcribed = {"application/json": _OBJECT, "text/plain": {"type": "string"}}
    paths["/v1/audio/transcriptions"] = {
        "post": _operation("/v1/audio/transcriptions", transcribed, {"multipart/form-data": {"schema": form}})
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Offline voice assistant", "version": __version__, "license": {"name": "GPL-3.0-or-later"}},
        "paths": paths,
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}, {}],
    }


def _operation(path: str, good: dict[str, Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    error = _OPENAI_ERROR if path.startswith("/v1/") else _OLLAMA_ERROR
    failure = {"description": "refused", "content": {"application/json": {"schema": error}}}
    responses = {
        "200": {"description": "done", "content": {kind: {"schema": schema} for kind, schema in good.items()}},
        **dict.fromkeys(("400", "401", "403", "404", "408", "409", "413", "429"), failure),
    }
    operation: dict[str, Any] = {"operationId": path.strip("/").replace("/", "_"), "responses": responses}
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _inline(kind: type) -> dict[str, Any]:
    """A schema with its parts inside of it (none of the types holds itself)."""
    (schema,), parts = msgspec.json.schema_components([kind], ref_template="{name}")

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return resolved(parts[value["$ref"]])
            return {key: resolved(inner) for key, inner in value.items()}
        return [resolved(inner) for inner in value] if isinstance(value, list) else value

    result: dict[str, Any] = resolved(schema)
    return result

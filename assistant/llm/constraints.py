"""JSON schemas as llama.cpp's grammars: for structured answers and for calls of tools."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Literal

from assistant.errors import AssistantError
from assistant.llm.requests import Schema, Tool
from assistant.types import JsonValue

MAX_SCHEMA_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_REPEATED = 1000
"""llama.cpp writes repetitions out: a longer one would take its memory."""
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems")
# What the library's converter raises for schemas that it does not know how to write.
_UNUSABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError, re.error)


class SchemaError(AssistantError):
    """A JSON schema from outside that no grammar can be made of."""

    permanent = True


def schema_grammar(schema: Schema | Literal["json"]) -> str:
    """The GBNF grammar of ``schema``, or of any JSON object. Raises SchemaError."""
    from llama_cpp.llama_grammar import JSON_GBNF, json_schema_to_gbnf

    if schema == "json" or not schema:
        return _strict(str(JSON_GBNF))
    _check(schema)
    try:
        return _strict(str(json_schema_to_gbnf(json.dumps(schema))))
    except _UNUSABLE as error:
        raise SchemaError(f"invalid JSON schema: {_reason(error)}") from error


def _strict(grammar: str) -> str:
    """The library's strings may hold line breaks as they are, which JSON does not allow."""
    return grammar.replace(r'[^"\\]', r'[^"\\\x7F\x00-\x1F]')


def tools_grammar(tools: Sequence[Tool], *, begun: bool) -> str:
    """The grammar of one call of one of ``tools``: its name and arguments of its schema.

    ``begun``: ``<tool_call>`` itself was written already.
    """
    schema = _calls_schema(tools)
    inner = schema_grammar(schema)
    opening = "" if begun else '"<tool_call>" '
    return re.sub(r"(?m)^root ::= ", "call ::= ", inner) + (
        f'\nroot ::= {opening}"\\n" call "\\n"? "</tool_call>"\n'  # the converter's objects end in optional space
    )


def _calls_schema(tools: Sequence[Tool]) -> dict[str, JsonValue]:
    calls: list[JsonValue] = []
    shared: dict[str, JsonValue] = {}  # references are looked up from the whole schema's root
    for tool in tools:
        parameters: dict[str, JsonValue] = dict(tool.parameters) or {"type": "object"}
        for key in ("$defs", "definitions"):
            found = parameters.pop(key, None)
            if isinstance(found, dict):
                known = shared.setdefault(key, {})
                shared[key] = {**(known if isinstance(known, dict) else {}), **found}
        calls.append(
            {
                "type": "object",
                "properties": {"name": {"const": tool.name}, "arguments": parameters},
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
        )
    only = calls[0]
    return {**(only if len(calls) == 1 and isinstance(only, dict) else {"anyOf": calls}), **shared}


def _check(schema: Schema) -> None:
    if len(json.dumps(schema)) > MAX_SCHEMA_BYTES:
        raise SchemaError(f"invalid JSON schema: longer than {MAX_SCHEMA_BYTES} bytes")
    _walk(schema, 0)


def _walk(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise SchemaError(f"invalid JSON schema: nested deeper than {MAX_DEPTH}")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _COUNTS and isinstance(inner, int | float) and not 0 <= inner <= MAX_REPEATED:
                raise SchemaError(f"invalid JSON schema: {key} must be from 0 to {MAX_REPEATED}")
            if key == "pattern" and isinstance(inner, str):
                _check_pattern(inner)
            _walk(inner, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            _walk(inner, depth + 1)


def _check_pattern(pattern: str) -> None:
    if len(pattern) > 1000 or any(int(n) > MAX_REPEATED for n in re.findall(r"\d+", pattern)):
        raise SchemaError("invalid JSON schema: the pattern is too long or repeats too often")


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

"""What other programs ask of the language model, and what they get: plain values without llama.cpp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from assistant.llm.sampling import Sampling
from assistant.types import JsonValue

Speaker = Literal["system", "user", "assistant", "tool"]
Reason = Literal["stop", "length"]
Schema = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool as the model wrote it; ``arguments`` were parsed as JSON."""

    name: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the model may call. ``parameters`` is a JSON schema of an object."""

    name: str
    description: str = ""
    parameters: Schema = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a conversation."""

    role: Speaker
    text: str
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """What is to be generated. Either ``messages`` or ``raw`` (a text to go on with, without any frame)."""

    messages: tuple[ChatMessage, ...] = ()
    raw: str | None = None
    suffix: str = ""
    """With ``raw``: what stands after the gap that is to be filled."""
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    """``auto``, ``none``, ``required``, or the name of the tool that must be called."""
    schema: Schema | Literal["json"] | None = None
    """The answer must be JSON of this schema, or any JSON object."""
    sampling: Sampling = field(default_factory=Sampling)
    """Its stop texts hold; a grammar is made of ``schema`` and ``tools``."""
    max_tokens: int | None = None
    """``None``: until the model ends, or the context does."""
    truncate: bool = True
    """Drop the oldest messages (and then the beginning of the prompt) where the context is too small, or refuse."""
    keep: int = 4
    """So many tokens of the beginning stay where the prompt itself is cut."""
    context: int | None = None
    """A smaller context than the engine's, in tokens."""
    timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of the answer, as it is generated."""

    text: str


@dataclass(frozen=True, slots=True)
class Called:
    """The model calls a tool."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer, with what it took; times are in nanoseconds."""

    reason: Reason
    prompt_tokens: int
    reused_tokens: int
    answer_tokens: int
    load_ns: int
    prompt_ns: int
    answer_ns: int
    total_ns: int


Output = Piece | Called | Finished

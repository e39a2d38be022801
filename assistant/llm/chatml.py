"""Qwen2.5's frame around a conversation with tools, as its published template writes it.

A frame is a list of parts: text of the frame itself, in which control tokens are read, and text of others, in which
they are not: nobody can write ``<|im_end|>`` into a message and speak as somebody else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant.llm.requests import ChatMessage, Tool, ToolCall

DEFAULT_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
CALL_BEGIN, CALL_END = "<tool_call>", "</tool_call>"
_TOOLS = (
    "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
_HOW = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
    '<tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n'
    "</tool_call>"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the prompt; ``frame``: control tokens are read in it."""

    text: str
    frame: bool


def chat_frame(messages: Sequence[ChatMessage], tools: Sequence[Tool] = ()) -> list[Part]:
    """The whole prompt, up to where the assistant begins to answer."""
    first, rest = _system(messages)
    parts = [Part("<|im_start|>system\n", True), Part(first, False)]
    if tools:
        parts += [Part(_TOOLS, False)]
        parts += [Part("\n" + json.dumps(_signature(tool), ensure_ascii=False), False) for tool in tools]
        parts += [Part(_HOW, True)]
    parts.append(Part("<|im_end|>\n", True))
    parts += _turns(rest)
    parts.append(Part("<|im_start|>assistant\n", True))
    return parts


def infill_frame(before: str, after: str) -> list[Part]:
    """The frame in which the model fills the gap between two texts (the Coder models know it)."""
    return [
        Part("<|fim_prefix|>", True),
        Part(before, False),
        Part("<|fim_suffix|>", True),
        Part(after, False),
        Part("<|fim_middle|>", True),
    ]


def written_call(call: ToolCall) -> str:
    """A tool's call as the model writes it."""
    return json.dumps({"name": call.name, "arguments": dict(call.arguments)}, ensure_ascii=False)


def _system(messages: Sequence[ChatMessage]) -> tuple[str, Sequence[ChatMessage]]:
    if messages and messages[0].role == "system":
        return messages[0].text, messages[1:]
    return DEFAULT_SYSTEM, messages


def _turns(messages: Iterable[ChatMessage]) -> Iterator[Part]:
    before = ""
    for message in messages:
        if message.role == "tool":  # results of several calls stand in one message of the user's
            yield Part(("" if before == "tool" else "<|im_start|>user") + "\n<tool_response>\n", True)
            yield Part(message.text, False)
            yield Part("\n</tool_response>", True)
        else:
            if before == "tool":
                yield Part("<|im_end|>\n", True)
            yield Part(f"<|im_start|>{message.role}", True)
            yield Part("\n" + message.text if message.text or not message.tool_calls else "", False)
            for call in message.tool_calls:
                yield Part(f"\n{CALL_BEGIN}\n", True)
                yield Part(written_call(call), False)
                yield Part(f"\n{CALL_END}", True)
            yield Part("<|im_end|>\n", True)
        before = message.role
    if before == "tool":
        yield Part("<|im_end|>\n", True)


def _signature(tool: Tool) -> dict[str, object]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
    }

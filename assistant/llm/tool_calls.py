"""Calls of tools in the model's text: ``<tool_call>`` JSON ``</tool_call>`` becomes a value, all else goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from assistant.llm.chatml import CALL_BEGIN, CALL_END
from assistant.llm.requests import Called, Output, Piece, Tool, ToolCall


class ToolReader:
    """Reads an answer piece by piece. ``inside``: a call has begun and is not over."""

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._names = {tool.name for tool in tools}
        self._held = ""
        self.inside = False
        self._called = False
        self._begun = False
        self._bare = False
        """The answer is a JSON object from its first character on: small models often leave the marks out."""

    def feed(self, text: str) -> Iterator[Output]:
        """What is known after more text."""
        self._held += text
        if not self._begun and self._held.strip():
            self._begun, self._bare = True, self._held.lstrip().startswith("{")
        while not self._bare:
            if self.inside:
                body, end, rest = self._held.partition(CALL_END)
                if not end:
                    return
                self._held, self.inside, self._called = rest, False, True
                yield self._read(body)
            before, begin, rest = self._held.partition(CALL_BEGIN)
            keep = 0 if begin else _overlap(before, CALL_BEGIN)
            out = before[: len(before) - keep]
            if out and (out.strip() or not self._called):  # between calls there are only line breaks
                yield Piece(out)
            self._held = rest if begin else before[len(before) - keep :]
            if not begin:
                return
            self.inside = True

    def end(self) -> Iterator[Output]:
        """What was held back: a call that was broken off is text."""
        if self._bare:
            read, self._held = self._read(self._held), ""
            yield read if isinstance(read, Called) else Piece(read.text.removeprefix(CALL_BEGIN).removesuffix(CALL_END))
            return
        rest, self._held = (CALL_BEGIN if self.inside else "") + self._held, ""
        if rest:
            yield Piece(rest)

    def _read(self, body: str) -> Called | Piece:
        try:
            call = json.loads(body)
            name, arguments = call["name"], call.get("arguments", {})
        except (ValueError, KeyError, TypeError, AttributeError):
            return Piece(f"{CALL_BEGIN}{body}{CALL_END}")
        if name not in self._names or not isinstance(arguments, dict):
            return Piece(f"{CALL_BEGIN}{body}{CALL_END}")
        return Called(ToolCall(name, arguments))


def _overlap(text: str, begin: str) -> int:
    """How many characters at the end of ``text`` are a beginning of ``begin``."""
    return next((n for n in range(min(len(begin) - 1, len(text)), 0, -1) if text.endswith(begin[:n])), 0)

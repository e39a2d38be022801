"""Where in an inventory file an entry stands, for messages."""

from __future__ import annotations

import json
import re


class Source:
    """The text of a TOML or JSON inventory, and the lines of its entries."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text

    def place(self, table: str | None, index: int | None, key: str | None) -> str:
        """``file:line`` of a key of the ``index``-th entry of ``table``; the file alone where it cannot be found."""
        if not self._text:
            return self._name
        start, end = self._entry(table, index)
        if start is None:
            return self._name
        offset = start
        if key is not None:
            found = re.compile(rf'^\s*"?{re.escape(key)}"?\s*[=:]|"{re.escape(key)}"\s*:', re.M).search(
                self._text, start, end
            )
            header = re.compile(rf"^\s*\[+\s*{re.escape(key)}\s*\]+", re.M).search(self._text, start, end)
            match = found or header
            if match is not None:
                offset = match.end() - 1
        return f"{self._name}:{self._text.count(chr(10), 0, offset) + 1}"

    def _entry(self, table: str | None, index: int | None) -> tuple[int | None, int]:
        whole = (0, len(self._text))
        if table is None:
            return whole
        if self._text.lstrip().startswith("{"):
            spans = self._json_entries(table)
        else:
            starts = [m.start() + len(m[0]) - len(m[0].lstrip()) for m in _header(table).finditer(self._text)]
            ends = [_next_header(self._text, start + 2) for start in starts]
            spans = list(zip(starts, ends, strict=True))
        if index is None or index >= len(spans):
            return (spans[0][0], whole[1]) if spans else (None, whole[1])
        return spans[index]

    def _json_entries(self, table: str) -> list[tuple[int, int]]:
        match = re.search(rf'"{re.escape(table)}"\s*:\s*\[', self._text)
        if match is None:
            return []
        decoder, position = json.JSONDecoder(), match.end()
        spans: list[tuple[int, int]] = []
        while True:
            position = _skip(self._text, position)
            if position >= len(self._text) or self._text[position] == "]":
                return spans
            _value, end = decoder.raw_decode(self._text, position)
            spans.append((position, end))
            position = end


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,":
        position += 1
    return position


def _header(table: str) -> re.Pattern[str]:
    return re.compile(rf"^\s*\[\[\s*{re.escape(table)}\s*\]\]", re.M)


def _next_header(text: str, start: int) -> int:
    # An entry's own sub-tables ([devices.attributes]) belong to it.
    match = re.compile(r"^\s*\[\[", re.M).search(text, start)
    return match.start() if match else len(text)

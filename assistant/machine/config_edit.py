"""Sets single values in a TOML configuration without touching anything else of it: comments and order stay.

The shipped file names every key in a comment ("#area = ..."); such a line is taken into use rather than one added.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence

Value = str | bool | int | float | Sequence[str]


def with_values(text: str, values: Mapping[tuple[str, str], Value]) -> str:
    """``text`` with each ``(section, key)`` set. Raises ValueError where the result would not say what was asked for.

    ``tomllib.TOMLDecodeError`` (a ValueError) is raised as well where ``text`` itself is no TOML.
    """
    lines = text.splitlines()
    for (section, key), value in values.items():
        _set(lines, section, key, f"{key} = {_written(value)}")
    changed = "\n".join(lines) + "\n"
    document = tomllib.loads(changed)
    for (section, key), value in values.items():
        wanted = value if isinstance(value, str | bool | int | float) else list(value)
        if document.get(section, {}).get(key) != wanted:
            raise ValueError(f"[{section}] {key} could not be set")
    return changed


def _written(value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # TOML's basic strings have JSON's escapes
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return "[" + ", ".join(_written(item) for item in value) + "]"


def _set(lines: list[str], section: str, key: str, line: str) -> None:
    header = re.compile(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?$")
    start = next((i for i, text in enumerate(lines) if header.match(text)), None)
    if start is None:
        lines += ["", f"[{section}]", line]
        return
    end = next((i for i in range(start + 1, len(lines)) if lines[i].lstrip().startswith("[")), len(lines))
    for pattern in (rf"\s*\"?{re.escape(key)}\"?\s*=", rf"\s*#\s*{re.escape(key)}\s*="):
        for i in range(start + 1, end):
            if re.match(pattern, lines[i]):
                lines[i : _end_of_value(lines, i)] = [line]
                return
    lines.insert(start + 1, line)


def _end_of_value(lines: list[str], start: int) -> int:
    """The line after a value, which may be a list over several lines."""
    if lines[start].lstrip().startswith("#"):
        return start + 1
    for end in range(start + 1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[start:end]))
        except tomllib.TOMLDecodeError:
            continue
        return end
    return start + 1

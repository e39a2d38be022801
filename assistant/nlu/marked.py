"""YAML with the line of every value, for messages that name the place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigError

if TYPE_CHECKING:
    from yaml import SafeLoader
    from yaml.nodes import Node

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A file's data. ``lines``: keys and list indices from the top -> line, counted from 1."""

    path: Path
    data: Any
    lines: Mapping[Keys, int]

    def error(self, keys: Keys, message: str) -> ConfigError:
        """``FILE:LINE: message`` for the value at ``keys``, or what holds it."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return ConfigError(f"{self.path}:{self.lines.get(keys, 1)}: {message}")


def load_marked(path: Path) -> Marked:
    """Read a YAML file. Raises ConfigError naming file and line where it cannot be read or a key stands twice."""
    from yaml import SafeLoader, YAMLError
    from yaml.nodes import MappingNode

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    loader = SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return Marked(path, {}, {(): 1})
        lines: dict[Keys, int] = {}
        _mark(root, (), lines, loader, path)
        data = loader.construct_document(root)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        raise ConfigError(f"{path}:{line}: {getattr(error, 'problem', None) or error}") from error
    finally:
        loader.dispose()
    if not isinstance(root, MappingNode):
        raise ConfigError(f"{path}:1: is no table of keys and values")
    return Marked(path, data, lines)


def _mark(node: Node, keys: Keys, lines: dict[Keys, int], loader: SafeLoader, path: Path) -> None:
    from yaml.nodes import MappingNode, SequenceNode

    lines.setdefault(keys, node.start_mark.line + 1)
    if isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            _mark(item, (*keys, index), lines, loader, path)
    elif isinstance(node, MappingNode):
        seen: set[str] = set()
        for key_node, value in node.value:
            key = str(loader.construct_object(key_node, deep=True))
            if key in seen:
                raise ConfigError(f"{path}:{key_node.start_mark.line + 1}: the key {key!r} stands here twice")
            seen.add(key)
            lines[(*keys, key)] = key_node.start_mark.line + 1
            _mark(value, (*keys, key), lines, loader, path)

"""The tables ``http`` and ``gpio`` of an inventory's devices, checked key by key."""

from __future__ import annotations

import dataclasses
import difflib
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

from assistant.errors import ConfigError

T = TypeVar("T")
_EXPECTED: Mapping[object, str] = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


def read_table(kind: type[T], where: str, table: Mapping[str, Any]) -> T:
    """``table`` as a dataclass of ``kind``. Raises ConfigError that names place, key and what was expected."""
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a dataclass
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else f"known are: {', '.join(sorted(fields))}"
            raise ConfigError(f"{where}: unknown key '{key}'; {hint}")
        values[key] = _value(hints[key], value, f"{where}: {key}")
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        text = str(error).partition("__init__() ")[2] or str(error)
        raise ConfigError(f"{where}: {text}") from error


def _value(hint: object, value: object, where: str) -> object:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is not None:
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise ConfigError(f"{where} = {value!r}: must be a table of texts")
        return dict(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(hint, type) or not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise ConfigError(f"{where} = {value!r}: must be {_EXPECTED.get(hint, str(hint))}")
    return value

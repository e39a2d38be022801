"""What a GGUF file holds: the bytes of each tensor, from its header alone."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from assistant.errors import ModelError

_SCALARS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""GGUF's value types and their sizes; 8 is a text, 9 a list."""
TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K",
    14: "Q6_K",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor; ``size`` in bytes."""

    name: str
    kind: str
    size: int


def tensors(path: Path) -> list[Tensor]:
    """The file's tensors, in its order. Raises ModelError where it is no GGUF file of version 2 or 3."""
    try:
        with path.open("rb") as file:
            magic, version, count, pairs = struct.unpack("<4sIQQ", file.read(24))
            if magic != b"GGUF" or version not in (2, 3):
                raise ModelError(f"{path}: is no GGUF file that can be read")
            for _ in range(pairs):
                _text(file)
                _skip(file, *struct.unpack("<I", file.read(4)))
            heads = [_head(file) for _ in range(count)]
            data = (file.tell() + 31) // 32 * 32
    except (OSError, struct.error, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: cannot be read") from error
    ends = sorted([offset for _, _, offset in heads] + [path.stat().st_size - data])
    return [
        Tensor(name, TYPES.get(kind, f"type {kind}"), min(e for e in ends if e > offset) - offset)
        for name, kind, offset in heads
    ]


def read_per_token(path: Path) -> int:
    """Bytes of weights that one token reads: all but the input embedding, unless it is the output layer as well."""
    held = {tensor.name: tensor.size for tensor in tensors(path)}
    return sum(held.values()) - (held.get("token_embd.weight", 0) if "output.weight" in held else 0)


def _text(file: BinaryIO) -> str:
    (length,) = struct.unpack("<Q", file.read(8))
    return file.read(length).decode("utf-8")


def _skip(file: BinaryIO, kind: int) -> None:
    if kind == 8:
        _text(file)
    elif kind == 9:
        inner, length = struct.unpack("<IQ", file.read(12))
        if inner in _SCALARS:
            file.seek(_SCALARS[inner] * length, 1)
        else:
            for _ in range(length):
                _skip(file, inner)
    else:
        file.seek(_SCALARS[kind], 1)


def _head(file: BinaryIO) -> tuple[str, int, int]:
    """(name, type, offset) of one tensor."""
    name = _text(file)
    (dimensions,) = struct.unpack("<I", file.read(4))
    file.seek(8 * dimensions, 1)
    kind, offset = struct.unpack("<IQ", file.read(12))
    return name, kind, offset

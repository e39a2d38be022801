"""A model file's graph, as far as it is looked at: without the onnx package (16 MB), and without its weights in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

FLOAT = 1
"""ONNX's number of 32-bit floats."""
GRAPH = 7
NODE, TENSOR, INPUT, OUTPUT = 1, 5, 11, 12
DIMS, TENSOR_NAME = 1, 8
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
BLOCK = 1 << 20

FIELDS: dict[str, dict[str, tuple[int, str, bool]]] = {
    "Node": {
        "input": (1, "string", True),
        "output": (2, "string", True),
        "name": (3, "string", False),
        "op_type": (4, "string", False),
    },
    "Value": {"name": (1, "string", False), "type": (2, "Type", False)},
    "Type": {"tensor_type": (1, "TensorType", False)},
    "TensorType": {"elem_type": (1, "int64", False)},
}
"""The small messages' fields: number, type, whether there are several. All other fields are kept as they are."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A field as it stands in the file: its number, and where it (``start``) and its value (``inner``) begin and end."""

    number: int
    start: int
    inner: int
    end: int
    value: int = 0
    """Of a number."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Weights: their name, their size by dimension, and where they stand."""

    name: str
    dims: tuple[int, ...]
    piece: Piece


@dataclass(slots=True)
class Model:
    """A model whose nodes, weights, inputs and outputs may be other ones than in its file, and can be written again."""

    path: Path
    nodes: list[Any]
    tensors: list[Tensor]
    inputs: list[Any]
    outputs: list[Any]
    of_graph: list[Piece]
    """The graph's other fields."""
    of_model: list[Piece]
    """The model's other fields."""

    @classmethod
    def read(cls, path: Path) -> Model:
        """Raises OSError, and ValueError where the file is no such model."""
        from google.protobuf.message import DecodeError

        model = cls(path, [], [], [], [], [], [])
        try:
            with path.open("rb") as file:
                for piece in _pieces(file, 0, path.stat().st_size):
                    if piece.number == GRAPH:
                        model._read_graph(file, piece)
                    else:
                        model.of_model.append(piece)
        except (DecodeError, UnicodeDecodeError) as error:
            raise ValueError("is no ONNX model") from error
        if not model.nodes:
            raise ValueError("is no ONNX model")
        return model

    def _read_graph(self, file: IO[bytes], graph: Piece) -> None:
        node, value = _types()["Node"], _types()["Value"]
        small = {NODE: (node, self.nodes), INPUT: (value, self.inputs), OUTPUT: (value, self.outputs)}
        for piece in _pieces(file, graph.inner, graph.end):
            if piece.number in small:
                kind, found = small[piece.number]
                found.append(kind.FromString(_bytes(file, piece.inner, piece.end)))
            elif piece.number == TENSOR:
                self.tensors.append(_tensor(file, piece))
            else:
                self.of_graph.append(piece)

    def write(self, target: IO[bytes]) -> None:
        """Write it as a model file; weights are copied from file to file."""
        small = [
            _framed(number, message.SerializeToString())
            for number, messages in ((NODE, self.nodes), (INPUT, self.inputs), (OUTPUT, self.outputs))
            for message in messages
        ]
        pieces = [*(tensor.piece for tensor in self.tensors), *self.of_graph]
        size = sum(map(len, small)) + sum(piece.end - piece.start for piece in pieces)
        with self.path.open("rb") as source:
            _copy(source, self.of_model, target)
            target.write(_key(GRAPH, BYTES) + _varint(size))
            target.writelines(small)
            _copy(source, pieces, target)


def copied(message: Any) -> Any:
    """Another message of the same contents, fields that are not looked at too."""
    return type(message).FromString(message.SerializeToString())


def floats(name: str) -> Any:
    """An input or output of that name: floats, of whatever shape."""
    value = _types()["Value"](name=name)
    value.type.tensor_type.elem_type = FLOAT
    return value


def _pieces(file: IO[bytes], start: int, end: int) -> Iterator[Piece]:
    """The fields of a message that stands at ``start`` to ``end``, by protobuf's wire format."""
    while start < end:
        file.seek(start)
        head = file.read(20)  # the longest key and length
        key, used = _number(head, 0)
        kind, value = key & 7, 0
        inner = start + used
        if kind == VARINT:
            value, used = _number(head, used)
            after = start + used
        elif kind == BYTES:
            size, used = _number(head, used)
            inner = start + used
            after = inner + size
        elif kind in (FIXED64, FIXED32):
            after = inner + (8 if kind == FIXED64 else 4)
        else:
            raise ValueError("is no ONNX model")
        if after > end or not key >> 3:
            raise ValueError("is no whole ONNX model")
        yield Piece(key >> 3, start, inner, after, value)
        start = after


def _tensor(file: IO[bytes], piece: Piece) -> Tensor:
    name, dims = "", []
    for found in _pieces(file, piece.inner, piece.end):
        if found.number == TENSOR_NAME:
            name = _bytes(file, found.inner, found.end).decode()
        elif found.number == DIMS:
            dims.append(found.value)
    return Tensor(name, tuple(dims), piece)


def _bytes(file: IO[bytes], start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _copy(source: IO[bytes], pieces: Iterable[Piece], target: IO[bytes]) -> None:
    for piece in pieces:
        for start in range(piece.start, piece.end, BLOCK):
            target.write(_bytes(source, start, min(piece.end, start + BLOCK)))


def _framed(number: int, data: bytes) -> bytes:
    return _key(number, BYTES) + _varint(len(data)) + data


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _number(data: bytes, at: int) -> tuple[int, int]:
    """The varint at a place, and the place behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ValueError("is no ONNX model")


@cache
def _types() -> dict[str, Any]:
    """The small messages' classes, by name."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="onnx_graph.proto", package="looked_at", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    plain = {"string": kinds.TYPE_STRING, "int64": kinds.TYPE_INT64}
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field_name, (number, kind, several) in fields.items():
            label = kinds.LABEL_REPEATED if several else kinds.LABEL_OPTIONAL
            added = message.field.add(name=field_name, number=number, label=label)
            if kind in plain:
                added.type = plain[kind]
            else:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".looked_at.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"looked_at.{name}")) for name in FIELDS}

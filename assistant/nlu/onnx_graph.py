"""Tables of an ONNX model stay in 8 bits: rows are looked up first, and only those become floats.

Else every run makes floats of the whole table of words (94 MB on the way) to take ten rows of it. onnxruntime would do that
once and keep them; it does not look at which of them are used.
"""

from __future__ import annotations

from functools import cache
from typing import Any

FIELDS: dict[str, dict[str, tuple[int, str, bool]]] = {
    "Model": {"graph": (7, "Graph", False)},
    "Graph": {"node": (1, "Node", True), "initializer": (5, "Tensor", True)},
    "Node": {
        "input": (1, "string", True),
        "output": (2, "string", True),
        "name": (3, "string", False),
        "op_type": (4, "string", False),
    },
    "Tensor": {"dims": (1, "int64", True), "name": (8, "string", False)},
}
"""The few fields of ONNX's messages that are looked at: number, type, whether there are several. All others are kept as they are."""


def look_up_first(data: bytes) -> bytes:
    """The model (a serialised ``ModelProto``) with each Gather before the Cast and the Mul that make floats of its table.

    What it computes is the same, bit for bit. Raises ValueError where the bytes are no such message.
    """
    from google.protobuf.message import DecodeError

    model = _model_type()()
    try:
        model.ParseFromString(data)
    except DecodeError as error:
        raise ValueError("is no ONNX model") from error
    graph = model.graph
    rows = {tensor.name: tensor.dims[0] for tensor in graph.initializer if tensor.dims}
    made_by = {name: node for node in graph.node for name in node.output}
    used = [name for node in graph.node for name in node.input]
    ordered: list[Any] = []
    for node in graph.node:
        scaled = made_by.get(node.input[0]) if node.op_type == "Gather" else None
        cast = made_by.get(scaled.input[0]) if scaled is not None and scaled.op_type == "Mul" else None
        if scaled is None or cast is None or cast.op_type != "Cast":
            ordered.append(node)
            continue
        alone = used.count(scaled.output[0]) == used.count(cast.output[0]) == 1
        if not alone or rows.get(cast.input[0], 0) != rows.get(scaled.input[1], -1):
            ordered.append(node)
            continue
        ordered = [other for other in ordered if other is not cast and other is not scaled]
        ordered += _looked_up(node, cast, scaled)
    kept = [type(node).FromString(node.SerializeToString()) for node in ordered]
    del graph.node[:]
    graph.node.extend(kept)
    return bytes(model.SerializeToString())


def _looked_up(gather: Any, cast: Any, scaled: Any) -> list[Any]:
    """Gather(Mul(Cast(table), scales)) as Mul(Cast(Gather(table)), Gather(scales)), in an order in which it can be run."""
    result = gather.output[0]
    scales = type(gather).FromString(gather.SerializeToString())  # with its attributes
    for node, source in ((gather, cast.input[0]), (scales, scaled.input[1])):
        node.input[0] = source
        node.output[0] = f"{source}_rows"
        node.name = f"{source}_look_up"
    cast.input[0] = gather.output[0]
    scaled.input[1] = scales.output[0]
    scaled.output[0] = result
    return [gather, scales, cast, scaled]


@cache
def _model_type() -> Any:
    """The message type of models with the fields above."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="onnx_graph.proto", package="looked_at", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    plain = {"string": kinds.TYPE_STRING, "int64": kinds.TYPE_INT64}
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, several) in fields.items():
            label = kinds.LABEL_REPEATED if several else kinds.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, label=label)
            if kind in plain:
                added.type = plain[kind]
            else:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".looked_at.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("looked_at.Model"))

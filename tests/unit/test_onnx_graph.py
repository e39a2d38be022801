"""A table of 8-bit rows in an ONNX model: rows are looked up before they become floats."""

import numpy as np
import onnxruntime
import pytest

from assistant.nlu.onnx_graph import _model_type, look_up_first

FLOAT, INT8, INT64 = 1, 3, 7
ROWS, WIDTH = 50, 4
TABLE = np.arange(ROWS * WIDTH, dtype=np.int64).reshape(ROWS, WIDTH).astype(np.int8)
SCALES = np.linspace(0.1, 2.0, ROWS, dtype=np.float32).reshape(ROWS, 1)


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name, kind, array):
    dims = b"".join(field(1, size) for size in array.shape)
    return dims + field(2, kind) + field(8, name) + field(9, array.tobytes())


def node(kind, inputs, output, *attributes):
    ends = field(2, output) + field(3, f"{kind} {output}") + field(4, kind)
    return b"".join(field(1, name) for name in inputs) + ends + b"".join(field(5, row) for row in attributes)


def number(name, value):
    return field(1, name) + field(3, value) + field(20, 2)


def value(name, kind):
    return field(1, name) + field(2, field(1, field(1, kind)))


def model(*more, scales=SCALES):
    """``more``: further nodes."""
    nodes = [
        node("Cast", ["table"], "floats", number("to", FLOAT)),
        node("Mul", ["floats", "scales"], "words"),
        node("Gather", ["words", "ids"], "taken", number("axis", 0)),
        node("Neg", ["taken"], "out"),
        *more,
    ]
    graph = b"".join(field(1, row) for row in nodes) + field(2, "a graph")
    graph += field(5, tensor("table", INT8, TABLE)) + field(5, tensor("scales", FLOAT, scales))
    graph += field(11, value("ids", INT64)) + field(12, value("out", FLOAT))
    return field(1, 10) + field(7, graph) + field(8, field(1, "") + field(2, 17))


def kinds(data):
    read = _model_type()()
    read.ParseFromString(data)
    return [row.op_type for row in read.graph.node]


def run(data, ids):
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    return session.run(["out"], {"ids": np.array(ids, np.int64)})[0]


def test_rows_are_looked_up_before_they_become_floats():
    edited = look_up_first(model())
    assert kinds(model()) == ["Cast", "Mul", "Gather", "Neg"]
    assert kinds(edited) == ["Gather", "Gather", "Cast", "Mul", "Neg"]
    ids = [[3, 49], [0, 3]]
    assert np.array_equal(run(edited, ids), run(model(), ids))
    assert np.array_equal(run(edited, ids), -(TABLE.astype(np.float32) * SCALES)[ids])


def test_a_table_that_others_use_too_stays():
    assert kinds(look_up_first(model(node("Abs", ["words"], "other"))))[:3] == ["Cast", "Mul", "Gather"]


def test_scales_that_are_not_by_row_stay():
    by_column = np.ones((1, WIDTH), np.float32)
    data = model(scales=by_column)
    assert kinds(look_up_first(data)) == kinds(data)


def test_what_is_no_model_is_refused():
    with pytest.raises(ValueError, match="no ONNX model"):
        look_up_first(b"\xff" * 40)

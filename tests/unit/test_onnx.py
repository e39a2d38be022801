"""A table of 8-bit rows in an ONNX model: rows are looked up before they become floats."""

import errno
import os
import tempfile

import numpy as np
import onnxruntime
import pytest

from assistant.nlu import embedding
from assistant.onnx.halves import halved
from assistant.onnx.messages import Model
from assistant.onnx.session import open_edited, open_session
from assistant.onnx.tables import look_up_first
from assistant.tts import vits

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


@pytest.fixture
def read(tmp_path):
    def reading(data):
        path = tmp_path / "model.onnx"
        path.write_bytes(data)
        return Model.read(path)

    return reading


def kinds(model):
    return [row.op_type for row in model.nodes]


def session(model):
    return open_edited(model, onnxruntime.SessionOptions())


def run(model, ids):
    return session(model).run(["out"], {"ids": np.array(ids, np.int64)})[0]


def test_rows_are_looked_up_before_they_become_floats(read):
    before = read(model())
    edited = look_up_first(before)
    assert kinds(before) == ["Cast", "Mul", "Gather", "Neg"]
    assert kinds(edited) == ["Gather", "Gather", "Cast", "Mul", "Neg"]
    ids = [[3, 49], [0, 3]]
    assert np.array_equal(run(edited, ids), run(before, ids))
    assert np.array_equal(run(edited, ids), -(TABLE.astype(np.float32) * SCALES)[ids])


def test_a_table_that_others_use_too_stays(read):
    assert kinds(look_up_first(read(model(node("Abs", ["words"], "other")))))[:3] == ["Cast", "Mul", "Gather"]


def test_scales_that_are_not_by_row_stay(read):
    by_column = read(model(scales=np.ones((1, WIDTH), np.float32)))
    assert kinds(look_up_first(by_column)) == kinds(by_column)


def test_a_model_is_written_as_it_was_read(read, tmp_path):
    again = tmp_path / "again.onnx"
    with again.open("wb") as file:
        read(model()).write(file)
    assert len(again.read_bytes()) == len(model())
    assert np.array_equal(run(Model.read(again), [1]), run(read(model()), [1]))


def test_the_halves_compute_what_the_whole_does(read):
    whole = read(model())
    early, late = halved(whole, "Neg")
    assert kinds(early) == ["Cast", "Mul", "Gather"]
    assert kinds(late) == ["Neg"]
    assert [tensor.name for tensor in early.tensors] == ["table", "scales"]
    assert not late.tensors
    (between,) = session(early).run(None, {"ids": np.array([3, 7], np.int64)})
    assert np.array_equal(session(late).run(None, {"taken": between})[0], run(whole, [3, 7]))


def test_weights_go_to_the_half_that_uses_them(read):
    early, late = halved(read(model(node("Mul", ["out", "scales"], "louder"))), "Neg")
    assert [tensor.name for tensor in early.tensors] == ["table", "scales"]
    assert [tensor.name for tensor in late.tensors] == ["scales"]
    assert kinds(late) == ["Neg", "Mul"]


@pytest.mark.parametrize("prefix", ["Cast", "Gather", "none is called so"])
def test_a_model_without_two_halves_is_left_whole(read, prefix):
    assert halved(read(model()), prefix) is None


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"is no model at all", field(7, field(1, b"\xff\xff"))])
def test_what_is_no_model_is_refused(read, data):
    with pytest.raises(ValueError, match="ONNX model"):
        read(data)


@pytest.mark.parametrize("left", range(0, len(model()) - 8, 37))
def test_a_model_cut_short_is_refused(read, left):
    with pytest.raises(ValueError, match="ONNX model"):
        read(model()[:left])


def test_without_room_for_what_was_edited_models_are_taken_as_they_are(tmp_path, monkeypatch, caplog):
    path = tmp_path / "model.onnx"
    path.write_bytes(model())
    monkeypatch.setattr(vits, "SOUND_NODES", "Neg")
    assert vits.VitsNetwork.load(path, 1, 22_050)._frames_of is not None
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full_disk)
    assert vits.VitsNetwork.load(path, 1, 22_050)._frames_of is None
    plain = embedding._session(path, onnxruntime.SessionOptions())
    assert np.array_equal(plain.run(["out"], {"ids": np.array([1], np.int64)})[0], run_file(path, [1]))
    assert caplog.text.count("no room") == 2


def full_disk(**_named):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run_file(path, ids):
    return open_session(path, onnxruntime.SessionOptions()).run(["out"], {"ids": np.array(ids, np.int64)})[0]

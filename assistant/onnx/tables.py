"""Tables of an ONNX model stay in 8 bits: rows are looked up first, and only those become floats.

Else every run makes floats of the whole table of words (94 MB on the way) to take ten rows of it. onnxruntime would do that
once and keep them; it does not look at which of them are used.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from assistant.onnx.messages import Model, copied


def look_up_first(model: Model) -> Model:
    """The model with each Gather before the Cast and the Mul that make floats of its table: the same, bit for bit."""
    rows = {tensor.name: tensor.dims[0] for tensor in model.tensors if tensor.dims}
    made_by = {name: node for node in model.nodes for name in node.output}
    used = Counter(name for node in model.nodes for name in node.input)
    ordered: list[Any] = []
    for node in model.nodes:
        scaled = made_by.get(node.input[0]) if node.op_type == "Gather" else None
        cast = made_by.get(scaled.input[0]) if scaled is not None and scaled.op_type == "Mul" else None
        if scaled is None or cast is None or cast.op_type != "Cast":
            ordered.append(node)
            continue
        alone = used[scaled.output[0]] == used[cast.output[0]] == 1
        if not alone or rows.get(cast.input[0], 0) != rows.get(scaled.input[1], -1):
            ordered.append(node)
            continue
        ordered = [other for other in ordered if other is not cast and other is not scaled]
        ordered += _looked_up(*map(copied, (node, cast, scaled)))
    return replace(model, nodes=ordered)


def _looked_up(gather: Any, cast: Any, scaled: Any) -> list[Any]:
    """Gather(Mul(Cast(table), scales)) as Mul(Cast(Gather(table)), Gather(scales)), in an order in which it can be run."""
    result = gather.output[0]
    scales = copied(gather)  # with its attributes
    for node, source in ((gather, cast.input[0]), (scales, scaled.input[1])):
        node.input[0] = source
        node.output[0] = f"{source}_rows"
        node.name = f"{source}_look_up"
    cast.input[0] = gather.output[0]
    scaled.input[1] = scales.output[0]
    scaled.output[0] = result
    return [gather, scales, cast, scaled]

"""A model in two: what is computed once, and what can be computed piece by piece from its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.onnx.messages import Model, floats


def halved(model: Model, prefix: str) -> tuple[Model, Model] | None:
    """All before the nodes whose names begin with ``prefix``, and these with what follows from them.

    What the first gives and the second takes are floats. ``None`` where there are no such nodes, or none before them.
    """
    late: set[str] = set()
    needed: dict[str, None] = {}
    for node in model.nodes:  # each comes after what it needs: the format wants that
        if node.name.startswith(prefix) or not late.isdisjoint(node.input):
            late.update(node.output)
            needed |= dict.fromkeys(node.input)
    early = {name for node in model.nodes for name in node.output} - late
    between = [name for name in needed if name in early]
    if not between or not needed.keys().isdisjoint(value.name for value in model.inputs):
        return None
    return _half(model, early, outputs=between), _half(model, late, inputs=between)


def _half(model: Model, made: set[str], *, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> Model:
    """The nodes that make these tensors, with the weights that they use."""
    nodes = [node for node in model.nodes if not made.isdisjoint(node.output)]
    used = {name for node in nodes for name in node.input}
    return replace(
        model,
        nodes=nodes,
        tensors=[tensor for tensor in model.tensors if tensor.name in used],
        inputs=[value for value in model.inputs if value.name in used] + [floats(name) for name in inputs],
        outputs=[floats(name) for name in outputs] or [value for value in model.outputs if value.name in made],
    )

"""Sessions of models that were edited."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

from assistant.onnx.messages import Model


def open_session(model: Model, options: Any, *, without: Sequence[str] = ()) -> Any:
    """An ``onnxruntime.InferenceSession`` of a model, on the processor, ``without`` some of its optimisers.

    By a file, which is gone again: of bytes the session would keep a copy. Raises OSError where there is no room for it,
    and onnxruntime's own errors.
    """
    import onnxruntime

    with tempfile.NamedTemporaryFile(prefix="assistant-onnx-") as file:
        model.write(file)
        file.flush()
        return onnxruntime.InferenceSession(
            file.name, options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without)
        )

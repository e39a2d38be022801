"""Sessions of models, as they are on the disk or edited, on the processor alone."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.onnx.messages import Model


def open_session(path: Path, options: Any, *, without: Sequence[str] = ()) -> Any:
    """An ``onnxruntime.InferenceSession`` of a file, ``without`` some of its optimisers. Raises onnxruntime's own errors."""
    import onnxruntime

    return onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"], disabled_optimizers=list(without)
    )


def open_edited(model: Model, options: Any, *, without: Sequence[str] = ()) -> Any:
    """The same of a model that was edited.

    By a file, which is gone again: of bytes the session would keep a copy. Raises OSError where there is no room for it.
    """
    with tempfile.NamedTemporaryFile(prefix="assistant-onnx-") as file:
        model.write(file)
        file.flush()
        return open_session(Path(file.name), options, without=without)

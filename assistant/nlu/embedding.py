"""Sentence embeddings: all-MiniLM-L6-v2 on onnxruntime. A sentence becomes a unit vector in milliseconds."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError
from assistant.onnx.messages import Model
from assistant.onnx.session import open_edited, open_session
from assistant.onnx.tables import look_up_first

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

log = logging.getLogger(__name__)

WITHOUT = ("ConstantFolding",)
"""Folding would hold the 8-bit weights a second time as floats."""
MAX_TOKENS = 64
BATCH = 64


class Embedder:
    """Loads at first use. Raises ModelError where the model cannot be loaded."""

    def __init__(self, model_dir: Path, threads: int = 2) -> None:
        self.name = model_dir.name
        self._dir = model_dir
        self._threads = threads
        self._session: Any = None
        self._tokenizer: Any = None

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors, shape (n, 384)."""
        import numpy as np

        self._load()
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))  # alike lengths need little padding
        vectors = np.zeros((len(sentences), 384), np.float32)
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._encode([sentences[i] for i in rows])
        return vectors

    def _encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        import numpy as np

        encoded = self._tokenizer.encode_batch(list(sentences))
        ids = np.array([e.ids for e in encoded], np.int64)
        mask = np.array([e.attention_mask for e in encoded], np.int64)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        wanted = {entry.name for entry in self._session.get_inputs()}
        hidden = self._session.run(None, {name: value for name, value in feeds.items() if name in wanted})[0]
        if hidden.ndim == 3:
            weights = mask[:, :, None].astype(np.float32)
            hidden = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
        return np.asarray(hidden / np.maximum(np.linalg.norm(hidden, axis=1, keepdims=True), 1e-9), np.float32)

    def _load(self) -> None:
        if self._session is not None:
            return
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as failures
        from tokenizers import Tokenizer

        model, tokenizer = self._dir / "model.onnx", self._dir / "tokenizer.json"
        mend = f"run 'assistant models fetch {self._dir.name}'"
        for path in (model, tokenizer):
            if not path.is_file():
                raise ModelError(f"{path}: is missing", mend=mend)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it keeps what the longest batch took
        broken = (failures.Fail, failures.InvalidProtobuf, failures.InvalidGraph, failures.NoSuchFile)
        try:
            session = _session(model, options)
            loaded = Tokenizer.from_str(tokenizer.read_text(encoding="utf-8"))
        except (*broken, OSError, ValueError) as error:
            raise ModelError(f"{model}: cannot be loaded ({error})", mend=mend) from error
        loaded.enable_truncation(MAX_TOKENS)
        loaded.enable_padding()
        self._session, self._tokenizer = session, loaded


def _session(model: Path, options: Any) -> Any:
    edited = look_up_first(Model.read(model))
    try:
        return open_edited(edited, options, without=WITHOUT)
    except OSError as error:
        log.warning("%s: takes 60 MB more at work, there is no room to edit it: %s", model.name, error)
        return open_session(model, options, without=WITHOUT)

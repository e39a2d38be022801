"""Vectors of sentences, each computed once: in memory, and in one file beside the state. Both hold them in 16 bits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

KEPT_OTHERS = 4
"""Files of other sets of sentences that are left beside the present one."""


class Encoder(Protocol):
    """Sentences to unit vectors; ``Embedder`` is one. ``name`` tells encoders apart."""

    name: str

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]: ...


class Vectors:
    """Unit vectors of a fixed set of sentences and of those that come later."""

    def __init__(self, encoder: Encoder, cache_dir: Path | None = None) -> None:
        """``cache_dir``: where the vectors of ``load`` are kept, by a hash of the sentences and the encoder."""
        self._encoder = encoder
        self._cache_dir = cache_dir
        self._known: dict[str, npt.NDArray[np.float16]] = {}

    def load(self, sentences: Sequence[str]) -> None:
        """Have the vectors of a large set ready, from disk where they were computed before."""
        missing = list(dict.fromkeys(text for text in sentences if text not in self._known))
        if missing:
            self._known.update(zip(missing, self._loaded(missing), strict=True))

    def of(self, sentences: Iterable[str]) -> npt.NDArray[np.float32]:
        """Vectors, shape (n, dimensions); those not known yet are computed."""
        import numpy as np

        texts = list(sentences)
        missing = list(dict.fromkeys(text for text in texts if text not in self._known))
        if missing:
            self._known.update(zip(missing, self._encoder.encode(missing).astype(np.float16), strict=True))
        if not texts:
            return np.zeros((0, 1), np.float32)
        return np.stack([self._known[text] for text in texts], dtype=np.float32)

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors of sentences that are not to be kept, shape (n, dimensions)."""
        return self._encoder.encode(sentences)

    def _loaded(self, texts: list[str]) -> npt.NDArray[np.float16]:
        import numpy as np

        if self._cache_dir is None:
            return self._encoder.encode(texts).astype(np.float16)
        key = hashlib.sha256("\n".join([self._encoder.name, *texts]).encode()).hexdigest()[:24]
        path = self._cache_dir / f"phrasings-{key}.npy"
        try:
            vectors = np.load(path)
            if vectors.shape[0] == len(texts):
                return np.asarray(vectors, np.float16)
        except (OSError, ValueError, EOFError):
            path.unlink(missing_ok=True)
        vectors = self._encoder.encode(texts).astype(np.float16)
        self._save(path, vectors)
        return vectors

    def _save(self, path: Path, vectors: npt.NDArray[np.float16]) -> None:
        import numpy as np

        temporary = path.with_suffix(".part.npy")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(temporary, vectors)
            temporary.replace(path)
            others = sorted(path.parent.glob("phrasings-*.npy"), key=lambda file: file.stat().st_mtime)
            for old in [file for file in others if file != path][:-KEPT_OTHERS]:
                old.unlink(missing_ok=True)
        except OSError:
            temporary.unlink(missing_ok=True)  # kept in memory only: the next start computes them again

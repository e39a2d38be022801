"""Vectors of meaning of passages: each sentence is embedded once, and a passage is what its sentences and its heading are together."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.skills.knowledge.passages import Passage, sentences

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vector = npt.NDArray[np.float32]

HEADING = 0.2
"""Weight of the heading beside the mean of the sentences. Of 0.2, 0.35, 0.5 and 0.8 this answered most of the questions of
``tests/knowledge``, and as many as embedding the passage as a whole did, which takes twice the time."""


class Embedder(Protocol):
    """Sentences to unit vectors, shape (n, d)."""

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]: ...


def vectors_of(
    pieces: Sequence[Passage], title: str, embedder: Embedder, known: MutableMapping[str, Vector]
) -> list[list[bytes]]:
    """The vectors of each passage as half floats: the passage's own first, then one for each of its sentences.

    ``known`` holds what the document's sentences were embedded to so far: passages overlap.
    """
    import numpy as np

    parts = [sentences(piece.text) for piece in pieces]
    headings = [piece.heading or title for piece in pieces]
    new = [text for text in dict.fromkeys([*headings, *(t for ts in parts for t in ts)]) if text not in known]
    if new:
        known.update(zip(new, embedder.encode(new), strict=True))
    found = []
    for heading, texts in zip(headings, parts, strict=True):
        own = [known[text] for text in texts]
        whole = np.mean(own, axis=0) + HEADING * known[heading]
        whole /= max(float(np.linalg.norm(whole)), 1e-9)
        found.append([v.astype(np.float16).tobytes() for v in (whole, *(own if len(own) > 1 else ()))])
    return found

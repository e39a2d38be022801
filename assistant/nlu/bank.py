"""The bank of one home: compares sentences with the phrasings of everything that the house can do, and with talk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.nlu.phrasings import Phrasings
from assistant.nlu.vectors import Vectors
from assistant.nlu.wishes import Wish, wishes_of
from assistant.types import Home

TALK = -1


@dataclass(frozen=True, slots=True)
class Near:
    """A wish, how near its nearest phrasing is (cosine, -1 to 1), and that phrasing."""

    wish: Wish
    similarity: float
    phrasing: str


@dataclass(frozen=True, slots=True)
class Frame:
    """How a sentence speaks of a thing: similarity (cosine) with what switches one on, off, and with talk about one."""

    on: float
    off: float
    talk: float


class Bank:
    """The phrasings of a home. What all homes share is embedded once and kept on disk."""

    def __init__(self, vectors: Vectors, phrasings: Phrasings, home: Home) -> None:
        self._vectors = vectors
        self._phrasings = phrasings
        self._wishes: list[Wish] = []
        rows: list[tuple[str, int]] = []
        for wish, texts in wishes_of(home, phrasings):
            rows += [(text, len(self._wishes)) for text in texts]
            self._wishes.append(wish)
        self._rows = [*rows, *((text, TALK) for text in phrasings.talk)]
        self._ready = False

    def warm(self) -> None:
        """Have all vectors ready."""
        import numpy as np

        if self._ready:
            return
        shared = [text for act in self._phrasings.acts for text in act.phrasings]
        shared += [text for thing in self._phrasings.things for texts in thing.acts.values() for text in texts]
        frames = self._phrasings.frames or {}
        shared += [*self._phrasings.talk, *(text for texts in frames.values() for text in texts)]
        self._vectors.load([text for text in shared if "{" not in text])
        self._matrix = self._vectors.of(text for text, _owner in self._rows)
        self._owners = np.array([owner for _text, owner in self._rows])
        self._frames = {key: self._vectors.of(texts) for key, texts in frames.items()}
        self._ready = True

    def nearest(self, sentences: Sequence[str]) -> tuple[tuple[Near, ...], float]:
        """All wishes by their nearest phrasing to any of ``sentences``, best first, and the similarity of the nearest talk."""
        import numpy as np

        self.warm()
        if not self._rows:
            return (), 0.0
        asked = self._vectors.encode(sentences)
        scores = (self._matrix @ asked.T).max(axis=1)
        best: dict[int, int] = {}
        for place in np.argsort(-scores):
            best.setdefault(int(self._owners[place]), int(place))
        talk = best.pop(TALK, None)
        near = (Near(self._wishes[owner], float(scores[row]), self._rows[row][0]) for owner, row in best.items())
        return tuple(near), float(scores[talk]) if talk is not None else 0.0

    def frame(self, sentence: str) -> Frame:
        """How a sentence with "thing" in a name's place speaks of it."""
        self.warm()
        asked = self._vectors.encode([sentence])[0]
        best = {key: float((vectors @ asked).max()) for key, vectors in self._frames.items() if len(vectors)}
        return Frame(best.get("on", 0.0), best.get("off", 0.0), best.get("talk", 0.0))

"""The bank of one home: compares sentences with the phrasings of everything that the house can do, and with talk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.nlu.phrasings import Phrasings
from assistant.nlu.shape import shapes
from assistant.nlu.talk import is_talk
from assistant.nlu.vectors import Vectors
from assistant.nlu.wishes import Wish, wishes_of
from assistant.types import Home

TALK = -1
PHRASINGS_EACH = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A wish, how near its nearest phrasing is (cosine, -1 to 1), and that phrasing."""

    wish: Wish
    similarity: float
    phrasing: str


@dataclass(frozen=True, slots=True)
class Frame:
    """How near (cosine) a sentence with "thing" in a name's place is to the ways of saying one sort of thing, and the nearest."""

    similarity: float = 0.0
    phrasing: str = ""


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
        # What is talk by its form is known before: here it would only outweigh wishes of another form.
        self._rows = [*rows, *((text, TALK) for text in phrasings.talk if not is_talk(text) and not shapes(text))]
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
        """All wishes by their few phrasings that are nearest to any of ``sentences``, and the similarity of the nearest talk.

        The nearest come first, so a wish comes up to three times.
        """
        import numpy as np

        self.warm()
        if not self._rows:
            return (), 0.0
        asked = self._vectors.encode(sentences)
        scores = (self._matrix @ asked.T).max(axis=1)
        best: dict[int, list[int]] = {}
        for place in np.argsort(-scores):
            rows = best.setdefault(int(self._owners[place]), [])
            if len(rows) < PHRASINGS_EACH:
                rows.append(int(place))
        talk = best.pop(TALK, None)
        near = [
            Near(self._wishes[owner], float(scores[row]), self._rows[row][0])
            for owner, rows in best.items()
            for row in rows
        ]
        near.sort(key=lambda one: -one.similarity)
        return tuple(near), float(scores[talk[0]]) if talk is not None else 0.0

    def frames(self, sentence: str) -> Mapping[str, Frame]:
        """How a sentence with "thing" in a name's place speaks of it, by sort: ``on``, ``off``, ``work``, ``rest``, ``talk``."""
        self.warm()
        asked = self._vectors.encode([sentence])[0]
        found: dict[str, Frame] = {}
        for key, vectors in self._frames.items():
            scores = vectors @ asked
            best = int(scores.argmax())
            found[key] = Frame(float(scores[best]), (self._phrasings.frames or {})[key][best])
        return found

"""The bank of phrasings: how people say what they want without saying it, and what only sounds like it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from assistant.types import Intent, JsonValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

HERE = "{here}"
ROOM_WORDS = ("", "in here", "in the room")
TALK = -1


class Encoder(Protocol):
    """Sentences to unit vectors; ``Embedder`` is one. ``name`` tells encoders apart."""

    name: str

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be wanted; ``in_room``: it is about a room."""

    intent: str
    slots: Mapping[str, JsonValue]
    in_room: bool

    def as_intent(self, area: str | None) -> Intent:
        """The intent for a room; without one the room is asked about."""
        slots = dict(self.slots)
        if self.in_room:
            slots.update({"area": area} if area else {"here": True})
        return Intent(self.intent, slots)


@dataclass(frozen=True, slots=True)
class Near:
    """An act, and how near its nearest phrasing is (cosine, -1 to 1)."""

    act: Act
    similarity: float


@cache
def _acts(language: str) -> tuple[tuple[Act, ...], tuple[tuple[str, int], ...]]:
    """All acts, and every phrasing with the index of its act (``TALK`` for none)."""
    file = resources.files("assistant") / "data" / "phrasings" / f"{language}.toml"
    if not file.is_file():
        return (), ()
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    acts, phrasings = [], []
    for index, row in enumerate(data["act"]):
        acts.append(Act(row["intent"], row["slots"], any(HERE in text for text in row["phrasings"])))
        for text in row["phrasings"]:
            rooms = ROOM_WORDS if HERE in text else ("",)
            phrasings += [(" ".join(text.replace(HERE, room).split()), index) for room in rooms]
    phrasings += [(text, TALK) for text in data["talk"]["phrasings"]]
    return tuple(acts), tuple(phrasings)


class Bank:
    """Compares sentences with the phrasings. Embeds the bank once, when it is first asked."""

    def __init__(self, encoder: Encoder, language: str = "en", cache_dir: Path | None = None) -> None:
        """``cache_dir``: where the phrasings' vectors are kept, by a hash of the phrasings and the encoder."""
        self._encoder = encoder
        self._acts, self._phrasings = _acts(language)
        self._cache_dir = cache_dir
        self._vectors: npt.NDArray[np.float32] | None = None

    def nearest(self, sentence: str, count: int = 3) -> tuple[tuple[Near, ...], float]:
        """The nearest acts, best first, and the similarity of the nearest talk."""
        import numpy as np

        if not self._phrasings:
            return (), 0.0
        if self._vectors is None:
            self._vectors = self._load_vectors()
        scores = self._vectors @ self._encoder.encode([sentence])[0]
        best: dict[int, float] = {}
        for place in np.argsort(-scores)[:80]:
            best.setdefault(self._phrasings[int(place)][1], float(scores[place]))
        talk = best.pop(TALK, 0.0)
        near = [Near(self._acts[index], score) for index, score in best.items()]
        return tuple(near[:count]), talk

    def _load_vectors(self) -> npt.NDArray[np.float32]:
        import numpy as np

        texts = [text for text, _ in self._phrasings]
        if self._cache_dir is None:
            return self._encoder.encode(texts)
        key = hashlib.sha256("\n".join([self._encoder.name, *texts]).encode()).hexdigest()[:24]
        path = self._cache_dir / f"phrasings-{key}.npy"
        try:
            vectors = np.load(path)
            if vectors.shape[0] == len(texts):
                return np.asarray(vectors, np.float32)
        except (OSError, ValueError, EOFError):
            path.unlink(missing_ok=True)
        vectors = self._encoder.encode(texts)
        temporary = path.with_suffix(".part.npy")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(temporary, vectors)
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)  # kept in memory only: the next start computes them again
        return vectors

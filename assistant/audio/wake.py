"""Wake words: several at once in one stream, found early, checked where they are uncertain, told with their place.

A word whose score is clearly high wakes at once. One that is only likely is looked at again once its score has
passed its peak: by the same model on a grid shifted by half a step, and by a second opinion of another kind (a speech
recogniser), where there is one. That is rare, so it may cost something.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assistant.audio.openwakeword import BUILT_IN, OpenWakeWordScorer, built_in_models
from assistant.errors import ConfigError
from assistant.types import WakeDetection

if TYPE_CHECKING:
    import numpy.typing as npt

RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was measured of one word's model (docs/listening.md), at sensitivity 0.5."""

    sure: float = 0.35
    """From this score on it wakes at once."""
    likely: float = 0.02
    """From this one on a second look is worth it."""
    late_s: float = 0.15
    """How long after the word's end a score gets sure."""


TUNING = {
    "alexa": Tuning(0.35, 0.0175, 0.05),
    "hey_jarvis": Tuning(0.45, 0.0225, 0.2),
    "hey_mycroft": Tuning(0.25, 0.004, 0.2),
    "hey_rhasspy": Tuning(0.25, 0.01, 0.0),
    "okay_nabu": Tuning(0.25, 0.008, 0.38),
}
OF_OTHERS = Tuning()
PEAK_CHUNKS = 4
"""A score has passed its peak when it has not risen for so many chunks (openWakeWord peaks 0.2 s after the word)."""
PEAK_LATE_S = 0.2
"""How long after the sure score the peak comes."""


class Scorer(Protocol):
    """Gives every word a score, chunk by chunk."""

    chunk: int
    context: int

    @property
    def names(self) -> tuple[str, ...]: ...

    def score(self, chunk: npt.NDArray[np.int16]) -> Mapping[str, float]: ...

    def rescore(self, name: str, samples: npt.NDArray[np.int16]) -> float: ...

    def reset(self) -> None: ...


SecondOpinion = Callable[[str, "npt.NDArray[np.int16]"], bool]
"""Whether the word ``name`` is in the sound (16 kHz), as another kind of recogniser hears it."""


class WakeEngine(Protocol):
    """Anything that finds wake words in a stream."""

    def process(self, samples: npt.NDArray[np.int16]) -> list[WakeDetection]:
        """Take the next samples (int16, 16 kHz, any number); returns the words that were recognised with them."""
        ...

    def reset(self) -> None:
        """Forget what was heard; the count of samples begins again."""
        ...


@dataclass(slots=True)
class _Candidate:
    """A word whose score went up and has not been decided."""

    peak_chunk: int
    peak: float


class WakeWordDetector:
    """Finds the scorer's words in a stream."""

    def __init__(
        self,
        scorer: Scorer,
        *,
        sensitivity: float = 0.5,
        refractory_s: float = 1.5,
        second_opinion: SecondOpinion | None = None,
    ) -> None:
        self._scorer = scorer
        self._tuning = {name: tuned(name, sensitivity) for name in scorer.names}
        self._refractory = max(1, round(refractory_s * RATE_HZ / scorer.chunk))
        self._second_opinion = second_opinion
        # For second looks: their lead-in, the word's tail, the wait for the peak, and half a chunk of shift.
        self._recent = np.zeros(scorer.context + (2 * PEAK_CHUNKS + 6) * scorer.chunk, np.int16)
        self._pending: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._chunks = 0
        self._best = 0.0
        self._deaf_until: dict[str, int] = {}
        self._candidates: dict[str, _Candidate] = {}

    def process(self, samples: npt.NDArray[np.int16]) -> list[WakeDetection]:
        """Take the next samples (int16, 16 kHz, any number); returns the words that were recognised with them."""
        found: list[WakeDetection] = []
        self._pending = np.concatenate([self._pending, samples])
        size = self._scorer.chunk
        while len(self._pending) >= size:
            chunk, self._pending = self._pending[:size], self._pending[size:]
            self._recent = np.concatenate([self._recent[size:], chunk])
            for name, score in self._scorer.score(chunk).items():
                if (end_chunk := self._follow(name, score)) is not None:
                    found.append(self._wake(name, end_chunk))
            self._chunks += 1
        return found

    def reset(self) -> None:
        """Forget what was heard; the count of samples begins again."""
        self._scorer.reset()
        self._pending = np.zeros(0, np.int16)
        self._recent[:] = 0
        self._chunks = 0
        self._deaf_until.clear()
        self._candidates.clear()

    def _follow(self, name: str, score: float) -> float | None:
        """Take one word's newest score; where that decides for it, after how many chunks of the stream it ended."""
        if self._chunks < self._deaf_until.get(name, 0):
            return None
        tuning = self._tuning[name]
        candidate = self._candidates.get(name)
        if candidate is None:
            if score < tuning.likely:
                return None
            candidate = self._candidates[name] = _Candidate(self._chunks, score)
        if score > candidate.peak:
            candidate.peak_chunk, candidate.peak = self._chunks, score
        if score >= tuning.sure:
            self._best = score
            return self._chunks + 1.0 - tuning.late_s * RATE_HZ / self._scorer.chunk
        if self._chunks - candidate.peak_chunk < PEAK_CHUNKS:
            return None
        del self._candidates[name]
        if self._confirmed(name, candidate):
            return candidate.peak_chunk + 1.0 - (tuning.late_s + PEAK_LATE_S) * RATE_HZ / self._scorer.chunk
        self._deaf_until[name] = self._chunks + 1
        return None

    def _confirmed(self, name: str, candidate: _Candidate) -> bool:
        """The second look at a word that was only likely."""
        size = self._scorer.chunk
        shifted = self._recent[: len(self._recent) - size // 2]
        again = self._scorer.rescore(name, shifted[len(shifted) % size :])
        self._best = max(candidate.peak, again)
        if again >= self._tuning[name].sure:
            return True
        if self._second_opinion is None:
            return False
        return self._second_opinion(name, self._recent)

    def _wake(self, name: str, end_chunk: float) -> WakeDetection:
        self._candidates.clear()  # one utterance wakes once, whichever other words it resembles
        self._recent[:] = 0  # and no later second look finds it again
        for other in self._tuning:
            self._deaf_until[other] = self._chunks + 1 + self._refractory
        return WakeDetection(name, max(0, round(end_chunk * self._scorer.chunk)), round(self._best, 3))


class SeveralEngines:
    """Engines of different kinds over one stream, such as models and phrases."""

    def __init__(self, engines: Sequence[WakeEngine]) -> None:
        self._engines = tuple(engines)

    def process(self, samples: npt.NDArray[np.int16]) -> list[WakeDetection]:
        """All engines' words."""
        return [detection for engine in self._engines for detection in engine.process(samples)]

    def reset(self) -> None:
        """Forget what was heard."""
        for engine in self._engines:
            engine.reset()


def tuned(name: str, sensitivity: float) -> Tuning:
    """A word's measured scores, moved by the sensitivity: at 0 it wakes hardly ever, at 1 at the least likeness."""
    measured = TUNING.get(name, OF_OTHERS)

    def moved(score: float) -> float:
        odds = math.log(score / (1 - score)) + 6 * (0.5 - sensitivity)
        return 1 / (1 + math.exp(-odds))

    return Tuning(moved(measured.sure), moved(measured.likely), measured.late_s)


def sort_words(words: Sequence[str]) -> tuple[dict[str, Path], tuple[str, ...]]:
    """Configured words as (models by name, phrases): built-in names, ``.tflite`` files, and anything else is a phrase.

    Raises ConfigError for what can be none of them.
    """
    models: dict[str, Path] = {}
    phrases: list[str] = []
    built_in = built_in_models()
    for word in words:
        name = "_".join(word.lower().replace("-", " ").replace("_", " ").split())
        if word.lower().endswith(".tflite"):
            path = Path(word).expanduser()
            models[path.stem] = path
        elif name in BUILT_IN:
            models[name] = built_in[name]
        elif name and all(part.replace("'", "").isalpha() for part in name.split("_")):
            phrases.append(name.replace("_", " "))
        else:
            raise ConfigError(f"[wake] words: {word!r} is neither a built-in word, a .tflite file nor a phrase")
    return models, tuple(phrases)


def load_detector(
    models: Mapping[str, Path],
    *,
    sensitivity: float = 0.5,
    refractory_s: float = 1.5,
    second_opinion: SecondOpinion | None = None,
) -> WakeWordDetector:
    """A detector over openWakeWord's models. Raises ModelError, AudioError."""
    return WakeWordDetector(
        OpenWakeWordScorer(models),
        sensitivity=sensitivity,
        refractory_s=refractory_s,
        second_opinion=second_opinion,
    )

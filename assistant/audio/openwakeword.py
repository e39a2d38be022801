"""openWakeWord's models through pyopen-wakeword: 80 ms of sound in, one score a word out.

This is the only module that imports it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.errors import AudioError, ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

RATE_HZ = 16_000
CHUNK = 1280
"""Samples between two scores."""
CONTEXT_CHUNKS = 27
"""What one score is made of, and a little more: 76 mel frames for each of 16 embeddings, 2.06 s."""
FEATURES = 96
QUIET_LEVEL = 4.0
"""Standard deviation of the noise that stands for silence: rooms are never digitally silent."""
BUILT_IN = ("alexa", "hey_jarvis", "hey_mycroft", "hey_rhasspy", "okay_nabu")


def built_in_models() -> dict[str, Path]:
    """The words that come with the package, and their model files. Raises AudioError where it is not installed."""
    folder = Path(_package().__file__).parent / "models"
    return {name: folder / f"{name}.tflite" for name in BUILT_IN}


class OpenWakeWordScorer:
    """Scores a stream for several words, and again any piece of it.

    ``models``: name -> model file. Raises ModelError where a file is no model for wake words.
    """

    chunk = CHUNK
    context = CONTEXT_CHUNKS * CHUNK

    def __init__(self, models: Mapping[str, Path]) -> None:
        package = _package()
        self._features = package.OpenWakeWordFeatures.from_builtin()
        for path in models.values():
            _check_file(self._features.lib, path)
        self._words = {name: _load(package, path) for name, path in models.items()}
        # A pipeline of its own for second looks, so that they do not disturb the stream.
        self._second_features = package.OpenWakeWordFeatures.from_builtin()
        self._second_words = {name: _load(package, path) for name, path in models.items()}
        self.reset()
        self._run(self._second_features, self._second_words, _quiet(CHUNK))

    @property
    def names(self) -> tuple[str, ...]:
        """The words that are listened for."""
        return tuple(self._words)

    def score(self, chunk: npt.NDArray[np.int16]) -> dict[str, float]:
        """The probability, for each word, that it ended about now. ``chunk``: int16, 16 kHz, shape (1280,)."""
        scores = self._run(self._features, self._words, chunk)
        return {name: max(values, default=0.0) for name, values in scores.items()}

    def rescore(self, name: str, samples: npt.NDArray[np.int16]) -> float:
        """The best score of one word in ``samples``, of which the first ``context`` ones are only lead-in."""
        word = {name: self._second_words[name]}
        best = 0.0
        for number, start in enumerate(range(0, len(samples) - CHUNK + 1, CHUNK)):
            scores = self._run(self._second_features, word, samples[start : start + CHUNK])[name]
            if number >= CONTEXT_CHUNKS:
                best = max(best, *scores)
        return best

    def reset(self) -> None:
        """Forget what was heard, as after a long silence."""
        for _ in range(CONTEXT_CHUNKS + 1):
            self._run(self._features, self._words, _quiet(CHUNK))

    @staticmethod
    def _run(features: Any, words: Mapping[str, Any], chunk: npt.NDArray[np.int16]) -> dict[str, list[float]]:
        scores: dict[str, list[float]] = {name: [] for name in words}
        for embeddings in features.process_streaming(chunk.tobytes()):
            for name, word in words.items():
                scores[name].extend(word.process_streaming(embeddings))
        return scores


MEND = "take a model that was trained by openWakeWord"


def _check_file(library: Any, path: Path) -> None:
    """Refuse what is no model: the package would hand the failure on to its library, which then ends the process."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise ModelError(f"{path}: the wake word's model cannot be read: {error.strerror or error}") from error
    model = library.TfLiteModelCreateFromFile(str(path).encode()) if head[4:] == b"TFL3" else None
    if not model:
        raise ModelError(f"{path}: is no TensorFlow Lite model, or a broken one", mend=MEND)
    library.TfLiteModelDelete(model)


def _load(package: Any, path: Path) -> Any:
    word = package.OpenWakeWord.from_model(path)
    dimensions = [
        word.lib.TfLiteTensorDim(word.input_tensor, i) for i in range(word.lib.TfLiteTensorNumDims(word.input_tensor))
    ]
    if len(dimensions) != 3 or dimensions[2] != FEATURES or word.lib.TfLiteTensorByteSize(word.output_tensor) != 4:
        raise ModelError(f"{path}: is no wake word's model (it takes {dimensions})", mend=MEND)
    return word


def _quiet(count: int) -> npt.NDArray[np.int16]:
    """Silence as a microphone gives it; always the same."""
    return np.random.default_rng(count).normal(0.0, QUIET_LEVEL, count).astype(np.int16)


def _package() -> Any:
    try:
        import pyopen_wakeword
    except ImportError as error:
        raise AudioError("the wake word detector is not installed", mend="pip install pyopen-wakeword") from error
    return pyopen_wakeword

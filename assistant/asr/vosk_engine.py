"""The only place that imports Vosk: its model, its dictionary, and one decoder over one utterance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError
from assistant.types import Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RATE_HZ = 16_000
REQUIRED_FILES = ("am/final.mdl", "conf/mfcc.conf", "ivector/final.ie")


class VoskModel:
    """The acoustic model and its dictionary, shared by all decoders. Raises ModelError where it cannot be loaded."""

    def __init__(self, model_dir: Path) -> None:
        missing = [name for name in REQUIRED_FILES if not (model_dir / name).exists()]
        if missing:
            mend = f"run 'assistant models fetch {model_dir.name}'"
            raise ModelError(f"{model_dir}: is no Vosk model ({missing[0]} is missing)", mend=mend)
        import vosk

        vosk.SetLogLevel(-1)
        try:
            # By path only: given a name or a language, Vosk downloads, and ends the process where it cannot.
            self._model = vosk.Model(model_path=str(model_dir))
        except Exception as error:  # Vosk raises the bare base class and nothing else
            mend = f"run 'assistant models verify {model_dir.name}'"
            raise ModelError(f"{model_dir}: Vosk cannot load it", mend=mend) from error

    def knows(self, word: str) -> bool:
        """Whether the dictionary has a pronunciation of ``word``, written in lower case."""
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def decoder(self, grammar: str | None = None) -> VoskDecoder:
        """A decoder for one utterance; ``grammar`` is a JSON list of sentences, ``None`` the open vocabulary."""
        import vosk

        recogniser = (
            vosk.KaldiRecognizer(self._model, RATE_HZ)
            if grammar is None
            else vosk.KaldiRecognizer(self._model, RATE_HZ, grammar)
        )
        return VoskDecoder(recogniser)


class VoskDecoder:
    """Decodes one utterance. Vosk cuts it at pauses; the pieces are joined here."""

    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser
        self._recogniser.SetWords(True)
        self._words: list[Word] = []

    def accept(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the next samples (int16, 16 kHz)."""
        if self._recogniser.AcceptWaveform(samples.tobytes()):
            self._take(self._recogniser.Result())

    def partial(self) -> str:
        """The words so far; the last ones may still change."""
        pending = json.loads(self._recogniser.PartialResult()).get("partial", "")
        return " ".join([*(word.text for word in self._words), pending]).strip()

    def finish(self) -> tuple[Word, ...]:
        """The words of the whole utterance."""
        self._take(self._recogniser.FinalResult())
        return tuple(self._words)

    def _take(self, result: str) -> None:
        for word in json.loads(result).get("result", ()):
            self._words.append(Word(word["word"], word["start"], word["end"], word["conf"]))

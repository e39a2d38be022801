"""The only place that imports Vosk: its model, its dictionary, and one decoder over one utterance."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError
from assistant.types import Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RATE_HZ = 16_000
SYMBOL_TABLE_MAGIC = struct.pack("<i", 2125658996)
REQUIRED_FILES = ("am/final.mdl", "conf/mfcc.conf", "ivector/final.ie")


class VoskModel:
    """The acoustic model and its dictionary, shared by all decoders. Raises ModelError where it cannot be loaded."""

    def __init__(self, model_dir: Path) -> None:
        missing = [name for name in REQUIRED_FILES if not (model_dir / name).exists()]
        if missing:
            mend = f"run 'assistant models fetch {model_dir.name}'"
            raise ModelError(f"{model_dir}: is no Vosk model ({missing[0]} is missing)", mend=mend)
        import vosk

        self._directory = model_dir
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

    def words(self) -> Sequence[str]:
        """All words that have a pronunciation, in the dictionary's order; empty where the model keeps no list."""
        return _symbols(self._directory / "graph" / "Gr.fst")

    def decoder(self, grammar: str | None = None) -> VoskDecoder:
        """A decoder for one utterance; ``grammar`` is a JSON list of sentences, ``None`` the open vocabulary."""
        import vosk

        recogniser = (
            vosk.KaldiRecognizer(self._model, RATE_HZ)
            if grammar is None
            else vosk.KaldiRecognizer(self._model, RATE_HZ, grammar)
        )
        return VoskDecoder(recogniser)


def _symbols(fst: Path) -> Sequence[str]:
    """The words of the symbol table in an OpenFst file.

    The table begins with its magic number and its name (length, bytes); two counts of eight bytes follow, then for
    each symbol its length (four bytes), its bytes, and its number (eight bytes). All are little-endian.
    """
    try:
        data = fst.read_bytes()
        at = data.index(SYMBOL_TABLE_MAGIC) + 4
        at += 4 + struct.unpack_from("<i", data, at)[0] + 8
        (count,) = struct.unpack_from("<q", data, at)
        at += 8
        found = []
        for _ in range(count):
            (length,) = struct.unpack_from("<i", data, at)
            found.append(data[at + 4 : at + 4 + length].decode("utf-8", errors="replace"))
            at += length + 12
    except (OSError, ValueError, struct.error):
        return ()
    return [word for word in found if word[:1].isalpha()]


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

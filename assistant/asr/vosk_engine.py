"""The only place that imports Vosk: its model, its dictionary, and decoders over one utterance."""

from __future__ import annotations

import json
import mmap
import struct
import tempfile
from dataclasses import dataclass
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

# Wider than the model's own settings, so that the right words are among the alternatives in noise; and an utterance is
# not cut at a pause in it: where it ends is decided elsewhere. docs/hearing.md has the measurements.
DECODING = {
    "max-active": "5000",
    "beam": "12.0",
    "lattice-beam": "4.0",
    "endpoint.rule1.min-trailing-silence": "10.0",
    "endpoint.rule2.min-trailing-silence": "3.0",
    "endpoint.rule3.min-trailing-silence": "3.0",
    "endpoint.rule4.min-trailing-silence": "3.0",
    "endpoint.rule5.min-utterance-length": "30.0",
}


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to hear an utterance. ``score``: its log-likelihood; comparable between decoders of the same sound."""

    words: tuple[Word, ...]
    score: float

    @property
    def text(self) -> str:
        """The words with single spaces."""
        return " ".join(word.text for word in self.words)


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
            with tempfile.TemporaryDirectory(prefix="assistant-asr-") as folder:
                # By path only: given a name or a language, Vosk downloads, and ends the process where it cannot.
                self._model = vosk.Model(model_path=str(_with_settings(model_dir, Path(folder))))
        except OSError as error:
            raise ModelError(f"{model_dir}: cannot be read: {error}") from error
        except Exception as error:  # Vosk raises the bare base class and nothing else
            mend = f"run 'assistant models verify {model_dir.name}'"
            raise ModelError(f"{model_dir}: Vosk cannot load it", mend=mend) from error

    def knows(self, word: str) -> bool:
        """Whether the dictionary has a pronunciation of ``word``, written in lower case."""
        return bool(self._model.vosk_model_find_word(word) >= 0)

    @property
    def identity(self) -> str:
        """Tells this model from others: its name, and its largest files' sizes and times."""
        found = [
            path.stat()
            for path in (self._directory / "graph" / "Gr.fst", self._directory / REQUIRED_FILES[0])
            if path.exists()
        ]
        return f"{self._directory.name} {[(status.st_size, status.st_mtime_ns) for status in found]}"

    def words(self) -> str:
        """All words that have a pronunciation, a line each; empty where the model keeps no list."""
        return _symbols(self._directory / "graph" / "Gr.fst")

    def decoder(self, grammar: str | None = None) -> VoskDecoder:
        """A decoder for one utterance; ``grammar`` is a JSON list of sentences, ``None`` the open vocabulary.

        Vosk makes a model of word pairs of the sentences.
        """
        return VoskDecoder(self._recogniser(grammar))

    def scorer(self, grammar: str | None = None, *, alternatives: int) -> ScoringDecoder:
        """A decoder that gives up to so many alternatives of an utterance, with their likelihoods."""
        return ScoringDecoder(self._recogniser(grammar), alternatives)

    def _recogniser(self, grammar: str | None) -> Any:
        import vosk

        if grammar is None:
            return vosk.KaldiRecognizer(self._model, RATE_HZ)
        return vosk.KaldiRecognizer(self._model, RATE_HZ, grammar)


class VoskDecoder:
    """Decodes one utterance. Vosk cuts it at long pauses; the pieces are joined here."""

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


class ScoringDecoder:
    """Decodes one utterance after the other: ``finish`` also makes it ready for the next."""

    def __init__(self, recogniser: Any, alternatives: int) -> None:
        self._recogniser = recogniser
        self._recogniser.SetWords(True)
        self._recogniser.SetMaxAlternatives(alternatives)
        self._alternatives = alternatives
        self._segments: list[list[Hypothesis]] = []
        self._before_s = 0.0
        self.heard_s = 0.0
        """Seconds of sound since it was made. The recogniser keeps what it works out of its graph: memory for speed."""

    def accept(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the next samples (int16, 16 kHz)."""
        self.heard_s += len(samples) / RATE_HZ
        if self._recogniser.AcceptWaveform(samples.tobytes()):
            self._segments.append(_hypotheses(self._recogniser.Result(), self._before_s))

    def partial(self) -> str:
        """The words so far; the last ones may still change."""
        pending = json.loads(self._recogniser.PartialResult()).get("partial", "")
        return " ".join([*(segment[0].text for segment in self._segments), pending]).strip()

    def hear_again(self, samples: npt.NDArray[np.int16]) -> list[Hypothesis]:
        """Ways to hear a whole utterance once it was heard: the model is then used to the voice and the room."""
        self.accept(samples)
        self._recogniser.Result()
        self._segments = []
        self._before_s = self.heard_s
        self.accept(samples)
        return self.finish()

    def finish(self) -> list[Hypothesis]:
        """Ways to hear the whole utterance, the likeliest first; at least one, which may have no words."""
        self._segments.append(_hypotheses(self._recogniser.FinalResult(), self._before_s))
        joined = [Hypothesis((), 0.0)]
        for segment in self._segments:
            pairs = [Hypothesis(a.words + b.words, a.score + b.score) for a in joined for b in segment]
            unique: dict[str, Hypothesis] = {}
            for pair in sorted(pairs, key=lambda hypothesis: -hypothesis.score):
                unique.setdefault(pair.text, pair)
            joined = list(unique.values())[: self._alternatives]
        self._segments = []
        self._before_s = self.heard_s  # Vosk counts time from the decoder's first sample on
        return joined


def _hypotheses(result: str, before_s: float) -> list[Hypothesis]:
    found = [
        Hypothesis(
            tuple(
                Word(word["word"], word["start"] - before_s, word["end"] - before_s, 1.0)
                for word in alternative.get("result", ())
            ),
            alternative["confidence"],
        )
        for alternative in json.loads(result).get("alternatives", ())
    ]
    return found or [Hypothesis((), 0.0)]


def _with_settings(model_dir: Path, folder: Path) -> Path:
    """A folder with links to the model's files and our decoding settings: Vosk reads them from the model alone."""
    settings = model_dir / "conf" / "model.conf"
    if not settings.is_file():
        return model_dir
    for entry in model_dir.iterdir():
        if entry.name != "conf":
            (folder / entry.name).symlink_to(entry.resolve())
    (folder / "conf").mkdir()
    for entry in settings.parent.iterdir():
        if entry != settings:
            (folder / "conf" / entry.name).symlink_to(entry.resolve())
    kept = [
        line
        for line in settings.read_text(encoding="utf-8").splitlines()
        if line.strip().removeprefix("--").partition("=")[0] not in DECODING
    ]
    lines = [*kept, *(f"--{key}={value}" for key, value in DECODING.items())]
    (folder / "conf" / "model.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _symbols(fst: Path) -> str:
    """The words of the symbol table in an OpenFst file, a line each.

    The table begins with its magic number and its name (length, bytes); two counts of eight bytes follow, then for
    each symbol its length (four bytes), its bytes, and its number (eight bytes). All are little-endian.
    """
    try:
        with fst.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = data.find(SYMBOL_TABLE_MAGIC) + 4
            if at < 4:
                return ""
            at += 4 + struct.unpack_from("<i", data, at)[0] + 8
            (count,) = struct.unpack_from("<q", data, at)
            at += 8
            found = bytearray()
            for _ in range(count):
                end = at + 4 + int.from_bytes(data[at : at + 4], "little")
                if data[at + 4] not in b"<#[":  # else it is a mark of the graph's own
                    found += data[at + 4 : end] + b"\n"
                at = end + 8
    except (OSError, ValueError, IndexError, struct.error):
        return ""
    return found.decode("utf-8", errors="replace")

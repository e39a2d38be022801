"""Hearing in a house: the open vocabulary and the house's own sentences, side by side on the same audio.

The biased decoder always fits what it hears to the house's words. Its reading is taken only where it is a whole sentence
of the house, and where the open decoder heard nearly the same sounds; else what was said is something else.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.asr.vosk_engine import RATE_HZ, VoskDecoder, VoskModel
from assistant.errors import AudioError
from assistant.types import AudioClip, Transcript, Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from assistant.asr.bias import Bias

CHUNK_SAMPLES = RATE_HZ // 4
LEAD_SAMPLES = RATE_HZ * 3 // 10
"""Silence before and after a recording: a decoder that begins in the middle of a word loses it."""
ALIKE = 0.55
"""How alike (0-1, by letters) the two readings must be."""


class HomeEars:
    """Turns utterances into transcripts. ``bias`` may be replaced at any time; it holds from the next utterance on."""

    def __init__(self, model: VoskModel, bias: Bias | None = None) -> None:
        self._model = model
        self.bias = bias
        self.last_wait_ms = 0.0
        self.last_total_ms = 0.0

    def transcribe(self, clip: AudioClip) -> Transcript:
        """The transcript of a whole utterance, decoded by chunks as if it were being spoken.

        Raises AudioError where the clip is not at 16 kHz.
        """
        if clip.rate_hz != RATE_HZ:
            raise AudioError(f"speech is recognised at {RATE_HZ} Hz, not at {clip.rate_hz} Hz")
        begun_ns = last_ns = time.perf_counter_ns()
        bias = self.bias
        decoders = [self._model.decoder()]
        if bias is not None:
            decoders.append(self._model.decoder(bias.decoder_grammar))
        samples = _with_silence(clip.samples)
        for start in range(0, len(samples), CHUNK_SAMPLES):
            last_ns = time.perf_counter_ns()
            for decoder in decoders:
                decoder.accept(samples[start : start + CHUNK_SAMPLES])
        transcript = _decide(decoders, bias.grammar.match if bias is not None else None)
        ended_ns = time.perf_counter_ns()
        self.last_wait_ms = (ended_ns - last_ns) / 1e6
        self.last_total_ms = (ended_ns - begun_ns) / 1e6
        return transcript


def _with_silence(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    import numpy as np

    silence = np.zeros(LEAD_SAMPLES, np.int16)
    return np.concatenate([silence, samples, silence])


def _decide(decoders: list[VoskDecoder], legal: Callable[[list[str]], str | None] | None) -> Transcript:
    opened = _transcript(decoders[0].finish())
    if legal is None or len(decoders) < 2:
        return opened
    words = decoders[1].finish()
    sentence = legal([word.text for word in words])
    if sentence is None or alike(opened.text, " ".join(word.text for word in words)) < ALIKE:
        return opened
    return Transcript(sentence, words, _confidence(words), biased=True)


def alike(a: str, b: str) -> float:
    """Likeness of two readings by their letters, spaces left out: 0 to 1."""
    return difflib.SequenceMatcher(None, a.replace(" ", ""), b.replace(" ", ""), autojunk=False).ratio()


def _transcript(words: tuple[Word, ...]) -> Transcript:
    shifted = tuple(
        Word(
            w.text,
            max(0.0, w.start_s - LEAD_SAMPLES / RATE_HZ),
            max(0.0, w.end_s - LEAD_SAMPLES / RATE_HZ),
            w.confidence,
        )
        for w in words
    )
    return Transcript(" ".join(word.text for word in words), shifted, _confidence(words))


def _confidence(words: tuple[Word, ...]) -> float:
    return sum(word.confidence for word in words) / len(words) if words else 0.0

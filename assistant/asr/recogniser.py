"""Speech to text: an utterance goes in by chunks, a transcript comes out at its end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.asr.vosk_engine import RATE_HZ, VoskDecoder, VoskModel
from assistant.errors import AudioError
from assistant.types import AudioClip, Transcript

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

CHUNK_SAMPLES = RATE_HZ // 10


class RecogniserStream:
    """One utterance being heard. Not thread-safe: one thread feeds it."""

    def __init__(self, open_decoder: VoskDecoder) -> None:
        self._open = open_decoder

    def accept(self, samples: npt.NDArray[np.int16]) -> str:
        """Take the next samples (int16, 16 kHz, shape (n,)); returns the words so far, of which the last may change."""
        self._open.accept(samples)
        return self._open.partial()

    def finish(self) -> Transcript:
        """The whole utterance's transcript; the stream must not be used again."""
        words = self._open.finish()
        confidence = sum(word.confidence for word in words) / len(words) if words else 0.0
        return Transcript(" ".join(word.text for word in words), words, confidence)


class VoskRecogniser:
    """Turns utterances into transcripts. Raises ModelError where the model cannot be loaded."""

    def __init__(self, model_dir: Path) -> None:
        self._model = VoskModel(model_dir)
        self._last_wait_ms = 0.0
        self._last_total_ms = 0.0

    @property
    def last_wait_ms(self) -> float:
        """Milliseconds that the last transcript took after its last audio was handed over."""
        return self._last_wait_ms

    @property
    def last_total_ms(self) -> float:
        """Milliseconds of computing that the last transcript took in all."""
        return self._last_total_ms

    def start(self) -> RecogniserStream:
        """Begin an utterance."""
        return RecogniserStream(self._model.decoder())

    def transcribe(self, clip: AudioClip) -> Transcript:
        """The transcript of a whole utterance, decoded by chunks as if it were being spoken.

        Raises AudioError where the clip is not at 16 kHz.
        """
        if clip.rate_hz != RATE_HZ:
            raise AudioError(f"speech is recognised at {RATE_HZ} Hz, not at {clip.rate_hz} Hz")
        begun_ns = last_ns = time.perf_counter_ns()
        stream = self.start()
        for start in range(0, len(clip.samples), CHUNK_SAMPLES):
            last_ns = time.perf_counter_ns()
            stream.accept(clip.samples[start : start + CHUNK_SAMPLES])
        transcript = stream.finish()
        ended_ns = time.perf_counter_ns()
        self._last_wait_ms = (ended_ns - last_ns) / 1e6
        self._last_total_ms = (ended_ns - begun_ns) / 1e6
        return transcript

"""Speech to text in a house: an utterance goes in by chunks, a transcript comes out at its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from assistant.asr.bias import Bias
from assistant.asr.choice import Look, choose, is_doubtful, look, open_transcript
from assistant.asr.decoders import Bound, Decoders
from assistant.asr.sound import SoundLevels, foreground
from assistant.asr.vosk_engine import RATE_HZ, VoskModel
from assistant.errors import AudioError
from assistant.han import joined
from assistant.types import AudioClip, Transcript, Word

if TYPE_CHECKING:
    import numpy.typing as npt

CHUNK_SAMPLES = RATE_HZ // 10
MARGIN_SAMPLES = RATE_HZ * 3 // 10
"""Silence put before and after a recording: a decoder that begins in the middle of a word loses it."""
LONGEST_AGAIN = RATE_HZ * 12
"""What is longer is not heard again: somebody waits for the answer."""
BIASED_ALTERNATIVES = 40
OPEN_ALTERNATIVES = 6


class _Biased:
    """A bias and its decoders; replaced as a whole."""

    def __init__(self, bias: Bias, model: VoskModel, bound: Bound) -> None:
        self.bias = bias
        self.decoders = Decoders(model, bias.decoder_grammar, BIASED_ALTERNATIVES, bound)
        self.decoders.give_back(self.decoders.take())
        bias.grammar.prepare()
        bias.repairer.prepare()


class EarStream:
    """One utterance being heard. Not thread-safe: one thread feeds it."""

    def __init__(self, opened: Decoders, biased: _Biased | None) -> None:
        self._opened = opened
        self._open_decoder = opened.take()
        self._biased = biased
        self._biased_decoder = biased.decoders.take() if biased is not None else None
        self._chunks: list[npt.NDArray[np.int16]] = []

    def accept(self, samples: npt.NDArray[np.int16]) -> str:
        """Take the next samples (int16, 16 kHz, shape (n,)); returns the words so far, of which the last may change."""
        self.feed(samples)
        return self.partial

    def feed(self, samples: npt.NDArray[np.int16]) -> None:
        """Take the next samples without asking for the words so far."""
        self._open_decoder.accept(samples)
        if self._biased_decoder is not None:
            self._biased_decoder.accept(samples)
            self._chunks.append(samples)

    @property
    def partial(self) -> str:
        """The words so far: the house's sentence where they already are one, else what the open vocabulary hears."""
        if self._biased is not None and self._biased_decoder is not None:
            written = self._biased.bias.grammar.match(self._biased_decoder.partial().split())
            if written is not None:
                return written
        return joined(self._open_decoder.partial())

    def finish(self) -> Transcript:
        """The whole utterance's transcript; the stream must not be used again."""
        opened = self._open_decoder.finish()
        if self._biased is None or self._biased_decoder is None:
            self._opened.give_back(self._open_decoder)
            return open_transcript(opened)
        samples = np.concatenate(self._chunks) if self._chunks else np.zeros(0, np.int16)
        self._opened.give_back(self._open_decoder, samples)
        heard = self._biased_decoder.finish()
        self._biased.decoders.give_back(self._biased_decoder, samples)
        seen = look(heard, self._biased.bias, SoundLevels(samples).level_db)
        if is_doubtful(seen, opened) and len(samples) <= LONGEST_AGAIN:
            return choose(seen, opened, self._biased.bias, again=self._other_look(samples))
        return choose(seen, opened, self._biased.bias)

    def abandon(self) -> None:
        """Nobody wants the transcript any more; the stream must not be used again."""
        self._open_decoder.finish()
        self._opened.give_back(self._open_decoder)
        if self._biased is not None and self._biased_decoder is not None:
            self._biased_decoder.finish()
            self._biased.decoders.give_back(self._biased_decoder)

    def _other_look(self, samples: npt.NDArray[np.int16]) -> Look | None:
        """The sound heard twice by a fresh decoder: what it hears the second time, used to the voice and the noise."""
        if self._biased is None:
            return None
        first, last = foreground(samples)
        decoder = self._biased.decoders.take()
        heard = decoder.hear_again(samples[first:last])
        self._biased.decoders.give_back(decoder)
        later = [replace(hypothesis, words=_shifted(hypothesis.words, first / RATE_HZ)) for hypothesis in heard]
        return look(later, self._biased.bias, SoundLevels(samples).level_db)


class HomeEars:
    """Turns utterances into transcripts: the open vocabulary and, with a bias, the house's own sentences beside it.

    Streams may run at the same time in several threads. A bias that is set takes effect at the next utterance.
    """

    def __init__(self, model: VoskModel, bias: Bias | None = None, bound: Bound | None = None) -> None:
        """``bound``: of the decoders that wait; ears that share it are small together."""
        self._model = model
        self._bound = bound or Bound()
        self._opened = Decoders(model, None, OPEN_ALTERNATIVES, self._bound)
        self._biased: _Biased | None = None
        self.bias = bias
        self.last_wait_ms = 0.0
        """Milliseconds that the last transcript took after its last audio was handed over."""
        self.last_total_ms = 0.0
        """Milliseconds of computing that the last transcript took in all."""

    @property
    def bias(self) -> Bias | None:
        """What the house does for the ear now. Setting it works in the calling thread, and changes at its end."""
        biased = self._biased
        return biased.bias if biased is not None else None

    @bias.setter
    def bias(self, bias: Bias | None) -> None:
        self._biased = None if bias is None else _Biased(bias, self._model, self._bound)

    def hear_as(self, other: HomeEars) -> None:
        """Take the other's bias with its decoders, from the next utterance on: another decoder of it would be 20 MB more."""
        self._biased = other._biased

    def start(self) -> EarStream:
        """Begin an utterance."""
        return EarStream(self._opened, self._biased)

    def prepare(self) -> None:
        """Have decoders ready for the next utterance, where the last ones were let go; takes up to a second."""
        biased = self._biased
        kinds = [self._opened] if biased is None else [self._opened, biased.decoders]
        for kind in kinds * 2:  # one that is made may take the other's room
            kind.prepare()

    def transcribe(self, clip: AudioClip) -> Transcript:
        """The transcript of a whole utterance, decoded by chunks as if it were being spoken.

        What lies long before and after the speech is left out, as the endpointer does where one listens.

        Raises AudioError where the clip is not at 16 kHz.
        """
        if clip.rate_hz != RATE_HZ:
            raise AudioError(f"speech is recognised at {RATE_HZ} Hz, not at {clip.rate_hz} Hz")
        begun_ns = last_ns = time.perf_counter_ns()
        first, last = foreground(clip.samples)
        samples = clip.samples[first:last]
        stream = self.start()
        silence = np.zeros(MARGIN_SAMPLES, np.int16)
        stream.feed(silence)
        for start in range(0, len(samples), CHUNK_SAMPLES):
            last_ns = time.perf_counter_ns()
            stream.feed(samples[start : start + CHUNK_SAMPLES])
        stream.feed(silence)
        transcript = stream.finish()
        transcript = replace(transcript, words=_shifted(transcript.words, (first - MARGIN_SAMPLES) / RATE_HZ))
        ended_ns = time.perf_counter_ns()
        self.last_wait_ms = (ended_ns - last_ns) / 1e6
        self.last_total_ms = (ended_ns - begun_ns) / 1e6
        return transcript


def _shifted(words: Sequence[Word], by_s: float) -> tuple[Word, ...]:
    return tuple(
        replace(word, start_s=max(0.0, word.start_s + by_s), end_s=max(0.0, word.end_s + by_s)) for word in words
    )

"""The assistant's voice: pieces of text go in, clips come out, the first as early as possible."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.tts.cache import DEFAULT_MAX_BYTES, PhraseCache
from assistant.tts.sentences import split_sentences
from assistant.tts.spoken import spoken_form
from assistant.types import AudioClip


class Engine(Protocol):
    """What makes the sound; ``PiperVoiceEngine`` does."""

    name: str
    speed: float

    def synthesize(self, text: str) -> Iterator[AudioClip]: ...


class Speaker:
    """Splits into sentences, writes them as they are spoken, and synthesises each, or takes it from the cache.

    Safe to use from several threads: a sentence is synthesised under a lock, whole sentences may interleave.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        cache_dir: Path | None = None,
        cache_bytes: int = DEFAULT_MAX_BYTES,
        language: str = "en",
    ) -> None:
        self._engine = engine
        self._language = language
        self._cache = PhraseCache(cache_dir, engine.name, engine.speed, cache_bytes) if cache_dir else None
        self._lock = threading.Lock()

    def speak(self, pieces: Iterable[str]) -> Iterator[AudioClip]:
        """Clips of the text that the pieces make together, one a sentence, each as soon as its sentence is complete."""
        for sentence in split_sentences(pieces):
            phrase = spoken_form(sentence, self._language)
            if not phrase:
                continue
            clip = self._cached(phrase)
            if clip is not None:
                yield clip
            else:
                yield from self._synthesised(phrase)

    def prepare(self, phrases: Iterable[str]) -> None:
        """Put phrases into the cache now, so that they can be said at once, and even if the voice fails later."""
        for phrase in phrases:
            spoken = spoken_form(phrase, self._language)
            if spoken and self._cached(spoken) is None:
                for _clip in self._synthesised(spoken, keep=True):
                    pass

    def _cached(self, phrase: str) -> AudioClip | None:
        if self._cache is None:
            return None
        with self._lock:
            return self._cache.get(phrase)

    def _synthesised(self, phrase: str, *, keep: bool = False) -> Iterator[AudioClip]:
        made: list[AudioClip] = []
        clips = iter(self._engine.synthesize(phrase))
        while True:
            with self._lock:
                clip = next(clips, None)
            if clip is None:
                break
            made.append(clip)
            yield clip
        if self._cache is not None and made:
            whole = AudioClip(np.concatenate([clip.samples for clip in made]), made[0].rate_hz)
            with self._lock:
                self._cache.put(phrase, whole, at_once=keep)

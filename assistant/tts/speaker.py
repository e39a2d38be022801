"""The assistant's voice: pieces of text go in, clips come out, the first as early as possible."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.tts.cache import DEFAULT_MAX_BYTES, PhraseCache
from assistant.tts.sentences import split_sentences
from assistant.tts.spoken import spoken_form
from assistant.types import AudioClip

MOST_EXPECTED = 4


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
        while_synthesising: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """``while_synthesising`` is entered around the work of synthesis: others may hold still then."""
        self._engine = engine
        self._language = language
        self._cache = PhraseCache(cache_dir, engine.name, engine.speed, cache_bytes) if cache_dir else None
        self._while_synthesising = while_synthesising
        self._expected: dict[str, AudioClip] = {}
        self._lock = threading.Lock()

    def speak(self, pieces: Iterable[str]) -> Iterator[AudioClip]:
        """Clips of the text that the pieces make together, one or more a sentence, each as early as it can be made."""
        for sentence in split_sentences(pieces):
            phrase = spoken_form(sentence, self._language)
            if not phrase:
                continue
            clip = self._cached(phrase)
            if clip is not None:
                yield clip
            else:
                yield from self._synthesised(phrase)

    def expect(self, pieces: Iterable[str]) -> None:
        """Have the first sentence of a text ready in memory, because it will probably be said in a moment."""
        for sentence in split_sentences(pieces):
            phrase = spoken_form(sentence, self._language)
            if not phrase:
                continue
            if self._cached(phrase, keep=True) is None:
                with self._lock, self._while_synthesising():
                    clips = list(self._engine.synthesize(phrase))
                    if clips:
                        self._expected[phrase] = _joined(clips)
                        while len(self._expected) > MOST_EXPECTED:
                            del self._expected[next(iter(self._expected))]
            return

    def forget(self) -> None:
        """Drop what was expected and not said."""
        with self._lock:
            self._expected.clear()

    def prepare(self, phrases: Iterable[str]) -> None:
        """Put phrases into the cache now, so that they can be said at once, and even if the voice fails later."""
        for phrase in phrases:
            spoken = spoken_form(phrase, self._language)
            if spoken and self._cached(spoken) is None:
                for _clip in self._synthesised(spoken, keep=True):
                    pass

    def _cached(self, phrase: str, *, keep: bool = False) -> AudioClip | None:
        with self._lock:
            expected = self._expected.get(phrase) if keep else self._expected.pop(phrase, None)
            if expected is not None:
                return expected
            return self._cache.get(phrase) if self._cache is not None else None

    def _synthesised(self, phrase: str, *, keep: bool = False) -> Iterator[AudioClip]:
        made: list[AudioClip] = []
        clips = iter(self._engine.synthesize(phrase))
        while True:
            with self._lock, self._while_synthesising():
                clip = next(clips, None)
            if clip is None:
                break
            made.append(clip)
            yield clip
        if self._cache is not None and made:
            whole = _joined(made)
            with self._lock:
                self._cache.put(phrase, whole, at_once=keep)


def _joined(clips: list[AudioClip]) -> AudioClip:
    return AudioClip(np.concatenate([clip.samples for clip in clips]), clips[0].rate_hz)

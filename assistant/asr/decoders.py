"""Decoders that wait for their next utterance, and how much of them is kept."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from assistant.asr.vosk_engine import RATE_HZ, ScoringDecoder, VoskModel

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MOST_HEARD_S = 36.0
"""Seconds that all waiting decoders may have heard. One keeps what it worked out of its graph: some 2 MB for each second of words
that it has not heard before, and it works twice as long where it has to work them out anew (docs/service.md)."""
PREPARED_SAMPLES = RATE_HZ * 4
"""Of the last utterance, in memory alone, until the next."""


class Decoders:
    """Decoders of one grammar: making one costs up to a tenth of a second, so they are used again. From any thread."""

    def __init__(self, model: VoskModel, grammar: str | None, alternatives: int, bound: Bound) -> None:
        self._model = model
        self._grammar = grammar
        self._alternatives = alternatives
        self._bound = bound
        self.waiting: list[ScoringDecoder] = []
        """Changed under the bound's lock alone."""
        self._last: npt.NDArray[np.int16] | None = None
        bound.add(self)

    def take(self) -> ScoringDecoder:
        """The decoder that came back last, or a new one."""
        with self._bound.lock:
            if self.waiting:
                return self.waiting.pop()
        return self._model.scorer(self._grammar, alternatives=self._alternatives)

    def give_back(self, decoder: ScoringDecoder, heard: npt.NDArray[np.int16] | None = None) -> None:
        """Keep a decoder whose utterance is finished, as far as there is room; ``heard``: its sound, for ``prepare``."""
        if heard is not None:
            self._last = heard[:PREPARED_SAMPLES]
        with self._bound.lock:
            self.waiting.append(decoder)
            self._bound.keep()

    def prepare(self) -> None:
        """Where none waits, make one, and let it hear the last utterance again: nobody waits for it now as for the next."""
        if self.waiting:
            return
        decoder = self._model.scorer(self._grammar, alternatives=self._alternatives)
        if self._last is not None:
            decoder.accept(self._last)
            decoder.finish()
        self.give_back(decoder)


class Bound:
    """Of all decoders that wait, of whatever grammar: where they have heard too much together, the largest is let go."""

    def __init__(self, most_s: float = MOST_HEARD_S) -> None:
        self._most_s = most_s
        self.lock = threading.Lock()
        self._kinds: WeakValueDictionary[int, Decoders] = WeakValueDictionary()
        self._added = 0

    def add(self, kind: Decoders) -> None:
        """Count these from now on, for as long as they are used."""
        with self.lock:
            self._kinds[self._added] = kind
            self._added += 1

    def keep(self) -> None:
        """Let go of what is too much; under the lock."""
        kinds = [kind for kind in self._kinds.values() if kind.waiting]
        while sum(decoder.heard_s for kind in kinds for decoder in kind.waiting) > self._most_s:
            entries = ((kind, decoder) for kind in kinds for decoder in kind.waiting)
            kind, largest = max(entries, key=lambda entry: entry[1].heard_s)
            kind.waiting.remove(largest)

"""Any phrase as a wake word: a tiny vocabulary of the phrases and of common words that compete with them.

It also gives a second opinion on a wake word of another detector.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from assistant.asr.vosk_engine import RATE_HZ, VoskDecoder, VoskModel
from assistant.errors import ConfigError
from assistant.types import WakeDetection

if TYPE_CHECKING:
    import numpy.typing as npt


# What else is often said; without competitors a recogniser that knows one phrase hears it everywhere.
COMPETITORS = """
the be to of and a in that have i it for not on with he as you do at this but his by from they we say her she or an
will my one all would there their what so up out if about who get which go me when make can like time no just him know
take people into year your good some could them see other than then now look only come its over think also back after
use two how our work first well way even new want because any these give day most us is are was were been did does
don't can't i'm it's that's let's okay hey hello please thanks yes yeah right left down off here where why very really
more much many little big small last next three four five six seven eight nine ten
"""
# Names that the dictionary lacks, as it hears them.
SOUNDS_LIKE = {
    "nabu": ("nah boo", "now boo", "nab oo", "nabob"),
    "mycroft": ("my croft", "microsoft", "make rough", "my craft"),
    "rhasspy": ("raspy", "rasp e", "rasp he"),
}
STEP = RATE_HZ // 10
STEADY_STEPS = 2
"""A phrase counts when it stood in the partial result for so many steps: the first guess often changes."""
LONGEST_S = 8.0
QUIET_S = 0.8
LEAD_IN_S = 0.3


class PhraseSpotter:
    """Finds phrases in a stream; decodes nothing while ``speech`` says of the newest samples that nobody speaks.

    Raises ConfigError for a phrase with a word that the recogniser's dictionary lacks.
    """

    def __init__(
        self,
        model: VoskModel,
        phrases: Sequence[str],
        *,
        speech: Callable[[npt.NDArray[np.int16]], bool] | None = None,
        refractory_s: float = 1.5,
    ) -> None:
        for phrase in phrases:
            unknown = [word for word in phrase.split() if not model.knows(word)]
            if unknown or not phrase:
                raise ConfigError(f"the phrase '{phrase}' cannot be listened for: the recogniser lacks {unknown}")
        self._model = model
        self._phrases = tuple(phrase.split() for phrase in phrases)
        self._grammar = _grammar(model, phrases)
        self._speech = speech or (lambda _samples: True)
        self._refractory = int(refractory_s * RATE_HZ)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard; the count of samples begins again."""
        self._decoder: VoskDecoder | None = None
        self._pending: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._lead_in: npt.NDArray[np.int16] = np.zeros(0, np.int16)
        self._samples = 0
        self._begun = 0
        self._spoke = 0
        self._deaf_until = 0
        self._steady: tuple[str, int] = ("", 0)

    def process(self, samples: npt.NDArray[np.int16]) -> list[WakeDetection]:
        """Take the next samples (int16, 16 kHz, any number); returns the phrases that were recognised with them."""
        hits: list[WakeDetection] = []
        self._pending = np.concatenate([self._pending, samples])
        while len(self._pending) >= STEP:
            step, self._pending = self._pending[:STEP], self._pending[STEP:]
            self._samples += STEP
            if (hit := self._step(step)) is not None:
                hits.append(hit)
        return hits

    def _step(self, step: npt.NDArray[np.int16]) -> WakeDetection | None:
        if self._speech(step):
            self._spoke = self._samples
        elif self._decoder is None or self._samples - self._spoke > QUIET_S * RATE_HZ:
            hit = self._close() if self._decoder is not None else None
            self._lead_in = np.concatenate([self._lead_in, step])[-int(LEAD_IN_S * RATE_HZ) :]
            return hit
        if self._decoder is None:
            self._decoder = self._model.decoder(self._grammar)
            self._begun = self._samples - STEP - len(self._lead_in)
            if len(self._lead_in):
                self._decoder.accept(self._lead_in)
            self._lead_in = np.zeros(0, np.int16)
        self._decoder.accept(step)
        return self._look(self._decoder.partial())

    def _look(self, partial: str) -> WakeDetection | None:
        phrase = next((" ".join(p) for p in self._phrases if _find(p, partial.split()) is not None), "")
        name, steps = self._steady
        self._steady = (phrase, steps + 1 if phrase and phrase == name else 1)
        too_long = self._samples - self._begun > LONGEST_S * RATE_HZ
        return self._close() if (phrase and self._steady[1] >= STEADY_STEPS) or too_long else None

    def _close(self) -> WakeDetection | None:
        """Take the decoder's last word on what it heard, and begin anew."""
        if self._decoder is None:
            return None
        words, self._decoder, self._steady = self._decoder.finish(), None, ("", 0)
        for phrase in self._phrases:
            place = _find(phrase, [word.text for word in words])
            if place is None:
                continue
            spoken = words[place : place + len(phrase)]
            end = self._begun + int(spoken[-1].end_s * RATE_HZ)
            if end < self._deaf_until:
                return None
            self._deaf_until = end + self._refractory
            return WakeDetection(" ".join(phrase), end, round(min(word.confidence for word in spoken), 3))
        return None


class SecondOpinion:
    """Whether a wake word can be heard in a piece of sound; names out of the dictionary by what they sound like."""

    def __init__(self, model: VoskModel) -> None:
        self._model = model
        self._known: dict[str, tuple[str, list[list[str]]]] = {}

    def __call__(self, name: str, samples: npt.NDArray[np.int16]) -> bool:
        """``name``: a word such as ``hey_jarvis``; ``samples``: int16, 16 kHz, a few seconds."""
        return self.place(name, samples) is not None

    def place(self, name: str, samples: npt.NDArray[np.int16]) -> tuple[int, int] | None:
        """The samples at which the (last) word begins and ends; ``None`` where it cannot be heard."""
        grammar, spoken = self._grammar(name)
        if not spoken:
            return None
        decoder = self._model.decoder(grammar)
        for start in range(0, len(samples), STEP):
            decoder.accept(samples[start : start + STEP])
        words = decoder.finish()
        texts = [word.text for word in words]
        for phrase in spoken:
            place = _find(phrase, texts)
            if place is not None:
                found = words[place : place + len(phrase)]
                return int(found[0].start_s * RATE_HZ), int(found[-1].end_s * RATE_HZ)
        return None

    def _grammar(self, name: str) -> tuple[str, list[list[str]]]:
        if name not in self._known:
            words = name.replace("_", " ").split()
            ways = SOUNDS_LIKE.get(words[-1], (words[-1],))
            phrases = [" ".join([*words[:-1], way]) for way in ways]
            phrases = [phrase for phrase in phrases if all(self._model.knows(word) for word in phrase.split())]
            self._known[name] = (_grammar(self._model, phrases), [phrase.split() for phrase in phrases])
        return self._known[name]


def _grammar(model: VoskModel, phrases: Sequence[str]) -> str:
    inside = {word for phrase in phrases for word in phrase.split()}
    others = [word for word in COMPETITORS.split() if word not in inside and model.knows(word)]
    return json.dumps([*phrases, *others, "[unk]"])


def _find(phrase: Sequence[str], words: Sequence[str]) -> int | None:
    """Where the phrase stands in the words, from the end on."""
    places = range(len(words) - len(phrase), -1, -1)
    return next((place for place in places if list(words[place : place + len(phrase)]) == list(phrase)), None)

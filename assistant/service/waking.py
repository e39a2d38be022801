"""What the microphone is listened to for: wake words, and the few phrases that work while something is being played."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.errors import ModelError
from assistant.service.hearing import LOUDER

if TYPE_CHECKING:
    from assistant.asr.vosk_engine import VoskModel
    from assistant.audio.wake import WakeEngine

STOPPING = ("stop", "never mind", "cancel", "停", "停止", "算了", "取消")
INTERJECTIONS = (*STOPPING, *LOUDER)
"""In all languages: the recogniser's dictionary tells which are of its own."""


def wake_engine(words: Sequence[str], sensitivity: float, config: Config, recogniser: VoskModel | None) -> WakeEngine:
    """The wake words' detector; ``recogniser`` hears phrases, and gives a second opinion on words.

    Raises ConfigError for a word that is none, ModelError for a model file that is none, and without a recogniser
    where phrases are wanted.
    """
    from assistant.asr.keywords import PhraseSpotter, SecondOpinion
    from assistant.audio.vad import SpeechDetector
    from assistant.audio.wake import SeveralEngines, load_detector, sort_words

    models, phrases = sort_words(words)
    engines: list[WakeEngine] = []
    if models:
        opinion = SecondOpinion(recogniser) if recogniser is not None else None
        refractory_s = config.wake.refractory_s
        engines.append(
            load_detector(models, sensitivity=sensitivity, refractory_s=refractory_s, second_opinion=opinion)
        )
    if phrases:
        if recogniser is None:
            raise ModelError(f"the phrase '{phrases[0]}' cannot be listened for without the speech recogniser")
        engines.append(PhraseSpotter(recogniser, phrases, speech=SpeechDetector().process))
    return SeveralEngines(engines)


def interjections(recogniser: VoskModel) -> WakeEngine:
    """The phrases that work during a reply, an announcement, or while something rings."""
    from assistant.asr.keywords import PhraseSpotter
    from assistant.audio.vad import SpeechDetector
    from assistant.audio.wake import SeveralEngines

    known = [phrase for phrase in INTERJECTIONS if all(recogniser.knows(word) for word in phrase.split())]
    if not known:  # a recogniser of another language
        return SeveralEngines([])
    return PhraseSpotter(recogniser, known, speech=SpeechDetector().process)


def load_recogniser(config: Config) -> VoskModel | None:
    """The speech recogniser's model, where it is there."""
    from assistant.asr.vosk_engine import VoskModel
    from assistant.models.installed import resolve

    try:
        return VoskModel(resolve(config.asr.model, config.paths.models).directory)
    except ModelError:
        return None

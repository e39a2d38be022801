"""Which of two ways to hear an utterance holds: the house's own sentences, or the open vocabulary.

Both decoders score the same sound by the same acoustic model, so their log-likelihoods can be compared: speech that is
one of the house's sentences is explained better by them than by all of English, and everything else much worse. A
hypothesis counts only if the templates can make it, whole or with soft background talk around it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.asr.bias import UNKNOWN_WORD
from assistant.asr.matching import Grammar
from assistant.asr.vosk_engine import Hypothesis
from assistant.types import Transcript, Word

LevelDb = Callable[[float, float], float]
"""Level of the sound between two times in seconds, in dB."""

EVIDENCE = 0.0
"""How much better (in log-likelihood) the house's sentence must explain the sound than the open vocabulary does."""
SOFTER_DB = 5.0
"""Words around the sentence are background talk where they are so much softer than it."""
SOFT_COST = 1.0
LOUD_COST = 15.0
SPANS_TRIED = 8
SAME_PLACE_S = 0.2


@dataclass(frozen=True, slots=True)
class _Reading:
    written: str
    words: tuple[Word, ...]
    score: float


def choose(
    biased: Sequence[Hypothesis], opened: Sequence[Hypothesis], grammar: Grammar, level_db: LevelDb
) -> Transcript:
    """The transcript of the utterance, from both decoders' hypotheses (each the likeliest first, none empty)."""
    readings = _readings(biased, grammar, level_db)
    evidence = readings[0].score - opened[0].score if readings else -math.inf
    if evidence >= EVIDENCE:
        certainty = _share(readings) / (1 + math.exp(-evidence / 4))
        words = tuple(replace(word, confidence=certainty) for word in readings[0].words)
        return Transcript(readings[0].written, words, certainty, biased=True)
    transcript = open_transcript(opened)
    written = grammar.match(transcript.text.split())
    return transcript if written is None else replace(transcript, text=written, biased=True)


def open_transcript(hypotheses: Sequence[Hypothesis]) -> Transcript:
    """The likeliest hypothesis; each word's confidence is the share of likelihood of those that have it there."""
    weights = _shares([hypothesis.score for hypothesis in hypotheses])
    words = tuple(
        replace(
            word,
            confidence=min(
                1.0, sum(weight for weight, other in zip(weights, hypotheses, strict=True) if _has(other, word))
            ),
        )
        for word in hypotheses[0].words
    )
    mean = sum(word.confidence for word in words) / len(words) if words else 0.0
    return Transcript(hypotheses[0].text, words, mean)


def _readings(hypotheses: Sequence[Hypothesis], grammar: Grammar, level_db: LevelDb) -> list[_Reading]:
    """What the hypotheses are as sentences, the best first. Parts of them are tried only for the likeliest ones."""
    found: list[_Reading] = []
    for rank, hypothesis in enumerate(hypotheses):
        words = tuple(word for word in hypothesis.words if word.text != UNKNOWN_WORD)
        texts = [word.text for word in words]
        written = grammar.match(texts)
        first, last = 0, len(words)
        if written is None and rank < SPANS_TRIED:
            span = grammar.longest(texts)
            if span is not None:
                first, last, written = span
        if written is not None:
            kept = words[first:last]
            found.append(_Reading(written, kept, hypothesis.score - _cost(hypothesis.words, kept, level_db)))
    return sorted(found, key=lambda reading: -reading.score)


def _cost(words: Sequence[Word], kept: Sequence[Word], level_db: LevelDb) -> float:
    """What it costs to take the words that are not kept for background talk."""
    level = level_db(kept[0].start_s, kept[-1].end_s)
    cost = 0.0
    for word in words:
        if word not in kept:
            soft = level_db(word.start_s, word.end_s) <= level - SOFTER_DB
            cost += SOFT_COST if soft else LOUD_COST
    return cost


def _share(readings: Sequence[_Reading]) -> float:
    """The best reading's share of likelihood among all."""
    weights = _shares([reading.score for reading in readings])
    return sum(w for w, reading in zip(weights, readings, strict=True) if reading.written == readings[0].written)


def _shares(scores: Sequence[float]) -> list[float]:
    best = max(scores)
    weights = [math.exp(score - best) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def _has(hypothesis: Hypothesis, word: Word) -> bool:
    return any(
        other.text == word.text and abs(other.start_s - word.start_s) < SAME_PLACE_S for other in hypothesis.words
    )

"""Which of two ways to hear an utterance holds: the house's own sentences, or the open vocabulary.

Both decoders score the same sound by the same acoustic model, so their log-likelihoods can be compared: speech that is
one of the house's sentences is explained better by them than by all of English, and everything else much worse. A
hypothesis counts only if the templates can make it: whole, with soft background talk around it, or nearly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.asr.bias import UNKNOWN_WORD, Bias
from assistant.asr.digits import digits_mended, with_digits
from assistant.asr.matching import Wild
from assistant.asr.sounds import likeness
from assistant.asr.vosk_engine import Hypothesis
from assistant.han import joined
from assistant.types import Transcript, Word

LevelDb = Callable[[float, float], float]
"""Level of the sound between two times in seconds, in dB."""

EVIDENCE = -3.0
"""How much better (in log-likelihood) the house's sentence must explain the sound than the open vocabulary does."""
DOUBT = -10.0
"""Where not even the decoder's likeliest words come so near, no other look at the sound is worth its time."""
SOFTER_DB = 5.0
"""Words around the sentence are background talk where they are so much softer than it."""
SOFT_COST = 1.0
LOUD_COST = 15.0
SPANS_TRIED = 8
REPAIRS_TRIED = 3
REPAIR_COST = 8.0
OPEN_REPAIR = 0.6
WORD_BONUS = 1.5
"""For each word of a sentence: noise hides words, and a shorter sentence is always likelier to the decoder."""
SAME_PLACE_S = 0.2
ARTICLES = frozenset({"a", "an", "the"})
FRAMES_TRIED = 3
LEAST_FRAME = 3
FRAME_ALIKE = 0.6
"""How much alike both decoders must hear the words around what a sentence leaves open."""
FILLER_ALIKE = 0.85
"""How much a filler must sound like what was heard openly, if it is not what was."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence that the sound may be, as it is written; its words, and its log-likelihood less its costs."""

    written: str
    words: tuple[Word, ...]
    score: float

    @property
    def rank(self) -> float:
        """By what readings are compared with each other."""
        return self.score + WORD_BONUS * len(self.words)


@dataclass(frozen=True, slots=True)
class Look:
    """What one decoding of the sound with the house's grammar gave: its readings and its likeliest score."""

    readings: tuple[Reading, ...]
    best_score: float
    likeliest: tuple[Hypothesis, ...] = ()


def look(hypotheses: Sequence[Hypothesis], bias: Bias, level_db: LevelDb) -> Look:
    """All that the hypotheses (the likeliest first) can be as sentences, the best first."""
    found: list[Reading] = []
    for rank, hypothesis in enumerate(hypotheses):
        found += _readings(hypothesis, rank, bias, level_db)
    if not found or max(reading.score for reading in found) < hypotheses[0].score - REPAIR_COST:
        for hypothesis in hypotheses[:REPAIRS_TRIED]:
            found += _repaired(hypothesis, bias)
    readings = tuple(sorted(found, key=lambda reading: -reading.rank))
    return Look(readings, hypotheses[0].score, tuple(hypotheses[:FRAMES_TRIED]))


def choose(seen: Look, opened: Sequence[Hypothesis], bias: Bias, *, again: Look | None = None) -> Transcript:
    """The transcript, of what was seen in the sound and of the open hypotheses; ``again``: a second, better look."""
    # The better look decides where it sees one of the house's sentences; what it loses, the first look may still have.
    for readings in (_on_scale(again, seen.best_score) if again is not None else (), seen.readings):
        if readings and (evidence := readings[0].score - opened[0].score) >= EVIDENCE:
            certainty = _share(readings) / (1 + math.exp(-(evidence - EVIDENCE) / 4))
            said = tuple(replace(word, confidence=certainty) for word in readings[0].words)
            return Transcript(_corrected(readings[0], opened, bias), said, certainty, biased=True)
    transcript = open_transcript(opened)
    framed = _framed(seen.likeliest, opened[0], bias)
    if framed is not None:
        return replace(transcript, text=framed, biased=True)
    written = _openly(opened, bias)
    if written is None:
        repair = bias.repairer.repair(transcript.text.split(), OPEN_REPAIR)
        written = repair.written if repair is not None else None
    return transcript if written is None else replace(transcript, text=written, biased=True)


def _openly(opened: Sequence[Hypothesis], bias: Bias) -> str | None:
    """A sentence of the house that is about the likeliest of what the open vocabulary may have heard."""
    for hypothesis in opened:
        if hypothesis.score < opened[0].score + EVIDENCE / 2:
            return None
        for words in with_digits(digits_mended([word.text for word in hypothesis.words])):
            written = bias.grammar.match(words)
            if written is not None:
                return written
    return None


def _framed(likeliest: Sequence[Hypothesis], opened: Hypothesis, bias: Bias) -> str | None:
    """A sentence of the house around words of the open vocabulary: ``add`` … ``to my shopping list``.

    The house's decoder knows the frame, the other one what stands in it; where both hear much the same frame, it is
    the house's.
    """
    for hypothesis in likeliest:
        words = hypothesis.words
        pieces = bias.grammar.frame([word.text for word in words])
        wild = [piece for piece in pieces or () if isinstance(piece, Wild)]
        if pieces is None or len(wild) != 1 or len(words) - (wild[0].last - wild[0].first) < LEAST_FRAME:
            continue
        said = _inside(wild[0], words, opened)
        if said is not None:
            return " ".join(said if isinstance(piece, Wild) else piece for piece in pieces)
    return None


def _inside(wild: Wild, words: Sequence[Word], opened: Hypothesis) -> str | None:
    """What the open vocabulary heard in a place; ``None`` where it heard nothing there, or other words around it."""
    start_s = words[wild.first].start_s
    end_s = words[wild.last - 1].end_s
    inside = [word for word in opened.words if start_s <= (word.start_s + word.end_s) / 2 < end_s]
    own = " ".join(word.text for index, word in enumerate(words) if not wild.first <= index < wild.last)
    other = " ".join(word.text for word in opened.words if word not in inside)
    return " ".join(word.text for word in inside) if inside and likeness(own, other) >= FRAME_ALIKE else None


def _corrected(reading: Reading, opened: Sequence[Hypothesis], bias: Bias) -> str:
    """The sentence, where its fillers give way to what the open vocabulary heard in their place.

    The ear expects but a few of all words that may stand there. One of them holds where it sounds much like what was
    heard openly, or is among what may have been heard openly.
    """
    pieces = list(bias.grammar.pieces([word.text for word in reading.words]) or ())
    changed = False
    for place, piece in enumerate(pieces):
        if not isinstance(piece, Wild):
            continue
        filler = " ".join(word.text for word in reading.words[piece.first : piece.last])
        heard = [_inside(piece, reading.words, hypothesis) for hypothesis in opened]
        if heard[0] is not None and filler not in heard and likeness(filler, heard[0]) < FILLER_ALIKE:
            pieces[place] = heard[0]
            changed = True
    return " ".join(pieces) if changed else reading.written


def is_doubtful(first: Look, opened: Sequence[Hypothesis]) -> bool:
    """Whether another look may help: it may be a sentence of the house, and it is not plain which."""
    if first.best_score - opened[0].score < DOUBT:
        return False
    return not first.readings or first.readings[0].score < first.best_score - 1.0 or _share(first.readings) < 0.95


def open_transcript(hypotheses: Sequence[Hypothesis]) -> Transcript:
    """The likeliest hypothesis; each word's confidence is the share of likelihood of those that have it there."""
    shares = _shares([hypothesis.score for hypothesis in hypotheses])
    words = tuple(
        replace(
            word,
            confidence=min(1.0, sum(s for s, other in zip(shares, hypotheses, strict=True) if _has(other, word))),
        )
        for word in hypotheses[0].words
    )
    mean = sum(word.confidence for word in words) / len(words) if words else 0.0
    texts = digits_mended([word.text for word in words])
    words = tuple(replace(word, text=text) for word, text in zip(words, texts, strict=True))
    return Transcript(joined(" ".join(texts)), words, mean)


def _readings(hypothesis: Hypothesis, rank: int, bias: Bias, level_db: LevelDb) -> Iterator[Reading]:
    """The sentence that the words are; for the likeliest hypotheses also the longest that is a part of them."""
    words = tuple(word for word in hypothesis.words if word.text != UNKNOWN_WORD)
    texts = [word.text for word in words]
    written = bias.grammar.match(texts)
    first, last = 0, len(words)
    if written is None and rank < SPANS_TRIED:
        span = bias.grammar.longest(texts)
        if span is not None:
            first, last, written = span
    if written is not None:
        kept = words[first:last]
        yield Reading(written, kept, hypothesis.score - _cost(hypothesis.words, kept, level_db))


def _repaired(hypothesis: Hypothesis, bias: Bias) -> Iterator[Reading]:
    words = tuple(word for word in hypothesis.words if word.text != UNKNOWN_WORD)
    repair = bias.repairer.repair([word.text for word in words])
    if repair is not None:
        strange = LOUD_COST * (len(hypothesis.words) - len(words))
        yield Reading(repair.written, words, hypothesis.score - REPAIR_COST * repair.cost - strange)


def _cost(words: Sequence[Word], kept: Sequence[Word], level_db: LevelDb) -> float:
    """What it costs to take the words that are not kept for background talk."""
    level = level_db(kept[0].start_s, kept[-1].end_s)
    cost = 0.0
    for word in words:
        if word not in kept:
            soft = level_db(word.start_s, word.end_s) <= level - SOFTER_DB
            cost += SOFT_COST if soft else LOUD_COST
    return cost


def _on_scale(seen: Look, best_score: float) -> tuple[Reading, ...]:
    """A look's readings as if its likeliest score were ``best_score``: a decoder that knows the voice scores higher."""
    shift = best_score - seen.best_score
    return tuple(replace(reading, score=reading.score + shift) for reading in seen.readings)


def _share(readings: Sequence[Reading]) -> float:
    """The best reading's share of likelihood among all; those that differ in articles only are one."""
    shares = _shares([reading.rank for reading in readings])
    best = _substance(readings[0].written)
    return sum(s for s, reading in zip(shares, readings, strict=True) if _substance(reading.written) == best)


def _substance(written: str) -> list[str]:
    return [word for word in written.split() if word not in ARTICLES]


def _shares(scores: Sequence[float]) -> list[float]:
    best = max(scores)
    weights = [math.exp(score - best) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def _has(hypothesis: Hypothesis, word: Word) -> bool:
    return any(
        other.text == word.text and abs(other.start_s - word.start_s) < SAME_PLACE_S for other in hypothesis.words
    )

"""The turn against the naive chain, on the same clips, from the end of speech to the reply's first sample.

The naive chain is what the parts give when they are put together as their manuals show: Vosk with its open vocabulary,
``create_chat_completion`` with a JSON schema whose JSON also holds the reply, and the whole reply through Piper before
anything is heard. All recognise while the audio comes in, so that only the wait after its end is counted: for the product
from the moment at which the end of speech was certain (the silence that it takes to be certain is left out for all).
Every reply is synthesised anew: the cache of phrases is off.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from assistant.bench.live import Stage, spoken, without_phrases
from assistant.bench.pace import Pace
from assistant.bench.result import Cell, Measured, Target, ratio_text, times
from assistant.bench.stats import percentile
from assistant.config import Config
from assistant.llm.naive import NaiveChain
from assistant.parts import Parts
from assistant.types import AudioClip

COMMANDS = (
    "turn on the kitchen light",
    "turn off the living room lamp",
    "set the bedroom lamp to fifty percent",
    "open the bedroom curtain",
    "what is the temperature in the living room",
    "is the front door locked",
    "turn off all the lights in the kitchen",
    "pause the television",
    "add milk to the shopping list",
    "start the vacuum",
)
PARAPHRASES = (
    "i am freezing in here",
    "the sun is blinding me in the bedroom",
    "there are crumbs all over the floor",
    "could somebody hoover please",
    "i cannot hear what they are saying",
    "the baby is sleeping so keep it down",
)
QUESTIONS = (
    "who wrote hamlet",
    "why is the sky blue",
    "what is the capital of australia",
    "how do plants make their food",
    "tell me something about the moon",
    "what does photosynthesis mean",
)
KINDS = {"command": COMMANDS, "paraphrase": PARAPHRASES, "question": QUESTIONS}
LIMITS = {"command": 25.0, "paraphrase": 6.0, "question": 4.0}
"""How many times faster than the naive chain a kind is to be."""


@dataclass(slots=True)
class _Times:
    """Milliseconds of one kind, pair by pair; what thinking ahead cost beside."""

    ahead: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    naive: list[float] = field(default_factory=list)
    asr: list[float] = field(default_factory=list)
    extra_cpu_s: list[float] = field(default_factory=list)
    foreseen: int = 0
    routes: dict[str, int] = field(default_factory=dict)


def measure(config: Config, pace: Pace) -> Measured:
    """Each clip through all three, one after the other."""
    with Parts(config) as parts:
        return _turns(parts, pace)


def _turns(parts: Parts, pace: Pace) -> Measured:
    without_phrases(parts)
    clips = {text: spoken(parts, text) for texts in KINDS.values() for text in texts}
    naive = NaiveChain(parts.model.path, parts.config.llm, Stage(parts).house.snapshot())
    found = {kind: _Times() for kind in KINDS}
    try:
        for text in (COMMANDS[0], PARAPHRASES[0], QUESTIONS[0]):  # all warm
            _measure(parts, naive, clips[text], _Times())
        for place, (kind, texts) in enumerate(KINDS.items()):
            for number in pace.rounds(kind, of=len(KINDS) - place):
                _measure(parts, naive, clips[texts[number % len(texts)]], found[kind])
    finally:
        naive.close()
    return _measured(found)


def _measure(parts: Parts, naive: NaiveChain, clip: AudioClip, into: _Times) -> None:
    plain = Stage(parts).replay(clip, ahead=False)
    ahead = Stage(parts).replay(clip, ahead=True)
    into.plain.append(plain.wait_ms)
    into.ahead.append(ahead.wait_ms)
    into.naive.append(_naive_wait(parts, naive, clip))
    into.asr.append(ahead.asr_ms)
    into.extra_cpu_s.append(ahead.cpu_s - plain.cpu_s)
    into.foreseen += ahead.foreseen
    into.routes[ahead.route] = into.routes.get(ahead.route, 0) + 1


def _naive_wait(parts: Parts, naive: NaiveChain, clip: AudioClip) -> float:
    ears = parts.hearing.open_ears
    text = ears.transcribe(clip).text
    start = time.perf_counter_ns()
    reply = naive.answer(text).reply
    list(parts.voices.plain.synthesize(reply or "Okay."))
    return ears.last_wait_ms + (time.perf_counter_ns() - start) / 1e6


def _measured(found: dict[str, _Times]) -> Measured:
    rows: list[tuple[Cell, ...]] = []
    targets: list[Target] = []
    for kind, measured in found.items():
        count, naive_50, naive_95 = times(measured.naive)
        rows.append((kind, "naive chain", count, naive_50, naive_95, None, "", None, None, ""))
        for name, values in (("product, thinking at the end", measured.plain), ("product", measured.ahead)):
            _, p50, p95 = times(values)
            ratio, spread = ratio_text(measured.naive, values)
            own = values is measured.ahead
            rows.append(
                (
                    kind, name, count, p50, p95, ratio, spread,
                    percentile(measured.asr, 0.5) if own else None,
                    percentile(measured.extra_cpu_s, 0.5) if own else None,
                    f"{measured.foreseen} of {count} foreseen, {measured.routes}" if own else "",
                )
            )  # fmt: skip
        targets.append(Target(f"{kind}: times as fast as the naive chain", ratio, LIMITS[kind]))
    return Measured(
        "turn",
        "A spoken turn: from the end of speech to the reply's first sample",
        (
            "utterance",
            "chain",
            "times",
            "p50 ms",
            "p95 ms",
            "x naive",
            "5-95 %",
            "of it hearing ms",
            "extra cpu s",
            "routes",
        ),
        tuple(rows),
        tuple(targets),
        drawn=("p50 ms",),
        axes=("", "ms"),
    )

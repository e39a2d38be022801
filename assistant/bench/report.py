"""A model of the Raspberry Pi: what a turn takes there, from what it takes here, bytes, bandwidths and published figures.

A token of an answer reads all weights once, so its time is bytes over bandwidth. A token of a prompt is arithmetic, and
so are hearing and speech: they are scaled by the board's published share of speed. Every board's figures are a range from
the lowest to the highest that was published, and so are the predictions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from assistant.bench.live import Stage, spoken, without_phrases
from assistant.bench.pace import Pace
from assistant.bench.result import Cell, Measured
from assistant.bench.stats import percentile
from assistant.bench.weights import read_per_token
from assistant.config import Config
from assistant.llm.generation import Generation
from assistant.llm.sampling import Sampling
from assistant.parts import Parts

Range = tuple[float, float]
COMMAND = "turn on the kitchen light"
QUESTION = "what is the capital of australia"
FIRST_CLAUSE_TOKENS = 8
"""Median of the benchmark's questions, up to what can be spoken."""
QUESTION_TOKENS = 16
"""A question's own tokens and the frame around them; the system prompt is evaluated already."""


@dataclass(frozen=True, slots=True)
class Board:
    """``bandwidth_gb_s``: what generation was seen to read. ``prompt_tokens_s``: for a model of this size.

    ``speech_rtf``: seconds of Piper's medium voice by second of speech, on all cores.
    """

    name: str
    bandwidth_gb_s: Range
    prompt_tokens_s: Range
    speech_rtf: Range


# Bandwidth: from published tokens a second times the model's bytes. Pi 4: 7.9 tok/s of this model (3.0 GB/s) to 3.4 tok/s of
# a 2.0 GB Llama 3.2 3B (6.8). Pi 5: 8 to 20 tok/s of this model (3.1 to 7.7), 8 to 12 of TinyLlama (5.4 to 8), 5 to 7 of
# Qwen2 1.5B (5 to 7). Piper medium: 0.8 published for a Pi 4; a Pi 5 is two to three times as fast.
BOARDS = (
    Board("Raspberry Pi 5", (5.0, 8.0), (40.0, 120.0), (0.25, 0.4)),
    Board("Raspberry Pi 4", (3.0, 6.8), (10.0, 30.0), (0.7, 0.9)),
)


@dataclass(frozen=True, slots=True)
class Here:
    """This machine, measured: tokens a second, seconds of speech by second, ms of the rest of a command and a question."""

    answer_s: float
    prompt_s: float
    speech_rtf: float
    hearing_ms: float
    reply_s: float
    clause_s: float
    command_ms: float
    question_ms: float


def measure(config: Config, pace: Pace) -> Measured:
    """This machine in short, then the boards."""
    with Parts(config) as parts:
        without_phrases(parts)
        size = read_per_token(parts.model.path)
        here = _here(parts, pace)
    rows: list[tuple[Cell, ...]] = [
        (
            "this machine, measured",
            f"{here.answer_s:.1f}", f"{here.prompt_s:.0f}", f"{here.speech_rtf:.2f}",
            f"{here.command_ms:.0f}", f"{here.question_ms:.0f}",
        ),
        ("this machine, by the model", f"{here.answer_s:.1f}", f"{here.prompt_s:.0f}", f"{here.speech_rtf:.2f}",
         *(_span(predict(here, (here.answer_s,) * 2, (here.prompt_s,) * 2, (here.speech_rtf,) * 2, what)) for what in (False, True))),
    ]  # fmt: skip
    for board in BOARDS:
        low, high = (bandwidth * 1e9 / size for bandwidth in board.bandwidth_gb_s)
        rows.append(
            (
                f"{board.name}, predicted",
                _span((low, high), "{:.0f}"), _span(board.prompt_tokens_s), _span(board.speech_rtf, "{:.2f}"),
                *(_span(predict(here, (low, high), board.prompt_tokens_s, board.speech_rtf, q)) for q in (False, True)),
            )
        )  # fmt: skip
    return Measured(
        "report",
        "From the end of speech to the reply's first sample, without thinking ahead",
        ("machine", "answer tok/s", "prompt tok/s", "speech s/s", "command ms", "question ms"),
        tuple(rows),
        note=f"A token reads {size / 1e6:.0f} MB of weights: here {here.answer_s * size / 1e9:.1f} GB/s. Thinking ahead "
        "hides what fits into the silence after which an utterance counts as ended (0.3 s a command, 0.7 s a question).",
    )


def predict(here: Here, answer_s: Range, prompt_s: Range, speech_rtf: Range, question: bool) -> Range:
    """(fastest, slowest) milliseconds of a turn."""
    spans = []
    for answer, prompt, rtf in zip(answer_s, prompt_s, reversed(speech_rtf), strict=True):
        scale = rtf / here.speech_rtf  # hearing and matching are arithmetic as well
        wait_ms = here.hearing_ms * scale
        if question:
            wait_ms += 1000 * (QUESTION_TOKENS / prompt + FIRST_CLAUSE_TOKENS / answer + here.clause_s * rtf)
        else:
            wait_ms += 1000 * here.reply_s * rtf
        spans.append(wait_ms)
    return min(spans), max(spans)


def _span(values: Range, form: str = "{:.0f}") -> str:
    low, high = (form.format(value) for value in values)
    return low if low == high else f"{low} to {high}"


def _here(parts: Parts, pace: Pace) -> Here:
    engine = parts.model.engine
    prompt = engine.prompt([("system", "Answer briefly."), ("user", QUESTION)])
    long = (engine.tokenize("The lamp in the kitchen is on and the door is closed. ") * 20)[:128]
    answers, prompts = [], []
    for _ in pace.rounds("model", of=3):
        answer = Generation(engine, prompt, purpose="bench", max_tokens=16, sampling=Sampling(seed=1), timeout_s=3600.0)
        engine.evaluate("bench", prompt)
        answers.append(_seconds(lambda answer=answer: list(answer)) / max(1, answer.steps))
        engine.release("bench")
        prompts.append(_seconds(lambda: engine.evaluate("bench", long)) / len(long))
    reply, clause = "Turned on the light in the kitchen.", "The capital of Australia is Canberra."
    reply_s, clause_s = (parts.say(text).duration_s for text in (reply, clause))
    speech = [_seconds(lambda: parts.say(clause)) / clause_s for _ in pace.rounds("voice", of=3)]
    command, question = spoken(parts, COMMAND), spoken(parts, QUESTION)
    Stage(parts).replay(command, ahead=False)
    commands = [Stage(parts).replay(command, ahead=False) for _ in pace.rounds("commands", of=2)]
    questions = [Stage(parts).replay(question, ahead=False) for _ in pace.rounds("questions")]
    return Here(
        answer_s=1 / percentile(answers, 0.5),
        prompt_s=1 / percentile(prompts, 0.5),
        speech_rtf=percentile(speech, 0.5),
        hearing_ms=percentile([turn.asr_ms for turn in commands], 0.5),
        reply_s=reply_s,
        clause_s=clause_s,
        command_ms=percentile([turn.wait_ms for turn in commands], 0.5),
        question_ms=percentile([turn.wait_ms for turn in questions], 0.5),
    )


def _seconds(work: object) -> float:
    assert callable(work)
    began_s = time.perf_counter()
    work()
    return time.perf_counter() - began_s

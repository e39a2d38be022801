"""The engine against the limit: a bare loop of ``llama_decode`` over the same tokens, and a bare batch, in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable

from assistant.bench.pace import Pace
from assistant.bench.result import TIMES, Cell, Measured, Target, ratio_text, times
from assistant.config import Config
from assistant.llm.engine import Engine
from assistant.llm.generation import Generation
from assistant.llm.native import BATCH_TOKENS, NativeModel
from assistant.llm.sampling import Sampling
from assistant.parts import Parts

ANSWER_TOKENS = 32
PROMPT_TOKENS = 256
BARE_SEQUENCE = 7
PATIENCE_S = 3600.0
TEXT = (
    "The assistant hears what is said at home and does it. It knows the lamps, the blinds, the heating and the doors of "
    "the house, and it answers questions about the weather, the time and the world in a few plain sentences. "
)


def measure(config: Config, pace: Pace) -> Measured:
    """Generation and prompts, each pair by pair; then generation by the number of threads."""
    with Parts(config) as parts:
        engine = parts.model.engine
        prompt = engine.prompt([("system", TEXT), ("user", "Tell me about the moon.")])
        long = (engine.tokenize(TEXT) * 12)[:PROMPT_TOKENS]
        rows: list[tuple[Cell, ...]] = []
        targets = []
        pairs: dict[str, tuple[int, Callable[[], tuple[float, float]]]] = {
            "free generation": (ANSWER_TOKENS, lambda: _generation(engine, prompt)),
            "prompt": (PROMPT_TOKENS, lambda: _prompt(engine, long)),
        }
        for place, (name, (tokens, pair)) in enumerate(pairs.items()):
            bare, own = _pairs(pair, name, pace, of=len(pairs) + 1 - place)
            share, spread = ratio_text(bare, own)
            for chain, values in (("bare llama_decode", bare), ("engine", own)):
                count, p50, p95 = times(values)
                rows.append((name, chain, count, p50, p95, 1000 * tokens / p50, None, ""))
            rows[-1] = (*rows[-1][:-2], 100 * share, spread)
            targets.append(Target(f"{name}: % of the bare speed", 100 * share, 95.0))
        rows += _by_threads(engine, prompt, pace)
    return Measured(
        "decode",
        f"The engine against a bare loop ({ANSWER_TOKENS} tokens) and a bare batch ({PROMPT_TOKENS} tokens)",
        ("what", "chain", *TIMES, "tokens/s", "% of bare", "5-95 %"),
        tuple(rows),
        tuple(targets),
        drawn=("tokens/s",),
        axes=("", "tokens/s"),
    )


def _pairs(
    pair: Callable[[], tuple[float, float]], name: str, pace: Pace, *, of: int
) -> tuple[list[float], list[float]]:
    """(bare, engine) in ms, after one pair for warming."""
    pair()
    bare, own = [], []
    for _ in pace.rounds(name, of=of):
        one, other = pair()
        bare.append(one)
        own.append(other)
    return bare, own


def _generation(engine: Engine, prompt: list[int]) -> tuple[float, float]:
    """(bare loop, engine) in ms for the same tokens after the same prompt, with the published sampling in the engine."""
    engine.evaluate("bench", prompt)
    answer = Generation(
        engine, prompt, purpose="bench", max_tokens=ANSWER_TOKENS, sampling=Sampling(seed=7), timeout_s=PATIENCE_S
    )
    started = time.perf_counter()
    for _piece in answer:
        pass
    own_ms = (time.perf_counter() - started) * 1000
    tokens = answer.tokens[len(prompt) :]
    native = engine.native
    native.remove(BARE_SEQUENCE, 0)
    native.share(engine.sequence("bench"), BARE_SEQUENCE, len(prompt))
    started = time.perf_counter()
    for place in range(answer.steps):  # the first step evaluates the prompt's last token again, as the engine did
        token = tokens[place - 1] if place else prompt[-1]
        at = len(prompt) - 1 + place
        if not place:
            native.remove(BARE_SEQUENCE, at)
        native.decode([token], at, BARE_SEQUENCE)
    bare_ms = (time.perf_counter() - started) * 1000
    native.remove(BARE_SEQUENCE, 0)
    return bare_ms, own_ms


def _prompt(engine: Engine, tokens: list[int]) -> tuple[float, float]:
    engine.release("bench")
    started = time.perf_counter()
    engine.evaluate("bench", tokens)
    own_ms = (time.perf_counter() - started) * 1000
    engine.release("bench")
    started = time.perf_counter()
    _bare_batch(engine.native, tokens)
    bare_ms = (time.perf_counter() - started) * 1000
    engine.native.remove(BARE_SEQUENCE, 0)
    return bare_ms, own_ms


def _bare_batch(native: NativeModel, tokens: list[int]) -> None:
    for start in range(0, len(tokens), BATCH_TOKENS):
        native.decode(tokens[start : start + BATCH_TOKENS], start, BARE_SEQUENCE)


def _by_threads(engine: Engine, prompt: list[int], pace: Pace) -> list[tuple[Cell, ...]]:
    """Eight tokens by the number of threads, round and round."""
    import os

    counts = [n for n in (1, 2, 3, 4) if n <= (os.cpu_count() or 1)]
    found: dict[int, list[float]] = {n: [] for n in counts}
    chosen = engine.native.threads
    for _ in pace.rounds("threads"):
        for threads in counts:
            engine.native.set_threads(threads)
            engine.evaluate("bench", prompt)
            started = time.perf_counter()
            engine.extend("bench", [prompt[-1]])
            for token in prompt[:7]:
                engine.extend("bench", [token])
            found[threads].append((time.perf_counter() - started) * 1000)
    engine.native.set_threads(chosen)
    rows: list[tuple[Cell, ...]] = []
    for threads, values in found.items():
        count, p50, p95 = times(values)
        rows.append(("8 tokens", f"{threads} threads", count, p50, p95, 8000 / p50, None, ""))
    return rows

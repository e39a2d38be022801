"""Choosing among all that a house can do: our token trie against llama.cpp's own grammar sampler, for the same answers.

Both begin with the same evaluated prompt and decode greedily to an intent as JSON. The grammar is the list of the same
texts; its sampler stands in llama.cpp's own chain, before the greedy one.
"""

from __future__ import annotations

import json
import time
from functools import cache

from assistant.bench.homes import home, intents
from assistant.bench.result import TIMES, Advance, Cell, Measured, Target, ratio_text, times
from assistant.config import Config
from assistant.llm.choice import TrieNode, build_trie, choose
from assistant.llm.engine import Engine, Message
from assistant.parts import Parts

DEVICES = (20, 200, 1000)
SYSTEM = (
    "You understand what people in a home want. Answer with the one act that the speaker wants, in the given words."
)
EXAMPLE: tuple[Message, ...] = (("user", "it is dark in the kitchen"), ("assistant", "turn on the kitchen lamp"))
SENTENCES = (
    "it is dark in the kitchen", "i am cold in the living room", "the sun blinds me in the bedroom",
    "it is too loud in the kitchen", "nobody needs light in the bathroom", "somebody could break into the kitchen",
    "i want to listen to music in the bedroom", "it is stuffy in the living room", "i want to read in the bedroom",
    "it is time to wake up in the bedroom",
)  # fmt: skip


def measure(config: Config, repetitions: int, advance: Advance) -> Measured:
    """Pair by pair, with houses of 20, 200 and 1,000 devices."""
    rows: list[tuple[Cell, ...]] = []
    targets = []
    with Parts(config) as parts:
        for devices in DEVICES:
            bench = _Bench(parts.engine, intents(home(devices)))
            bench.pair(SENTENCES[0])
            for number in range(repetitions):
                bench.pair(SENTENCES[number % len(SENTENCES)])
                advance(f"{devices} devices {number + 1}")
            ratio, spread = ratio_text(bench.sampler_ms, bench.trie_ms)
            same = f"{bench.same} of {bench.asked}"
            count, p50, p95 = times(bench.sampler_ms)
            rows.append((f"{devices} devices", "grammar sampler", count, p50, p95, bench.sampler_steps, None, "", ""))
            count, p50, p95 = times(bench.trie_ms)
            rows.append((f"{devices} devices", "token trie", count, p50, p95, bench.trie_steps, ratio, spread, same))
            targets.append(Target(f"{devices} devices: times as fast as the grammar sampler", ratio, 3.0))
            targets.append(Target(f"{devices} devices: % of answers the same", 100 * bench.same / bench.asked, 100.0))
    return Measured(
        "grammar",
        "Choosing one of all acts of a house, after the same prompt",
        ("house", "way", *TIMES, "steps each", "x faster", "5-95 %", "same answer"),
        tuple(rows),
        tuple(targets),
        drawn=("p50 ms",),
        axes=("", "ms"),
    )


class _Bench:
    """One house's choices, both ways."""

    def __init__(self, engine: Engine, choices: list[str]) -> None:
        self._engine = engine
        self._choices = choices
        self._grammar = "root ::= " + " | ".join(json.dumps(text) for text in choices)
        self.trie_ms: list[float] = []
        self.sampler_ms: list[float] = []
        self._steps = [0, 0]
        self.asked = self.same = 0

    @property
    def trie_steps(self) -> float:
        """Runs of the model for one answer, on average."""
        return self._steps[0] / self.asked

    @property
    def sampler_steps(self) -> float:
        """The same for the grammar sampler."""
        return self._steps[1] / self.asked

    def pair(self, sentence: str) -> None:
        """One answer each way."""
        engine = self._engine
        prompt = engine.prompt([("system", SYSTEM), *EXAMPLE, ("user", sentence)])
        engine.evaluate("bench", prompt)
        before = engine.counts.decode_calls
        started = time.perf_counter()
        place = choose(
            engine, prompt, self._choices, end=engine.end_token, purpose="bench", trie=_trie(engine, *self._choices)
        )
        middle = time.perf_counter()
        self._steps[0] += engine.counts.decode_calls - before
        engine.evaluate("bench", prompt)
        begun = time.perf_counter()
        said, steps = _by_sampler(engine, prompt, self._grammar)
        ended = time.perf_counter()
        self._steps[1] += steps
        self.trie_ms.append((middle - started) * 1000)
        self.sampler_ms.append((ended - begun) * 1000)
        self.asked += 1
        self.same += said == self._choices[place]


def _by_sampler(engine: Engine, prompt: list[int], grammar: str) -> tuple[str, int]:
    """(the answer, runs of the model) by llama.cpp's chain of its grammar sampler and its greedy one."""
    native = engine.native
    lib = native.lib
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_grammar(native.vocab, grammar.encode(), b"root"))
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_greedy())
    engine.evaluate("bench", prompt)
    said, steps = b"", 1
    try:
        while not engine.ends(token := lib.llama_sampler_sample(chain, native.context, -1)):
            said += engine.piece(token)
            engine.extend("bench", [token])
            steps += 1
    finally:
        lib.llama_sampler_free(chain)
    return said.decode(), steps


@cache
def _trie(engine: Engine, *choices: str) -> TrieNode:
    """Compiled once for a house, as long as its names stay."""
    return build_trie([engine.tokenize(text) for text in choices])

"""Choosing among all that a house can do: our token trie against llama.cpp's own grammar sampler, for the same answers.

Both begin with the same evaluated prompt and decode greedily to an intent as JSON. llama.cpp's chain is its grammar sampler,
then the greedy one; its grammar is of the trie's tokens (the same choice), and of the same texts.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from assistant.bench.gbnf import text_grammar, token_grammar
from assistant.bench.homes import home, intents
from assistant.bench.pace import Pace
from assistant.bench.result import TIMES, Cell, Measured, Target, ratio_text, times
from assistant.config import Config
from assistant.llm.choice import build_trie, choose
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


def measure(config: Config, pace: Pace) -> Measured:
    """Pair by pair, with houses of 20, 200 and 1,000 devices."""
    rows: list[tuple[Cell, ...]] = []
    targets: list[Target] = []
    with Parts(config) as parts:
        for place, devices in enumerate(DEVICES):
            bench = _Bench(parts.model.engine, intents(home(devices)))
            bench.pair(SENTENCES[0], _Ways())
            ways = _Ways()
            for number in pace.rounds(f"{devices} devices", of=len(DEVICES) - place):
                bench.pair(SENTENCES[number % len(SENTENCES)], ways)
            _add(rows, targets, devices, ways)
    return Measured(
        "grammar",
        "Choosing one of all acts of a house, after the same prompt",
        ("house", "way", *TIMES, "steps each", "trie x faster", "5-95 %", "same answer"),
        tuple(rows),
        tuple(targets),
        drawn=("p50 ms",),
        axes=("", "ms"),
        note="The sampler's grammar is compiled before its time begins. A grammar of texts also allows words in other "
        "tokens than the tokenizer's own ('T', 'urn'), so that it may choose otherwise.",
    )


def _add(rows: list[tuple[Cell, ...]], targets: list[Target], devices: int, ways: _Ways) -> None:
    """One house's rows and targets."""
    house = f"{devices} devices"
    rows.append((house, "token trie", *times(ways.trie.ms), ways.trie.mean_steps, None, "", ""))
    for name, other in (("grammar sampler, tokens", ways.tokens), ("grammar sampler, text", ways.text)):
        ratio, spread = ratio_text(other.ms, ways.trie.ms)
        pairs = zip(other.said, ways.trie.said, strict=True)
        same = sum(one == own for one, own in pairs)
        rows.append((house, name, *times(other.ms), other.mean_steps, ratio, spread, f"{same} of {len(other.said)}"))
        targets.append(Target(f"{house}: times as fast as the {name}", ratio, 3.0))
        if other is ways.tokens:
            targets.append(Target(f"{house}: % of answers the same", 100 * same / len(other.said), 100.0))


@dataclass(slots=True)
class _Way:
    """Answers one way, in order."""

    ms: list[float] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def mean_steps(self) -> float:
        """Runs of the model for one answer."""
        return sum(self.steps) / len(self.steps)

    def add(self, seconds: float, steps: int, said: str) -> None:
        """One answer."""
        self.ms.append(1000 * seconds)
        self.steps.append(steps)
        self.said.append(said)


@dataclass(slots=True)
class _Ways:
    trie: _Way = field(default_factory=_Way)
    tokens: _Way = field(default_factory=_Way)
    text: _Way = field(default_factory=_Way)


class _Bench:
    """One house's choices, all ways."""

    def __init__(self, engine: Engine, choices: list[str]) -> None:
        self._engine = engine
        self._choices = choices
        self._trie = build_trie([engine.tokenize(text) for text in choices])
        self._token_grammar = token_grammar(self._trie)
        self._text_grammar = text_grammar(choices)

    def pair(self, sentence: str, into: _Ways) -> None:
        """One answer each way."""
        engine = self._engine
        prompt = engine.prompt([("system", SYSTEM), *EXAMPLE, ("user", sentence)])
        engine.evaluate("bench", prompt)
        before = engine.counts.decode_calls
        began_s = time.perf_counter()
        place = choose(engine, prompt, self._choices, end=engine.end_token, purpose="bench", trie=self._trie)
        into.trie.add(time.perf_counter() - began_s, engine.counts.decode_calls - before, self._choices[place])
        into.tokens.add(*_by_sampler(engine, prompt, self._token_grammar))
        into.text.add(*_by_sampler(engine, prompt, self._text_grammar))


def _by_sampler(engine: Engine, prompt: list[int], grammar: str) -> tuple[float, int, str]:
    """(seconds, runs of the model, the answer) by llama.cpp's chain of its grammar sampler and its greedy one."""
    native = engine.native
    lib = native.lib
    chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_grammar(native.vocab, grammar.encode(), b"root"))
    lib.llama_sampler_chain_add(chain, lib.llama_sampler_init_greedy())
    engine.evaluate("bench", prompt)
    said, steps = b"", 1
    try:
        began_s = time.perf_counter()
        engine.evaluate("bench", prompt)  # its last token again, as the other way did
        while not engine.ends(token := lib.llama_sampler_sample(chain, native.context, -1)):
            said += engine.piece(token)
            engine.extend("bench", [token])
            steps += 1
        took_s = time.perf_counter() - began_s
    finally:
        lib.llama_sampler_free(chain)
    return took_s, steps, said.decode()

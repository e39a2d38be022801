"""What grows with the house: devices and the templates, tokens of context and the model, rooms that speak at once."""

from __future__ import annotations

import ctypes
import datetime as dt
import threading
import time

from assistant.bench.homes import home
from assistant.bench.pace import Pace
from assistant.bench.plot import Series
from assistant.bench.result import Cell, Measured, times
from assistant.bench.stats import percentile
from assistant.config import Config
from assistant.errors import EngineError
from assistant.home.house import House
from assistant.llm.chat import system_prompt
from assistant.llm.native import BATCH_TOKENS, NativeModel
from assistant.llm.queue import Priority
from assistant.parts import Parts
from assistant.types import TurnContext

DEVICES = (20, 200, 1000)
CONTEXTS = (512, 2048, 4096)
LONG_CONTEXTS = (512, 2048, 8192, 32_768)
SHARED = 2048
"""Longer contexts are made of copies of the first so many tokens' state, moved behind each other."""
AT_DEPTH = 32
"""So many tokens of a prompt are evaluated behind a context, to see what they take there."""
ROOMS = 4
AT_DEPTH_TIMES = 3
SEQUENCE, SPARE = 10, 11
FILL = "The quick brown fox jumps over the lazy dog and then it goes home to sleep for a while. "
QUESTIONS = ("who wrote hamlet", "why is the sky blue", "what is the capital of australia", "how do plants grow")


def measure(config: Config, pace: Pace, *, long: bool = False) -> Measured:
    """Three tables in one; the curve is the time of a token by the context before it."""
    rows: list[tuple[Cell, ...]] = []
    contexts = LONG_CONTEXTS if long else CONTEXTS
    with Parts(_with_context(config, max(contexts) + SHARED + 512)) as parts:
        for place, devices in enumerate(DEVICES):
            rows.append(_understanding(parts, devices, pace, of=10 - place))
        curve, filling = _contexts(parts, contexts, pace)
        rows += curve
        rows += filling
        parts.model.engine.release("bench")
        rows += _rooms(parts, pace)
    points = tuple((float(size), float(row[2] or 0)) for size, row in zip(contexts, curve, strict=True))
    return Measured(
        "scale",
        "What grows with the house",
        ("what", "times", "p50 ms", "p95 ms"),
        tuple(rows),
        series=(Series("one token", points),),
        axes=("tokens of context", "ms"),
        note="The 1st to 4th of four rooms that ask at the same moment: until the first clause can be spoken.",
    )


def _with_context(config: Config, tokens: int) -> Config:
    from dataclasses import replace

    return replace(config, llm=replace(config.llm, context=max(config.llm.context, tokens)))


def _understanding(parts: Parts, devices: int, pace: Pace, *, of: int) -> tuple[Cell, ...]:
    """A matched command from its words to its reply's words, in a house of that size."""
    house = House.from_home(home(devices))
    mind = parts.mind_for(house)
    context = TurnContext(now=dt.datetime.now().astimezone())
    targets = [device for device in house.snapshot().devices if device.domain == "light"]
    found = []
    for number in pace.rounds(f"{devices} devices", of=of, times=pace.repetitions + 1):
        device = targets[number * 7 % len(targets)]
        turn = parts.turn(house=house, mind=mind, talk=parts.talk(), speak=False)
        result = turn.run(f"turn on the {device.name}", context)
        found.append(result.ms["total"])
    return (f"command understood and done, {devices} devices", *times(found[1:]))


def _contexts(
    parts: Parts, contexts: tuple[int, ...], pace: Pace
) -> tuple[list[tuple[Cell, ...]], list[tuple[Cell, ...]]]:
    """One token of an answer after so many, and one of a prompt there."""
    native = parts.model.engine.native
    filling = parts.model.engine.tokenize(FILL)
    tokens = (filling * (SHARED // len(filling) + 1))[:SHARED]
    answers: list[tuple[Cell, ...]] = []
    prompts: list[tuple[Cell, ...]] = []
    copies = _Copies(native, tokens, pace)
    for place, size in enumerate(contexts):
        copies.reach(size)
        found, each = [], []
        for number in pace.rounds(f"{size} tokens of context", of=len(contexts) + 1 - place):
            if number < AT_DEPTH_TIMES:
                each.append(_ms(native, tokens[:AT_DEPTH], size) / AT_DEPTH)
            found.append(_ms(native, tokens[:1], size))
        answers.append((f"a token of the answer after {size} tokens", *times(found)))
        prompts.append((f"a token of the prompt after {size} tokens", *times(each)))
    copies.release()
    return answers, prompts


def _ms(native: NativeModel, tokens: list[int], at: int) -> float:
    """Milliseconds that some tokens take behind the first ``at`` of the sequence, which is left as it was."""
    began_s = time.perf_counter()
    native.decode(tokens, at, SEQUENCE)
    took_ms = (time.perf_counter() - began_s) * 1000
    native.remove(SEQUENCE, at)
    return took_ms


class _Copies:
    """A sequence of any length from one evaluated beginning: 32,768 tokens would take minutes to evaluate.

    The state of the beginning is read back into another sequence, moved to the end and joined to the first. Attention does the
    same work as over a text that was evaluated whole; what the model would say is not looked at.
    """

    def __init__(self, native: NativeModel, tokens: list[int], pace: Pace) -> None:
        self._native = native
        self._length = len(tokens)
        for start in range(0, len(tokens), BATCH_TOKENS):
            native.decode(tokens[start : start + BATCH_TOKENS], start, SEQUENCE, outputs=0)
            pace.say(f"{start + BATCH_TOKENS} tokens evaluated")
        lib, context = native.lib, native.context
        size = lib.llama_state_seq_get_size(context, SEQUENCE)
        self._state = (ctypes.c_uint8 * size)()
        lib.llama_state_seq_get_data(context, self._state, size, SEQUENCE)

    def reach(self, size: int) -> None:
        """Make the sequence ``size`` tokens long. Raises EngineError where the context has no room."""
        native, lib, block = self._native, self._native.lib, self._length
        native.remove(SEQUENCE, 0)
        for start in range(0, size, block):
            if not lib.llama_state_seq_set_data(native.context, self._state, len(self._state), SPARE):
                raise EngineError(f"no room for {size} tokens of context", mend="raise llm.context")
            native.remove(SPARE, min(block, size - start))
            lib.llama_memory_seq_add(native.memory, SPARE, 0, block, start)
            lib.llama_memory_seq_cp(native.memory, SPARE, SEQUENCE, start, start + block)
            native.remove(SPARE, 0)
        native.decode([0], size, SEQUENCE)  # what was moved is turned to its new positions now
        native.remove(SEQUENCE, size)

    def release(self) -> None:
        """Empty the sequence."""
        self._native.remove(SEQUENCE, 0)


def _rooms(parts: Parts, pace: Pace) -> list[tuple[Cell, ...]]:
    """How long the first clause of each of four rooms takes that ask at the same moment, in the order of being served."""
    waits: list[list[float]] = [[] for _ in range(ROOMS)]
    for number in pace.rounds("rooms", times=pace.repetitions + 1):
        clauses = _at_once(parts)
        if number:
            for place, wait_ms in enumerate(sorted(clauses)):
                waits[place].append(wait_ms)
    return [
        (f"room {place + 1} of {ROOMS} asking at once", len(found), percentile(found, 0.5), percentile(found, 0.95))
        for place, found in enumerate(waits)
    ]


def _at_once(parts: Parts) -> list[float]:
    from assistant.tts.sentences import split_sentences

    clauses: list[float] = []
    begin = threading.Barrier(ROOMS)

    def room(number: int) -> None:
        client = parts.model.client(f"chat:room {number}", Priority.VOICE)
        begin.wait()
        began_s = time.perf_counter()
        messages = [("system", system_prompt(parts.config)), ("user", QUESTIONS[number])]
        pieces = client.answer(messages, max_tokens=24, timeout_s=3600.0)  # type: ignore[arg-type]
        next(split_sentences(pieces), "")
        clauses.append((time.perf_counter() - began_s) * 1000)
        for _rest in pieces:
            pass

    threads = [threading.Thread(target=room, args=(number,)) for number in range(ROOMS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clauses

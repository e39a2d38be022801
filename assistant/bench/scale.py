"""What grows with the house: devices and the templates, tokens of context and the model, rooms that speak at once."""

from __future__ import annotations

import datetime as dt
import threading
import time

from assistant.bench.homes import home
from assistant.bench.plot import Series
from assistant.bench.result import Advance, Cell, Measured, times
from assistant.bench.stats import percentile
from assistant.config import Config
from assistant.home.house import House
from assistant.llm.chat import system_prompt
from assistant.llm.queue import Priority
from assistant.parts import Parts
from assistant.types import TurnContext

DEVICES = (20, 200, 1000)
CONTEXTS = (512, 2048, 4096)
LONG_CONTEXTS = (512, 2048, 8192, 32_000)
ROOMS = 4
FILL = "The quick brown fox jumps over the lazy dog and then it goes home to sleep for a while. "
QUESTIONS = ("who wrote hamlet", "why is the sky blue", "what is the capital of australia", "how do plants grow")


def measure(config: Config, repetitions: int, advance: Advance, *, long: bool = False) -> Measured:
    """Three tables in one; the curve is the time of a token by the context before it."""
    rows: list[tuple[Cell, ...]] = []
    contexts = LONG_CONTEXTS if long else CONTEXTS
    with Parts(_with_context(config, max(contexts) + 256)) as parts:
        for devices in DEVICES:
            rows.append(_understanding(parts, devices, repetitions, advance))
        curve, filling = _contexts(parts, contexts, repetitions, advance)
        rows += curve
        rows += filling
        parts.engine.release("bench")
        rows += _rooms(parts, max(1, repetitions // 4), advance)
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


def _understanding(parts: Parts, devices: int, repetitions: int, advance: Advance) -> tuple[Cell, ...]:
    """A matched command from its words to its reply's words, in a house of that size."""
    house = House.from_home(home(devices))
    mind = parts.mind_for(house)
    context = TurnContext(now=dt.datetime.now().astimezone())
    targets = [device for device in house.snapshot().devices if device.domain == "light"]
    found = []
    for number in range(repetitions + 1):
        device = targets[number * 7 % len(targets)]
        turn = parts.turn(house=house, mind=mind, talk=parts.talk(), speak=False)
        result = turn.run(f"turn on the {device.name}", context)
        found.append(result.ms["total"])
    advance(f"{devices} devices")
    return (f"command understood and done, {devices} devices", *times(found[1:]))


def _contexts(
    parts: Parts, contexts: tuple[int, ...], repetitions: int, advance: Advance
) -> tuple[list[tuple[Cell, ...]], list[tuple[Cell, ...]]]:
    """One token after so many; and what the prompt up to there took, by token."""
    engine = parts.engine
    filling = engine.tokenize(FILL)
    rows: list[tuple[Cell, ...]] = []
    filled: list[tuple[Cell, ...]] = []
    for size in contexts:
        before = engine.length("bench")
        tokens = (filling * (size // len(filling) + 1))[:size]
        began_s = time.perf_counter()
        engine.evaluate("bench", tokens)
        each_ms = (time.perf_counter() - began_s) * 1000 / (size - before)
        filled.append((f"a token of the prompt, {before} to {size} tokens", 1, each_ms, each_ms))
        found = []
        for _ in range(repetitions):
            began_s = time.perf_counter()
            engine.extend("bench", [tokens[0]])
            found.append((time.perf_counter() - began_s) * 1000)
        engine.cut("bench", size)
        rows.append((f"a token of the answer after {size} tokens", *times(found)))
        advance(f"{size} tokens of context")
    return rows, filled


def _rooms(parts: Parts, repetitions: int, advance: Advance) -> list[tuple[Cell, ...]]:
    """How long the first clause of each of four rooms takes that ask at the same moment, in the order of being served."""
    waits: list[list[float]] = [[] for _ in range(ROOMS)]
    for number in range(repetitions + 1):
        clauses = _at_once(parts)
        if number:
            for place, wait_ms in enumerate(sorted(clauses)):
                waits[place].append(wait_ms)
        advance(f"rooms {number}")
    return [
        (f"room {place + 1} of {ROOMS} asking at once", len(found), percentile(found, 0.5), percentile(found, 0.95))
        for place, found in enumerate(waits)
    ]


def _at_once(parts: Parts) -> list[float]:
    from assistant.tts.sentences import split_sentences

    clauses: list[float] = []
    begin = threading.Barrier(ROOMS)

    def room(number: int) -> None:
        client = parts.model_client(f"chat:room {number}", Priority.VOICE)
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

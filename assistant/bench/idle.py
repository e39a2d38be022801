"""What listening costs: the share of one core that goes into waiting for the wake word, with everything loaded."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from assistant.bench.live import spoken
from assistant.bench.pace import Pace
from assistant.bench.result import Cell, Measured
from assistant.bench.stats import summarise
from assistant.config import Config
from assistant.parts import Parts

SECONDS = 2.0
RATE_HZ = 16_000
FRAME = RATE_HZ // 50


def measure(config: Config, pace: Pace) -> Measured:
    """Nothing at all, the wake word over room noise, and the recogniser over speech: processor seconds per second."""
    from assistant.audio.noise import room_noise
    from assistant.service.waking import load_recogniser, wake_engine

    with Parts(config) as parts:
        ears = parts.hearing.ears_for(parts.mind)
        speech = spoken(parts, "turn on the light in the kitchen and then tell me what time it is").samples
        engine = parts.model.engine
        engine.evaluate("bench", engine.prompt([("user", "hello")]))  # all threads have been used
        noise = room_noise(SECONDS, seed=5).samples
        wake = wake_engine(config.wake.words, config.wake.sensitivity, config, load_recogniser(config))

        def hears() -> None:
            stream = ears.start()
            for start in range(0, len(speech), RATE_HZ // 10):
                stream.accept(speech[start : start + RATE_HZ // 10])
            stream.finish()

        def waits() -> None:
            for start in range(0, len(noise) - FRAME + 1, FRAME):
                wake.process(np.ascontiguousarray(noise[start : start + FRAME]))

        works: dict[str, tuple[Callable[[], object], float]] = {
            "all loaded, nothing to do": (lambda: time.sleep(SECONDS), SECONDS),
            "waiting for the wake word": (waits, len(noise) / RATE_HZ),
            "while somebody speaks": (hears, len(speech) / RATE_HZ),
        }
        found: dict[str, list[float]] = {name: [] for name in works}
        for _ in pace.rounds():
            for name, (work, seconds) in works.items():
                began_s = time.process_time()
                work()
                found[name].append(100 * (time.process_time() - began_s) / seconds)
    rows: list[tuple[Cell, ...]] = []
    for name, values in found.items():
        summary = summarise(values)
        rows.append((name, summary.count, summary.p50_ms, summary.p95_ms))
    return Measured(
        "idle",
        "Share of one core",
        ("when", "times", "p50 %", "p95 %"),
        tuple(rows),
        drawn=("p50 %",),
        axes=("", "%"),
    )

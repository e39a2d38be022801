"""A prompt's beginning: evaluated, restored from disk, taken from another sequence, and after a change of one device."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from assistant.bench.homes import home
from assistant.bench.pace import Pace
from assistant.bench.result import TIMES, Cell, Measured, Target, ratio_text, times
from assistant.config import Config
from assistant.llm.engine import Engine
from assistant.parts import Parts

DEVICES = 40
CHANGED = 0.75
"""The device that changes stands at three quarters of the inventory."""


def measure(config: Config, pace: Pace) -> Measured:
    """Four ways to have the same prompt ready, in turn."""
    with Parts(config) as parts, tempfile.TemporaryDirectory(prefix="assistant-bench-") as folder:
        engine = Engine(parts.model.engine.native, Path(folder))
        tokens, changed = _prompt(engine, "off"), _prompt(engine, "on")
        ways: dict[str, tuple[Callable[[], object], list[int]]] = {
            "evaluated": (lambda: engine.release("other"), tokens),
            "restored from disk": (lambda: None, tokens),
            "taken from another sequence": (lambda: engine.warm("other", tokens), tokens),
            "one device changed": (lambda: engine.warm("bench", tokens), changed),
        }
        engine.warm("bench", tokens)  # writes the state
        found: dict[str, list[float]] = {name: [] for name in ways}
        evaluated: dict[str, int] = {}
        for _ in pace.rounds():
            for name, (prepare, wanted) in ways.items():
                engine.release("bench")
                prepare()
                before, started = engine.counts.evaluated, time.perf_counter()
                if name == "restored from disk":
                    engine.warm("bench", wanted)
                else:
                    engine.evaluate("bench", wanted)
                found[name].append((time.perf_counter() - started) * 1000)
                evaluated[name] = engine.counts.evaluated - before
        size_mb = sum(path.stat().st_size for path in Path(folder).glob("*.kv")) / 1e6
        saved = _saved(engine, folder, tokens)
    rows: list[tuple[Cell, ...]] = []
    for name, values in found.items():
        ratio, spread = ratio_text(found["evaluated"], values)
        rows.append((name, *times(values), evaluated[name], ratio, spread))
    restored, _ = ratio_text(found["evaluated"], found["restored from disk"])
    return Measured(
        "prefix",
        f"A prompt of {len(tokens)} tokens with {DEVICES} devices, made ready",
        ("way", *TIMES, "tokens evaluated", "x faster", "5-95 %"),
        tuple(rows),
        (Target("restored: times as fast as evaluated", restored, 10.0),),
        drawn=("p50 ms",),
        axes=("", "ms"),
        note=f"The state on disk: {size_mb:.1f} MB, written in {saved:.0f} ms with fsync.",
    )


def _prompt(engine: Engine, state: str) -> list[int]:
    devices = home(DEVICES).devices
    at = int(len(devices) * CHANGED)
    lines = [
        f"- {device.name} ({device.domain}, {device.area}): {state if place == at else device.state}"
        for place, device in enumerate(devices)
    ]
    return engine.prompt([("system", "You know this home.\n" + "\n".join(lines))], answer=False)


def _saved(engine: Engine, folder: str, tokens: list[int]) -> float:
    """Milliseconds of writing the state."""
    for path in Path(folder).glob("*.kv"):
        path.unlink()
    engine.evaluate("bench", tokens, outputs=0)
    started = time.perf_counter()
    engine.warm("bench", tokens)
    return (time.perf_counter() - started) * 1000

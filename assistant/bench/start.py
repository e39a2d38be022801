"""From the process's start until it hears, understands and answers: the same process again and again, files in the cache."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from assistant.bench.pace import Pace
from assistant.bench.result import TIMES, Cell, Measured, times
from assistant.config import Config

READY = "nearest phrasings"
"""After this step it hears, and switches lamps; what follows is the language model."""


def probe(config: Config) -> dict[str, Any]:
    """One process; see ``probe.py``."""
    command = [sys.executable, "-m", "assistant.bench.probe", *([str(config.source)] if config.source else [])]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found


def measure(config: Config, pace: Pace) -> Measured:
    """The parts' times, and the time since the start at their ends."""
    probe(config)  # files into the cache, prompts' states onto the disk
    runs = []
    for _ in pace.rounds():
        runs.append(probe(config)["steps"])
    rows: list[tuple[Cell, ...]] = []
    for place, step in enumerate(runs[0]):
        own = [run[place]["ms"] for run in runs]
        since = [run[place]["since_start_ms"] for run in runs]
        rows.append((step["step"], *times(own), times(since)[1], times(since)[2]))
    return Measured(
        "start",
        "From the start of the process, with files in the cache and prompts' states on disk",
        ("step", *TIMES, "since start p50 ms", "p95"),
        tuple(rows),
        drawn=("p50 ms",),
        axes=("", "ms"),
        note=f"It hears and switches lamps after '{READY}'; the daemon loads hearing, voice and house side by side.",
    )

"""What each part holds when it has been loaded, and the most that one whole turn with an answer takes."""

from __future__ import annotations

from assistant.bench.pace import Pace
from assistant.bench.result import Cell, Measured, Target
from assistant.bench.start import probe
from assistant.bench.stats import percentile
from assistant.config import Config


def measure(config: Config, pace: Pace) -> Measured:
    """Medians over the processes, and what most of them stay below."""
    runs = [probe(config) for _ in pace.rounds()]
    rows: list[tuple[Cell, ...]] = []
    before = 0.0
    for place, step in enumerate(runs[0]["steps"]):
        rss, pss, own = (percentile([run["steps"][place][kind] for run in runs], 0.5) for kind in ("rss", "pss", "own"))
        most = percentile([run["steps"][place]["rss"] for run in runs], 0.95)
        rows.append((f"after: {step['step']}", rss, most, rss - before, pss, own))
        before = rss
    peak = max(run["peak_mb"] for run in runs)
    return Measured(
        "memory",
        f"Memory as the parts are loaded ({len(runs)} processes)",
        ("when", "resident MB", "p95 MB", "more by", "proportional MB", "own MB"),
        tuple(rows),
        (Target("most that was ever resident, MB", peak, 1000.0, at_least=False),),
        drawn=("resident MB",),
        axes=("", "MB"),
        note="What is not the process's own are files (the model's weights above all), which the system may drop and read again.",
    )

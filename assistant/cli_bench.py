"""``assistant bench``: measure this machine, in ratios against the naive chain."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from assistant.config import load_config


def add_parser(commands: Any) -> None:
    """Declare the command and its benchmarks."""
    bench = commands.add_parser("bench", help="measure speed and memory on this machine")
    kinds = bench.add_subparsers(dest="bench", required=True, metavar="WHAT")
    turn = kinds.add_parser("turn", help="a spoken turn against the naive chain, in one run")
    turn.add_argument("--repetitions", type=int, default=3, help="how often each sentence is spoken (default 3)")
    turn.add_argument("--out", type=Path, metavar="JSON", help="write the figures to this file")
    turn.set_defaults(run=run_turn)


def run_turn(args: argparse.Namespace) -> int:
    """Print a table: p50 and p95 of both chains and their ratio."""
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    from assistant.bench.turn import KINDS, bench_turn
    from assistant.parts import Parts

    rows = []
    table = Table("utterance", "times", "wait p50 ms", "p95", "naive p50 ms", "p95", "ratio p50", "5-95 %", "routes")
    with Parts(load_config(args.config)) as parts, Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("turns", total=args.repetitions * sum(map(len, KINDS.values())))
        for result in bench_turn(
            parts, args.repetitions, lambda text: progress.update(task, advance=1, description=text)
        ):
            median, low, high = result.ratio
            table.add_row(
                result.kind,
                str(result.product.count),
                f"{result.product.p50_ms:.0f}",
                f"{result.product.p95_ms:.0f}",
                f"{result.naive.p50_ms:.0f}",
                f"{result.naive.p95_ms:.0f}",
                f"{median:.1f}",
                f"{low:.1f}-{high:.1f}",
                str(result.routes),
            )
            rows.append(
                {
                    "kind": result.kind,
                    "product": result.product.as_row(),
                    "naive": result.naive.as_row(),
                    "ratio": [round(value, 2) for value in result.ratio],
                    "routes": result.routes,
                }
            )
    Console().print(table)
    if args.out:
        args.out.write_text(json.dumps({"turn": rows}, indent=1) + "\n", encoding="utf-8")
    return 0

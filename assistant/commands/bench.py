"""``assistant bench``: measure this machine, in ratios within one run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config import load_config
from assistant.errors import ConfigError

if TYPE_CHECKING:
    from assistant.bench.result import Advance, Measured

KINDS = {
    "turn": "a spoken turn against the naive chain",
    "decode": "free generation and prompts against bare llama_decode",
    "grammar": "choosing against llama.cpp's grammar sampler, by the size of the house",
    "prefix": "a prompt's state restored, and changed, against evaluating it",
    "start": "from the process's start until it hears, understands and answers",
    "idle": "what listening costs",
    "memory": "what each part holds",
    "scale": "devices, context, and several rooms at once",
    "clients": "a spoken turn's first sound amid 32 clients of the API",
}


def add_parser(commands: Any) -> None:
    """Declare the command."""
    bench = commands.add_parser("bench", help="measure speed and memory on this machine")
    listed = "; ".join(f"{name}: {what}" for name, what in KINDS.items())
    bench.add_argument("what", nargs="*", metavar="WHAT", help=f"{listed}; without one: all")
    bench.add_argument(
        "--repetitions", type=int, default=20, metavar="N", help="how often each figure is measured (default 20)"
    )
    bench.add_argument(
        "--out", type=Path, metavar="DIR", help="write JSON, a table and a plot of each into this folder"
    )
    bench.add_argument("--long", action="store_true", help="scale: up to 32,768 tokens of context (many minutes)")
    bench.add_argument("--report", action="store_true", help="in short, and what a Raspberry Pi 4 and 5 would take")
    bench.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    """Print a table for each benchmark; the exit status is 0 whether or not its targets are met."""
    unknown = [what for what in args.what if what not in KINDS]
    if unknown:
        raise ConfigError(f"there is no benchmark '{unknown[0]}'; there are: {', '.join(KINDS)}")
    config = load_config(args.config)
    repetitions = 3 if args.report and args.repetitions == 20 else max(1, args.repetitions)
    for what in ["report"] if args.report else args.what or KINDS:
        module = import_module(f"assistant.bench.{what}")
        options = {"long": args.long} if what == "scale" else {}
        measured = _with_progress(
            what,
            lambda advance, module=module, options=options: module.measure(config, repetitions, advance, **options),  # type: ignore[misc]
        )
        _show(measured)
        if args.out:
            measured.write(args.out)
    return 0


def _with_progress(what: str, measure: Callable[[Advance], Measured]) -> Measured:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        return measure(lambda text: progress.update(task, description=f"{what}: {text}"))


def _show(measured: Measured) -> None:
    from rich.console import Console
    from rich.table import Table

    from assistant.bench.result import shown

    console = Console(highlight=False)
    table = Table(*measured.columns, title=measured.title, title_justify="left")
    for row in measured.rows:
        table.add_row(*(shown(cell) for cell in row))
    console.print(table)
    for target in measured.targets:
        console.print(f"{'✓' if target.met else '✗'} {target.line()}")
    if measured.note:
        console.print(measured.note, markup=False)

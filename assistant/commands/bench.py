"""``assistant bench``: measure this machine, in ratios within one run."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config import load_config
from assistant.errors import ConfigError

if TYPE_CHECKING:
    from assistant.bench.result import Measured

KINDS = {
    "turn": "a spoken turn against the naive chain",
    "decode": "free generation and prompts against bare llama_decode",
    "grammar": "choosing against llama.cpp's grammar sampler, by the size of the house",
    "prefix": "a prompt's state restored, and changed, against evaluating it",
    "start": "from the process's start until it hears, understands and answers",
    "idle": "what listening costs",
    "speech": "a sentence spoken in pieces against whole",
    "memory": "what each part holds",
    "scale": "devices, context, and several rooms at once",
    "formats": "the model's weights in other formats",
    "clients": "a spoken turn's first sound amid 32 clients of the API",
}
LINE_EVERY_S = 10.0


def add_parser(commands: Any) -> None:
    """Declare the command."""
    bench = commands.add_parser("bench", help="measure speed and memory on this machine")
    listed = "; ".join(f"{name}: {what}" for name, what in KINDS.items())
    bench.add_argument("what", nargs="*", metavar="WHAT", help=f"{listed}; without one: all")
    bench.add_argument(
        "--repetitions",
        "--repeat",
        type=int,
        default=20,
        metavar="N",
        help="how often each figure is measured (default 20)",
    )
    bench.add_argument(
        "--minutes", type=float, default=8.0, metavar="M", help="so long each may repeat; then fewer times (default 8)"
    )
    bench.add_argument(
        "--out", type=Path, metavar="DIR", help="write JSON, a table and a plot of each into this folder"
    )
    bench.add_argument("--long", action="store_true", help="scale: up to 32,768 tokens of context")
    bench.add_argument("--report", action="store_true", help="in short, and what a Raspberry Pi 4 and 5 would take")
    bench.set_defaults(run=run_bench)


def run_bench(args: argparse.Namespace) -> int:
    """Print a table for each benchmark; the exit status is 0 whether or not its targets are met."""
    unknown = [what for what in args.what if what not in KINDS]
    if unknown:
        raise ConfigError(f"there is no benchmark '{unknown[0]}'; there are: {', '.join(KINDS)}")
    from assistant.bench.pace import Pace

    config = load_config(args.config)
    repetitions = 3 if args.report and args.repetitions == 20 else max(1, args.repetitions)
    for what in ["report"] if args.report else args.what or KINDS:
        module = import_module(f"assistant.bench.{what}")
        options = {"long": args.long} if what == "scale" else {}
        with _progress(what) as say:
            pace = Pace(repetitions, limit_s=60 * args.minutes, say=say)
            measured = module.measure(config, pace, **options)
        _show(measured)
        if args.out:
            measured.write(args.out)
    return 0


@contextmanager
def _progress(what: str) -> Iterator[Callable[[str], None]]:
    """Shows what is being measured: one line that changes, or a line now and then where that is not a terminal's."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(what)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda text: progress.update(task, description=f"{what}: {text}")


def _lines(what: str) -> Callable[[str], None]:
    began_s = said_s = time.monotonic()

    def say(text: str) -> None:
        nonlocal said_s
        now_s = time.monotonic()
        if now_s - said_s >= LINE_EVERY_S:
            said_s = now_s
            print(f"{what}: {text}, {now_s - began_s:.0f} s", file=sys.stderr, flush=True)

    return say


def _show(measured: Measured) -> None:
    from rich.console import Console
    from rich.table import Table

    from assistant.bench.result import cell_text

    console = Console(highlight=False)
    table = Table(*measured.columns, title=measured.title, title_justify="left")
    for row in measured.rows:
        table.add_row(*(cell_text(cell) for cell in row))
    console.print(table)
    for target in measured.targets:
        console.print(f"{'✓' if target.met else '✗'} {target.line()}")
    if measured.note:
        console.print(measured.note, markup=False)

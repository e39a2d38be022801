"""``assistant models list | fetch | verify``: the models' files on this machine."""

from __future__ import annotations

import argparse
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from assistant.models.fetch import FetchProgress
    from assistant.models.installed import OnBytes
    from assistant.models.manifest import Manifest, Model

NEEDS_PROGRAM = 3
"""Exit status of ``fetch`` where a program is missing that one more source needs."""
PLAIN_EVERY_S = 10.0


def add_parser(commands: Any) -> None:
    """Declare ``models`` and its own commands."""
    models = commands.add_parser("models", help="list, fetch and verify the models")
    models.add_argument("--manifest", type=Path, metavar="FILE", help="another list of models than the built-in one")
    actions = models.add_subparsers(dest="action", required=True, metavar="ACTION")

    listing = actions.add_parser("list", help="every model: licence, size, and whether it is here")
    listing.set_defaults(run=run_list)

    fetching = actions.add_parser("fetch", help="get models (without names: those that the assistant works with)")
    fetching.add_argument("names", nargs="*", metavar="NAME")
    fetching.set_defaults(run=run_fetch)

    verifying = actions.add_parser("verify", help="read every file and compare its SHA-256 (without names: all)")
    verifying.add_argument("names", nargs="*", metavar="NAME")
    verifying.set_defaults(run=run_verify)


def _open(args: argparse.Namespace) -> tuple[Manifest, Path]:
    from assistant.config import load_config
    from assistant.models.manifest import load_manifest

    return load_manifest(args.manifest), load_config(args.config).paths.models


def run_list(args: argparse.Namespace) -> int:
    """Print a table of all models."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    manifest, models_dir = _open(args)
    table = Table("model", "for", "language", "licence", "MB", "state", box=None, pad_edge=False)
    table.columns[4].justify = "right"
    for model in manifest.models:
        state = escape(_state(model, manifest, models_dir))
        table.add_row(model.name, model.role, model.language, model.license, f"{model.size / 1e6:.0f}", state)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    console.print(f"in {models_dir}", style="dim", highlight=False, soft_wrap=True, markup=False)
    return 0


def _state(model: Model, manifest: Manifest, models_dir: Path) -> str:
    from assistant.models.installed import find_problems

    problem = next(find_problems(model, models_dir), None)
    if problem is None:
        return "installed"
    if not problem.absent:
        return f"damaged: {problem.path.name} {problem.reason}"
    if model.stand_in and next(find_problems(manifest.get(model.stand_in), models_dir), None) is None:
        return f"{model.stand_in} stands in"
    return "absent" if model.default else "absent (optional)"


def run_fetch(args: argparse.Namespace) -> int:
    """Fetch the named models, or the default ones. What one of them lacks does not keep the others waiting."""
    from rich.console import Console

    from assistant.errors import ModelError
    from assistant.models.fetch import Fetcher, FetchError

    manifest, models_dir = _open(args)
    names = args.names or [model.name for model in manifest.defaults()]
    for name in names:
        manifest.get(name)  # a wrong name is said before anything is fetched
    status = 0
    console = Console(highlight=False)
    with _Reporter(console) as reporter:
        fetcher = Fetcher(models_dir, manifest, reporter)
        for name in names:
            try:
                fetched = fetcher.fetch(name)
            except ModelError as error:
                reporter.note(f"assistant: {error}", error=True)
                missing = isinstance(error, FetchError) and error.needs
                status = status or (NEEDS_PROGRAM if missing else 1)
                continue
            how = "is here" if fetched.source is None else f"fetched from {fetched.source}"
            reporter.note(f"{fetched.model.name}: {how} ({fetched.model.size / 1e6:.0f} MB)")
    return status


def run_verify(args: argparse.Namespace) -> int:
    """Read and compare the named models, or all that are installed or should be."""
    from rich.console import Console

    from assistant.models.installed import find_problems, model_error, verify

    manifest, models_dir = _open(args)
    chosen = [manifest.get(name) for name in args.names]
    if not chosen:
        installed = {m.name for m in manifest.models if not _absent(next(find_problems(m, models_dir), None))}
        chosen = [m for m in manifest.models if m.name in installed or (m.default and m.stand_in not in installed)]
    status = 0
    console = Console(highlight=False)
    with _Reporter(console) as reporter:
        for model in chosen:
            reporter.begin(model, "verifying")
            problems = verify(model, models_dir, _counter(reporter, model))
            if problems:
                status = 1
            for problem in problems:
                reporter.note(f"assistant: {model_error(model, problem)}", error=True)
            if not problems:
                reporter.note(f"{model.name}: whole ({model.size / 1e6:.0f} MB)")
    return status


def _absent(problem: object) -> bool:
    return bool(getattr(problem, "absent", False))


def _counter(reporter: FetchProgress, model: Model) -> OnBytes:
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        reporter.at("verifying", done, model.size)

    return count


class _Reporter:
    """Shows a fetch: a progress bar on a terminal, now and then a line elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._head = ""
        self._said = time.monotonic()
        self._stack = ExitStack()

    def __enter__(self) -> _Reporter:
        if self._console.is_terminal:
            from rich import progress

            self._bar = self._stack.enter_context(
                progress.Progress(
                    progress.TextColumn("{task.description}", markup=False),
                    progress.BarColumn(bar_width=None),
                    progress.DownloadColumn(),
                    progress.TransferSpeedColumn(),
                    progress.TimeElapsedColumn(),
                    console=self._console,
                    transient=True,
                )
            )
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def begin(self, model: Model, source: str) -> None:
        """A source is tried for ``model``."""
        self._head = f"{model.name} ({source})"
        if self._bar is not None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(self._head, total=model.size)
        elif source not in ("installed", "verifying"):
            self.note(f"{model.name}: trying {source} ({model.size / 1e6:.0f} MB)")

    def at(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` bytes of ``what`` are there."""
        now = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=f"{self._head} {what}")
        elif now - self._said >= PLAIN_EVERY_S:
            self.note(f"{self._head} {what}: {done / 1e6:.0f} of {total / 1e6:.0f} MB")
            self._said = now

    def note(self, text: str, *, error: bool = False) -> None:
        """One line for the user."""
        if error and not self._console.is_terminal:
            print(text, file=sys.stderr)
        else:
            self._console.print(text, style="red" if error else None, markup=False, soft_wrap=True)
        self._said = time.monotonic()

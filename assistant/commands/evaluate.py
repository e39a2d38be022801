"""``assistant eval``: every evaluation set with one command, as a table and a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from assistant.config import load_config


def add_parser(commands: Any) -> None:
    """Declare the command."""
    project = Path(__file__).resolve().parents[2]
    parser = commands.add_parser("eval", help="run the evaluation sets and write a table and a picture")
    parser.add_argument("cases", nargs="*", type=Path, help="case files (default: all sets that are there)")
    parser.add_argument(
        "--shared",
        type=Path,
        default=project.parent / "shared" / "eval",
        metavar="DIR",
        help="where the public test material is",
    )
    parser.add_argument("--no-noise", action="store_true", help="leave the noisy copies of the recordings out")
    parser.add_argument("--no-spoken", action="store_true", help="leave out the written cases that voices say")
    parser.add_argument("--spoken", action="store_true", help="have voices say the texts of the named case files")
    parser.add_argument("--snr", type=float, metavar="DB", help="mix room noise into the named case files")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth case of the named files")
    parser.add_argument("--failures", type=int, default=10, help="how many failures to show of each set")
    parser.add_argument(
        "--out", type=Path, default=Path("eval"), metavar="DIR", help="where eval.md and eval.svg are written"
    )
    parser.set_defaults(run=run_eval)


def run_eval(args: argparse.Namespace) -> int:
    """Run the sets one after the other over one set of models."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.markup import escape
    from rich.progress import Progress

    from assistant.errors import AssistantError, StorageError
    from assistant.evaluation.batch import BatchRunner
    from assistant.evaluation.report import markdown, picture
    from assistant.evaluation.sets import EvaluationSet, find_sets, run_set

    project = Path(__file__).resolve().parents[2]
    sets = [
        EvaluationSet(path.stem, path, args.snr, args.spoken, max(1, args.every)) for path in args.cases
    ] or find_sets(project, args.shared, noise=not args.no_noise, spoken=not args.no_spoken)
    missing = [str(path) for path in args.cases if not path.is_file()]
    if missing:
        raise AssistantError(f"{missing[0]}: no such file")
    console = Console(highlight=False)
    results = []
    with (
        BatchRunner(load_config(args.config), speak=False, chat=False) as runner,
        Progress(console=Console(stderr=True)) as progress,
    ):
        for which in sets:
            total = sum(1 for line in which.path.read_text(encoding="utf-8").splitlines() if line.strip())
            task = progress.add_task(which.name, total=-(-total // which.every))
            results.append(run_set(runner, which, lambda task=task: progress.advance(task)))  # type: ignore[misc]
            for mark in [mark for mark in results[-1].marks if mark.why][: args.failures]:
                console.print(escape(f"FAIL {mark.case_id} | {mark.said} | {mark.why} | {mark.route}"), soft_wrap=True)
    table = markdown(results)
    console.print(Markdown(table))
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "eval.md").write_text(table, encoding="utf-8")
        (args.out / "eval.svg").write_text(picture(results), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{args.out}: cannot be written: {error.strerror}") from error
    return 0

"""``assistant doctor``: what is here, what is wrong, and how to mend it."""

from __future__ import annotations

import argparse
from typing import Any

MARKS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "wrong": "[red]wrong[/]"}


def add_parser(commands: Any) -> None:
    """Declare the command."""
    doctor = commands.add_parser("doctor", help="look the machine over: what is wrong, and how to mend it")
    doctor.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace) -> int:
    """Print the findings; exit status 1 where something is wrong."""
    from rich.console import Console
    from rich.markup import escape

    from assistant.doctor import examine

    console = Console(highlight=False)
    wrong = 0
    for finding in examine(args.config):
        wrong += finding.level == "wrong"
        console.print(f"{MARKS[finding.level]:>14}  [bold]{finding.subject}[/]: {escape(finding.text)}", soft_wrap=True)
        if finding.mend:
            console.print(f"      -> {escape(finding.mend)}", soft_wrap=True)
    return 1 if wrong else 0

"""``assistant machine``: what the system runs for the assistant at boot; as root."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> None:
    """Declare ``machine`` and its own commands."""
    machine = commands.add_parser("machine", help="settings of the boot partition, and the board (at boot, as root)")
    actions = machine.add_subparsers(dest="action", required=True, metavar="ACTION")
    settings = actions.add_parser("settings", help="follow assistant.txt on the boot partition where it was changed")
    settings.add_argument("--root", type=Path, default=Path("/"), help=argparse.SUPPRESS)
    settings.set_defaults(run=run_settings)
    fit = actions.add_parser("fit", help="choose the arithmetic library that the board's cores can run")
    fit.set_defaults(run=run_fit)
    health = actions.add_parser("health", help="power and temperature of the board")
    health.set_defaults(run=run_health)
    prepare = actions.add_parser("prepare", help="make what the first start would compute, into a state folder")
    prepare.add_argument("folder", type=Path)
    prepare.set_defaults(run=run_prepare)


def run_settings(args: argparse.Namespace) -> int:
    """Apply the file. Lines that cannot be followed are reported, left as a notice to speak, and no failure."""
    from assistant.machine import notices
    from assistant.machine.boot_apply import FILE_NAME, apply_boot_file

    applied = apply_boot_file(args.root)
    if applied is None:
        print(f"{FILE_NAME}: nothing new")
        return 0
    for name in applied.done:
        print(f"{FILE_NAME}: {name} is set")
    for problem in applied.problems:
        print(f"{FILE_NAME}: {problem}", file=sys.stderr)
    if applied.problems:
        first, more = applied.problems[0], len(applied.problems) - 1
        notices.leave(
            args.root / "var/lib/assistant",
            "boot_file_more" if more else "boot_file",
            problem=_spoken(str(first)),
            line=first.line,
            more=more,
        )
    return 0


def _spoken(problem: str) -> str:
    text = problem.replace("_", " ")
    return text[:1].upper() + text[1:] + "."


def run_fit(args: argparse.Namespace) -> int:
    """Fit the program that runs this command."""
    from assistant.machine.board import fit

    chosen = fit(Path(sys.prefix), Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))
    if chosen:
        print(f"arithmetic for this board: {chosen}")
    return 0


def run_health(args: argparse.Namespace) -> int:
    """Print the reading; exit status 1 where something is wrong."""
    from assistant.machine.health import HealthWatch, read_health

    health = read_health()
    if health.temperature_c is not None:
        print(f"temperature: {health.temperature_c:.0f} °C")
    else:
        print("This machine tells nothing of its temperature and power.")
    for sentence in HealthWatch().check(health, 0.0):
        print(sentence)
    if health.weak_power_earlier and not health.weak_power:
        print("The power supply was too weak at some time since the machine was switched on.")
    return 1 if health.hot or health.weak_power else 0


def run_prepare(args: argparse.Namespace) -> int:
    """For images: the first start on the board finds it made."""
    from assistant.config import load_config
    from assistant.parts.prepared import prepare
    from assistant.service.stages import NOTICES
    from assistant.telling import Telling

    config = load_config(args.config)
    telling = Telling(config.assistant.language)
    for path in prepare(config, args.folder, [telling.say(key) for key in NOTICES]):
        print(path)
    return 0

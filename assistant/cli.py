"""The command line: parses, dispatches, and turns errors into one line and an exit status.

Nothing heavy is imported before a command needs it: each module of ``commands`` only declares its options here and imports
its stages inside its handlers.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant import __version__
from assistant.commands import (
    api,
    bench,
    correct,
    devices,
    doctor,
    evaluate,
    knowledge,
    machine,
    models,
    run,
    selftest,
    turn,
    update,
    wake,
)
from assistant.errors import AssistantError


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; every command's handler is its ``run`` default: ``run(args) -> exit status``."""
    parser = argparse.ArgumentParser(
        prog="assistant", description="An offline voice assistant: it hears, understands, acts and answers at home."
    )
    parser.add_argument("--version", action="version", version=f"assistant {__version__}")
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration (default: assistant.toml where found)"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (
        run,
        turn,
        wake,
        devices,
        models,
        doctor,
        bench,
        correct,
        evaluate,
        selftest,
        update,
        machine,
        api,
        knowledge,
    ):
        module.add_parser(commands)
    _describe(parser)
    return parser


def _describe(parser: argparse.ArgumentParser) -> None:
    """Let each command's own help begin with what the list of commands says of it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):  # argparse has no public way to a choice's help
            for choice in action._choices_actions:
                command = action.choices[choice.dest]
                command.description = command.description or choice.help
                _describe(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 done, 1 something is wrong (said in one line), 2 wrong usage, 130 interrupted."""
    args = build_parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader (head, less) went away: not an error, and nothing may be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status

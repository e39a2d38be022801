"""The commands of the running assistant: run, status, listen, stop, mute, unmute, volume, reload, turns."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from assistant.config import Config, load_config
from assistant.errors import AssistantError, ConfigError

if TYPE_CHECKING:
    from assistant.api.control_client import ControlClient

WRONG_CONFIGURATION = 78
"""The exit status (sysexits' EX_CONFIG) that the unit does not begin again after."""


def add_parser(commands: Any) -> None:
    """Declare the commands on argparse's sub-parsers."""
    run = commands.add_parser("run", help="run the assistant: listen, act and answer until it is stopped")
    run.add_argument("--verbose", action="store_true", help="log every step")
    run.set_defaults(run=run_run)
    status = commands.add_parser("status", help="how the running assistant is")
    status.add_argument("--json", action="store_true", help="everything, as one JSON object")
    status.set_defaults(run=run_status)
    for name, what in (
        ("listen", "push to talk: the running assistant listens now"),
        ("stop", "silence: a reply, an announcement, what rings"),
        ("mute", "switch the microphone off; it stays off until 'unmute'"),
        ("unmute", "switch the microphone on again"),
        ("reload", "read configuration and inventory again, without losing the models"),
    ):
        simple = commands.add_parser(name, help=what)
        simple.set_defaults(run=run_simple)
    volume = commands.add_parser("volume", help="show or set how loud the running assistant speaks")
    volume.add_argument("level", nargs="?", type=int, metavar="0-100")
    volume.set_defaults(run=run_volume)
    turns = commands.add_parser("turns", help="the running assistant's last turns")
    turns.add_argument("--follow", action="store_true", help="go on with every new one")
    turns.add_argument("--json", action="store_true", help="one JSON object a turn")
    turns.add_argument("--count", type=int, default=10)
    turns.set_defaults(run=run_turns)


def client(args: argparse.Namespace) -> ControlClient:
    """The way to the running assistant."""
    from assistant.api.control_client import ControlClient, find_socket

    try:
        config = load_config(args.config)
    except ConfigError:
        config = Config()  # the running assistant says what is wrong with it
    return ControlClient(find_socket(config.paths.runtime))


def run_run(args: argparse.Namespace) -> int:
    """Run the daemon in this process. Exit status 78 where the configuration is wrong."""
    import logging

    from assistant.daemon import run
    from assistant.service.systemd import set_up_logging

    set_up_logging(logging.DEBUG if args.verbose else logging.INFO)
    try:
        run(args.config)
    except ConfigError as error:
        print(f"assistant: {error}", file=sys.stderr)
        status = WRONG_CONFIGURATION
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)
        status = 1
    else:
        status = 0
    # Everything that lasts is on the disk. Native threads (an inference, a hung sound card) are not waited for.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def run_simple(args: argparse.Namespace) -> int:
    """A command without arguments."""
    client(args).call(args.command)
    return 0


def run_volume(args: argparse.Namespace) -> int:
    """Print the volume, after it was set."""
    arguments: dict[str, float] = {}
    if args.level is not None:
        if not 0 <= args.level <= 100:
            raise AssistantError("the volume is a number from 0 to 100")
        arguments["level"] = args.level / 100
    level = client(args).call("volume", **arguments)
    print(round(float(str(level)) * 100))
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Print the status; exit status 3 where no assistant runs, 1 where something is wrong with it."""
    connection = client(args)
    if not connection.running():
        print("not running; 'systemctl start assistant' starts the service, 'assistant run' one of your own")
        return 3
    status = connection.call("status")
    if not isinstance(status, dict):
        raise AssistantError("the daemon's answer cannot be read")
    turns = connection.call("turns", count=5)
    if args.json:
        print(json.dumps({**status, "turns": turns}, ensure_ascii=False))
    else:
        _show_status(status, turns if isinstance(turns, list) else [])
    return 1 if status.get("troubles") else 0


def _show_status(status: dict[str, Any], turns: list[Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    grid = Table.grid(padding=(0, 2))
    hearing = status.get("hearing") or {}
    process, machine, since = status["process"], status["machine"], status["milestones_s"]
    ready = f"{'ready' if status['ready'] else 'loading'} (pid {status['pid']}, {_duration(status['seconds'])})"
    grid.add_row("[bold]assistant", f"{ready}, {status['state']}{', muted' if status['muted'] else ''}")
    for subject, text in status["troubles"].items():
        grid.add_row("[bold red]wrong", escape(f"{subject}: {text}"))
    missing = status.get("missing") or {}
    if missing.get("parts"):
        grid.add_row("[bold]not loaded", f"{', '.join(missing['parts'])}; tried again in {missing['again_in_s']} s")
    grid.add_row("[bold]wake words", escape(", ".join(status["wake_words"])))
    grid.add_row("[bold]microphone", escape(str(hearing.get("microphone") or "none")))
    if hearing.get("dropped_s"):
        grid.add_row("", f"{hearing['dropped_s']:.1f} s of sound were lost")
    grid.add_row("[bold]volume", f"{round(status['volume'] * 100)}")
    grid.add_row("[bold]devices", str(status["devices"]))
    grid.add_row("[bold]models", escape(", ".join(status["models"].values())))
    grid.add_row("[bold]started in", ", ".join(f"{name} {seconds:.1f} s" for name, seconds in since.items()))
    grid.add_row("[bold]process", f"{process['rss_mb']} MB, {process['threads']} threads, {process['files']} files")
    heat = f", {machine['temperature_c']:.0f} °C" if machine["temperature_c"] is not None else ""
    grid.add_row("[bold]machine", f"{machine['memory_free_mb']:.0f} MB free, load {machine['load']}{heat}")
    if machine["weak_power"] or machine["slowed_by_heat"]:
        why = [
            w
            for k, w in (("weak_power", "the power supply is too weak"), ("slowed_by_heat", "it is too hot"))
            if machine[k]
        ]
        grid.add_row("[bold red]power", ", ".join(why))
    console.print(grid)
    for row in turns:
        _show_turn(console, row)


def _show_turn(console: Any, row: dict[str, Any]) -> None:
    from rich.markup import escape

    ms = row.get("ms") or {}
    answer = row.get("error") or row.get("reply") or ""
    colour = "red" if row.get("error") else "green"
    total = f"{ms['tts_first']:.0f} ms to speech" if "tts_first" in ms else f"{ms.get('total', 0):.0f} ms"
    console.print(
        f"{escape(row['at'][11:19])}  [dim]{escape(row['source'])}[/]  {escape(repr(row['transcript']))} "
        f"[{colour}]{escape(answer)}[/] [dim]({escape(str(row.get('route', 'none')))}, {total})[/]",
        soft_wrap=True,
    )


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def run_turns(args: argparse.Namespace) -> int:
    """Print turns, the oldest first."""
    from rich.console import Console

    connection = client(args)
    console = Console(highlight=False)

    def show(row: Any) -> None:
        if args.json:
            print(json.dumps(row, ensure_ascii=False), flush=True)
        else:
            _show_turn(console, row)

    rows = connection.call("turns", count=args.count)
    for row in rows if isinstance(rows, list) else []:
        show(row)
    if args.follow:
        for row in connection.stream("follow"):
            show(row)
    return 0

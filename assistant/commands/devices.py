"""``assistant devices``: what the home has, where each device comes from, and what happens to it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from assistant.config import load_config

if TYPE_CHECKING:
    from assistant.home.house import House

WAIT_S = 5.0


def add_parser(commands: Any) -> None:
    """Declare ``devices``."""
    devices = commands.add_parser("devices", help="list and search the home's devices, or watch what happens to them")
    devices.add_argument(
        "words", nargs="*", metavar="WORD", help="only devices that hold all these words; 'watch' streams changes"
    )
    devices.add_argument("--source", help="only devices of simulated, mqtt, homeassistant, gpio or http")
    devices.add_argument("--area", help="only devices in this room")
    devices.add_argument("--json", action="store_true", help="one JSON object a device")
    devices.set_defaults(run=run_devices)


def run_devices(args: argparse.Namespace) -> int:
    """The devices as they are now. Status 1 where what they are reached by is away, or nothing is found."""
    from assistant.commands.run import client
    from assistant.home.watching import device_row, follow
    from assistant.parts import Parts

    watch = args.words[:1] == ["watch"]
    words = [word.casefold() for word in args.words[watch:]]
    if watch and (connection := client(args)).running():
        print("watching by the running assistant; Ctrl-C ends it", file=sys.stderr)
        return _watch(connection.stream("devices"), args, words)
    with Parts(load_config(args.config), home_wait_s=WAIT_S) as parts:
        house = parts.house
        away = [status for status in house.connections.status() if not status.connected]
        for status in away:
            print(f"assistant: {status.name}: {status.detail}", file=sys.stderr)
        if watch:
            return _watch(follow(house, _begun), args, words)
        found = [row for row in map(device_row, house.snapshot().devices) if _wanted(row, args, words)]
        if args.json:
            for row in found:
                print(json.dumps(row, ensure_ascii=False))
        else:
            _show(house, found)
        return 1 if away or not found else 0


def _wanted(row: Any, args: argparse.Namespace, words: list[str]) -> bool:
    text = " ".join([row["id"], row["name"], *row["aliases"], row["area"] or "", row["state"]]).casefold()
    if args.source is not None and row["source"] != args.source:
        return False
    if args.area is not None and (row["area"] or "").casefold() != args.area.casefold():
        return False
    return all(word in text for word in words)


def _show(house: House, found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("device", "name", "area", "state", "source"):
        table.add_column(column, overflow="fold")
    for row in sorted(found, key=lambda row: (row["area"] or "~", row["id"])):
        names = row["name"] + (f" ({', '.join(row['aliases'])})" if row["aliases"] else "")
        table.add_row(*map(escape, (row["id"], names, row["area"] or "", _state(row), row["source"])))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(found)} of {len(house.snapshot().devices)} devices")


def _state(row: Any) -> str:
    unit = row["attributes"].get("unit_of_measurement")
    return f"{row['state']} {unit}" if unit else str(row["state"])


def _watch(rows: Iterator[Any], args: argparse.Namespace, words: list[str]) -> int:
    """A line for each state that changes, until it is interrupted."""
    import datetime as dt

    for row in rows:
        if not _wanted(row, args, words):
            continue
        if args.json:
            print(json.dumps(row, ensure_ascii=False), flush=True)
            continue
        changed = [f"{key}={row['attributes'][key]}" for key in row["changed"]]
        at = dt.datetime.now().strftime("%H:%M:%S")
        print(" ".join([at, row["id"], _state(row), *changed, f"({row['source']})"]), flush=True)
    return 1  # the running assistant has ended


def _begun(devices: int) -> None:
    print(f"watching {devices} devices; Ctrl-C ends it", file=sys.stderr)

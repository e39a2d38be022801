"""``assistant devices``: what the home has, where each device comes from, and what happens to it."""

from __future__ import annotations

import argparse
import json
import queue
import sys
from typing import TYPE_CHECKING, Any

from assistant.config import load_config

if TYPE_CHECKING:
    from assistant.home.house import House
    from assistant.types import Device

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
    from assistant.parts import Parts

    watch = args.words[:1] == ["watch"]
    words = [word.casefold() for word in args.words[watch:]]
    with Parts(load_config(args.config), home_wait_s=WAIT_S) as parts:
        house = parts.house
        away = [status for status in house.connections.status() if not status.connected]
        for status in away:
            print(f"assistant: {status.name}: {status.detail}", file=sys.stderr)
        if watch:
            return _watch(house, args, words)
        found = [device for device in house.snapshot().devices if _wanted(device, args, words)]
        if args.json:
            for device in found:
                print(json.dumps(_row(device), ensure_ascii=False))
        else:
            _show(house, found)
        return 1 if away or not found else 0


def _wanted(device: Device, args: argparse.Namespace, words: list[str]) -> bool:
    text = " ".join([device.id, device.name, *device.aliases, device.area or "", device.state]).casefold()
    if args.source is not None and device.source != args.source:
        return False
    if args.area is not None and (device.area or "").casefold() != args.area.casefold():
        return False
    return all(word in text for word in words)


def _row(device: Device) -> dict[str, object]:
    return {
        "id": device.id,
        "name": device.name,
        "aliases": list(device.aliases),
        "area": device.area,
        "state": device.state,
        "attributes": dict(device.attributes),
        "source": device.source,
    }


def _show(house: House, found: list[Device]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("device", "name", "area", "state", "source"):
        table.add_column(column, overflow="fold")
    for device in sorted(found, key=lambda d: (d.area or "~", d.id)):
        names = device.name + (f" ({', '.join(device.aliases)})" if device.aliases else "")
        row = (device.id, names, device.area or "", _state(device), device.source)
        table.add_row(*map(escape, row))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(found)} of {len(house.snapshot().devices)} devices")


def _state(device: Device) -> str:
    unit = device.attributes.get("unit_of_measurement")
    return f"{device.state} {unit}" if unit else device.state


def _watch(house: House, args: argparse.Namespace, words: list[str]) -> int:
    """A line for each state that changes, until it is interrupted."""
    import datetime as dt

    last = {device.id: (device.state, dict(device.attributes)) for device in house.snapshot().devices}
    changes: queue.SimpleQueue[Device] = queue.SimpleQueue()
    end = house.registry.listen(changes.put)
    print(f"watching {len(last)} devices; Ctrl-C ends it", file=sys.stderr)
    try:
        while True:
            device = changes.get()
            now = (device.state, dict(device.attributes))
            if last.get(device.id) == now or not _wanted(device, args, words):
                continue
            before, last[device.id] = last.get(device.id), now
            if args.json:
                print(json.dumps(_row(device), ensure_ascii=False), flush=True)
                continue
            old = before[1] if before is not None else {}
            changed = [f"{key}={value}" for key, value in now[1].items() if old.get(key) != value]
            at = dt.datetime.now().strftime("%H:%M:%S")
            print(" ".join([at, device.id, _state(device), *changed, f"({device.source})"]), flush=True)
    finally:
        end()

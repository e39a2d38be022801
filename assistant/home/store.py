"""The simulated home's lasting state: one JSON file, written to a temporary name, fsynced and renamed.

Only what differs from the inventory is kept, so that an edited inventory shows at once: a device's state, the
attributes that were changed or taken away since, what devices remember while they are off, and the last acts for undo.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import StorageError
from assistant.home.backend import SIMULATED
from assistant.home.registry import Act
from assistant.types import Device, DeviceState, Home, JsonValue

VERSION = 1
KEPT_ACTS = 5

Memory = dict[str, dict[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept. ``home``: the inventory with the kept states."""

    home: Home
    memory: Memory = field(default_factory=dict)
    acts: tuple[Act, ...] = ()


class StateStore:
    """Keeps states by device id. ``warning`` says what was wrong with a file that could not be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inventory = Home()
        self.warning: str | None = None

    def restore(self, inventory: Home) -> Kept:
        """``inventory`` with what was kept; a file that cannot be used is set aside, neither trusted nor lost."""
        self._inventory = inventory
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            if document["version"] != VERSION:
                raise ValueError(f"is of version {document['version']!r}")
            rows = document["devices"]
            devices = tuple(_with_row(d, rows[d.id]) if d.id in rows else d for d in inventory.devices)
            ids = {device.id for device in devices}
            memory = {str(key): dict(value) for key, value in document["memory"].items() if key in ids}
            acts = tuple(_act(row) for row in document["acts"])
        except FileNotFoundError:
            return Kept(inventory)
        except OSError as error:
            self.warning = f"{self._path}: cannot be read: {error.strerror}; the home begins as its inventory says"
            return Kept(inventory)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self._set_aside(error)
            return Kept(inventory)
        return Kept(dataclasses.replace(inventory, devices=devices), memory, tuple(act for act in acts if act.before))

    def rebase(self, home: Home, inventory: Home) -> Home:
        """An edited ``inventory`` with what differs in ``home`` from the one before."""
        begun = {device.id: device for device in self._inventory.devices}
        rows = {d.id: row for d in _simulated(home) if (row := _row(d, begun.get(d.id))) is not None}
        self._inventory = inventory
        devices = tuple(_with_row(d, rows[d.id]) if d.id in rows else d for d in inventory.devices)
        return dataclasses.replace(inventory, devices=devices)

    def save(self, home: Home, memory: Mapping[str, Mapping[str, JsonValue]], acts: Iterable[Act]) -> None:
        """Write everything. Raises StorageError (full disk, no permission); the old file stays as it was."""
        begun = {device.id: device for device in self._inventory.devices}
        rows = {d.id: row for d in _simulated(home) if (row := _row(d, begun.get(d.id))) is not None}
        document = {
            "version": VERSION,
            "devices": rows,
            "memory": {key: dict(value) for key, value in memory.items() if value},
            "acts": [_act_row(act) for act in tuple(acts)[-KEPT_ACTS:]],
        }
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            _forget(temporary)
            reason = error.strerror or type(error).__name__
            raise StorageError(f"{self._path}: the home's state cannot be kept: {reason}") from error

    def _set_aside(self, error: Exception) -> None:
        aside = self._path.with_suffix(".broken")
        try:
            self._path.replace(aside)
            self.warning = f"{self._path}: cannot be used ({error}); kept as {aside.name}, the home begins anew"
        except OSError:
            self.warning = f"{self._path}: cannot be used ({error}); the home begins anew"


def _simulated(home: Home) -> Iterator[Device]:
    """What other sources bring is theirs to remember."""
    return (device for device in home.devices if device.source == SIMULATED)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # a folder that cannot be written to: nothing was left there


def _row(device: Device, begun: Device | None) -> dict[str, Any] | None:
    was = begun.attributes if begun is not None else {}
    changed = {key: value for key, value in device.attributes.items() if key not in was or was[key] != value}
    gone = [key for key in was if key not in device.attributes]
    if begun is not None and device.state == begun.state and not changed and not gone:
        return None
    return {"state": device.state, "set": changed, "unset": gone}


def _with_row(device: Device, row: Mapping[str, Any]) -> Device:
    gone = set(row["unset"])
    attributes = {key: value for key, value in device.attributes.items() if key not in gone} | dict(row["set"])
    return dataclasses.replace(device, state=str(row["state"]), attributes=attributes)


def _act_row(act: Act) -> dict[str, Any]:
    before = {key: {"state": state.state, "attributes": dict(state.attributes)} for key, state in act.before.items()}
    return {"turn_id": act.turn_id, "before": before}


def _act(row: Mapping[str, Any]) -> Act:
    before = {key: DeviceState(str(state["state"]), dict(state["attributes"])) for key, state in row["before"].items()}
    return Act(before, str(row["turn_id"]))

"""Further names of devices that the owner has given in the panel ("when I say candle lamp I mean the kitchen light").

They lie beside the state, whatever the devices come from, and go before nothing: what a device is called stays understood.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from assistant.errors import DeviceError, StorageError
from assistant.home.names import bare, names_of
from assistant.types import Area, Device, Floor, Home

log = logging.getLogger(__name__)

FILE = "names.json"
LONGEST = 60
MOST = 500
Names = Mapping[str, tuple[str, ...]]
"""Device id -> further names."""


class OwnNames:
    """The names on the disk; ``None``: in memory only. A file that cannot be used is passed over, and said so."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.names: Names = _read(path) if path is not None else {}

    def add(self, home: Home, device_id: str, said: str) -> str:
        """From now on ``said`` means that device too; returns the name as it is kept.

        Raises DeviceError for a name that cannot be, or that another thing of the house has; StorageError.
        """
        device = next((device for device in home.devices if device.id == device_id), None)
        if device is None:
            raise DeviceError(f"there is no device '{device_id}'")
        name = bare(said)
        if not name or len(name) > LONGEST or name.isdecimal():
            raise DeviceError(f"a name has words, and at most {LONGEST} letters")
        others: tuple[Device | Area | Floor, ...] = (
            *home.areas,
            *home.floors,
            *(other for other in home.devices if other.id != device_id),
        )
        owner = next((other for other in others if name in map(bare, names_of(other))), None)
        if owner is not None:
            raise DeviceError(f"'{name}' is what {owner.name} is called")
        if name in map(bare, names_of(device)):
            return name
        if sum(map(len, self.names.values())) >= MOST:
            raise DeviceError(f"there are {MOST} names of your own already")
        self._keep({**self.names, device_id: (*self.names.get(device_id, ()), name)})
        return name

    def remove(self, device_id: str, name: str) -> bool:
        """Take a name away again; whether there was one. Raises StorageError."""
        before = self.names.get(device_id, ())
        if name not in before:
            return False
        left = tuple(other for other in before if other != name)
        self._keep({**{key: value for key, value in self.names.items() if key != device_id}, **_some(device_id, left)})
        return True

    def _keep(self, names: Names) -> None:
        if self._path is not None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.part")
                with temporary.open("w", encoding="utf-8") as file:
                    json.dump(names, file, ensure_ascii=False, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(self._path)
            except OSError as error:
                raise StorageError(f"{self._path}: {error.strerror or error}") from error
        self.names = names


def with_names(home: Home, names: Names) -> Home:
    """The home with these names as aliases of its devices."""
    devices = (
        dataclasses.replace(device, aliases=tuple(dict.fromkeys((*device.aliases, *names.get(device.id, ())))))
        for device in home.devices
    )
    return dataclasses.replace(home, devices=tuple(devices)) if names else home


def _some(device_id: str, names: tuple[str, ...]) -> Names:
    return {device_id: names} if names else {}


def _read(path: Path) -> Names:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(device_id): tuple(bare(str(name)) for name in names if bare(str(name)))
            for device_id, names in raw.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        log.warning("%s: names of your own are passed over: %s", path, error)
        return {}

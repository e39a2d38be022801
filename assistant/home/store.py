"""The simulated home's lasting state: one JSON file, written to a temporary name, fsynced and renamed."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

from assistant.errors import StorageError
from assistant.types import Home


class StateStore:
    """Keeps states by device id. ``warning`` says what was wrong with a file that could not be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.warning: str | None = None

    def restore(self, home: Home) -> Home:
        """``home`` with the kept states; a file that cannot be read is set aside, never trusted or lost."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))["devices"]
            devices = tuple(
                dataclasses.replace(d, state=str(kept[d.id]["state"]), attributes=dict(kept[d.id]["attributes"]))
                if d.id in kept
                else d
                for d in home.devices
            )
        except FileNotFoundError:
            return home
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._set_aside(error)
            return home
        return dataclasses.replace(home, devices=devices)

    def save(self, home: Home) -> None:
        """Write all states. Raises StorageError (full disk, no permission); the old file stays as it was."""
        rows = {d.id: {"state": d.state, "attributes": dict(d.attributes)} for d in home.devices}
        temporary = self._path.with_name(self._path.name + ".part")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("w", encoding="utf-8") as file:
                json.dump({"devices": rows}, file, ensure_ascii=False, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(f"{self._path}: the home's state cannot be kept: {error.strerror}") from error

    def _set_aside(self, error: Exception) -> None:
        aside = self._path.with_suffix(".broken")
        try:
            self._path.replace(aside)
            self.warning = f"{self._path}: cannot be used ({error}); set aside as {aside.name}"
        except OSError:
            self.warning = f"{self._path}: cannot be used ({error})"

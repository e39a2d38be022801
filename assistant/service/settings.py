"""What was set by voice or panel and outlives a restart: whether the microphone is muted, and the volume.

One small JSON file, written to a temporary name, fsynced and renamed. Nothing about it is ever fatal: what cannot be
read holds its default, what cannot be written is said by ``problem``.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

from assistant.types import JsonValue


class LastingSettings:
    """Values by name. ``path`` ``None`` keeps them in memory only. Safe from any thread."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._values: dict[str, JsonValue] = {}
        self.problem: str | None = None
        """Why the settings could not be read or kept, if so."""
        if path is not None:
            self._values = dict(self._read(path))

    @property
    def muted(self) -> bool:
        """Whether the microphone is switched off."""
        return self._values.get("muted") is True

    def mute(self, on: bool) -> None:
        """Keep whether the microphone is switched off."""
        self._set({"muted": on})

    def volume(self, configured: float) -> float:
        """The volume that was set last; an edited configuration counts as set later."""
        value = self._values.get("volume")
        same = self._values.get("volume_configured") == configured
        return float(value) if same and isinstance(value, int | float) and 0 <= value <= 1 else configured

    def set_volume(self, volume: float, configured: float) -> None:
        """Keep the volume."""
        self._set({"volume": round(volume, 3), "volume_configured": configured})

    def _set(self, values: Mapping[str, JsonValue]) -> None:
        with self._lock:
            self._values |= values
            if self._path is not None:
                self.problem = _write(self._path, self._values)

    def _read(self, path: Path) -> Mapping[str, JsonValue]:
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self.problem = f"{path}: cannot be read: {error}"
            return {}
        return document if isinstance(document, dict) else {}


def _write(path: Path, values: Mapping[str, JsonValue]) -> str | None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        return f"{path}: cannot be kept: {error.strerror or error}"
    return None

"""Small files of a source in the state directory: what it knew when it was last connected."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from assistant.home.backends.plain import Refused, parse_json
from assistant.types import JsonValue

MOST_BYTES = 32_000_000

_log = logging.getLogger(__name__)


def read_kept(path: Path | None) -> dict[str, JsonValue]:
    """The table that was kept; an empty one where there is none, or none that can be used."""
    if path is None:
        return {}
    try:
        found = parse_json(path.read_bytes(), MOST_BYTES)
    except FileNotFoundError:
        return {}
    except (OSError, Refused) as error:
        _log.warning("%s: what was known of the devices cannot be used: %s", path, error)
        return {}
    return found if isinstance(found, dict) else {}


def keep(path: Path | None, table: dict[str, JsonValue]) -> None:
    """Write the table. A disk that takes nothing costs a warning only: everything can be found again."""
    if path is None:
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(table, file, ensure_ascii=False, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        _log.warning("%s: what is known of the devices cannot be kept: %s", path, error.strerror)

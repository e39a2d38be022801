"""What the system has to tell the owner when the assistant next speaks: one small file a notice, read out once.

Other programs than the assistant leave them (the update that was undone, a line of assistant.txt that could not be
followed); the daemon takes and speaks them after "I am ready", in its language (``telling.py``).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "notices"
LONGEST = 400
KEPT = 8


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told: a notice's key with its values, or (as an older release left it) a sentence as it is."""

    key: str
    values: dict[str, str | int] = field(default_factory=dict)
    text: str = ""


def leave(state_dir: Path, key: str, **values: str | int) -> None:
    """Leave a notice for the owner; the same one twice is one. Raises OSError."""
    short = {name: value[:LONGEST] if isinstance(value, str) else value for name, value in values.items()}
    text = json.dumps({"key": key, "values": short}, ensure_ascii=False, sort_keys=True)
    folder = state_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(PermissionError):
        folder.chmod(0o2775)
        owner = state_dir.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    temporary = folder / f".{name}"
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.chmod(0o644)
    temporary.replace(folder / f"{name}.txt")


def take(state_dir: Path) -> list[Notice]:
    """The notices, oldest first, at most the newest ``KEPT``; each is gone afterwards. Never raises."""
    found: list[tuple[float, str]] = []
    try:
        paths = [path for path in (state_dir / FOLDER).iterdir() if path.suffix == ".txt"]
    except OSError:
        return []
    for path in paths:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            found.append((path.stat().st_mtime, path.read_text(encoding="utf-8").strip()))
        with contextlib.suppress(OSError):
            path.unlink()
    return [_read(text) for _, text in sorted(found)][-KEPT:]


def _read(text: str) -> Notice:
    try:
        row = json.loads(text)
        return Notice(str(row["key"]), dict(row["values"]))
    except (ValueError, KeyError, TypeError):
        return Notice("", text=text[:LONGEST])

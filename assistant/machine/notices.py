"""What the system has to tell the owner when the assistant next speaks: one small file a notice, read out once.

Other programs than the assistant leave them (the update that was undone, a line of assistant.txt that could not be
followed); the daemon takes and speaks them after "I am ready".
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

FOLDER = "notices"
LONGEST = 400
KEPT = 8


def leave(state_dir: Path, text: str) -> None:
    """Leave ``text`` for the owner; the same text twice is one notice. Raises OSError."""
    folder = state_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(PermissionError):
        folder.chmod(0o2775)
        owner = state_dir.stat()
        os.chown(folder, owner.st_uid, owner.st_gid)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    temporary = folder / f".{name}"
    temporary.write_text(text[:LONGEST] + "\n", encoding="utf-8")
    temporary.chmod(0o644)
    temporary.replace(folder / f"{name}.txt")


def take(state_dir: Path) -> list[str]:
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
    return [text for _, text in sorted(found)][-KEPT:]

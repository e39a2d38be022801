"""The releases on this machine: one folder each, and three links that say which one runs.

``venv`` is the release that runs, ``venv.good`` the last one that passed its test, ``venv.previous`` the one before it,
for going back by hand. A release is on trial where the first two differ; there is no other record, so that a power cut
at any moment leaves one of these states and nothing in between.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UpdateError
from assistant.machine.files import point, sync_filesystem, sync_folder

ACTIVE, GOOD, PREVIOUS = "venv", "venv.good", "venv.previous"
WHOLE = ".whole"
RELEASE_FILE = "share/assistant/release.json"
UNFINISHED = ".unpacking-"


@dataclass(frozen=True, slots=True)
class Release:
    """An installed release. ``serial`` 0: one that was made on this machine and carries none."""

    path: Path
    version: str
    serial: int


class Releases:
    """The folders and links below one prefix (``/opt/assistant``)."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix

    @property
    def active(self) -> Release | None:
        """The release that runs."""
        return self._read(ACTIVE)

    @property
    def good(self) -> Release | None:
        """The release that last passed its test; where nothing says so, the one that runs."""
        return self._read(GOOD) or self.active

    @property
    def previous(self) -> Release | None:
        """The release before the good one."""
        return self._read(PREVIOUS)

    @property
    def on_trial(self) -> Release | None:
        """The active release, where it has not passed its test yet."""
        active, good = self.active, self.good
        return active if active and good and active.path != good.path else None

    def is_whole(self, folder: str) -> bool:
        """Whether the folder was unpacked to its end."""
        return (self.prefix / folder / WHOLE).is_file()

    def begin(self, folder: str) -> Path:
        """An empty folder to unpack into, beside its later place."""
        unfinished = self.prefix / f"{UNFINISHED}{folder}"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        return unfinished

    def finish(self, unfinished: Path) -> Path:
        """Everything is unpacked: have it on the disk, then give it its name."""
        folder = unfinished.name.removeprefix(UNFINISHED)
        (unfinished / WHOLE).touch()
        sync_filesystem(unfinished)
        target = self.prefix / folder
        if target.exists():  # what an earlier, broken attempt left; never a link's target, which is whole
            shutil.rmtree(target)
        unfinished.rename(target)
        sync_folder(self.prefix)
        return target

    def activate(self, folder: str) -> None:
        """Switch to a whole release, on trial until ``confirm``."""
        if not self.is_whole(folder):
            raise UpdateError(f"{self.prefix / folder} is not whole")
        good = self.good
        if good is not None and self._read(GOOD) is None:
            point(self.prefix / GOOD, good.path.name)
        point(self.prefix / ACTIVE, folder)

    def confirm(self) -> None:
        """The active release passed its test."""
        active, good = self.active, self.good
        if active is None:
            raise UpdateError(f"{self.prefix}: no release is installed")
        if good is not None and good.path != active.path:
            point(self.prefix / PREVIOUS, good.path.name)
        point(self.prefix / GOOD, active.path.name)

    def undo(self) -> None:
        """The release on trial did not pass: back to the good one."""
        good = self.good
        if good is not None:
            point(self.prefix / ACTIVE, good.path.name)

    def go_back(self) -> Release:
        """Switch to the release before the good one, by the owner's wish. Raises UpdateError where there is none."""
        previous, good = self.previous, self.good
        if previous is None or good is None or previous.path == good.path:
            raise UpdateError("there is no earlier release on this machine")
        # In this order: a cut between the links leaves the earlier release on trial, whose test decides.
        point(self.prefix / ACTIVE, previous.path.name)
        point(self.prefix / GOOD, previous.path.name)
        point(self.prefix / PREVIOUS, good.path.name)
        return previous

    def tidy(self) -> None:
        """Remove what no link leads to and what was not finished."""
        kept = {release.path for release in (self.active, self.good, self.previous) if release}
        for path in self.prefix.glob("venv-*"):
            if path.is_dir() and not path.is_symlink() and path not in kept:
                shutil.rmtree(path, ignore_errors=True)
        for path in self.prefix.glob(f"{UNFINISHED}*"):
            shutil.rmtree(path, ignore_errors=True)

    def _read(self, link: str) -> Release | None:
        path = self.prefix / link
        try:
            target = self.prefix / path.readlink()
        except OSError:
            return None
        if not target.is_dir():
            return None
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            noted = json.loads((target / RELEASE_FILE).read_text(encoding="utf-8"))
            return Release(target, str(noted["version"]), int(noted["serial"]))
        return Release(target, target.name.removeprefix("venv-"), 0)

"""Installs a bundle, puts it on trial, and keeps it or goes back; after a power cut ``settle`` ends what was begun."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.errors import UpdateError
from assistant.machine.files import sync_filesystem, sync_folder, write_whole
from assistant.update.bundle import MODELS, PROGRAM, Bundle, Manifest, open_bundle
from assistant.update.releases import Release, Releases

LOCK = ".install.lock"
INCOMING = ".incoming"
REFUSED = ".refused"
SPARE_BYTES = 64 << 20
Say = Callable[[str], object]


class Machine(Protocol):
    """What the updater needs of the system."""

    def describe(self) -> tuple[str, str]:
        """The machine's name and the Python that releases run on, as in a manifest: ("aarch64", "3.13")."""
        ...

    def stop(self) -> None:
        """Stop the service; no error where it does not run."""
        ...

    def start(self) -> bool:
        """Start the service as the active release has it; whether it became ready. At boot, which starts it itself: True."""
        ...

    def selftest(self, release: Path) -> str | None:
        """Have the release test itself; the reason why it did not pass, or ``None``."""
        ...

    def notice(self, key: str, **values: str) -> None:
        """Have the assistant tell this when it next speaks: a key of its notices (``telling.py``)."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial. ``reason``: why it was undone."""

    release: Release
    kept: bool
    reason: str = ""


class Updater:
    """One machine's updates. Every public method holds the installation's lock."""

    def __init__(self, prefix: Path, machine: Machine, say: Say) -> None:
        self._prefix = prefix
        self._releases = Releases(prefix)
        self._machine = machine
        self._say = say

    def install(
        self, file: Path, keys: Iterable[bytes], *, older: bool = False, unasked: bool = False
    ) -> Outcome | None:
        """Install the bundle, and keep it where it passes its test; ``None`` where it is the release that runs.

        ``unasked``: nobody asked for this very file (a stick, the daily look); then one that did not pass before, or
        is no newer, is left alone as well.

        Raises UpdateError where the bundle is not for this machine, not signed, damaged, or older than what runs
        (unless ``older``), and where there is no room; the running release goes on in each of these cases.
        """
        with self._locked():
            self._settle()
            manifest = open_bundle(file, keys).manifest
            current = self._releases.active
            if current is not None and current.path.name == manifest.folder:
                return None
            newer = current is None or manifest.serial > current.serial
            if unasked and (not newer or manifest.folder == self._refused()):
                return None
            self._check(manifest, current, older)
            self._releases.tidy()
            if not self._releases.is_whole(manifest.folder):
                self._unpack(file, keys, manifest)
            self._releases.activate(manifest.folder)
            outcome = self._settle()
            self._releases.tidy()
            return outcome

    def settle(self) -> Outcome | None:
        """End what a power cut interrupted: test the release on trial, tidy up. ``None`` where nothing was on trial."""
        with self._locked():
            outcome = self._settle()
            shutil.rmtree(self._prefix / INCOMING, ignore_errors=True)
            self._releases.tidy()
            return outcome

    def go_back(self) -> Outcome:
        """To the release before this one, by the owner's wish."""
        with self._locked():
            self._settle()
            release = self._releases.go_back()
            self._machine.stop()
            ready = self._machine.start()
            self._machine.notice("rolled_back", version=release.version)
            return Outcome(release, ready, "" if ready else "the service does not start")

    # --- the steps, with the lock held ---------------------------------------------------------------

    def _settle(self) -> Outcome | None:
        trial = self._releases.on_trial
        if trial is None:
            return None
        self._say(f"Testing release {trial.version}")
        self._machine.stop()
        reason = self._machine.selftest(trial.path)
        if reason is None and not self._machine.start():
            reason = "the service did not become ready"
        if reason is None:
            self._releases.confirm()
            self._machine.notice("updated", version=trial.version)
            return Outcome(trial, kept=True)
        self._machine.stop()
        write_whole(self._prefix / REFUSED, trial.path.name + "\n")
        self._releases.undo()
        good = self._releases.good
        back = good.version if good else "?"
        self._machine.notice("update_undone", version=trial.version, back=back)
        self._machine.start()
        return Outcome(trial, kept=False, reason=reason)

    def _refused(self) -> str:
        """The release that last did not pass its test."""
        try:
            return (self._prefix / REFUSED).read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def _check(self, manifest: Manifest, current: Release | None, older: bool) -> None:
        machine, python = self._machine.describe()
        if (manifest.machine, manifest.python) != (machine, python):
            raise UpdateError(
                f"the bundle is for {manifest.machine} with Python {manifest.python}; "
                f"this machine is {machine} with Python {python}",
                mend="take the bundle for this machine, or run scripts/install from a clone",
            )
        if current is not None and not older and manifest.serial <= current.serial:
            raise UpdateError(
                f"release {manifest.version} is no newer than {current.version}, which runs",
                mend="give --older to install it all the same",
            )
        packed = sum(member.size for member in manifest.members.values())
        models = manifest.members[MODELS].size if MODELS in manifest.members else 0
        needed = packed + manifest.unpacked_size + models + SPARE_BYTES
        free = shutil.disk_usage(self._prefix).free
        if free < needed:
            raise UpdateError(
                f"an update needs {needed >> 20} MB, and {self._prefix} has {free >> 20} MB free",
                mend="make room on the card",
            )

    def _unpack(self, file: Path, keys: Iterable[bytes], manifest: Manifest) -> None:
        """Copy first: what is checked must be what is unpacked, and a stick may be pulled out."""
        incoming = self._prefix / INCOMING
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(mode=0o700)
        try:
            self._say("Copying and checking the bundle")
            copy = incoming / file.name
            shutil.copyfile(file, copy)
            bundle = open_bundle(copy, keys)
            if bundle.manifest != manifest:
                raise UpdateError(f"{file.name} changed while it was read")
            bundle.check()
            if MODELS in manifest.members:
                self._say("Unpacking the models")
                self._unpack_models(bundle, incoming)
            self._say(f"Unpacking release {manifest.version}")
            unfinished = self._releases.begin(manifest.folder)
            bundle.extract(PROGRAM, unfinished)
            link_python(unfinished, manifest.python)
            self._releases.finish(unfinished)
        finally:
            shutil.rmtree(incoming, ignore_errors=True)

    def _unpack_models(self, bundle: Bundle, incoming: Path) -> None:
        """Models stand beside the releases. One that is here already stays: the good release may rely on it."""
        folder = incoming / "models"
        folder.mkdir()
        bundle.extract(MODELS, folder)
        sync_filesystem(folder)
        models = self._prefix / "models"
        models.mkdir(exist_ok=True)
        for path in sorted(folder.iterdir()):
            if not (models / path.name).exists():
                path.rename(models / path.name)
        sync_folder(models)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One installation at a time; a second one is told so at once."""
        self._prefix.mkdir(parents=True, exist_ok=True)
        with (self._prefix / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UpdateError("another installation or update runs", mend="wait until it has ended") from None
            yield


def link_python(release: Path, python: str) -> None:
    """The release's own ``bin/python``: it must lead to the system's Python, which no archive may point at."""
    folder = release / "bin"
    folder.mkdir(exist_ok=True)
    for name, target in (("python3", f"/usr/bin/python{python}"), ("python", "python3")):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(target)

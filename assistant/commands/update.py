"""``assistant update``, ``rollback``, ``backup`` and ``restore``; as root on the machine that they are about."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, UpdateError
from assistant.update.system import CONFIG, KEYS, PREFIX, STATE, is_packaged

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.update.backup import Places
    from assistant.update.updater import Outcome, Updater

SEEN = ".seen-at-url"
DOWNLOAD_LIMIT = 4 << 30
UNDONE = 4
"""Exit status where a release did not pass its test and was undone."""


def add_parser(commands: Any) -> None:
    """Declare the four commands."""
    update = commands.add_parser("update", help="install a signed release; it is undone by itself if it does not work")
    update.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a bundle (default: look at update.url)")
    update.add_argument("--older", action="store_true", help="also where it is older than what runs")
    update.add_argument("--stick", metavar="DEVICE", help="the newest bundle on this block device (for udev)")
    update.add_argument("--settle", action="store_true", help="at boot: end what a power cut interrupted")
    update.add_argument("--ordered", action="store_true", help="carry out what the panel has ordered (for systemd)")
    update.set_defaults(run=run_update)

    rollback = commands.add_parser("rollback", help="back to the release before this one")
    rollback.set_defaults(run=run_rollback)

    backup = commands.add_parser("backup", help="settings, inventory and all that it keeps, in one file")
    backup.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="where it is written (default: named by the day, here)"
    )
    backup.set_defaults(run=run_backup)

    restore = commands.add_parser("restore", help="put a backup in the place of what is there")
    restore.add_argument("file", type=Path, metavar="FILE", help="what 'assistant backup' has written")
    restore.set_defaults(run=run_restore)


def run_update(args: argparse.Namespace) -> int:
    """Install from a file, a stick or the configured address; or settle, or do what the panel has ordered."""
    _as_root()
    if args.settle:
        return _settle()
    if args.ordered:
        return _ordered()
    config = _config(args.config)
    if args.file is not None:
        if not args.file.is_file():
            raise UpdateError(f"{args.file}: no such file")
        return _report(_updater(config).install(args.file, _keys(), older=args.older))
    if args.stick:
        updater = _updater(config)
        with _mounted(args.stick) as folder:
            bundles = sorted(folder.glob("*.bundle"), key=lambda path: path.stat().st_mtime)
            if not bundles:
                print("no bundle on this stick")
                return 0
            return _report(updater.install(bundles[-1], _keys(), unasked=True))
    return _tell(*_look(config))


def _look(config: Config) -> tuple[int, str]:
    """Look at the configured address, and install what is newer there."""
    if not config.update.url:
        return 0, "No address is configured ([update] url). Give a bundle: assistant update FILE"
    updater = _updater(config)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=PREFIX) as scratch:
        file = Path(scratch) / "download.bundle"
        mark = _download(config.update.url, file)
        if mark is None:
            return 0, "There is nothing new at the configured address."
        said = _said(updater.install(file, _keys(), unasked=True))
        (PREFIX / SEEN).write_text(mark, encoding="utf-8")
        return said


def run_rollback(args: argparse.Namespace) -> int:
    """Back to the previous release."""
    _as_root()
    return _report(_updater(_config(args.config)).go_back())


def _ordered() -> int:
    """Carry out the panel's order, and tell how it went.

    What it brings is root's own copy by then; its keys for updates it may not change.
    """
    from assistant.update.orders import FOLDER, OUTCOME_FOLDER, carry_out, take

    OUTCOME_FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".order-", dir=OUTCOME_FOLDER) as scratch:
        order = take(STATE / FOLDER, Path(scratch))
        if order is None:
            return 0
        config = _config(None)
        outcome = carry_out(
            order,
            {
                "update": lambda file: _went(_said(_updater(config).install(_given(file), _keys()))),
                "look": lambda _file: _went(_look(config)),
                "rollback": lambda _file: _went(_said(_updater(config).go_back())),
                "restore": lambda file: _went(_restored(_given(file), keep=(KEYS.name,))),
            },
        )
    print(f"{outcome.kind}: {outcome.text}")
    return 0  # also where it was refused: the panel is told, and the unit has not failed


def _went(said: tuple[int, str]) -> tuple[bool, str]:
    return said[0] == 0, said[1]


def _given(file: Path | None) -> Path:
    if file is None:
        raise UpdateError("the order came without its file")
    return file


def run_backup(args: argparse.Namespace) -> int:
    """Write a backup; the service may run meanwhile."""
    from assistant import __version__
    from assistant.update.backup import write_backup

    file = args.file or Path(f"assistant-{dt.date.today().isoformat()}.backup")
    count = write_backup(_places(), file, __version__)
    print(f"{file}: {count} files, {file.stat().st_size / 1e6:.1f} MB. It may hold passwords: keep it safe.")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    """Restore a backup, keeping one of what was there."""
    _as_root()
    return _tell(*_restored(args.file))


def _restored(file: Path, keep: tuple[str, ...] = ()) -> tuple[int, str]:
    from assistant import __version__
    from assistant.update.backup import read_backup, restore, write_backup
    from assistant.update.orders import OUTCOME_FOLDER
    from assistant.update.system import SystemMachine

    read_backup(file)
    machine = SystemMachine(booting=not Path("/run/systemd/system").is_dir(), turn_limit_s=0)
    machine.stop()
    try:
        kept = OUTCOME_FOLDER / "before-restore.backup"
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_backup(_places(), kept, __version__)
        count = restore(_places(), file, keep=keep)
    finally:
        ready = machine.start()
    text = f"{count} files restored; what was there before: {kept}"
    return (0, text) if ready else (1, f"{text}. The service did not become ready: journalctl -u assistant -n 50")


def _settle() -> int:
    from assistant.update.backup import finish_restore

    if finish_restore(_places()):
        print("an interrupted restore was carried out")
    outcome = _updater(_config(None), booting=True).settle()
    if outcome is not None:
        _report(outcome)
    return 0


def _report(outcome: Outcome | None) -> int:
    return _tell(*_said(outcome))


def _tell(status: int, text: str) -> int:
    print(text if status == 0 else f"assistant: {text}", file=sys.stdout if status == 0 else sys.stderr)
    return status


def _said(outcome: Outcome | None) -> tuple[int, str]:
    if outcome is None:
        return 0, "This release runs already, or is none that is newer and works here."
    if outcome.kept:
        return 0, f"Release {outcome.release.version} runs."
    return UNDONE, f"release {outcome.release.version} was undone: {outcome.reason}"


def _as_root() -> None:
    if os.geteuid() != 0:
        raise UpdateError("this needs root", mend="write sudo before it")


def _config(path: Path | None) -> Config:
    """The configuration, or the defaults: a broken file is no reason against an update that may mend it."""
    from assistant.config import Config, load_config

    try:
        return load_config(path)
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)
        return Config()


def _updater(config: Config, *, booting: bool = False) -> Updater:
    """Raises UpdateError where releases come as Debian's package."""
    if not booting and is_packaged():
        raise UpdateError("this machine has the Debian package", mend="apt-get install the newer one")
    from assistant.update.system import SystemMachine
    from assistant.update.updater import Updater

    return Updater(PREFIX, SystemMachine(booting=booting, turn_limit_s=config.update.turn_limit_s), print)


def _keys() -> list[bytes]:
    from assistant.update.bundle import read_keys

    keys = read_keys(KEYS)
    if not keys:
        raise UpdateError(f"{KEYS} has no key", mend="put the publisher's .pub file there")
    return keys


def _places() -> Places:
    from assistant.update.backup import Places

    return Places(CONFIG, STATE)


@contextmanager
def _mounted(device: str) -> Iterator[Path]:
    """The stick's files, read-only."""
    with tempfile.TemporaryDirectory(prefix="assistant-stick-") as folder:
        mount = ["mount", "-o", "ro,nosuid,nodev,noexec", device, folder]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            raise UpdateError(f"{device} cannot be mounted")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False, capture_output=True)


def _download(url: str, file: Path) -> str | None:
    """Fetch the bundle; the mark by which it is known again, or ``None`` where it is the one last seen there."""
    import httpx

    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=30, headers={"User-Agent": "assistant"}) as answer:
            answer.raise_for_status()
            mark: str = answer.headers.get("etag") or answer.headers.get("last-modified") or ""
            seen = PREFIX / SEEN
            if mark and seen.is_file() and seen.read_text(encoding="utf-8") == mark:
                return None
            size = 0
            with file.open("wb") as sink:
                for block in answer.iter_bytes():
                    size += len(block)
                    if size > DOWNLOAD_LIMIT:
                        raise UpdateError(f"{url}: is larger than any bundle")
                    sink.write(block)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UpdateError(f"{url}: {error}", mend="correct [update] url, or mend the network") from error
    return mark

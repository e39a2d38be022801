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

if TYPE_CHECKING:
    from assistant.config import Config
    from assistant.update.backup import Places
    from assistant.update.updater import Outcome, Updater

PREFIX = Path("/opt/assistant")
CONFIG_DIR = Path("/etc/assistant")
STATE_DIR = Path("/var/lib/assistant")
KEYS = CONFIG_DIR / "update-keys"
PACKAGED = Path("/usr/lib/offline-assistant")
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
    update.set_defaults(run=run_update)

    rollback = commands.add_parser("rollback", help="back to the release before this one")
    rollback.set_defaults(run=run_rollback)

    backup = commands.add_parser("backup", help="settings, inventory and all that it keeps, in one file")
    backup.add_argument("file", nargs="?", type=Path, metavar="FILE")
    backup.set_defaults(run=run_backup)

    restore = commands.add_parser("restore", help="put a backup in the place of what is there")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.set_defaults(run=run_restore)


def run_update(args: argparse.Namespace) -> int:
    """Install from a file, a stick or the configured address; or settle."""
    _as_root()
    if args.settle:
        return _settle()
    if PACKAGED in Path(sys.prefix).parents or Path(sys.prefix) == PACKAGED:
        raise UpdateError("this machine has the Debian package", mend="apt-get install the newer one")
    config = _config(args.config)
    updater = _updater(config)
    if args.file is not None:
        if not args.file.is_file():
            raise UpdateError(f"{args.file}: no such file")
        return _report(updater.install(args.file, _keys(), older=args.older))
    if args.stick:
        with _mounted(args.stick) as folder:
            bundles = sorted(folder.glob("*.bundle"), key=lambda path: path.stat().st_mtime)
            if not bundles:
                print("no bundle on this stick")
                return 0
            return _report(updater.install(bundles[-1], _keys(), unasked=True))
    if not config.update.url:
        print("No address is configured ([update] url). Give a bundle: assistant update FILE")
        return 0
    with tempfile.TemporaryDirectory(prefix=".download-", dir=PREFIX) as scratch:
        file = Path(scratch) / "download.bundle"
        mark = _download(config.update.url, file)
        if mark is None:
            print("nothing new at the configured address")
            return 0
        status = _report(updater.install(file, _keys(), unasked=True))
        (PREFIX / SEEN).write_text(mark, encoding="utf-8")
        return status


def run_rollback(args: argparse.Namespace) -> int:
    """Back to the previous release."""
    _as_root()
    return _report(_updater(_config(args.config)).go_back())


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
    from assistant import __version__
    from assistant.update.backup import read_backup, restore, write_backup
    from assistant.update.system import SystemMachine

    _as_root()
    read_backup(args.file)
    machine = SystemMachine(booting=not Path("/run/systemd/system").is_dir(), turn_limit_s=0)
    machine.stop()
    try:
        kept = Path("/var/lib/assistant-machine") / "before-restore.backup"
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_backup(_places(), kept, __version__)
        count = restore(_places(), args.file)
    finally:
        ready = machine.start()
    print(f"{count} files restored; what was there before: {kept}")
    if not ready:
        print("The service did not become ready: journalctl -u assistant -n 50", file=sys.stderr)
    return 0 if ready else 1


def _settle() -> int:
    from assistant.update.backup import finish_restore

    if finish_restore(_places()):
        print("an interrupted restore was carried out")
    outcome = _updater(_config(None), booting=True).settle()
    if outcome is not None:
        _report(outcome)
    return 0


def _report(outcome: Outcome | None) -> int:
    if outcome is None:
        print("This release runs already, or is none that is newer and works here.")
        return 0
    if outcome.kept:
        print(f"Release {outcome.release.version} runs.")
        return 0
    print(f"assistant: release {outcome.release.version} was undone: {outcome.reason}", file=sys.stderr)
    return UNDONE


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

    return Places(CONFIG_DIR, STATE_DIR)


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

"""The real machine under the updater: systemd, the release's own test, and the assistant's notices."""

from __future__ import annotations

import platform
import pwd
import subprocess
import sys
from pathlib import Path

from assistant.machine import notices

UNIT = "assistant.service"
UNITS = (Path("/etc/systemd/system"), Path("/usr/lib/systemd/system"))
"""Where an installation has its units, and where Debian's package has them."""
PACKAGED = Path("/usr/lib/offline-assistant")
PREFIX = Path("/opt/assistant")
CONFIG = Path("/etc/assistant")
KEYS = CONFIG / "update-keys"
STATE = Path("/var/lib/assistant")
SELFTEST_LIMIT_S = 900.0
START_LIMIT_S = 600.0
"""Only for a systemctl that hangs. Whether a start has failed is the unit's to say (TimeoutStartSec: 180 s, which the
owner of a slow board may raise); a release must not be undone for that it was still being read from a slow card."""


def is_packaged() -> bool:
    """Whether this program is Debian's package, whose releases come from apt."""
    own = Path(sys.prefix)
    return own == PACKAGED or PACKAGED in own.parents


class SystemMachine:
    """systemd's service. ``booting``: the boot itself starts the service after us, so it is neither stopped nor started."""

    def __init__(self, *, booting: bool, turn_limit_s: float) -> None:
        self._booting = booting
        self._turn_limit_s = turn_limit_s

    def describe(self) -> tuple[str, str]:
        """The running Python's version is the one that releases are made for."""
        return platform.machine(), f"{sys.version_info.major}.{sys.version_info.minor}"

    def stop(self) -> None:
        """Stop it and wait; what it keeps is written then."""
        if not self._booting:
            self._systemctl("stop", UNIT)

    def start(self) -> bool:
        """The unit's file is the active release's own, so systemd reads it anew."""
        self._systemctl("daemon-reload")
        if self._booting:
            return True
        self._systemctl("reset-failed", UNIT)
        return self._systemctl("start", UNIT)

    def selftest(self, release: Path) -> str | None:
        """As the service's user, who sees the models and nothing else."""
        command = [str(release / "bin" / "assistant"), "selftest", "--turn-limit", f"{self._turn_limit_s:g}"]
        try:
            pwd.getpwnam("assistant")
            command = ["setpriv", "--reuid=assistant", "--regid=assistant", "--init-groups", "--", *command]
        except KeyError:
            pass
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/nonexistent",
            "ASSISTANT_MODELS_DIR": str(release.parent / "models"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SELFTEST_LIMIT_S, check=False, env=environment, cwd="/"
            )
        except subprocess.TimeoutExpired:
            return f"its test did not end within {SELFTEST_LIMIT_S:g} s"
        except OSError as error:
            return f"it does not start: {error.strerror}"
        if done.returncode == 0:
            return None
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        return said[-1] if said else f"its test ended with status {done.returncode}"

    def notice(self, key: str, **values: str) -> None:
        """Spoken after the next "I am ready"."""
        try:
            notices.leave(STATE, key, **values)
        except OSError as error:
            sys.stderr.write(f"notice: {error}\n")

    def _systemctl(self, *arguments: str) -> bool:
        try:
            done = subprocess.run(
                ["systemctl", *arguments],
                capture_output=True,
                timeout=START_LIMIT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

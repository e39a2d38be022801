"""The time for the skills: the wall clock with its zone, and seconds that never jump."""

from __future__ import annotations

import datetime as dt
import time
import zoneinfo
from pathlib import Path
from typing import Protocol

LOCALTIME = Path("/etc/localtime")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the skills want to know of time."""

    def now(self) -> dt.datetime:
        """The wall clock, in the owner's time zone."""
        ...

    def steady_s(self) -> float:
        """Seconds since the machine was started, asleep or not; comparable within one ``boot`` only."""
        ...

    @property
    def boot(self) -> str:
        """Changes when the machine is started again."""
        ...


class SystemClock:
    """The machine's clocks. ``zone``: a name such as ``Europe/Berlin``; ``None``: the machine's own."""

    def __init__(self, zone: str | None = None) -> None:
        self._zone = zoneinfo.ZoneInfo(zone) if zone else machine_zone()
        try:
            self._boot = BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            self._boot = "unknown"

    def now(self) -> dt.datetime:
        """See ``Clock``."""
        return dt.datetime.now(self._zone)

    def steady_s(self) -> float:
        """See ``Clock``."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    @property
    def boot(self) -> str:
        """See ``Clock``."""
        return self._boot


def machine_zone(localtime: Path = LOCALTIME) -> dt.tzinfo:
    """The zone that the machine is set to; UTC where that cannot be told."""
    try:
        target = localtime.resolve(strict=True)
        if "zoneinfo" in target.parts:
            name = "/".join(target.parts[target.parts.index("zoneinfo") + 1 :])
            return zoneinfo.ZoneInfo(name.removeprefix("posix/"))
        with localtime.open("rb") as file:
            return zoneinfo.ZoneInfo.from_file(file)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        return dt.UTC

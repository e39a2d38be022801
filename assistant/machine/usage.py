"""What this process takes of the machine, and what the machine has left: for ``assistant status`` and the soak."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from assistant.machine.health import read_health
from assistant.types import JsonValue


def own_use() -> dict[str, JsonValue]:
    """This process: resident, proportional and own memory (without the files that it reads, such as the model's weights), open
    files, threads, processor seconds."""
    status = _fields("/proc/self/status")
    rolled_up = _fields("/proc/self/smaps_rollup")
    try:
        files = sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1  # the listing's own descriptor does not count
    except OSError:
        files = 0
    return {
        "rss_mb": _megabytes(status.get("VmRSS", "")),
        "pss_mb": _megabytes(rolled_up.get("Pss", "")),
        "own_mb": _megabytes(rolled_up.get("Anonymous", "")),
        "files": files,
        "threads": threading.active_count(),
        "cpu_s": round(time.process_time(), 2),
    }


def machine_status() -> dict[str, JsonValue]:
    """The machine: memory, load, temperature, and what a Raspberry Pi says of its power."""
    memory = _fields("/proc/meminfo")
    health = read_health()
    return {
        "memory_free_mb": _megabytes(memory.get("MemAvailable", "")),
        "memory_mb": _megabytes(memory.get("MemTotal", "")),
        "load": round(os.getloadavg()[0], 2),
        "temperature_c": round(health.temperature_c, 1) if health.temperature_c is not None else None,
        "weak_power": health.weak_power,
        "slowed_by_heat": health.slowed_by_heat,
    }


def uptime_s() -> float | None:
    """Seconds since the machine was switched on; ``None`` where that cannot be told."""
    try:
        return float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _fields(path: str) -> dict[str, str]:
    try:
        lines = Path(path).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _megabytes(kilobytes: str) -> float | None:
    number = kilobytes.partition(" ")[0]
    return round(int(number) / 1024, 1) if number.isdigit() else None

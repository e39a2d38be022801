"""How the machine is, in figures: memory, disk, load, temperature; what it does not tell is left out."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from assistant.machine.health import read_health


def machine_figures(state_dir: Path, proc: Path = Path("/proc"), sys_dir: Path = Path("/sys")) -> dict[str, float]:
    """Gauges by name; bytes, degrees Celsius, 0 or 1."""
    figures: dict[str, float] = {}
    memory = _kilobytes(proc / "meminfo")
    if "MemTotal" in memory:
        figures["memory_total_bytes"] = memory["MemTotal"]
        figures["memory_available_bytes"] = memory.get("MemAvailable", 0.0)
    own = _kilobytes(proc / "self/status")
    if "VmRSS" in own:
        figures["process_resident_bytes"] = own["VmRSS"]
    existing = next((path for path in (state_dir, *state_dir.parents) if path.is_dir()), None)
    if existing is not None:
        usage = shutil.disk_usage(existing)
        figures["disk_total_bytes"], figures["disk_free_bytes"] = float(usage.total), float(usage.free)
    figures["load_1m"] = os.getloadavg()[0]
    health = read_health(sys_dir)
    if health.temperature_c is not None:
        figures["temperature_celsius"] = health.temperature_c
    figures["power_weak"] = float(health.weak_power)
    figures["slowed_by_heat"] = float(health.slowed_by_heat)
    return figures


def _kilobytes(path: Path) -> dict[str, float]:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        name, _, rest = line.partition(":")
        words = rest.split()
        if len(words) == 2 and words[1] == "kB" and words[0].isdecimal():
            found[name] = float(words[0]) * 1024
    return found

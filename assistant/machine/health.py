"""Power and temperature of the board, and what of them its owner is told: a weak supply and a hot board are the usual troubles.

Raspberry Pi OS tells of both in ``get_throttled`` (bits: 0 under-voltage now, 2 slowed down now, 3 at the soft
temperature limit, 16 and up: the same since it was switched on); Debian's own kernel has the hwmon driver's alarm.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.machine.notices import Notice

HOT_C = 80.0
COOL_AGAIN_C = 72.0
AGAIN_AFTER_S = 24 * 3600.0
UNDER_VOLTAGE, SLOWED, SOFT_LIMIT = 1 << 0, 1 << 2, 1 << 3
UNDER_VOLTAGE_EARLIER = 1 << 16
_THROTTLED = ("devices/platform/soc*/soc*firmware/get_throttled", "devices/platform/soc*/*firmware/get_throttled")


@dataclass(frozen=True, slots=True)
class Health:
    """One reading. ``temperature_c`` is ``None`` where the board has no sensor."""

    temperature_c: float | None
    weak_power: bool
    slowed_by_heat: bool
    weak_power_earlier: bool = False

    @property
    def hot(self) -> bool:
        """Whether it is too hot now."""
        return self.slowed_by_heat or (self.temperature_c is not None and self.temperature_c >= HOT_C)


def read_health(sys_dir: Path = Path("/sys")) -> Health:
    """The board's state now; what a machine does not tell counts as well. Never raises."""
    raw = _read(sys_dir / "class/thermal/thermal_zone0/temp")
    temperature = int(raw) / 1000 if raw.lstrip("-").isdigit() else None
    bits = 0
    for pattern in _THROTTLED:
        for path in sys_dir.glob(pattern):
            bits |= _hexadecimal(_read(path))
    alarm = any(
        _read(path.with_name("name")) == "rpi_volt" and _read(path) == "1"
        for path in sys_dir.glob("class/hwmon/hwmon*/in0_lcrit_alarm")
    )
    weak = bool(bits & UNDER_VOLTAGE) or alarm
    heat = bool(bits & SOFT_LIMIT) or (bool(bits & SLOWED) and not weak)
    return Health(temperature, weak, heat, bool(bits & UNDER_VOLTAGE_EARLIER))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip("\0\n ")
    except OSError:
        return ""


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0


class HealthWatch:
    """Turns readings into notices to tell: each trouble when it begins, and not again for a day."""

    def __init__(self) -> None:
        self._hot = False
        self._weak = False
        self._said_s: dict[str, float] = {}

    def check(self, health: Health, now_s: float) -> list[Notice]:
        """The notices that are due; ``now_s`` is a monotonic time."""
        due = []
        if health.weak_power and not self._weak:
            due += self._once(Notice("weak_power"), now_s)
        if health.hot and not self._hot:
            degrees = round(health.temperature_c if health.temperature_c is not None else HOT_C)
            due += self._once(Notice("too_hot", {"degrees": degrees}), now_s)
        self._weak = health.weak_power
        cooled = health.temperature_c is None or health.temperature_c < COOL_AGAIN_C
        self._hot = health.hot or (self._hot and not cooled)
        return due

    def _once(self, notice: Notice, now_s: float) -> list[Notice]:
        said = self._said_s.get(notice.key)
        if said is not None and now_s - said < AGAIN_AFTER_S:
            return []
        self._said_s[notice.key] = now_s
        return [notice]

"""What the sections of the configuration check their values by."""

from __future__ import annotations

import zoneinfo


def within(section: object, lowest: float, highest: float, *keys: str) -> None:
    """Refuse values outside of a range; the message begins with the key, by which its line is found."""
    for key in keys:
        value = getattr(section, key)
        if not lowest <= value <= highest:
            raise ValueError(f"{key} = {value!r}: must be from {lowest:g} to {highest:g}")


def is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True

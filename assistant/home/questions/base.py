"""What the answers share."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from assistant.home.names import normalise
from assistant.types import Action, Device, Handled, Home, Intent


def with_named_areas(home: Home) -> Home:
    """The home as people see it: what is in no area, but bears a room's name, is of that room ("Bedroom humidity").

    For questions alone: an act goes by what the inventory says.
    """
    areas = sorted(((normalise(area.name).split(), area.name) for area in home.areas), key=lambda row: -len(row[0]))
    devices = []
    for device in home.devices:
        if device.area is None and device.domain not in ("person", "device_tracker", "weather", "todo"):
            said = normalise(device.name).split()
            area = next((name for words, name in areas if words and set(words) <= set(said)), None)
            device = dataclasses.replace(device, area=area)
        devices.append(device)
    return dataclasses.replace(home, devices=tuple(devices))


def answered(intent: Intent, devices: Iterable[Device], reply: str) -> Handled:
    """An answer; ``devices`` are those that it was made of."""
    return Handled(Action(intent.name, dict(intent.slots), tuple(d.id for d in devices)), reply, is_question=True)

"""What happens to the home's devices, as rows that can be printed, sent and filtered."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from assistant.types import Device, JsonValue

if TYPE_CHECKING:
    from assistant.home.house import House


def device_row(device: Device) -> dict[str, JsonValue]:
    """A device as JSON."""
    return {
        "id": device.id,
        "name": device.name,
        "aliases": list(device.aliases),
        "area": device.area,
        "state": device.state,
        "attributes": dict(device.attributes),
        "source": device.source,
    }


class Changes:
    """Rows of the devices whose state differs from what was last told of them; ``changed`` lists the attributes."""

    def __init__(self, house: House) -> None:
        self._last = {device.id: (device.state, dict(device.attributes)) for device in house.snapshot().devices}

    def __len__(self) -> int:
        return len(self._last)

    def row(self, device: Device) -> dict[str, JsonValue] | None:
        """``None`` where nothing is new."""
        now = (device.state, dict(device.attributes))
        before, self._last[device.id] = self._last.get(device.id), now
        if before == now:
            return None
        old = before[1] if before is not None else {}
        changed: list[JsonValue] = [key for key, value in now[1].items() if old.get(key) != value]
        return {**device_row(device), "changed": changed}


def follow(house: House, begun: Callable[[int], None]) -> Iterator[dict[str, JsonValue]]:
    """Each change as it happens, without end; ``begun`` gets the number of devices."""
    changes = Changes(house)
    devices: queue.SimpleQueue[Device] = queue.SimpleQueue()
    end = house.registry.listen(devices.put)
    begun(len(changes))
    try:
        while True:
            row = changes.row(devices.get())
            if row is not None:
                yield row
    finally:
        end()

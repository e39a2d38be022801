"""What a home's devices are driven by: one Protocol, one module for each way of reaching devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from assistant.types import Device, DeviceState, JsonValue


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One command for one device: Home Assistant's service name (``turn_on``, ``set_cover_position``) and its data."""

    device_id: str
    service: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)


class Backend(Protocol):
    """Reaches devices. ``device`` is the device with the state that the registry last knew.

    Both return the state read back afterwards, and raise DeviceError where the device refuses or does not answer in
    time.
    """

    def apply(self, device: Device, call: ServiceCall) -> DeviceState: ...

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """Bring the device back to ``state``, as near as it can be brought."""
        ...

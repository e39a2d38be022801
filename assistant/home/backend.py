"""What a home's devices are driven by: one Protocol, one module for each way of reaching devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from assistant.errors import DeviceError
from assistant.types import Device, DeviceState, Home, JsonValue

SIMULATED = "simulated"
SOURCES = (SIMULATED, "mqtt", "homeassistant", "gpio", "http")


class NoAnswer(DeviceError):
    """The command went out, and the device said nothing within the time that it had."""

    def __init__(self, device: Device) -> None:
        super().__init__(f"{device.name} did not answer")


class NotAvailable(DeviceError):
    """The device, or what it is reached through, is known to be away: nothing was sent."""

    def __init__(self, device: Device) -> None:
        super().__init__(f"{device.name} is not available")


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


class SourceAway(DeviceError):
    """What the device is reached through cannot be reached itself. ``what``: the broker, the server."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} cannot be reached")


class Sink(Protocol):
    """Where a source tells what it has found. Any thread may call it."""

    def devices(self, found: Home) -> None:
        """All that the source has now: floors, areas, and devices with their present states."""
        ...

    def state(self, device_id: str, state: DeviceState) -> None:
        """One device's state, as it was read. Of a device that is not the source's, nothing is taken."""
        ...


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is: whether its devices can be reached now, and in a few words why not."""

    name: str
    connected: bool
    detail: str = ""
    devices: int = 0


class Source(Backend, Protocol):
    """A backend that finds its devices by itself and follows their states, on a thread of its own."""

    @property
    def name(self) -> str:
        """The ``source`` of its devices."""
        ...

    def start(self, sink: Sink) -> None:
        """Begin; returns at once. Connections that break are made again, at growing intervals."""
        ...

    def stop(self) -> None:
        """End the connection and the thread. Harmless where it was not started."""
        ...

    def wait_ready(self, timeout_s: float) -> bool:
        """Whether within ``timeout_s`` everything that it has to tell at first was told."""
        ...

    def status(self) -> SourceStatus: ...

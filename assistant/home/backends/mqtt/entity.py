"""One discovered entity: what its messages mean, and what commands become messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assistant.types import Device, DeviceState, JsonValue

Data = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Message:
    """What is published."""

    topic: str
    payload: str
    qos: int = 1
    retain: bool = False


@dataclass(slots=True)
class Live:
    """An entity's state while it is put together of its messages."""

    state: str = "unknown"
    attributes: dict[str, JsonValue] = field(default_factory=dict)


Take = Callable[[str, Live], None]
"""Takes a payload into the state. Raises Refused for one that it cannot use."""
Make = Callable[[Device, Data], list[Message]]
"""The messages of a service. Raises DeviceError for what the device cannot."""


@dataclass(slots=True)
class Shape:
    """What a kind of entity makes of its discovery message.

    ``readings``: topic and what takes its payload. ``reports``: whether the state can be read back. ``expires_s``: for so
    long a value holds that is not told again; 0: for ever.
    """

    readings: list[tuple[str, Take]] = field(default_factory=list)
    services: dict[str, Make] = field(default_factory=dict)
    attributes: dict[str, JsonValue] = field(default_factory=dict)
    reports: bool = True
    expires_s: float = 0.0

    def read(self, topic: str | None, take: Take) -> None:
        """Have a topic's payloads taken."""
        if topic is not None:
            self.readings.append((topic, take))


@dataclass(frozen=True, slots=True)
class Availability:
    """``mode``: all topics must say available, any of them, or the latest message counts."""

    topics: tuple[tuple[str, Callable[[str], bool | None]], ...] = ()
    mode: str = "latest"


@dataclass(frozen=True, slots=True)
class Entity:
    """``key``: the place in the discovery topics that it came from; ``domain`` is Home Assistant's."""

    key: str
    domain: str
    name: str
    wanted_id: str
    """The second part of the id that it asks for."""
    unique_id: str
    area: str | None
    shape: Shape
    availability: Availability

    def view(self, live: Live, available: bool) -> DeviceState:
        """The state as Home Assistant has it: what is off has no brightness, and what is away no state."""
        attributes = {**self.shape.attributes, **live.attributes}
        if not available:
            return DeviceState("unavailable", dict(self.shape.attributes))
        if self.domain == "light" and live.state == "off":
            for key in ("brightness", "rgb_color", "color_temp_kelvin"):
                attributes.pop(key, None)
        if self.domain == "fan" and live.state == "off" and "percentage" in attributes:
            attributes["percentage"] = 0
        return DeviceState(live.state, attributes)

"""A home without hardware: Home Assistant's devices, simulated. What each service does is in ``simulated_services``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from assistant.errors import DeviceError
from assistant.home.backend import NotAvailable, ServiceCall
from assistant.home.simulated_services import Draft, service_of
from assistant.types import Device, DeviceState, JsonValue

# What a device remembers while it is off, to come back to: attribute or state -> when it is worth remembering.
_REMEMBERED = {"light": "brightness", "fan": "percentage", "humidifier": "humidity"}


class SimulatedBackend:
    """Implements ``Backend``. ``memory``: what devices come back to, by device id; it may be kept and given again."""

    def __init__(
        self,
        memory: Mapping[str, Mapping[str, JsonValue]] | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.memory: dict[str, dict[str, JsonValue]] = {key: dict(value) for key, value in (memory or {}).items()}
        self._now = now

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """The state after ``call``. Raises DeviceError for an unavailable device or a service that it has not."""
        if device.state == "unavailable":
            raise NotAvailable(device)
        service = service_of(device.domain, call.service)
        if service is None:
            raise DeviceError(f"{device.name} cannot do that")
        self._remember(device, device.state, device.attributes)
        draft = Draft(
            state=device.state,
            attributes=dict(device.attributes),
            data=call.data,
            memory=self.memory.get(device.id, {}),
            now=self._now(),
        )
        service(draft)
        self._remember(device, draft.state, draft.attributes)
        return DeviceState(draft.state, draft.attributes)

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """Exactly ``state``, except for a device that has become unavailable: that raises DeviceError."""
        if device.state == "unavailable" and state.state != "unavailable":
            raise NotAvailable(device)
        self._remember(device, state.state, state.attributes)
        return DeviceState(state.state, dict(state.attributes))

    def _remember(self, device: Device, state: str, attributes: Mapping[str, JsonValue]) -> None:
        kept: dict[str, JsonValue] = {}
        key = _REMEMBERED.get(device.domain)
        value = attributes.get(key) if key else None
        if key and isinstance(value, int | float) and value > 0:
            kept[key] = value
        if device.domain in ("climate", "water_heater") and state not in ("off", "unavailable", "unknown"):
            kept["mode"] = state
        if kept:
            self.memory.setdefault(device.id, {}).update(kept)

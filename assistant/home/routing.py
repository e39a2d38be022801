"""Each command goes to what its device is reached by; what switches relays is spared senseless switching."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from assistant.errors import DeviceError
from assistant.home.backend import SIMULATED, Backend, ServiceCall
from assistant.home.kinds import COVERS
from assistant.types import Device, DeviceState

# Kinds that have contacts or motors behind them.
SPARED = COVERS | {"switch", "lock", "siren", "climate", "water_heater", "lawn_mower", "vacuum"}
SPARED_CALLS = 6
SPARED_WITHIN_S = 10.0


class Router:
    """Implements ``Backend`` over the backends of all sources, by name."""

    def __init__(self, backends: Mapping[str, Backend], *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._backends = dict(backends)
        self._clock_s = clock_s
        self._calls: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """See ``Backend``. Raises DeviceError too for a device that is switched too often."""
        backend = self._backend(device)
        self._spare(device)
        return backend.apply(device, call)

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """See ``Backend``."""
        backend = self._backend(device)
        self._spare(device)
        return backend.restore(device, state)

    def _backend(self, device: Device) -> Backend:
        backend = self._backends.get(device.source)
        if backend is None:
            raise DeviceError(f"{device.name} belongs to {device.source}, which is not set up")
        return backend

    def _spare(self, device: Device) -> None:
        if device.source == SIMULATED or device.domain not in SPARED:
            return
        now_s = self._clock_s()
        with self._lock:
            calls = self._calls.setdefault(device.id, deque(maxlen=SPARED_CALLS))
            if len(calls) == SPARED_CALLS and now_s - calls[0] < SPARED_WITHIN_S:
                raise DeviceError(f"{device.name} is being switched too often; wait a few seconds")
            calls.append(now_s)

"""The live registry: every floor, area and device with its present state, and the way back from the last act."""

from __future__ import annotations

import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Mapping

from assistant.types import Device, DeviceState, Home

Listener = Callable[[Device], None]
UNDO_DEPTH = 20


class Registry:
    """Thread-safe. Snapshots are values: who holds one sees no later change."""

    def __init__(self, home: Home) -> None:
        self._lock = threading.RLock()
        self._home = home
        self._devices = {device.id: device for device in home.devices}
        self._listeners: list[Listener] = []
        self._acts: deque[Mapping[str, DeviceState]] = deque(maxlen=UNDO_DEPTH)

    def snapshot(self) -> Home:
        """The home as it is now."""
        with self._lock:
            return dataclasses.replace(self._home, devices=tuple(self._devices.values()))

    def device(self, device_id: str) -> Device:
        """The device with its present state. Raises KeyError."""
        with self._lock:
            return self._devices[device_id]

    def set_state(self, device_id: str, state: DeviceState) -> Device:
        """Take a state that was read from the device, and tell the listeners."""
        with self._lock:
            device = dataclasses.replace(
                self._devices[device_id], state=state.state, attributes=dict(state.attributes)
            )
            self._devices[device_id] = device
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(device)
        return device

    def replace_home(self, home: Home) -> None:
        """Take another set of floors, areas and devices; states of devices that stay are kept by their sender."""
        with self._lock:
            self._home = dataclasses.replace(home, revision=self._home.revision + 1)
            self._devices = {device.id: device for device in home.devices}

    def listen(self, listener: Listener) -> None:
        """Have ``listener`` called with each device whose state was set."""
        with self._lock:
            self._listeners.append(listener)

    def changed_since(self, before: Home) -> dict[str, DeviceState]:
        """Devices whose state or attributes differ from ``before``."""
        with self._lock:
            return {
                old.id: DeviceState(now.state, now.attributes)
                for old in before.devices
                if (now := self._devices.get(old.id)) is not None
                and (now.state != old.state or dict(now.attributes) != dict(old.attributes))
            }

    def note_act(self, before: Mapping[str, DeviceState]) -> None:
        """Remember the states before an act, for undo."""
        if before:
            with self._lock:
                self._acts.append(before)

    def take_last_act(self) -> Mapping[str, DeviceState]:
        """The states before the last act, which is forgotten by this; empty where there is none."""
        with self._lock:
            return self._acts.pop() if self._acts else {}

"""The live registry: every floor, area and device with its present state, and the way back from the last acts."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from assistant.home.backend import SIMULATED
from assistant.home.compose import compose, laid_over
from assistant.home.own_names import Names, with_names
from assistant.types import Device, DeviceState, Home

Listener = Callable[[Device], None]
UNDO_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Act:
    """The states before one act. ``turn_id``: the turn that it was part of; one turn is undone as a whole."""

    before: Mapping[str, DeviceState]
    turn_id: str = ""


class Registry:
    """The inventory and what the sources have found, as one home. Thread-safe.

    Snapshots are values: who holds one sees no later change.
    """

    def __init__(self, home: Home, acts: Iterable[Act] = (), own_names: Names | None = None) -> None:
        self._lock = threading.RLock()
        self._inventory = home
        self._own_names: Names = own_names or {}
        self._found: dict[str, Home] = {}
        self._laid_over = laid_over(home)
        self._home = with_names(compose(home, {}), self._own_names)
        self._names = _names(self._home)
        self._devices = {device.id: device for device in self._home.devices}
        self._listeners: list[Listener] = []
        self._acts: deque[Act] = deque(acts, maxlen=UNDO_DEPTH)

    def snapshot(self) -> Home:
        """The home as it is now."""
        with self._lock:
            return dataclasses.replace(self._home, devices=tuple(self._devices.values()))

    def device(self, device_id: str) -> Device | None:
        """The device with its present state; ``None`` where there is none of that id."""
        with self._lock:
            return self._devices.get(device_id)

    def set_state(self, device_id: str, state: DeviceState) -> Device:
        """Take a state that was read from the device, and tell the listeners. Raises KeyError."""
        with self._lock:
            device = self._devices[device_id]
            attributes = dict(state.attributes)
            if device.source != SIMULATED:
                attributes |= self._laid_over.get(device_id, {})
            device = dataclasses.replace(device, state=state.state, attributes=attributes)
            self._devices[device_id] = device
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(device)
        return device

    def report(self, source: str, device_id: str, state: DeviceState) -> None:
        """Take a state that ``source`` tells; what is not (any more) a device of it is passed over."""
        device = self.device(device_id)
        if device is not None and device.source == source:
            with contextlib.suppress(KeyError):  # it went away just now
                self.set_state(device_id, state)

    def put_found(self, source: str, found: Home) -> bool:
        """Take all that ``source`` has found until now, in place of what it had; whether any name has changed by it."""
        with self._lock:
            self._found[source] = found
            return self._compose()

    def replace_home(self, home: Home) -> bool:
        """Take another inventory, with its states; whether any name has changed by it."""
        with self._lock:
            self._inventory = home
            self._laid_over = laid_over(home)
            self._devices = {device.id: device for device in home.devices}
            return self._compose()

    def give_names(self, own_names: Names) -> bool:
        """Take the owner's further names, in place of those before; whether any name has changed by it."""
        with self._lock:
            self._own_names = own_names
            return self._compose()

    def _compose(self) -> bool:
        now = {device.id: device for device in self._devices.values() if device.source == SIMULATED}
        rows = (_as_now(row, now.get(row.id)) if row.source == SIMULATED else row for row in self._inventory.devices)
        home = compose(dataclasses.replace(self._inventory, devices=tuple(rows)), self._found)
        home = with_names(home, self._own_names)
        names = _names(home)
        changed = names != self._names
        self._names = names
        self._home = dataclasses.replace(home, revision=self._home.revision + changed)
        self._devices = {device.id: device for device in home.devices}
        return changed

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called with each device whose state was set; returns what ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def changed_since(self, before: Home) -> dict[str, DeviceState]:
        """Devices whose state or attributes differ from ``before``, with their present state."""
        with self._lock:
            return {
                old.id: state_of(now)
                for old in before.devices
                if (now := self._devices.get(old.id)) is not None and state_of(now) != state_of(old)
            }

    # --- the way back --------------------------------------------------------------------------------

    def note_act(self, before: Mapping[str, DeviceState], turn_id: str = "") -> None:
        """Remember the states before an act. Acts of one turn are one: what was there before the first counts."""
        if not before:
            return
        with self._lock:
            if turn_id and self._acts and self._acts[-1].turn_id == turn_id:
                before = {**before, **self._acts.pop().before}
            self._acts.append(Act(dict(before), turn_id))

    def take_last_act(self) -> Act | None:
        """The last act, which is forgotten by this."""
        with self._lock:
            return self._acts.pop() if self._acts else None

    def acts(self) -> tuple[Act, ...]:
        """All acts that can still be undone, the oldest first."""
        with self._lock:
            return tuple(self._acts)


def _as_now(row: Device, now: Device | None) -> Device:
    """An inventory's simulated device in its present state."""
    return row if now is None else dataclasses.replace(row, state=now.state, attributes=now.attributes)


def state_of(device: Device) -> DeviceState:
    """State and attributes as a comparable value."""
    return DeviceState(device.state, dict(device.attributes))


def _names(home: Home) -> object:
    devices = [(d.id, d.name, d.aliases, d.area, d.device_class) for d in home.devices]
    return home.floors, home.areas, devices

"""The states of a source's devices as they come in, and the wait for one to become what was asked of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.errors import DeviceError
from assistant.home.backend import Backend, NoAnswer, NotAvailable, ServiceCall
from assistant.home.backends.expect import is_met, momentary, supposed
from assistant.home.routines import calls_to
from assistant.types import Device, DeviceState

SLOW_KINDS = frozenset({"cover", "valve", "vacuum", "lawn_mower", "climate", "water_heater", "humidifier"})
"""They may take long until they report: that nothing came back in time is then no failure."""
LATE_KINDS = frozenset({"lock"})
"""Their bolts need longer than a lamp: they have twice the time."""
UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds. ``answer_s``: until the device must have said something. ``already_s``: what is as it should be anyway
    has less time. ``settle_s``: after its switch was read back, its levels have so much longer."""

    answer_s: float = 4.0
    already_s: float = 0.6
    settle_s: float = 1.0


class StateBook:
    """Thread-safe. ``told`` counts how often a device was heard of."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._changed = threading.Condition()
        self._states: dict[str, DeviceState] = {}
        self._told: dict[str, int] = {}

    def put(self, device_id: str, state: DeviceState) -> None:
        """A state was read."""
        with self._changed:
            self._states[device_id] = state
            self._told[device_id] = self._told.get(device_id, 0) + 1
            self._changed.notify_all()

    def forget(self, device_id: str) -> None:
        """The device is no more."""
        with self._changed:
            self._states.pop(device_id, None)
            self._told.pop(device_id, None)

    def get(self, device_id: str) -> DeviceState | None:
        """What was last read."""
        with self._changed:
            return self._states.get(device_id)

    def wake(self) -> None:
        """Have everybody who waits look again."""
        with self._changed:
            self._changed.notify_all()

    def command(self, device: Device, call: ServiceCall, send: Callable[[], None], limits: Limits) -> DeviceState:
        """Send a command and wait for the state that it should bring about.

        The last state read is returned, met or not: what is said of the device is what it says of itself. Raises
        NoAnswer where nothing was read in time, NotAvailable where the device is away.
        """
        now = self.get(device.id)
        if now is not None:
            device = replace(device, state=now.state, attributes=now.attributes)
        with self._changed:
            before = self._told.get(device.id, 0)
        send()
        if momentary(device):
            return supposed(device, call) or DeviceState(device.state, device.attributes)
        return self._await(device, call, before, limits)

    def _await(self, device: Device, call: ServiceCall, before: int, limits: Limits) -> DeviceState:
        began_s = self._clock_s()
        answer_s = limits.answer_s * (2 if device.domain in LATE_KINDS else 1)
        was_so = is_met(device, call, DeviceState(device.state, device.attributes))
        end_s = began_s + (limits.already_s if was_so else answer_s)
        with self._changed:
            while True:
                now = self._states.get(device.id)
                heard = self._told.get(device.id, 0) > before
                if now is not None and heard:
                    if now.state == UNAVAILABLE:
                        raise NotAvailable(device)
                    if is_met(device, call, now):
                        return now
                    if _switched(device, call, now):
                        end_s = min(end_s, self._clock_s() + limits.settle_s)
                left_s = end_s - self._clock_s()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
        if now is not None and (heard or was_so):
            return now
        if device.domain in SLOW_KINDS:
            return _assumed(device, call)
        raise NoAnswer(device)


def _switched(device: Device, call: ServiceCall, now: DeviceState) -> bool:
    """Whether at least on and off are as asked, so that only a level is still on its way."""
    return call.service == "turn_on" and bool(call.data) and is_met(device, replace(call, data={}), now)


def _assumed(device: Device, call: ServiceCall) -> DeviceState:
    state = supposed(device, call) or DeviceState(device.state, device.attributes)
    return DeviceState(state.state, {**state.attributes, "assumed_state": True})


def restore_by_calls(backend: Backend, device: Device, state: DeviceState) -> DeviceState:
    """Bring a device back by the commands that lead to ``state``. Raises DeviceError where there are none."""
    now = DeviceState(device.state, device.attributes)
    calls = calls_to(device, {**state.attributes, "state": state.state})
    if not calls and now != state:
        raise DeviceError(f"{device.name} cannot be put back to what it was")
    for service, data in calls:
        now = backend.apply(device, ServiceCall(device.id, service, data))
    return now

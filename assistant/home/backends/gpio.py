"""Devices on the Pi's own pins, by gpiozero: relays, dimmed lights, momentary contacts, and contacts that are read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assistant.errors import DeviceError
from assistant.home.backend import NotAvailable, ServiceCall, Sink, SourceStatus
from assistant.home.backends.expect import supposed
from assistant.home.backends.following import restore_by_calls
from assistant.home.features import number
from assistant.types import Device, DeviceState, Home, JsonValue

OUTPUTS = frozenset({"switch", "light", "fan", "siren", "input_boolean", "valve", "button", "cover", "lock"})
_ON: Mapping[str, tuple[str, str]] = {
    "valve": ("open", "closed"),
    "cover": ("open", "closed"),
    "lock": ("unlocked", "locked"),
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GpioDevice:
    """``pin``: BCM number. ``active_high`` False: the relay closes when the pin is low. ``pwm``: a level from 0 to 1.

    ``pulse_s``: it is switched on for so long only (gate openers). ``pull_up`` is for contacts that are read.
    """

    pin: int
    active_high: bool = True
    pwm: bool = False
    pulse_s: float = 0.0
    pull_up: bool = True
    keep: bool = False
    """Whether at the start the pin stays as it is; else it is switched off."""

    def __post_init__(self) -> None:
        if not 0 <= self.pin <= 27:
            raise ValueError(f"pin = {self.pin}: must be a BCM number from 0 to 27")
        if not 0 <= self.pulse_s <= 10:
            raise ValueError("pulse_s must be from 0 to 10")


class GpioSource:
    """Implements ``Source``. Pins are taken at the start, as they are, and given back at the end."""

    name = "gpio"

    def __init__(self, devices: tuple[Device, ...], links: Mapping[str, GpioDevice]) -> None:
        self._devices = {device.id: device for device in devices if device.id in links}
        self._links = dict(links)
        self._pins: dict[str, Any] = {}
        self._sink: Sink | None = None
        self._detail = "not started"

    def start(self, sink: Sink) -> None:
        """See ``Source``."""
        from gpiozero import exc

        self._sink, self._detail = sink, ""
        for key, device in self._devices.items():
            try:
                self._pins[key] = self._open(device, self._links[key])
            except (exc.GPIOZeroError, OSError, RuntimeError, ImportError) as error:
                self._detail = self._detail or f"{key}: pin {self._links[key].pin}: {error or type(error).__name__}"
                _log.warning("GPIO: %s: pin %d: %s", key, self._links[key].pin, error)
        sink.devices(Home(devices=tuple(self._now(device) for device in self._devices.values())))

    def _open(self, device: Device, link: GpioDevice) -> Any:
        from gpiozero import Button, DigitalOutputDevice, PWMOutputDevice

        if device.domain not in OUTPUTS:
            contact = Button(link.pin, pull_up=link.pull_up, bounce_time=0.02)
            contact.when_pressed = contact.when_released = lambda: self._told(device.id)
            return contact
        if link.pwm:
            return PWMOutputDevice(link.pin, active_high=link.active_high)
        # None leaves the pin as it is; a relay that closes on low would close at the first start.
        return DigitalOutputDevice(link.pin, active_high=link.active_high, initial_value=None if link.keep else False)

    def stop(self) -> None:
        """See ``Source``."""
        for pin in self._pins.values():
            pin.close()
        self._pins.clear()

    def wait_ready(self, timeout_s: float) -> bool:
        """See ``Source``: pins are there at once or not at all."""
        return True

    def status(self) -> SourceStatus:
        """See ``Source``."""
        whole = len(self._pins) == len(self._devices)
        return SourceStatus(self.name, whole, self._detail, len(self._devices))

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """See ``Backend``. What is read back is the pin."""
        pin, link = self._pins.get(device.id), self._links.get(device.id)
        if pin is None or link is None:
            raise NotAvailable(device)
        wanted = supposed(device, call)
        if wanted is None or device.domain not in OUTPUTS:
            raise DeviceError(f"{device.name} cannot do that")
        if link.pulse_s:
            pin.blink(on_time=link.pulse_s, off_time=0, n=1)
            return wanted
        on, _off = _ON.get(device.domain, ("on", "off"))
        if link.pwm:
            pin.value = _level(wanted) if wanted.state == on else 0.0
        elif wanted.state == on:
            pin.on()
        else:
            pin.off()
        now = self._now(device)
        return DeviceState(now.state, now.attributes)

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """See ``Backend``."""
        return restore_by_calls(self, device, state)

    def _told(self, key: str) -> None:
        device = self._now(self._devices[key])
        if self._sink is not None:
            self._sink.state(key, DeviceState(device.state, device.attributes))

    def _now(self, device: Device) -> Device:
        pin = self._pins.get(device.id)
        attributes: dict[str, JsonValue] = dict(self._devices[device.id].attributes)
        if pin is None:
            return replace(device, state="unavailable", attributes=attributes)
        if device.domain == "button":
            return replace(device, state="unknown", attributes=attributes)
        value = float(pin.value)
        on, off = _ON.get(device.domain, ("on", "off"))
        if self._links[device.id].pwm and device.domain == "light":
            attributes.setdefault("supported_color_modes", ["brightness"])
            if value:
                attributes["brightness"] = round(value * 255)
        elif device.domain == "light":
            attributes.setdefault("supported_color_modes", ["onoff"])
        if self._links[device.id].pwm and device.domain == "fan":
            attributes["percentage"] = round(value * 100)
        return replace(device, state=on if value else off, attributes=attributes)


def _level(wanted: DeviceState) -> float:
    level = number(wanted.attributes.get("brightness"))
    if level is not None:
        return max(0.0, min(1.0, level / 255))
    percent = number(wanted.attributes.get("percentage"))
    return max(0.0, min(1.0, percent / 100)) if percent is not None else 1.0

"""The home's connections in the running assistant: how they are, the assistant's own announcement, buttons and lamps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from assistant.config.home_sections import GpioSection
from assistant.errors import AssistantError, DeviceError
from assistant.events import Event, Heard, Muted, Ringing, StateChanged, Trouble, TurnFinished, VolumeChanged
from assistant.home.backends.mqtt.announce import Announcement
from assistant.home.backends.mqtt.source import MqttSource
from assistant.home.watching import Changes

if TYPE_CHECKING:
    from assistant.home.house import House
    from assistant.parts import Parts
    from assistant.service.core import Core
    from assistant.types import Device, JsonValue

LOOK_EVERY_S = 5.0
TIMER_NAMES = 5


def attach_home(core: Core, parts: Parts) -> None:
    """What runs beside the assistant for its home."""
    core.add_service("home", lambda running: open_home(running, parts))
    core.add_status("home", lambda: _status(parts))
    core.commands["devices"] = lambda _arguments: device_changes(parts.house)


async def device_changes(house: House) -> AsyncIterator[JsonValue]:
    """Each change of a device as it happens, as a row."""
    loop = asyncio.get_running_loop()
    changes = Changes(house)
    devices: asyncio.Queue[Device] = asyncio.Queue()

    def tell(device: Device) -> None:
        loop.call_soon_threadsafe(devices.put_nowait, device)

    end = house.registry.listen(tell)
    try:
        while True:
            row = changes.row(await devices.get())
            if row is not None:
                yield row
    finally:
        end()


@asynccontextmanager
async def open_home(core: Core, parts: Parts) -> AsyncIterator[None]:
    """Until the block is left: troubles are told, the assistant shows itself, buttons and lamps work."""
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for source in parts.house.connections.sources:
            if isinstance(source, MqttSource) and source.announcement is not None:
                stack.callback(show_assistant(core, source.announcement, lambda: _timers(parts), loop))
        pins = parts.config.gpio
        if pins != GpioSection():
            stack.callback(wire_panel(core, pins, loop))
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_watch(core, parts), name="home connections")
            yield
            watching.cancel()


async def _watch(core: Core, parts: Parts) -> None:
    """What cannot be reached is a trouble until it can."""
    while True:
        for status in parts.house.connections.status():
            core.trouble(status.name, "" if status.connected else f"is away: {status.detail}")
        await asyncio.sleep(LOOK_EVERY_S)


def _status(parts: Parts) -> JsonValue:
    house = parts.__dict__.get("house")  # asking must not build it
    found = house.connections.status() if house is not None else ()
    return {s.name: {"connected": s.connected, "detail": s.detail, "devices": s.devices} for s in found}


def _timers(parts: Parts) -> str:
    names = [entry.name or entry.kind for entry in parts.skill_parts.agenda.entries("timer", "waiting", "ringing")]
    return f"{len(names)}: {', '.join(names[:TIMER_NAMES])}" if names else "0"


def show_assistant(
    core: Core, announcement: Announcement, timers: Callable[[], str], loop: asyncio.AbstractEventLoop
) -> Callable[[], None]:
    """Tell what the assistant does, and do what it is told; returns what ends that."""

    def tell(event: Event) -> None:
        match event:
            case StateChanged(state):
                announcement.show(state=state)
            case Muted(on):
                announcement.show(mute="ON" if on else "OFF")
            case VolumeChanged(volume):
                announcement.show(volume=str(round(volume * 100)))
            case Heard(text=text):
                announcement.show(heard=text)
            case TurnFinished() | Ringing():
                announcement.show(timers=timers())

    def mute(payload: str) -> None:
        if payload in ("ON", "OFF"):
            loop.call_soon_threadsafe(core.mute, payload == "ON")

    def volume(payload: str) -> None:
        if payload.replace(".", "", 1).isdecimal() and 0 <= float(payload) <= 100:
            loop.call_soon_threadsafe(core.set_volume, float(payload) / 100)

    def listen(_payload: str) -> None:
        loop.call_soon_threadsafe(_listen, core)

    announcement.command(mute=mute, volume=volume, listen=listen)
    announcement.show(
        state=core.state,
        mute="ON" if core.muted else "OFF",
        volume=str(round(core.volume * 100)),
        heard="",
        timers=timers(),
    )
    return core.events.listen(tell, StateChanged, Muted, VolumeChanged, Heard, TurnFinished, Ringing)


def _listen(core: Core) -> None:
    try:
        core.listen()
    except AssistantError as error:
        core.trouble("listen", str(error))


# --- buttons and lamps on the Pi's pins -----------------------------------------------------------------


def wire_panel(core: Core, pins: GpioSection, loop: asyncio.AbstractEventLoop) -> Callable[[], None]:
    """Buttons for push-to-talk and mute, LEDs for what the assistant does; returns what ends that.

    Raises DeviceError where a pin cannot be had.
    """
    from gpiozero import LED, Button, exc

    opened: list[Any] = []
    try:
        for pin, act in ((pins.push_to_talk, lambda: _listen(core)), (pins.mute, lambda: core.mute(not core.muted))):
            if pin is not None:
                button = Button(pin, pull_up=True, bounce_time=0.05)
                button.when_pressed = _in_loop(loop, act)
                opened.append(button)
        lamps = {key: LED(pin) for key, pin in _lamps(pins).items() if pin is not None}
        opened += lamps.values()
    except (exc.GPIOZeroError, OSError, RuntimeError, ImportError) as error:
        for device in opened:
            device.close()
        raise DeviceError(f"the pins of buttons and lamps cannot be had: {error or type(error).__name__}") from error

    def light(_event: object = None) -> None:
        for key, lamp in lamps.items():
            lamp.value = _is_lit(core, key)

    light()
    end = core.events.listen(light, StateChanged, Muted, Trouble)

    def close() -> None:
        end()
        for device in opened:
            device.close()

    return close


def _in_loop(loop: asyncio.AbstractEventLoop, act: Callable[[], object]) -> Callable[[], None]:
    def pressed() -> None:
        loop.call_soon_threadsafe(act)

    return pressed


def _lamps(pins: GpioSection) -> Mapping[str, int | None]:
    return {
        "listening": pins.led_listening,
        "processing": pins.led_thinking,
        "speaking": pins.led_speaking,
        "muted": pins.led_muted,
        "error": pins.led_error,
    }


def _is_lit(core: Core, key: str) -> bool:
    if key == "muted":
        return core.muted
    if key == "error":
        return bool(core.troubles)
    return core.state == key or (key == "listening" and core.state == "follow-up")

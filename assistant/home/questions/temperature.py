"""How warm it is: thermostats and thermometers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.home.ask import which_device
from assistant.home.features import number
from assistant.home.names import normalise, words
from assistant.home.questions.base import answered, with_named_areas
from assistant.home.targets import Ambiguous, NoTarget, Targets, resolve, values, without_place
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent, NotHandled, Outcome, TurnContext

_UNITS = ("°c", "°f", "k", "c", "f", "celsius", "fahrenheit")
_ROOM_WORDS = words("temperature temp sensor thermometer climate room indoor air current the")
_OUTSIDE = words("outside outdoor outdoors exterior ambient")
_UNDER_THE_SKY = words("outside outdoor outdoors garden yard backyard terrace patio balcony courtyard driveway deck")
_DOMAINS = frozenset({"climate", "sensor", "water_heater", "weather"})


def is_thermometer(device: Device) -> bool:
    """Whether the device can say a temperature."""
    if device.domain in ("climate", "water_heater"):
        return device.attributes.get("current_temperature") is not None
    if device.domain != "sensor":
        return False
    unit = str(device.attributes.get("unit_of_measurement", "")).lower()
    return device.device_class == "temperature" or (device.device_class is None and unit in _UNITS)


def reading(device: Device) -> tuple[float, object] | None:
    """The temperature that the device measures, and its unit where it says one."""
    attributes = device.attributes
    if device.domain == "sensor":
        value, unit = number(device.state), attributes.get("unit_of_measurement")
    else:
        key = "temperature" if device.domain == "weather" else "current_temperature"
        unit = attributes.get("temperature_unit") or attributes.get("unit_of_measurement")
        value = number(attributes.get(key))
    return None if value is None else (value, unit)


def find(home: Home, intent: Intent, context: TurnContext) -> Targets | NoTarget | Ambiguous:
    """The thermometers that are meant: named, of a place, of the microphone's room, or the home's."""
    slots = intent.slots
    if slots.get("name") is not None or slots.get("device_id") is not None:
        return resolve(home, intent, context, _DOMAINS)
    if slots.get("outside") is True:
        return find_outside(home)
    home = with_named_areas(home)
    within = replace(home, devices=tuple(device for device in home.devices if is_thermometer(device)))
    placed = slots.get("area") is not None or slots.get("floor") is not None
    here = intent if placed or not context.area else replace(intent, slots={**slots, "area": context.area})
    found = resolve(within, here, context, _DOMAINS)
    if isinstance(found, NoTarget) and (not placed or values(slots.get("area")) == [context.area]):
        # Nothing measures this room. The home's only thermometer still tells; of several none is this room's.
        anywhere = resolve(within, without_place(intent), context, _DOMAINS)
        if isinstance(anywhere, Targets) and len(anywhere.devices) == 1:
            return anywhere
    return found


def measures_room(device: Device) -> bool:
    """Whether a thermometer tells how warm a room is: no fridge's, no oven's, nor one under the sky."""
    said = set(normalise(device.name).split())
    rest = said - _ROOM_WORDS - set(normalise(device.area or "").split())
    under_the_sky = _UNDER_THE_SKY & (said | set(normalise(device.area or "").split()))
    return not under_the_sky and (device.domain == "climate" or (device.domain == "sensor" and not rest))


def find_outside(home: Home) -> Targets | NoTarget:
    """The thermometer that is called so, else one in a place under the sky, else the weather station."""
    measuring = [device for device in home.devices if is_thermometer(device)]
    called = [d for d in measuring if _OUTSIDE & set(normalise(d.name).split())]
    placed = [d for d in measuring if d.domain == "sensor" and _UNDER_THE_SKY & set(normalise(d.area or "").split())]
    stations = [d for d in home.devices if d.domain == "weather" and reading(d) is not None]
    for found in (called, placed, stations):
        if found:
            return Targets((found[0],), True)
    return NoTarget("no_weather")


def best(devices: Sequence[Device]) -> Device:
    """The one that measures the room: a thermostat, else what is named for nothing but the room, not a fridge."""

    def key(device: Device) -> tuple[bool, bool, int]:
        rest = set(normalise(device.name).split()) - _ROOM_WORDS - set(normalise(device.area or "").split())
        return reading(device) is None, device.domain != "climate", len(rest)

    return min(devices, key=key)


def answer(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    """``HassClimateGetTemperature``."""
    found = find(home, intent, context)
    if isinstance(found, Ambiguous):
        measuring = tuple(device for device in found.devices if reading(device) is not None)
        if len(measuring) != 1:
            return which_device(intent, found, wording)
        found = Targets(measuring, True)
    if isinstance(found, NoTarget):
        if found.key == "no_weather":
            return NotHandled(wording.say("no_weather"))
        if found.key != "none_here":
            return NotHandled(wording.missing(found.key, found.values))
        return NotHandled(wording.missing("no_thermometer", found.values))
    device = best(found.devices)
    value = reading(device)
    if value is None:
        return NotHandled(wording.say("is", name=wording.the(device), state=wording.value(device)))
    spoken = wording.degrees(*value)
    if found.named or not device.area:
        reply = wording.say("temperature_of", name=wording.the(device), temperature=spoken)
    else:
        reply = wording.say("temperature", temperature=spoken, place=wording.place_of(device))
    return answered(intent, [device], reply)

"""Questions about what a sensor measures of another device: "the battery level of the front door lock" is that of its sensor."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from assistant.nlu.name_index import NameIndex
from assistant.nlu.words import words_of
from assistant.types import Device, Intent


@dataclass(frozen=True, slots=True)
class _Measure:
    """``said``: how a question asks for it; ``classes``: of the sensors that have it; ``own``: attributes of the device
    itself that say it too."""

    said: re.Pattern[str]
    classes: frozenset[str]
    own: frozenset[str] = frozenset()


def _measure(said: str, classes: str, own: str = "") -> _Measure:
    return _Measure(re.compile(rf"\b(?:{said})\b", re.IGNORECASE), frozenset(classes.split()), frozenset(own.split()))


_MEASURES = (
    _measure(r"battery|charged?|juice", "battery", "battery_level battery"),
    _measure(r"power|watts?|wattage", "power"),
    _measure(r"energy|electricity|consumption", "energy power"),
    _measure(r"humid(?:ity)?", "humidity", "current_humidity humidity"),
    _measure(r"temperature|how (?:warm|hot|cold)", "temperature", "current_temperature temperature"),
    _measure(
        r"longer|time (?:left|remaining)|how long|how many minutes|remaining|when .+ (?:done|finish(?:ed)?|ready|over|end)",
        "duration timestamp",
    ),
    _measure(r"signal", "signal_strength"),
    _measure(r"pressure", "pressure"),
)


def of_its_sensor(intent: Intent, text: str, index: NameIndex) -> Intent:
    """``intent`` about the sensor that is called after the device and measures what is asked, where there is just one."""
    device_id = intent.slots.get("device_id")
    device = index.devices.get(device_id) if isinstance(device_id, str) else None
    if intent.name != "HassGetState" or "state" in intent.slots or device is None or device.domain == "sensor":
        return intent
    for measure in _MEASURES:
        if measure.said.search(text) and measure.own.isdisjoint(device.attributes):
            found = [d for d in index.devices.values() if _is_its(d, device, measure.classes)]
            if len(found) == 1:
                told = {"device_id": found[0].id, "name": found[0].name, "domain": "sensor"}
                return replace(intent, slots={**intent.slots, **told})
    return intent


def _is_its(sensor: Device, device: Device, classes: frozenset[str]) -> bool:
    if sensor.domain != "sensor" or sensor.device_class not in classes:
        return False
    tokens = words_of(sensor.name).tokens
    owners = (words_of(name).tokens for name in (device.name, *device.aliases))
    return any(0 < len(owner) < len(tokens) and tokens[: len(owner)] == owner for owner in owners)

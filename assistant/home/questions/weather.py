"""The weather, from the home's own stations."""

from __future__ import annotations

from assistant.home.ask import which_device
from assistant.home.features import number
from assistant.home.names import normalise
from assistant.home.questions.base import answered
from assistant.home.targets import Ambiguous, NoTarget, resolve
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent, NotHandled, Outcome, TurnContext

_HERE = ("home", "house", "forecast home", "weather")

_SKY = {
    "rain": ("rainy", "pouring", "snowy-rainy", "lightning-rainy"),
    "snow": ("snowy", "snowy-rainy"),
    "sun": ("sunny", "clear", "clear-night"),
    "cloud": ("cloudy", "partlycloudy", "windy-variant"),
    "wind": ("windy", "windy-variant"),
    "fog": ("fog",),
    "storm": ("lightning", "lightning-rainy", "hail", "exceptional"),
}
"""Which of Home Assistant's conditions each asked sky is."""


def answer(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    """``HassGetWeather``; without a name the home's own station is meant, or the first."""
    found = resolve(home, intent, context, {"weather"})
    if isinstance(found, Ambiguous):
        return which_device(intent, found, wording)
    if isinstance(found, NoTarget):
        known = found.key == "no_device"
        return NotHandled(wording.missing(found.key, found.values) if known else wording.say("no_weather"))
    device = min(found.devices, key=lambda station: normalise(station.name) not in _HERE)
    return answered(intent, [device], _told(device, intent, wording))


def _told(device: Device, intent: Intent, wording: Wording) -> str:
    """The weather, after a yes or a no where ``sky`` says what it was asked to be."""
    spoken, asked = _spoken(device, wording), intent.slots.get("sky")
    if asked is None:
        return spoken
    key = "yes" if device.state in _SKY.get(str(asked), ()) else "no"
    return wording.say(key, what=spoken[:1].lower() + spoken[1:])


def _spoken(device: Device, wording: Wording) -> str:
    condition = wording.word(device.state)
    temperature = number(device.attributes.get("temperature"))
    if temperature is None:
        return wording.say("weather_plain", condition=condition)
    spoken = wording.degrees(temperature, device.attributes.get("temperature_unit"))
    if normalise(device.name) in _HERE:
        return wording.say("weather_home", condition=condition, temperature=spoken)
    return wording.say("weather", name=device.name, condition=condition, temperature=spoken)

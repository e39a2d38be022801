"""Short words about how much: "fifty", "a bit more", "slower, like thirty percent", "too bright", said of what was meant last."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.nlu.intents import chosen
from assistant.nlu.words import number_at, words_of
from assistant.types import Intent, JsonValue

_ABSOLUTE = {
    "light": ("HassLightSet", "brightness"),
    "fan": ("HassFanSetSpeed", "percentage"),
    "cover": ("HassSetPosition", "position"),
    "valve": ("HassSetPosition", "position"),
    "climate": ("HassClimateSetTemperature", "temperature"),
    "water_heater": ("HassClimateSetTemperature", "temperature"),
    "media_player": ("HassSetVolume", "volume_level"),
    "humidifier": ("HassHumidifierSetpoint", "humidity"),
    "number": ("AssistSetValue", "value"),
    "input_number": ("AssistSetValue", "value"),
}
_STEPS = {
    "light": ("HassLightSet", "brightness_step"),
    "fan": ("HassFanSetSpeed", "percentage_step"),
    "cover": ("HassSetPosition", "position_step"),
    "climate": ("HassClimateSetTemperature", "temperature_step"),
    "water_heater": ("HassClimateSetTemperature", "temperature_step"),
    "media_player": ("HassSetVolumeRelative", "volume_step"),
    "humidifier": ("HassHumidifierSetpoint", "humidity_step"),
}
_ANY_UP = frozenset("more up higher increase raise stronger".split())
_ANY_DOWN = frozenset("less down lower decrease reduce weaker".split())
_UP = {
    "light": frozenset("brighter lighter brighten".split()),
    "fan": frozenset("faster quicker harder".split()),
    "cover": frozenset("wider further".split()),
    "climate": frozenset("warmer hotter".split()),
    "water_heater": frozenset("warmer hotter".split()),
    "media_player": frozenset("louder".split()),
}
_DOWN = {
    "light": frozenset("dimmer darker softer dim".split()),
    "fan": frozenset("slower gentler quieter".split()),
    "climate": frozenset("cooler colder".split()),
    "water_heater": frozenset("cooler colder".split()),
    "media_player": frozenset("quieter softer".split()),
}
_TOO = {
    "light": ({"dark", "dim", "low"}, {"bright", "much", "high", "strong"}),
    "fan": ({"slow", "weak", "low"}, {"fast", "strong", "much", "high", "loud"}),
    "climate": ({"cold", "cool", "low", "chilly"}, {"hot", "warm", "high", "much"}),
    "media_player": ({"quiet", "soft", "low"}, {"loud", "much", "high", "noisy"}),
}
"""What there is too little of, and too much."""
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fifth": 5,
    "fifths": 5,
    "tenth": 10,
    "tenths": 10,
}
_COUNTS = {"": 1, "a": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_SHARES = (
    *(((*((count,) if count else ()), part), round(100 * counted / of)) for count, counted in reversed(_COUNTS.items())
      for part, of in _PARTS.items() if counted < of and (count or part in ("half", "quarter"))),
    (("half", "way"), 50), (("halfway",), 50), (("all", "the", "way"), 100), (("full", "blast"), 100), (("full", "power"), 100),
    (("full",), 100), (("the", "max"), 100), (("maximum",), 100), (("max",), 100),
)  # fmt: skip
"""The longest words of a share first."""
LEAST_BARE = 5
"""A smaller number without a unit is a count or a time of day."""
_FRAME = frozenset(
    "make set put turn take bring get change go have try it them that to at about around like say let be at on a an the bit "
    "little touch tad slightly much way lot even still just no well ok okay actually rather then now please again is was "
    "though maybe and oh um uh so really some notch or too not enough there percent degrees degree brightness speed volume "
    "open of level keep going i want would lets how these those both speed i'd's will do plenty fine".split()
)
"""Words that may stand around an amount and mean nothing of their own."""
_TELLING = frozenset("more up higher than is was not too enough there how these those both again even".split())
_REPEATING = re.compile(
    r"^(?:(?:and|even|a bit|a little|some|still|bit|just|once|one|yet|keep going|go on|oh|ok|okay)[ ,]*)*(?:more|again|further|keep going)"
    r"(?: (?:please|again|then))*$",
    re.IGNORECASE,
)
_DOWNWARD = re.compile(r"^(?:dim|lower|close|shut|reduce|turn .*\bdown\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Degree:
    """``value``: an amount, where one was said; ``step``: ``up``, ``down``, or points."""

    value: float | None = None
    step: JsonValue = None


def said_of(part: str, ids: Sequence[str], last: Intent, said: str) -> Intent | None:
    """The setting of ``ids`` that ``part`` means; ``None`` where it says anything else.

    ``last`` and ``said``: what was done last, and the sentence of it.
    """
    for domain in dict.fromkeys(device_id.partition(".")[0] for device_id in reversed(ids)):
        devices = [device_id for device_id in ids if device_id.startswith(f"{domain}.")]
        degree = _repeated(part, domain, last, said) or _degree(part, domain)
        if degree is None:
            continue
        name, slot = (_ABSOLUTE if degree.value is not None else _STEPS).get(domain, ("", ""))
        if name:
            value: JsonValue = degree.step if degree.value is None else _whole(degree.value)
            return Intent(name, {slot: value, "domain": domain, **chosen(devices)})
    return None


def amount_of(tokens: tuple[str, ...], domain: str, device_id: str, around: frozenset[str]) -> Intent | None:
    """The setting of a device to the amount among ``tokens``, where the others are of ``around`` or mean nothing."""
    value, _unit, rest = _amount(tokens, domain)
    name, slot = _ABSOLUTE.get(domain, ("", ""))
    if value is None or not name or not (_FRAME - _TELLING | around).issuperset(rest):
        return None
    return Intent(name, {slot: _whole(value), "domain": domain, **chosen([device_id])})


def _whole(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _repeated(part: str, domain: str, last: Intent, said: str) -> Degree | None:
    """ "More": the last step once again, or further the way that was gone."""
    if not _REPEATING.match(part) or domain not in _STEPS:
        return None
    step = last.slots.get(_STEPS[domain][1])
    if step is not None:
        return Degree(step=step)
    if part.rstrip(" .").endswith("again") and "more" not in part:
        return None
    return Degree(step="down" if _DOWNWARD.match(said) else "up")


def _degree(part: str, domain: str) -> Degree | None:
    """The amount or the direction that ``part`` is, every word of which must be explained."""
    tokens = words_of(part.lower()).tokens
    value, unit, rest = _amount(tokens, domain)
    ups, downs = _UP.get(domain, frozenset()) | _ANY_UP, _DOWN.get(domain, frozenset()) | _ANY_DOWN
    little, much = _TOO.get(domain, (set(), set()))
    directions: set[str] = set()
    for place, token in enumerate(rest):
        excess = "too" in rest[:place]
        lacking = "enough" in rest and "not" in rest
        if token in ups:
            directions.add("up")
        elif token in downs:
            directions.add("down")
        elif (excess and token in little) or (lacking and token in much):
            directions.add("up")
        elif (excess and token in much) or (lacking and token in little):
            directions.add("down")
        elif token not in _FRAME:
            return None
    if len(directions) > 1 or ("not" in rest and "enough" not in rest):
        return None
    direction = directions.pop() if directions else None
    if value is not None:
        if direction is not None and unit == "degrees" and not ({"to", "at", "like", "about"} & set(rest)):
            return Degree(step=_whole(value if direction == "up" else -value))  # "two degrees more"
        return Degree(value=value)
    return Degree(step=direction) if direction is not None else None


def _amount(tokens: tuple[str, ...], domain: str) -> tuple[float | None, str | None, list[str]]:
    """(amount, its unit, the other words). A share ("half") is in per cent, and is no temperature."""
    for place in range(len(tokens)):
        if domain not in ("climate", "water_heater"):
            for words, share in _SHARES:
                if tokens[place : place + len(words)] == words:
                    return float(share), "percent", [*tokens[:place], *tokens[place + len(words) :]]
        found = number_at(tokens, place)
        if found and tokens[place] != "one":
            end, value = found[0]
            unit = tokens[end] if end < len(tokens) and tokens[end] in ("percent", "degrees", "degree") else None
            if unit == "percent" and domain in ("climate", "water_heater"):
                continue
            if unit in ("degrees", "degree") and domain not in ("climate", "water_heater"):
                continue
            at_a_time = unit is None and value <= 12 and tokens[place - 1 : place] in (("at",), ("by",))
            if at_a_time or (unit is None and value < LEAST_BARE):
                continue
            return value, "degrees" if unit == "degree" else unit, [*tokens[:place], *tokens[end:]]
    return None, None, list(tokens)

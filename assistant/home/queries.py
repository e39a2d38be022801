"""Answers to questions about the house, from a snapshot: nothing here can act."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from assistant.home.lists import find_list, open_items
from assistant.home.targets import NoTarget, normalise, resolve
from assistant.home.wording import Wording
from assistant.types import Action, Ask, Device, Handled, Home, Intent, NotHandled, Outcome, TurnContext

READABLE = frozenset(
    "light switch fan cover valve lock climate media_player vacuum lawn_mower sensor binary_sensor weather todo person "
    "input_boolean humidifier siren water_heater alarm_control_panel scene script number select input_number input_select "
    "device_tracker sun calendar event timer counter remote automation button input_button update zone camera".split()
)

Answer = Callable[[Home, Intent, TurnContext, Wording], Outcome]

# What people call a state, and the states of other kinds of device that mean the same.
_SAME_STATE = {
    "on": {"on", "playing", "cleaning", "mowing", "heat", "cool", "auto", "heat_cool", "dry", "fan_only", "open", "idle"},
    "off": {"off", "docked", "closed", "standby"},
    "open": {"open", "opening", "on"},
    "closed": {"closed", "closing", "off"},
    "locked": {"locked", "off"},
    "unlocked": {"unlocked", "on"},
}
_BINARY_CLASS = {
    "open": ("door", "garage_door", "opening", "window"), "closed": ("door", "garage_door", "opening", "window"),
    "locked": ("lock",), "unlocked": ("lock",),
}


def answer(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome | None:
    """The answer to a question intent; ``None`` where the intent is no question."""
    function = _ANSWERS.get(intent.name)
    return function(home, intent, context, wording) if function else None


def has_state(device: Device, wanted: str) -> bool:
    """Whether the device is in the state that people call ``wanted``."""
    if device.state == wanted:
        return True
    if device.domain == "binary_sensor":
        return device.state in _SAME_STATE.get(wanted, ()) and device.device_class in _BINARY_CLASS.get(wanted, ())
    if device.domain in ("sensor", "person", "weather", "lock", "cover", "valve"):
        return normalise(device.state) == normalise(wanted)
    return device.state in _SAME_STATE.get(wanted, ()) and wanted in ("on", "off")


def _handled(intent: Intent, devices: Iterable[Device], reply: str) -> Handled:
    return Handled(Action(intent.name, dict(intent.slots), tuple(d.id for d in devices)), reply, is_question=True)


def _state(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    found = resolve(home, intent, context, READABLE)
    if isinstance(found, Ask):
        return found
    if isinstance(found, NoTarget):
        return NotHandled(found.reason)
    devices, wanted = list(found.devices), intent.slots.get("state")
    if found.named or intent.response in ("one", "one_yesno") or (wanted is None and len(devices) == 1):
        return _handled(intent, devices, _one(devices[0], wanted, wording))
    if wanted is None:
        lines = [wording.say("is", name=d.name, state=wording.value(d)) for d in devices[:4]]
        return _handled(intent, devices, " ".join(lines))
    matching = [device for device in devices if has_state(device, str(wanted))]
    others = [device for device in devices if device not in matching]
    return _handled(intent, devices, _group(intent.response, matching, others, wording))


def _one(device: Device, wanted: object, wording: Wording) -> str:
    what = f"{device.name} is {wording.value(device)}"
    if wanted is None:
        return wording.say("is", name=device.name, state=wording.value(device))
    return wording.say("yes" if has_state(device, str(wanted)) else "no", what=what)


def _group(response: str | None, matching: list[Device], others: list[Device], wording: Wording) -> str:
    names = wording.names(sorted(device.name for device in matching))
    if response == "how_many":
        return wording.say("count", count=len(matching), names=names) if matching else "0. " + wording.say("count_none")
    if response == "all":
        missing = wording.names(sorted(device.name for device in others))
        return wording.say("not_all", names=missing) if others else wording.say("all")
    if response == "which":
        return f"{names}." if matching else wording.say("no_one")
    return wording.say("any", names=names) if matching else wording.say("none")


def _temperature(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    thermometers = [d for d in home.devices if d.domain == "climate" or d.device_class == "temperature"]
    slots = dict(intent.slots)
    if not slots.keys() & {"name", "area", "floor", "device_id"} and context.area:
        slots["area"] = context.area
    within = Home(home.floors, home.areas, tuple(thermometers))
    found = resolve(within, Intent(intent.name, slots), context, {"climate", "sensor"})
    if isinstance(found, Ask):
        return found
    if isinstance(found, NoTarget):
        return NotHandled(wording.say("no_such", kind="thermometer") if not slots else found.reason)
    device = found.devices[0]
    reading = _degrees(device)
    if reading is None:
        return NotHandled(wording.say("is", name=device.name, state=wording.state(device)))
    key, name = ("temperature", device.area) if device.area and not found.named else ("temperature_of", device.name)
    return _handled(intent, [device], wording.say(key, name=name, temperature=reading))


def _degrees(device: Device) -> str | None:
    if device.domain != "climate":
        return f"{device.state} {device.attributes.get('unit_of_measurement', 'degrees')}"
    value = device.attributes.get("current_temperature")
    return None if value is None else f"{value:g} degrees" if isinstance(value, int | float) else f"{value} degrees"


def _weather(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    found = resolve(home, intent, context, {"weather"})
    if isinstance(found, Ask):
        return found
    if isinstance(found, NoTarget):
        return NotHandled(wording.say("no_such", kind="weather station"))
    device = found.devices[0]
    unit = device.attributes.get("temperature_unit", "degrees")
    temperature = f"{device.attributes.get('temperature', '')} {unit}".strip()
    return _handled(
        intent, [device], wording.say("weather", name=device.name, condition=wording.state(device), temperature=temperature)
    )


def _list(home: Home, intent: Intent, _context: TurnContext, wording: Wording) -> Outcome:
    device = find_list(home, intent)
    if device is None:
        return NotHandled(wording.say("list_which"))
    items = open_items(device)
    if not items:
        return _handled(intent, [device], wording.say("list_empty", name=device.name))
    return _handled(intent, [device], wording.say("list_items", name=device.name, items=wording.names(items, most=50)))


def _time(_home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    return _handled(intent, (), wording.say("time", time=f"{context.now.hour}:{context.now.minute:02d}"))


def _date(_home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    return _handled(intent, (), wording.say("date", date=f"{context.now:%A, %B} {context.now.day}, {context.now.year}"))


_ANSWERS: dict[str, Answer] = {
    "HassGetState": _state,
    "HassClimateGetTemperature": _temperature,
    "HassGetWeather": _weather,
    "HassGetCurrentTime": _time,
    "HassGetCurrentDate": _date,
    "AssistListQuery": _list,
}
QUESTION_INTENTS = frozenset(_ANSWERS)

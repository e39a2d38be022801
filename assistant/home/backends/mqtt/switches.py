"""What is on or off, pressed, chosen or only read: switch, fan, siren, lock, button, scene, select, number, sensors."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.errors import DeviceError
from assistant.home.backends.mqtt.entity import Live, Make, Message, Shape, Take
from assistant.home.backends.mqtt.fields import Fields, Write
from assistant.home.backends.plain import Refused, plain_text
from assistant.home.features import number
from assistant.types import Device, JsonValue


def states(read_payload: Mapping[str, str]) -> Take:
    """Takes payloads that stand for states; ``None`` means that it is not known."""

    def take(payload: str, live: Live) -> None:
        state = read_payload.get(payload)
        if state is None and payload in ("None", "null"):
            state = "unknown"
        if state is None:
            raise Refused(f"{plain_text(payload)!r} is no state of it")
        live.state = state

    return take


def after(read: object, take: Take) -> Take:
    """``take`` of what ``read`` makes of the payload; an empty result is passed over."""

    def taken(payload: str, live: Live) -> None:
        value = read(payload)  # type: ignore[operator]  # a Read
        if value != "":
            take(value, live)

    return taken


def into(key: str, scale: float = 1.0, whole: bool = False) -> Take:
    """Takes a number into an attribute."""

    def take(payload: str, live: Live) -> None:
        if payload in ("None", "null"):
            live.attributes.pop(key, None)
            return
        value = number(payload)
        if value is None or not abs(value) < 1e12:
            raise Refused(f"{plain_text(payload)!r} is no number")
        value *= scale
        live.attributes[key] = round(value) if whole or value == int(value) else round(value, 2)

    return take


def word_into(key: str) -> Take:
    """Takes a word into an attribute."""

    def take(payload: str, live: Live) -> None:
        live.attributes[key] = plain_text(payload)

    return take


def fixed(write: Write | None, payload: str | None) -> Make | None:
    """A service that always sends the same."""
    if write is None or payload is None:
        return None
    return lambda _device, _data: [write({"value": payload})]


def of_data(write: Write | None, key: str, scale: float = 1.0, shift: float = 0.0) -> Make | None:
    """A service that sends a value of its data; numbers are scaled."""
    if write is None:
        return None

    def make(_device: Device, data: Mapping[str, JsonValue]) -> list[Message]:
        value = data.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and (scale != 1.0 or shift):
            value = round(value * scale + shift, 2)
        return [write({"value": value})]

    return make


def offer(shape: Shape, services: Mapping[str, Make | None]) -> None:
    """The services that there is a topic for."""
    shape.services |= {name: make for name, make in services.items() if make is not None}


# --- on and off ---------------------------------------------------------------------------------------


def on_off(fields: Fields, *, value_template: str = "value_template", topics: str = "") -> Shape:
    """Switches, and the on-and-off part of others."""
    shape = Shape()
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    told = {fields.text("state_on", on): "on", fields.text("state_off", off): "off"}
    state_topic = fields.topic(f"{topics}state_topic")
    shape.read(state_topic, after(fields.reader(value_template), states(told)))
    write = fields.writer(f"{topics}command_topic", "command_template")
    offer(shape, {"turn_on": fixed(write, on), "turn_off": fixed(write, off)})
    shape.reports = state_topic is not None and not fields.flag("optimistic")
    return shape


def switch(fields: Fields) -> Shape:
    """A switch."""
    _required(fields, "command_topic")
    return on_off(fields)


def siren(fields: Fields) -> Shape:
    """A siren; without a template its commands and states are JSON."""
    _required(fields, "command_topic")
    shape = on_off(fields, value_template="state_value_template")
    topic = fields.topic("state_topic")
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    if not fields.has("state_value_template") and topic is not None:
        told = {fields.text("state_on", on): "on", fields.text("state_off", off): "off"}
        told |= {f'{{"state":"{payload}"}}': state for payload, state in told.items()}
        shape.readings = [(topic, lambda payload, live: states(told)("".join(payload.split()), live))]
    if not fields.has("command_template"):
        write = fields.writer("command_topic", "command_template")
        for service, payload in (("turn_on", on), ("turn_off", off)):
            offer(shape, {service: fixed(write, f'{{"state": "{payload}"}}')})
    return shape


def fan(fields: Fields) -> Shape:
    """A fan, with speeds where it has a topic for them."""
    _required(fields, "command_topic")
    shape = on_off(fields, value_template="state_value_template")
    low, high = fields.number("speed_range_min", 1), fields.number("speed_range_max", 100)
    steps = max(1.0, high - low + 1)
    topic = fields.topic("percentage_state_topic")
    shape.read(topic, after(fields.reader("percentage_value_template"), _speed(low, steps)))
    write = fields.writer("percentage_command_topic", "percentage_command_template")
    turn_on = shape.services["turn_on"]

    def set_percentage(device: Device, data: Mapping[str, JsonValue]) -> list[Message]:
        percent = number(data.get("percentage")) or 0
        if percent <= 0:
            return shape.services["turn_off"](device, data)
        assert write is not None
        speed = low - 1 + max(1, -(-percent * steps // 100))
        return [*(turn_on(device, data) if device.state != "on" else []), write({"value": int(speed)})]

    if write is not None:
        shape.services["set_percentage"] = set_percentage
    shape.attributes["supported_features"] = ["set_speed"] if write is not None else ["turn_on", "turn_off"]
    return shape


def _speed(low: float, steps: float) -> Take:
    def take(payload: str, live: Live) -> None:
        value = number(payload)
        if value is None:
            raise Refused(f"{plain_text(payload)!r} is no speed")
        live.attributes["percentage"] = max(0, min(100, round((value - low + 1) * 100 / steps)))

    return take


def lock(fields: Fields) -> Shape:
    """A lock."""
    _required(fields, "command_topic")
    shape = Shape()
    told = {
        fields.text(f"state_{name}", name.upper()): name
        for name in ("locked", "unlocked", "locking", "unlocking", "jammed", "open", "opening")
    }
    topic = fields.topic("state_topic")
    shape.read(topic, after(fields.reader("value_template"), states(told)))
    write = fields.writer("command_topic", "command_template")
    lock_, unlock = fields.text("payload_lock", "LOCK"), fields.text("payload_unlock", "UNLOCK")
    offer(shape, {"lock": fixed(write, lock_), "unlock": fixed(write, unlock)})
    shape.reports = topic is not None and not fields.flag("optimistic")
    return shape


_ARM_MODES = ("home", "away", "night", "vacation")
_ALARM_STATES = (
    *("disarmed", "armed_home", "armed_away", "armed_night", "armed_vacation", "armed_custom_bypass"),
    *("pending", "triggered", "arming", "disarming"),
)


def alarm(fields: Fields) -> Shape:
    """An alarm panel. One that wants a code is only read and armed as far as it asks for none."""
    _required(fields, "command_topic")
    shape = Shape()
    shape.read(
        fields.topic("state_topic"), after(fields.reader("value_template"), states({s: s for s in _ALARM_STATES}))
    )
    has_code = fields.has("code")
    arms = (
        fields.options("supported_features") if fields.has("supported_features") else [f"arm_{m}" for m in _ARM_MODES]
    )
    for mode in _ARM_MODES:
        if f"arm_{mode}" in arms:
            needs = has_code and fields.flag("code_arm_required", True)
            payload = fields.text(f"payload_arm_{mode}", f"ARM_{mode.upper()}")
            offer(shape, {f"alarm_arm_{mode}": _wants_code if needs else _alarm_act(fields, payload)})
    needs = has_code and fields.flag("code_disarm_required", True)
    disarm = _alarm_act(fields, fields.text("payload_disarm", "DISARM"))
    offer(shape, {"alarm_disarm": _wants_code if needs else disarm})
    return shape


def _alarm_act(fields: Fields, payload: str) -> Make | None:
    """An alarm's template knows its payload as ``action``; there never is a code."""
    write = fields.writer("command_topic", "command_template")
    if write is None:
        return None
    return lambda _device, _data: [write({"value": payload, "action": payload, "code": ""})]


def _wants_code(device: Device, _data: Mapping[str, JsonValue]) -> list[Message]:
    raise DeviceError(f"{device.name} wants a code, which is not spoken")


# --- pressed and chosen --------------------------------------------------------------------------------


def button(fields: Fields) -> Shape:
    """A button."""
    _required(fields, "command_topic")
    shape = Shape()
    write = fields.writer("command_topic", "command_template")
    offer(shape, {"press": fixed(write, fields.text("payload_press", "PRESS"))})
    return shape


def scene(fields: Fields) -> Shape:
    """A scene."""
    _required(fields, "command_topic")
    shape = Shape()
    offer(shape, {"turn_on": fixed(fields.writer("command_topic", ""), fields.text("payload_on", "ON"))})
    return shape


def number_(fields: Fields) -> Shape:
    """A number that can be set."""
    _required(fields, "command_topic")
    shape = Shape()
    topic = fields.topic("state_topic")
    shape.read(topic, after(fields.reader("value_template"), _value))
    offer(shape, {"set_value": of_data(fields.writer("command_topic", "command_template"), "value")})
    shape.attributes |= {"min": fields.number("min", 1), "max": fields.number("max", 100)}
    shape.attributes |= {"step": fields.number("step", 1)} | _unit(fields)
    shape.reports = topic is not None and not fields.flag("optimistic")
    return shape


def select(fields: Fields) -> Shape:
    """A choice: programmes, sources, modes."""
    _required(fields, "command_topic")
    shape = Shape()
    options = fields.options("options")
    if not options:
        raise Refused("it has no options")
    topic = fields.topic("state_topic")
    shape.read(topic, after(fields.reader("value_template"), states({option: option for option in options})))
    offer(shape, {"select_option": of_data(fields.writer("command_topic", "command_template"), "option")})
    shape.attributes["options"] = list(options)
    shape.reports = topic is not None and not fields.flag("optimistic")
    return shape


# --- only read -----------------------------------------------------------------------------------------


def sensor(fields: Fields) -> Shape:
    """A reading."""
    _required(fields, "state_topic")
    shape = Shape(attributes=_unit(fields), expires_s=fields.number("expire_after", 0))
    shape.read(fields.topic("state_topic"), after(fields.reader("value_template"), _value))
    return shape


def binary_sensor(fields: Fields) -> Shape:
    """A reading that is one of two."""
    _required(fields, "state_topic")
    shape = Shape(expires_s=fields.number("expire_after", 0))
    told = {fields.text("payload_on", "ON"): "on", fields.text("payload_off", "OFF"): "off"}
    shape.read(fields.topic("state_topic"), after(fields.reader("value_template"), states(told)))
    return shape


def tracker(fields: Fields) -> Shape:
    """Somebody or something that is at home or not."""
    _required(fields, "state_topic")
    shape = Shape()
    told = {fields.text("payload_home", "home"): "home", fields.text("payload_not_home", "not_home"): "not_home"}
    shape.read(fields.topic("state_topic"), after(fields.reader("value_template"), states(told)))
    return shape


def _value(payload: str, live: Live) -> None:
    live.state = "unknown" if payload in ("None", "null") else plain_text(payload)


def _unit(fields: Fields) -> dict[str, JsonValue]:
    unit = plain_text(fields.text("unit_of_measurement"))[:16]
    return {"unit_of_measurement": unit} if unit else {}


def _required(fields: Fields, key: str) -> None:
    if fields.topic(key) is None:
        raise Refused(f"it has no {key}")

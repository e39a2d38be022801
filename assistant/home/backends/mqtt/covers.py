"""What opens, moves and heats: covers, valves, robots, thermostats, humidifiers, water heaters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from assistant.home.backends.mqtt.entity import Live, Message, Shape, Take
from assistant.home.backends.mqtt.fields import Fields
from assistant.home.backends.mqtt.switches import after, fixed, into, of_data, offer, on_off, states, word_into
from assistant.home.backends.plain import Refused, plain_text
from assistant.home.features import number
from assistant.types import Device, JsonValue

_COVER_STATES = ("open", "opening", "closed", "closing", "stopped")
_HVAC_MODES = ("off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only")


def cover(fields: Fields) -> Shape:
    """A blind, curtain, door or gate."""
    shape = Shape()
    if not any(fields.topic(key) for key in ("command_topic", "set_position_topic", "tilt_command_topic")):
        raise Refused("it has neither command_topic nor set_position_topic nor tilt_command_topic")
    closed, opened = fields.number("position_closed", 0), fields.number("position_open", 100)
    state_topic, position_topic = fields.topic("state_topic"), fields.topic("position_topic")
    told = {fields.text(f"state_{name}", name): name for name in _COVER_STATES}
    shape.read(state_topic, after(fields.reader("value_template"), _cover_state(told)))
    tilts = _tilted(fields)
    position = after(
        fields.reader("position_template"), _position(closed, opened, sets_state=state_topic is None, tilts=tilts)
    )
    shape.read(position_topic, position)
    write = fields.writer("command_topic", "command_template")
    for service, key, payload in (
        ("open_cover", "payload_open", "OPEN"),
        ("close_cover", "payload_close", "CLOSE"),
        ("stop_cover", "payload_stop", "STOP"),
    ):
        offer(shape, {service: fixed(write, fields.command(key, payload))})
    move = fields.writer("set_position_topic", "set_position_template")
    if move is not None:
        place = _placed(closed, opened)

        def set_position(_device: Device, data: Mapping[str, JsonValue]) -> list[Message]:
            percent = number(data.get("position")) or 0
            values = {"position": int(percent), "value": int(place(percent))}
            return [move({**values, "position_open": opened, "position_closed": closed})]

        shape.services["set_cover_position"] = set_position
        shape.services.setdefault("open_cover", lambda device, _data: set_position(device, {"position": 100}))
        shape.services.setdefault("close_cover", lambda device, _data: set_position(device, {"position": 0}))
    can = {"open_cover": "open", "close_cover": "close", "set_cover_position": "set_position"}
    shape.attributes["supported_features"] = [name for service, name in can.items() if service in shape.services]
    _tilt(fields, shape)
    shape.reports = (state_topic or position_topic) is not None and not fields.flag("optimistic")
    return shape


def valve(fields: Fields) -> Shape:
    """A valve; one that reports its position takes it on the command topic."""
    shape = Shape()
    if fields.topic("command_topic") is None:
        raise Refused("it has no command_topic")
    reports = fields.flag("reports_position")
    closed, opened = fields.number("position_closed", 0), fields.number("position_open", 100)
    told = {fields.text(f"state_{name}", name): name for name in _COVER_STATES}
    state, position = _cover_state(told), _position(closed, opened, sets_state=True)

    def take(payload: str, live: Live) -> None:
        found = _json_table(payload)
        if found is None:
            (position if reports and number(payload) is not None else state)(payload, live)
            return
        if found.get("position") is not None:
            position(str(found["position"]), live)
        if found.get("state") is not None:
            state(str(found["state"]), live)

    topic = fields.topic("state_topic")
    shape.read(topic, after(fields.reader("value_template"), take))
    write = fields.writer("command_topic", "command_template")
    if reports:
        place = _placed(closed, opened)
        for service, percent in (("open_valve", 100), ("close_valve", 0)):
            offer(shape, {service: fixed(write, str(int(place(percent))))})
        slope = (opened - closed) / 100
        offer(shape, {"set_valve_position": of_data(write, "position", slope, closed)})
    else:
        offer(shape, {"open_valve": fixed(write, fields.command("payload_open", "OPEN"))})
        offer(shape, {"close_valve": fixed(write, fields.command("payload_close", "CLOSE"))})
    if fields.has("payload_stop"):
        offer(shape, {"stop_valve": fixed(write, fields.text("payload_stop"))})
    shape.attributes["supported_features"] = ["open", "close", *(["set_position"] if reports else [])]
    shape.reports = topic is not None and not fields.flag("optimistic")
    return shape


def _cover_state(told: Mapping[str, str]) -> Take:
    known = states(told)

    def take(payload: str, live: Live) -> None:
        before = live.state
        known(payload, live)
        if live.state == "stopped":
            place = number(live.attributes.get("current_position"))
            live.state = "closed" if before in ("closing", "closed") else "open"
            if place is not None:
                live.state = "open" if place > 0 else "closed"

    return take


def _tilted(fields: Fields) -> Take:
    """The slats' angle, 0 to 100, of the device's own numbers."""
    low, high = fields.number("tilt_min", 0), fields.number("tilt_max", 100)
    span = (high - low) or 100.0

    def take(payload: str, live: Live) -> None:
        value = number(payload)
        if value is None:
            raise Refused(f"{plain_text(payload)!r} is no tilt")
        live.attributes["current_tilt_position"] = max(0, min(100, round((value - low) * 100 / span)))

    return take


def _tilt(fields: Fields, shape: Shape) -> None:
    """Slats that are turned: services as Home Assistant has them, open and close at the device's own angles."""
    shape.read(fields.topic("tilt_status_topic"), after(fields.reader("tilt_status_template"), _tilted(fields)))
    write = fields.writer("tilt_command_topic", "tilt_command_template")
    if write is None:
        return
    low, high = fields.number("tilt_min", 0), fields.number("tilt_max", 100)
    place = _placed(low, high)

    def turned(value: float, said: float) -> list[Message]:
        return [write({"value": int(value), "tilt_position": int(said), "tilt_min": low, "tilt_max": high})]

    def set_tilt(_device: Device, data: Mapping[str, JsonValue]) -> list[Message]:
        percent = number(data.get("tilt_position")) or 0
        return turned(place(percent), percent)

    shape.services["set_cover_tilt_position"] = set_tilt
    opened, closed = fields.number("tilt_opened_value", 100), fields.number("tilt_closed_value", 0)
    shape.services["open_cover_tilt"] = lambda _device, _data: turned(opened, opened)
    shape.services["close_cover_tilt"] = lambda _device, _data: turned(closed, closed)


def _position(closed: float, opened: float, *, sets_state: bool, tilts: Take | None = None) -> Take:
    span = (opened - closed) or 100.0

    def take(payload: str, live: Live) -> None:
        found = _json_table(payload)
        value = number(payload if found is None else found.get("position"))
        if value is None:
            raise Refused(f"{plain_text(payload)!r} is no position")
        percent = max(0, min(100, round((value - closed) * 100 / span)))
        live.attributes["current_position"] = percent
        if sets_state:
            live.state = "open" if percent > 0 else "closed"
        if tilts is not None and found is not None and found.get("tilt_position") is not None:
            tilts(str(found["tilt_position"]), live)

    return take


def _placed(closed: float, opened: float) -> Callable[[float], int]:
    return lambda percent: round(closed + percent * (opened - closed) / 100)


def _json_table(payload: str) -> Mapping[str, JsonValue] | None:
    if not payload.startswith("{"):
        return None
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# --- robots -------------------------------------------------------------------------------------------


def vacuum(fields: Fields) -> Shape:
    """A vacuum cleaner; its state is JSON."""
    shape = Shape()

    def take(payload: str, live: Live) -> None:
        found = _json_table(payload)
        if found is None:
            raise Refused("is no table")
        state = found.get("state")
        if isinstance(state, str) and state in ("cleaning", "docked", "paused", "idle", "returning", "error"):
            live.state = state
        level = number(found.get("battery_level"))
        if level is not None:
            live.attributes["battery_level"] = round(level)

    shape.read(fields.topic("state_topic"), after(fields.reader("value_template"), take))
    write = fields.writer("command_topic", "")
    if write is None:
        raise Refused("it has no command_topic")
    for service, key, payload in (
        ("start", "payload_start", "start"),
        ("pause", "payload_pause", "pause"),
        ("return_to_base", "payload_return_to_base", "return_to_base"),
    ):
        offer(shape, {service: fixed(write, fields.text(key, payload))})
    shape.reports = bool(shape.readings)
    return shape


def lawn_mower(fields: Fields) -> Shape:
    """A robot mower."""
    shape = Shape()
    told = {name: name for name in ("mowing", "paused", "docked", "returning", "error")}
    shape.read(fields.topic("activity_state_topic"), after(fields.reader("activity_value_template"), states(told)))
    for service, key, payload in (
        ("start_mowing", "start_mowing", "start_mowing"),
        ("pause", "pause", "pause"),
        ("dock", "dock", "dock"),
    ):
        offer(shape, {service: fixed(fields.writer(f"{key}_command_topic", f"{key}_command_template"), payload)})
    if not shape.services:
        raise Refused("it has no command topics")
    shape.reports = bool(shape.readings)
    return shape


# --- heating and air ----------------------------------------------------------------------------------


def climate(fields: Fields) -> Shape:
    """A thermostat or air conditioner."""
    return _heating(
        fields, "hvac_modes", "set_hvac_mode", "hvac_mode", fields.options("modes") or list(_HVAC_MODES[:6])
    )


def water_heater(fields: Fields) -> Shape:
    """A boiler."""
    modes = fields.options("modes") or ["off", "eco", "electric", "gas", "heat_pump", "performance"]
    return _heating(fields, "operation_list", "set_operation_mode", "operation_mode", modes)


def _heating(fields: Fields, listed: str, service: str, key: str, modes: list[str]) -> Shape:
    shape = Shape()
    shape.attributes[listed] = list(modes)
    mode_topic = fields.topic("mode_state_topic")
    shape.read(mode_topic, after(fields.reader("mode_state_template"), states({mode: mode for mode in modes})))
    target_topic = fields.topic("temperature_state_topic")
    shape.read(target_topic, after(fields.reader("temperature_state_template"), into("temperature")))
    current = after(fields.reader("current_temperature_template"), into("current_temperature"))
    shape.read(fields.topic("current_temperature_topic"), current)
    humidity = after(fields.reader("current_humidity_template"), into("current_humidity"))
    shape.read(fields.topic("current_humidity_topic"), humidity)
    shape.read(
        fields.topic("fan_mode_state_topic"), after(fields.reader("fan_mode_state_template"), word_into("fan_mode"))
    )
    set_mode = of_data(fields.writer("mode_command_topic", "mode_command_template"), key)
    power = fields.writer("power_command_topic", "power_command_template")
    on, off = fields.text("payload_on", "ON"), fields.text("payload_off", "OFF")
    preferred = next((mode for mode in ("auto", "heat_cool", "heat", *modes) if mode in modes and mode != "off"), None)
    if set_mode is not None:
        shape.services[service] = set_mode
        if preferred is not None:
            shape.services["turn_on"] = lambda device, _data: set_mode(device, {key: preferred})
        if "off" in modes:
            shape.services["turn_off"] = lambda device, _data: set_mode(device, {key: "off"})
    offer(shape, {"turn_on": fixed(power, on), "turn_off": fixed(power, off)})
    write = fields.writer("temperature_command_topic", "temperature_command_template")
    offer(shape, {"set_temperature": of_data(write, "temperature")})
    fan = fields.writer("fan_mode_command_topic", "fan_mode_command_template")
    offer(shape, {"set_fan_mode": of_data(fan, "fan_mode")})
    shape.attributes |= {"min_temp": fields.number("min_temp", 7), "max_temp": fields.number("max_temp", 35)}
    shape.attributes["target_temp_step"] = fields.number("temp_step", 1)
    if fields.has("fan_modes"):
        shape.attributes["fan_modes"] = list(fields.options("fan_modes"))
    unit = fields.text("temperature_unit")
    if unit in ("C", "F"):
        shape.attributes["temperature_unit"] = f"°{unit}"
    if not shape.services and not shape.readings:
        raise Refused("it has no topics")
    shape.reports = (mode_topic or target_topic) is not None and not fields.flag("optimistic")
    return shape


def humidifier(fields: Fields) -> Shape:
    """A humidifier or dehumidifier."""
    if fields.topic("command_topic") is None:
        raise Refused("it has no command_topic")
    shape = on_off(fields, value_template="state_value_template")
    target = after(fields.reader("target_humidity_state_template"), into("humidity"))
    shape.read(fields.topic("target_humidity_state_topic"), target)
    shape.read(fields.topic("mode_state_topic"), after(fields.reader("mode_state_template"), word_into("mode")))
    write = fields.writer("target_humidity_command_topic", "target_humidity_command_template")
    offer(shape, {"set_humidity": of_data(write, "humidity")})
    mode = fields.writer("mode_command_topic", "mode_command_template")
    offer(shape, {"set_mode": of_data(mode, "mode")})
    shape.attributes |= {
        "min_humidity": fields.number("min_humidity", 0),
        "max_humidity": fields.number("max_humidity", 100),
    }
    if fields.has("modes"):
        shape.attributes["available_modes"] = list(fields.options("modes"))
    return shape

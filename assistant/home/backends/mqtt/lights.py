"""Lights in the three ways in which they are announced: default (a topic for each thing), JSON, templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from assistant.home.backends.mqtt.colours import Rgb, hs_of, kelvin_of, mireds_of, rgb_of_hs, rgb_of_xy, xy_of
from assistant.home.backends.mqtt.entity import Live, Message, Shape, Take
from assistant.home.backends.mqtt.fields import Fields
from assistant.home.backends.mqtt.switches import after, into, on_off
from assistant.home.backends.plain import Refused, parse_json, plain_text
from assistant.home.features import number
from assistant.types import Device, JsonValue

STATE_BYTES = 64_000
_COLORED = ("rgb", "hs", "xy")
Data = Mapping[str, JsonValue]


def light(fields: Fields) -> Shape:
    """A light of any schema."""
    schema = fields.text("schema", "basic")
    if schema == "json":
        return _json_light(fields)
    if schema == "template":
        return _template_light(fields)
    if schema not in ("basic", "default"):
        raise Refused(f"there is no schema {plain_text(schema)!r}")
    return _default_light(fields)


def _rgb(data: Data) -> Rgb | None:
    value = data.get("rgb_color")
    if not isinstance(value, list) or len(value) != 3:
        return None
    red, green, blue = (max(0, min(255, round(number(part) or 0))) for part in value)
    return red, green, blue


def _white_range(fields: Fields) -> dict[str, JsonValue]:
    """The range of colour temperatures, in kelvin, where the light tells it."""
    low, high = fields.number("min_kelvin", 0), fields.number("max_kelvin", 0)
    if fields.has("max_mireds") and not low:
        low = kelvin_of(fields.number("max_mireds", 500))
    if fields.has("min_mireds") and not high:
        high = kelvin_of(fields.number("min_mireds", 153))
    found: dict[str, JsonValue] = {}
    if low > 0:
        found["min_color_temp_kelvin"] = round(low)
    if high > 0:
        found["max_color_temp_kelvin"] = round(high)
    return found


def _white(in_kelvin: bool) -> Take:
    def take(payload: str, live: Live) -> None:
        value = number(payload)
        if value is None or value <= 0:
            raise Refused(f"{plain_text(payload)!r} is no colour temperature")
        live.attributes["color_temp_kelvin"] = round(value) if in_kelvin else kelvin_of(value)
        live.attributes.pop("rgb_color", None)

    return take


def _color(convert: Callable[..., Rgb], count: int) -> Take:
    def take(payload: str, live: Live) -> None:
        parts = [number(part.strip()) for part in payload.split(",")]
        if len(parts) != count or any(part is None for part in parts):
            raise Refused(f"{plain_text(payload)!r} is no colour")
        live.attributes["rgb_color"] = list(convert(*parts))
        live.attributes.pop("color_temp_kelvin", None)

    return take


def _plain_rgb(red: float, green: float, blue: float) -> Rgb:
    return round(red), round(green), round(blue)


# --- default ----------------------------------------------------------------------------------------


def _default_light(fields: Fields) -> Shape:
    if fields.topic("command_topic") is None:
        raise Refused("it has no command_topic")
    shape = on_off(fields, value_template="state_value_template")
    if fields.has("value_template") and not fields.has("state_value_template"):
        shape = on_off(fields)
    scale = fields.number("brightness_scale", 255) or 255
    in_kelvin = fields.flag("color_temp_kelvin")
    for kind, take in (
        ("brightness", into("brightness", 255 / scale, whole=True)),
        ("color_temp", _white(in_kelvin)),
        ("rgb", _color(_plain_rgb, 3)),
        ("hs", _color(rgb_of_hs, 2)),
        ("xy", _color(rgb_of_xy, 2)),
    ):
        topic = fields.topic(f"{kind}_state_topic")
        shape.read(topic, after(fields.reader(f"{kind}_value_template"), take))
    shape.attributes["supported_color_modes"] = _default_modes(fields)
    shape.attributes |= _white_range(fields)
    styles = _default_styles(fields, scale, in_kelvin)
    switch_on, order = shape.services["turn_on"], fields.text("on_command_type", "last")

    def turn_on(device: Device, data: Data) -> list[Message]:
        styled = styles(device, data)
        if order == "brightness" and fields.topic("brightness_command_topic") is not None:
            return styled or styles(device, {"brightness": device.attributes.get("brightness", 255)})
        on = switch_on(device, data)
        return [*on, *styled] if order == "first" else [*styled, *on]

    shape.services["turn_on"] = turn_on
    return shape


def _default_modes(fields: Fields) -> list[JsonValue]:
    modes = [kind for kind in _COLORED if fields.topic(f"{kind}_command_topic") is not None]
    if fields.topic("color_temp_command_topic") is not None:
        modes.append("color_temp")
    if not modes and (fields.topic("brightness_command_topic") or fields.text("on_command_type") == "brightness"):
        modes = ["brightness"]
    return list(modes or ["onoff"])


def _default_styles(fields: Fields, scale: float, in_kelvin: bool) -> Callable[[Device, Data], list[Message]]:
    """The messages for brightness, white and colour."""
    brightness = fields.writer("brightness_command_topic", "brightness_command_template")
    white = fields.writer("color_temp_command_topic", "color_temp_command_template")
    colors = {kind: fields.writer(f"{kind}_command_topic", f"{kind}_command_template") for kind in _COLORED}

    def styles(_device: Device, data: Data) -> list[Message]:
        messages: list[Message] = []
        rgb, kelvin, level = _rgb(data), number(data.get("color_temp_kelvin")), number(data.get("brightness"))
        if rgb is not None:
            for kind, write in colors.items():
                if write is not None:
                    messages.append(write(_color_values(kind, rgb)))
                    break
        if kelvin is not None and white is not None:
            messages.append(white({"value": round(kelvin) if in_kelvin else mireds_of(kelvin)}))
        if level is not None and brightness is not None:
            messages.append(brightness({"value": max(1, round(level * scale / 255)) if level > 0 else 0}))
        return messages

    return styles


def _color_values(kind: str, rgb: Rgb) -> dict[str, JsonValue]:
    if kind == "rgb":
        red, green, blue = rgb
        return {"red": red, "green": green, "blue": blue, "value": f"{red},{green},{blue}"}
    first, second = hs_of(rgb) if kind == "hs" else xy_of(rgb)
    names = ("hue", "sat") if kind == "hs" else ("x", "y")
    return {names[0]: first, names[1]: second, "value": f"{first:g},{second:g}"}


# --- JSON -------------------------------------------------------------------------------------------


def _json_light(fields: Fields) -> Shape:
    shape = Shape()
    write = fields.writer("command_topic", "")
    if write is None:
        raise Refused("it has no command_topic")
    modes, scale = _json_modes(fields), fields.number("brightness_scale", 255) or 255
    in_kelvin = fields.flag("color_temp_kelvin")
    topic = fields.topic("state_topic")
    shape.read(topic, _json_state(scale, in_kelvin))
    shape.attributes["supported_color_modes"] = list(modes)
    shape.attributes |= _white_range(fields)

    def turn_on(_device: Device, data: Data) -> list[Message]:
        command: dict[str, JsonValue] = {"state": "ON"}
        level, kelvin, rgb = number(data.get("brightness")), number(data.get("color_temp_kelvin")), _rgb(data)
        if level is not None and modes != ["onoff"]:
            command["brightness"] = max(1, round(level * scale / 255)) if level > 0 else 0
        if kelvin is not None:
            command["color_temp"] = round(kelvin) if in_kelvin else mireds_of(kelvin)
        if rgb is not None:
            command["color"] = _json_color(modes, rgb)
        return [write({"value": json.dumps(command)})]

    shape.services["turn_on"] = turn_on
    shape.services["turn_off"] = lambda _device, _data: [write({"value": '{"state": "OFF"}'})]
    shape.reports = topic is not None and not fields.flag("optimistic")
    return shape


def _json_modes(fields: Fields) -> list[str]:
    known = ("onoff", "brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white")
    modes = [mode for mode in fields.options("supported_color_modes") if mode in known]
    if not modes:  # the older way: a truth for each
        modes = [mode for mode in ("hs", "rgb", "xy", "color_temp") if fields.raw(mode) is True]
    return modes or (["brightness"] if fields.flag("brightness") else ["onoff"])


def _json_color(modes: list[str], rgb: Rgb) -> dict[str, JsonValue]:
    red, green, blue = rgb
    if "hs" in modes:
        hue, saturation = hs_of(rgb)
        return {"h": hue, "s": saturation}
    if "xy" in modes:
        x, y = xy_of(rgb)
        return {"x": x, "y": y}
    extra: dict[str, JsonValue] = {"w": 0} if "rgbw" in modes else {"c": 0, "w": 0} if "rgbww" in modes else {}
    return {"r": red, "g": green, "b": blue, **(extra if "rgb" not in modes else {})}


def _json_state(scale: float, in_kelvin: bool) -> Take:
    take_level, take_white = into("brightness", 255 / scale, whole=True), _white(in_kelvin)

    def take(payload: str, live: Live) -> None:
        found = parse_json(payload, STATE_BYTES)
        if not isinstance(found, dict):
            raise Refused("is no table")
        state = found.get("state")
        if state in ("ON", "OFF"):
            live.state = str(state).lower()
        elif "state" in found and state is None:
            live.state = "unknown"
        if number(found.get("brightness")) is not None:
            take_level(str(found["brightness"]), live)
        mode, color = found.get("color_mode"), found.get("color")
        if mode != "color_temp" and isinstance(color, dict):
            rgb = _rgb_of_json(color)
            if rgb is not None:
                live.attributes["rgb_color"] = list(rgb)
                live.attributes.pop("color_temp_kelvin", None)
        if mode in (None, "color_temp") and number(found.get("color_temp")):
            take_white(str(found["color_temp"]), live)

    return take


def _rgb_of_json(color: Mapping[str, JsonValue]) -> Rgb | None:
    def parts(*keys: str) -> list[float]:
        found = [number(color.get(key)) for key in keys]
        return [value for value in found if value is not None]

    if len(rgb := parts("r", "g", "b")) == 3:
        return _plain_rgb(*(max(0.0, min(255.0, part)) for part in rgb))
    if len(hs := parts("h", "s")) == 2:
        return rgb_of_hs(*hs)
    if len(xy := parts("x", "y")) == 2:
        return rgb_of_xy(*xy)
    return None


# --- templates --------------------------------------------------------------------------------------


def _template_light(fields: Fields) -> Shape:
    shape = Shape()
    write_on = fields.writer("command_topic", "command_on_template")
    write_off = fields.writer("command_topic", "command_off_template")
    if write_on is None or write_off is None:
        raise Refused("it has no command_topic")
    if not fields.has("command_on_template") or not fields.has("command_off_template"):
        raise Refused("it has no command_on_template and command_off_template")
    in_kelvin = fields.flag("color_temp_kelvin")
    topic = fields.topic("state_topic")
    if fields.has("state_template"):
        shape.read(topic, after(fields.reader("state_template"), _template_state))
    if fields.has("brightness_template"):
        shape.read(topic, after(fields.reader("brightness_template"), into("brightness", whole=True)))
    if fields.has("color_temp_template"):
        shape.read(topic, after(fields.reader("color_temp_template"), _white(in_kelvin)))
    parts = [f"{part}_template" for part in ("red", "green", "blue")]
    colored = all(fields.has(key) for key in parts)
    if colored:
        readers = [fields.reader(key) for key in parts]
        shape.read(topic, lambda payload, live: _color(_plain_rgb, 3)(",".join(r(payload) for r in readers), live))
    modes = ["rgb"] if colored else []
    modes += ["color_temp"] if fields.has("color_temp_template") else []
    modes = modes or (["brightness"] if fields.has("brightness_template") else ["onoff"])
    shape.attributes["supported_color_modes"] = list(modes)
    shape.attributes |= _white_range(fields)

    def turn_on(_device: Device, data: Data) -> list[Message]:
        values: dict[str, JsonValue] = {"state": "on"}
        level, kelvin, rgb = number(data.get("brightness")), number(data.get("color_temp_kelvin")), _rgb(data)
        if level is not None:
            values["brightness"] = round(level)
        if kelvin is not None:
            values["color_temp"] = round(kelvin) if in_kelvin else mireds_of(kelvin)
        if rgb is not None:
            values |= dict(zip(("red", "green", "blue"), rgb, strict=True))
        return [write_on(values)]

    shape.services["turn_on"] = turn_on
    shape.services["turn_off"] = lambda _device, _data: [write_off({"state": "off"})]
    shape.reports = topic is not None and fields.has("state_template") and not fields.flag("optimistic")
    return shape


def _template_state(payload: str, live: Live) -> None:
    if payload.lower() not in ("on", "off"):
        raise Refused(f"{plain_text(payload)!r} is no state of a light")
    live.state = payload.lower()

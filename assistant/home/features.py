"""What a device can do, where its inventory says so; one that says nothing is taken to be able."""

from __future__ import annotations

from assistant.home.values import number_of
from assistant.types import Device, JsonValue

_BITS = {
    ("cover", "set_position"): 4,
    ("valve", "set_position"): 4,
    ("fan", "set_speed"): 1,
    ("media_player", "volume_set"): 4,
    ("media_player", "volume_mute"): 8,
}
_COLOR_MODES = frozenset({"hs", "xy", "rgb", "rgbw", "rgbww"})


def supports(device: Device, feature: str) -> bool:
    """By ``supported_features``: Home Assistant's bits, or a list of names. A list that is empty says nothing."""
    said = device.attributes.get("supported_features")
    if isinstance(said, list) and said:
        return feature in {str(name).lower().rpartition(".")[2] for name in said}
    bit = _BITS.get((device.domain, feature))
    if isinstance(said, int) and not isinstance(said, bool) and said > 0 and bit is not None:
        return bool(said & bit)
    return True


def _color_modes(device: Device) -> frozenset[str] | None:
    modes = device.attributes.get("supported_color_modes")
    if isinstance(modes, str):
        modes = [modes]
    return frozenset(str(mode).lower() for mode in modes) if isinstance(modes, list) and modes else None


def can_dim(light: Device) -> bool:
    """Whether the light has a brightness."""
    modes = _color_modes(light)
    return modes is None or bool(modes - {"onoff", "unknown"})


def can_color(light: Device) -> bool:
    """Whether the light can have colours."""
    modes = _color_modes(light)
    return modes is None or bool(modes & _COLOR_MODES)


def can_temper(light: Device) -> bool:
    """Whether the light can be warm or cold white; one with colours can mix that."""
    modes = _color_modes(light)
    return modes is None or "color_temp" in modes or bool(modes & _COLOR_MODES)


def number(value: JsonValue, default: float | None = None) -> float | None:
    """``value`` as a number, also where it is one written as text."""
    value = number_of(value)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def brightness_percent(light: Device) -> float:
    """0-100; a light that is on and says nothing is at full brightness."""
    if light.state != "on":
        return 0.0
    return (number(light.attributes.get("brightness"), 255.0) or 0.0) * 100 / 255

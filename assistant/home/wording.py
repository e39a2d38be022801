"""Words for states and acts, from the language's response file; replies are made of states read back."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from assistant.home.colors import color_name
from assistant.types import Device

MAX_NAMES = 4


@cache
def _texts(language: str) -> dict[str, Any]:
    folder = resources.files("assistant") / "data" / "responses"
    file = folder / f"{language}.toml"
    if not file.is_file():
        file = folder / "en.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Wording:
    """Composes replies in one language."""

    def __init__(self, language: str = "en") -> None:
        self._texts = _texts(language)

    def say(self, key: str, **values: object) -> str:
        """The text of ``key`` with its places filled in, beginning with a capital."""
        text = str(self._texts["say"][key].format(**values))
        return text[:1].upper() + text[1:]

    def names(self, names: Sequence[str], *, most: int = MAX_NAMES) -> str:
        """``a, b and c``; beyond ``most`` the rest is counted."""
        if len(names) > most:
            return str(self._texts["say"]["more"].format(names=", ".join(names[: most - 1]), count=len(names) - most + 1))
        joiner = self._texts["say"]["and"]
        return f"{', '.join(names[:-1])}{joiner}{names[-1]}" if len(names) > 1 else "".join(names)

    def state(self, device: Device) -> str:
        """The device's state as people say it, with its value where it has one."""
        words = self._state_word(device)
        attributes = device.attributes
        if device.domain == "light" and device.state == "on":
            parts = [words]
            brightness = attributes.get("brightness")
            if isinstance(brightness, int | float) and brightness < 255:
                parts = [f"at {round(brightness * 100 / 255)} percent"]
            color = color_name(attributes.get("rgb_color"))
            return " and ".join([color, *parts] if color and parts != [words] else [color or parts[0]])
        if device.domain == "fan" and device.state == "on" and attributes.get("percentage") not in (None, 100):
            return f"at {attributes['percentage']:g} percent"
        position = attributes.get("current_position")
        if device.domain in ("cover", "valve") and isinstance(position, int | float) and 0 < position < 100:
            return f"{position:g} percent open"
        return words

    def setting(self, device: Device, service: str) -> str:
        """What a service set, read back: the volume after ``volume_set``, the target after ``set_temperature``."""
        attributes = device.attributes
        if service == "volume_set":
            level = attributes.get("volume_level")
            return f"at volume {round(float(level) * 100)}" if isinstance(level, int | float) else self.state(device)
        if service == "volume_mute":
            return "muted" if attributes.get("is_volume_muted") else "no longer muted"
        if service == "set_temperature":
            return f"set to {attributes.get('temperature')} degrees"
        if service == "set_fan_mode":
            return f"set to fan mode {attributes.get('fan_mode')}"
        if service == "turn_on" and device.attributes.get("color_temp_kelvin") and device.domain == "light":
            return f"at {device.attributes['color_temp_kelvin']} kelvin"
        if service == "press" or device.domain in ("scene", "script"):
            return "done"
        return self.state(device)

    def value(self, device: Device) -> str:
        """A sensor's value with its unit, or the state's words."""
        unit = device.attributes.get("unit_of_measurement")
        return f"{device.state} {unit}" if unit else self.state(device)

    def act(self, service: str) -> str:
        """The verb of a confirmation."""
        return str(self._texts["acts"].get(service, self._texts["acts"]["other"]))

    def kind(self, domain: str) -> str:
        """The plural of a kind of device."""
        return str(self._texts["kinds"].get(domain, self._texts["kinds"]["other"]))

    def _state_word(self, device: Device) -> str:
        binary = self._texts["binary"].get(device.device_class or "")
        if device.domain == "binary_sensor" and binary and device.state in ("on", "off"):
            return str(binary[0] if device.state == "on" else binary[1])
        return str(self._texts["states"].get(device.state, device.state.replace("_", " ")))

"""Words for names, states and acts, from the language's response file. What is said of a device is its state."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal

from assistant.home.colors import color_name
from assistant.home.features import number
from assistant.home.kinds import cover_kind, opening_kind
from assistant.home.names import normalise
from assistant.types import Device

MAX_NAMES = 4
DEFAULT_LANGUAGE = "en"


@cache
def _texts(language: str) -> Mapping[str, Any]:
    folder = resources.files("assistant") / "data" / "responses"
    file = folder / f"{language}.toml"
    if not file.is_file():
        file = folder / f"{DEFAULT_LANGUAGE}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Wording:
    """Composes replies in one language; one without a response file is answered in English."""

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self._texts = _texts(language)
        several = self._texts.get("several")
        self._several = re.compile(several["names"], re.IGNORECASE) if several is not None else None
        """What a name ends with that is said of several things: "the curtains are closed"."""
        self._comma = str(self._texts["say"].get("comma", ", "))

    # --- texts ---------------------------------------------------------------------------------------

    def say(self, key: str, **values: object) -> str:
        """The sentence of ``key`` with its places filled in, beginning with a capital."""
        text = self.say_in(key, **values)
        return text[:1].upper() + text[1:]

    def say_in(self, key: str, **values: object) -> str:
        """The same as a part of a sentence."""
        text = str(self._texts["say"][key])
        name = values.get("name")
        if self._several is not None and isinstance(name, str) and self._several.search(name):
            for one, many in self._texts["several"]["verbs"].items():
                text = text.replace(f"{{name}} {one} ", f"{{name}} {many} ").replace(f": it {one} ", f": they {many} ")
        return text.format(**values)

    def missing(self, key: str, values: Mapping[str, object]) -> str:
        """A sentence about what is not there: ``kind`` is a domain or device class, ``place`` slots of a place."""
        kind, place = values.get("kind"), values.get("place")
        if key == "cannot_act":
            values = {**values, "name": self.the(str(values.get("name")))}
        spoken = {"kind": self.kind(str(kind), 1), "place": self.place(place if isinstance(place, tuple) else ())}
        return self.say(key, **{**values, **spoken})

    def respond(self, key: str | None, part: str = "") -> str:
        """A fixed answer of the assistant about itself; ``part``: what of a sentence was not understood."""
        texts = self._texts["respond"]
        return str(texts.get(key or "default", texts["default"])).replace("{part}", part)

    def ranked(self, measure: str, order: str) -> str:
        """``the warmest`` for ``temperature`` and ``most``."""
        return str(self._texts["compared"].get(f"{measure} {order}", order))

    def measured(self, measure: str) -> str:
        """What is measured, as people say it."""
        return str(self._texts["compared"].get(measure, measure))

    def act(self, service: str) -> str:
        """The verb of a confirmation."""
        return str(self._texts["acts"].get(service, self._texts["acts"]["other"]))

    def done(self, service: str) -> str | None:
        """``Turned off`` for ``turn_off``; ``None`` for what is better said by the state."""
        found = self._texts["done"].get(service)
        return str(found) if found is not None else None

    # --- names ---------------------------------------------------------------------------------------

    def names(self, names: Sequence[str], *, most: int = MAX_NAMES, joiner: Literal["add", "or"] = "add") -> str:
        """``a, b and c``; beyond ``most`` the rest is counted."""
        if len(names) > most:
            shown = self._comma.join(names[: most - 1])
            return self.say_in("more", names=shown, count=self.count(len(names) - most + 1))
        if len(names) < 2:
            return "".join(names)
        return self.say_in(f"list_{joiner}", names=self._comma.join(names[:-1]), last=names[-1])

    def the(self, device: Device | str) -> str:
        """The name with its article, where it is no name of its own."""
        name = device if isinstance(device, str) else device.name
        words = normalise(name).split()
        owned = "'s " in f"{name} ".replace("\u2019", "'") or name.lower().startswith(("the ", "my ", "our "))
        if owned or not words or words[-1] not in self._words("article", "nouns"):
            return name
        return str(self._texts["article"]["the"]).format(name=name)

    def the_area(self, area: str) -> str:
        """The area's name with its article."""
        owned = "'s" in area.replace("\u2019", "'") or area.lower().startswith(("the ", "my "))
        if owned or normalise(area) in self._words("article", "bare_areas"):
            return area
        return str(self._texts["article"]["the"]).format(name=area)

    def place(self, places: Sequence[tuple[str, str]]) -> str:
        """`` in the kitchen`` of ``(("area", "kitchen"),)``; empty for none."""
        for slot, name in places:
            if slot == "floor" and normalise(name).split()[-1:] in (["floor"], ["level"], ["storey"]):
                return self.say_in("on_floor", floor=self.the_area(name))
            return self.say_in("in_area", area=self.the_area(name))
        return ""

    def place_of(self, device: Device) -> str:
        """Where a device is."""
        return self.place((("area", device.area),) if device.area else ())

    def kind(self, kind: str, count: int) -> str:
        """A domain or device class as people say it, in singular or plural."""
        kinds = self._texts["kinds"]
        forms = kinds.get(kind, (kind.replace("_", " "),) * 2 if kind and kind not in ("None",) else kinds["other"])
        return str(forms[0 if count == 1 else 1])

    def kind_of(self, kinds: Sequence[str], count: int) -> str:
        """The word for things of ``kinds``: their own where it is one."""
        only = set(kinds)
        return self.kind(only.pop() if len(only) == 1 else "other", count)

    def count(self, count: int) -> str:
        """A small number as a word."""
        words = self._words("numbers", "words")
        return words[count] if count < len(words) else str(count)

    # --- states --------------------------------------------------------------------------------------

    def state(self, device: Device) -> str:
        """The device's state as people say it, with the level it is at: ``at 50 percent``."""
        attributes, word = device.attributes, self.state_word(device)
        if device.domain == "light" and device.state == "on":
            return self._light(device, self._percent(attributes.get("brightness"), 255))
        if device.domain == "fan" and device.state == "on" and attributes.get("percentage") not in (None, 100):
            return self._state("at_percent", percent=f"{attributes['percentage']:g}")
        position = number(attributes.get("current_position"))
        if device.domain in ("cover", "valve") and position is not None and 0 < position < 100:
            return self._state("percent_open", percent=f"{position:g}")
        if device.domain in ("scene", "button", "input_button"):
            return self._state("used")
        return word

    def value(self, device: Device) -> str:
        """What is answered when the device is asked about: state, levels, targets, readings."""
        attributes, word = device.attributes, self.state_word(device)
        if device.domain in ("sensor", "number", "input_number"):
            return self.reading(device)
        if device.domain == "light" and device.state == "on":
            lit, color = self.running(device), self.color(device)
            return self._state("lit_color", state=lit, color=color) if color else lit
        if device.domain == "fan" and device.state == "on" and attributes.get("percentage") is not None:
            return self._state("on_at_percent", percent=f"{attributes['percentage']:g}")
        if device.domain in ("climate", "water_heater"):
            return self._climate(device, word)
        if device.domain == "media_player":
            return self._player(device, word)
        if device.domain == "todo":
            return self._state("with_items", count=device.state)
        return self.state(device)

    def running(self, device: Device) -> str:
        """``on``, and at what level where it is not the full one."""
        attributes = device.attributes
        level = self._percent(attributes.get("brightness"), 255) if device.domain == "light" else None
        if device.domain == "fan":
            level = self._percent(attributes.get("percentage"), 100)
        partly = device.state == "on" and level not in (None, 100)
        return self._state("on_at_percent", percent=level) if partly else self.state_word(device)

    def state_word(self, device: Device) -> str:
        """The state alone."""
        if device.domain == "binary_sensor" and device.state in ("on", "off"):
            pair = self._texts["binary"].get(device.device_class or "")
            if isinstance(pair, list):
                return str(pair[device.state == "off"])
        return self.word(device.state)

    def word(self, state: str) -> str:
        """A state as people say it."""
        return str(self._texts["states"].get(state, self._texts["weather"].get(state, state.replace("_", " "))))

    def told(self, key: str, value: str) -> str:
        """A value of a refusal as people say it: a state, or a limit with its unit ("100 percent")."""
        if key == "state":
            return self.word(value)
        number_, _, unit = value.partition(" ")
        form = self._texts.get("limits", {}).get(unit)
        return str(form).format(value=number_) if form is not None else value

    def is_report(self, device: Device) -> bool:
        """Whether the state is said after a colon: ``motion detected``."""
        return device.domain == "binary_sensor" and (device.device_class or "") in self._words("binary", "reported")

    def meant(self, said: str) -> str:
        """The state that people mean by a word: ``shut`` -> ``closed``."""
        plain = said.strip().lower()
        return str(self._texts["said"].get(plain, plain.replace(" ", "_")))

    def reading(self, device: Device) -> str:
        """A sensor's value with its unit."""
        unit = device.attributes.get("unit_of_measurement")
        value = device.state.replace("_", " ") if number(device.state) is None else re.sub(r"\.0+$", "", device.state)
        if device.state in ("unavailable", "unknown"):
            return self.word(device.state)
        return self.with_unit(value, unit)

    def with_unit(self, value: str, unit: object) -> str:
        """A number and its unit, where it has one."""
        return str(self._texts["units"]["with_unit"]).format(value=value, unit=unit) if unit else value

    def degrees(self, value: float, unit: object) -> str:
        """A temperature with its unit, or in degrees."""
        units = self._texts["units"]
        return str(units["with_unit" if unit else "degrees"]).format(value=f"{value:g}", unit=unit)

    def color(self, device: Device) -> str | None:
        """The colour of a light that has one with a name."""
        name = color_name(device.attributes.get("rgb_color"))
        return str(self._texts.get("colors", {}).get(name, name)) if name is not None else None

    def kind_key(self, device: Device) -> str:
        """What the device is called among others: its cover or opening kind, else its domain."""
        return opening_kind(device) or cover_kind(device) or device.domain

    # --- clock ---------------------------------------------------------------------------------------

    def clock(self, hour: int, minute: int) -> str:
        """A time of day as the language says it."""
        half = self._texts["clock"]["half_day"][hour >= 12]
        return str(self._texts["clock"]["format"]).format(
            hour=hour, hour12=(hour + 11) % 12 + 1, minute=f"{minute:02d}", half=half
        )

    def weekday(self, index: int) -> str:
        """Monday is 0."""
        return self._words("calendar", "weekdays")[index]

    def month(self, number_: int) -> str:
        """January is 1."""
        return self._words("calendar", "months")[number_ - 1]

    # --- inside --------------------------------------------------------------------------------------

    def _words(self, section: str, key: str) -> list[str]:
        return str(self._texts[section][key]).split()

    def setting(self, key: str, **values: object) -> str:
        """A state text with its places filled in."""
        return str(self._texts["states"][key]).format(**values)

    _state = setting

    @staticmethod
    def _percent(value: object, whole: float) -> int | None:
        level = number(value)  # type: ignore[arg-type]  # any attribute's value
        return None if level is None else max(1, round(level * 100 / whole)) if level > 0 else 0

    def _light(self, device: Device, percent: int | None) -> str:
        dimmed = self._state("at_percent", percent=percent) if percent not in (None, 100) else None
        color = self.color(device)
        if color:
            return (
                self._state("colored_and", color=color, rest=dimmed) if dimmed else self._state("colored", color=color)
            )
        return dimmed or self.word("on")

    def _climate(self, device: Device, word: str) -> str:
        unit = device.attributes.get("temperature_unit") or device.attributes.get("unit_of_measurement")
        target, now = number(device.attributes.get("temperature")), number(device.attributes.get("current_temperature"))
        text = word
        if target is not None and device.state != "off":
            text = self._state("climate_set", state=text, target=self.degrees(target, unit))
        return self._state("climate_now", state=text, now=self.degrees(now, unit)) if now is not None else text

    def _player(self, device: Device, word: str) -> str:
        title = device.attributes.get("media_title")
        if title and device.state == "playing":
            word = self._state("playing_title", title=title)
        if device.attributes.get("is_volume_muted") is True and device.state != "off":
            return f"{word}, {self._state('muted')}"
        level = self._percent(device.attributes.get("volume_level"), 1)
        if level is None or device.state in ("off", "standby", "unavailable"):
            return word
        return self._state("at_volume", state=word, percent=level)

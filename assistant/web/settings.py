"""The settings that the panel offers, read from and written to a small file beside the state, checked as the configuration is."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.config import Config
from assistant.config.reading import OWN_SETTINGS, with_own_settings
from assistant.errors import ConfigError, StorageError
from assistant.machine.config_edit import Value, with_values
from assistant.machine.files import write_whole


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the form. ``restart``: it takes a restart."""

    section: str
    key: str
    kind: Literal["text", "number", "switch", "list"]
    restart: bool = False
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05

    @property
    def name(self) -> str:
        """Its field's name in the form."""
        return f"{self.section}.{self.key}"

    def value(self, config: Config) -> str | float | bool:
        """What holds now, as the form shows it."""
        value = getattr(getattr(config, self.section), self.key)
        if isinstance(value, tuple):
            return ", ".join(value)
        return "" if value is None else value


SETTINGS = (
    Setting("assistant", "name", "text"),
    Setting("assistant", "area", "text"),
    Setting("wake", "words", "list", restart=True),
    Setting("wake", "sensitivity", "number", restart=True),
    Setting("audio", "earcons", "switch"),
    Setting("audio", "input", "text", restart=True),
    Setting("audio", "output", "text", restart=True),
    Setting("listening", "follow_up_s", "number", high=60, step=0.5),
    Setting("listening", "silence_s", "number", low=0.1, high=10, step=0.1),
    Setting("listening", "barge_in", "switch"),
    Setting("tts", "speed", "number", restart=True, low=0.5, high=2),
    Setting("llm", "temperature", "number", restart=True, high=2, step=0.1),
    Setting("llm", "max_tokens", "number", restart=True, low=16, high=2048, step=1),
)


def save_settings(config: Config, fields: Mapping[str, str]) -> Config:
    """Keep what differs; returns the configuration with it. Raises ConfigError (what is wrong with which), StorageError."""
    values: dict[tuple[str, str], Value] = {}
    for setting in SETTINGS:
        if setting.kind == "switch" or setting.name in fields:
            value = _value(setting, fields.get(setting.name, ""))
            if value is not None and value != _plain(setting, config):
                values[setting.section, setting.key] = value
    path = config.paths.state / OWN_SETTINGS
    try:
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        text = with_values(before, values)
        _check(config, text)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return with_own_settings(config)


def _check(config: Config, text: str) -> None:
    """Raises ValueError where a section refuses the values."""
    for name, table in tomllib.loads(text).items():
        section = getattr(config, name)
        converted = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
        try:
            dataclasses.replace(section, **converted)
        except (ValueError, TypeError) as error:
            raise ValueError(f"[{name}] {error}") from error


def _value(setting: Setting, raw: str) -> Value | None:
    raw = raw.strip()
    match setting.kind:
        case "switch":
            return raw == "on"
        case "number":
            try:
                number = float(raw)
            except ValueError as error:
                raise ConfigError(f"{setting.name}: '{raw[:40]}' is no number") from error
            if not setting.low <= number <= setting.high:
                raise ConfigError(f"{setting.name} must be from {setting.low:g} to {setting.high:g}")
            return int(number) if setting.step == 1 else number
        case "list":
            words = [word.strip() for word in raw.split(",") if word.strip()]
            if not words:
                raise ConfigError(f"{setting.name} must not be empty")
            return words
    if len(raw) > 100 or any(ord(sign) < 32 for sign in raw):
        raise ConfigError(f"{setting.name}: at most 100 characters on one line")
    return raw or None


def _plain(setting: Setting, config: Config) -> object:
    value = getattr(getattr(config, setting.section), setting.key)
    return list(value) if isinstance(value, tuple) else value

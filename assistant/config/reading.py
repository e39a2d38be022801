"""Reads the configuration's file, and what was set in the panel over it.

An unknown key or a bad value is refused with the line it stands on and the nearest known key.
"""

from __future__ import annotations

import dataclasses
import difflib
import logging
import re
import tomllib
import types
import typing
from dataclasses import dataclass
from pathlib import Path

from assistant.config.environment import find_config
from assistant.config.sections import AsrSection, Config
from assistant.errors import ConfigError

OWN_SETTINGS = "settings.toml"
"""Beside the state: what was set in the panel. The service may not write its configuration in /etc, and need not."""
EARS_OF = {"zh": "vosk-small-cn"}
"""Language -> the recogniser instead of the English one."""
PANEL_SECTIONS = ("assistant", "audio", "wake", "listening", "llm", "tts")


def load_config(path: Path | None = None) -> Config:
    """Read ``path`` (or the default file, or nothing) into a checked configuration.

    Raises ConfigError, naming file, line, key and the nearest known key.
    """
    path = path or find_config()
    if path is None:
        return _with_ear_of_language(with_own_settings(Config()))
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    sections = {f.name: f for f in dataclasses.fields(Config) if f.name != "source"}
    values: dict[str, object] = {}
    for name, table in document.items():
        where = _Where(path, text, name)
        if name not in sections:
            raise where.unknown(name, sections, "section")
        if not isinstance(table, dict):
            raise ConfigError(f"{where}: '{name}' is a section: write [{name}]")
        section_type = typing.get_type_hints(Config)[name]
        values[name] = _section(section_type, table, where)
    config = Config(**values, source=path)  # type: ignore[arg-type]  # names and types were checked
    return _with_ear_of_language(with_own_settings(config))


def _with_ear_of_language(config: Config) -> Config:
    """The recogniser of the assistant's language, where no other was chosen. (The voice follows in ``parts.voices``.)"""
    ear = EARS_OF.get(config.assistant.language.partition("-")[0])
    if ear is None or config.asr.model != AsrSection().model:
        return config
    return dataclasses.replace(config, asr=dataclasses.replace(config.asr, model=ear))


def with_own_settings(config: Config) -> Config:
    """``config`` with what was set in the panel over it. A file of it that cannot be used is passed over, and said so."""
    path = config.paths.state / OWN_SETTINGS
    try:
        text = path.read_text(encoding="utf-8")
        changed: dict[str, object] = {}
        for name, table in tomllib.loads(text).items():
            where = _Where(path, text, name)
            if name not in PANEL_SECTIONS or not isinstance(table, dict):
                raise where.unknown(name, PANEL_SECTIONS, "section")
            section = getattr(config, name)
            kept = {f.name: getattr(section, f.name) for f in dataclasses.fields(section)}
            fresh = _section(type(section), table, where)
            changed[name] = type(section)(**{**kept, **{key: getattr(fresh, key) for key in table}})
    except FileNotFoundError:
        return config
    except (OSError, ValueError, ConfigError) as error:
        logging.getLogger(__name__).warning("%s: settings made in the panel are passed over: %s", path, error)
        return config
    return dataclasses.replace(config, **changed)  # type: ignore[arg-type]  # sections by their names


@dataclass(frozen=True, slots=True)
class _Where:
    """A place in the file, for messages."""

    path: Path
    text: str
    section: str

    def line(self, key: str | None = None) -> int:
        inside = False
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[\s*([\w-]+)", line)
            if header:
                inside = header[1] == self.section
                if inside and key is None:
                    return number
            elif key is not None and inside and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return number
            if re.match(rf"\s*{re.escape(self.section)}\s*[.=]", line):
                return number
        return 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line()}"

    def unknown(self, key: str, known: typing.Iterable[str], kind: str) -> ConfigError:
        near = difflib.get_close_matches(key, list(known), n=1, cutoff=0.5)
        hint = f"; did you mean '{near[0]}'?" if near else f"; known are: {', '.join(sorted(known))}"
        line = self.line(key if kind == "key" else None)
        place = f" in [{self.section}]" if kind == "key" else ""
        return ConfigError(f"{self.path}:{line}: unknown {kind} '{key}'{place}{hint}")


def _section(section_type: type, table: dict[str, object], where: _Where) -> object:
    hints = typing.get_type_hints(section_type)
    known = [f.name for f in dataclasses.fields(section_type)]
    values = {}
    for key, value in table.items():
        if key not in known:
            raise where.unknown(key, known, "key")
        values[key] = _value(hints[key], value, f"{where.path}:{where.line(key)}: [{where.section}] {key}", where)
    try:
        return section_type(**values)
    except ValueError as error:
        key = str(error).partition(" ")[0]
        line = where.line(key if key in known else None)
        raise ConfigError(f"{where.path}:{line}: [{where.section}] {error}") from error


def _value(hint: object, value: object, place: str, where: _Where) -> object:
    """``value`` as the section wants it, or a ConfigError that says what was expected."""
    if isinstance(hint, types.UnionType):
        (hint,) = (h for h in typing.get_args(hint) if h is not types.NoneType)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        if value not in arguments:
            raise ConfigError(f"{place} = {value!r}: must be one of {', '.join(map(str, arguments))}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{place} = {value!r}: must be a list")
        return tuple(_value(arguments[0], item, place, where) for item in value)
    if hint is Path and isinstance(value, str):
        path = Path(value).expanduser()
        return path if path.is_absolute() else where.path.parent / path
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(hint, type) or not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        expected: dict[object, str] = {
            str: "text",
            int: "a whole number",
            float: "a number",
            bool: "true or false",
            Path: "a path",
        }
        raise ConfigError(f"{place} = {value!r}: must be {expected.get(hint, str(hint))}")
    return value

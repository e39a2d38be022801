"""Configuration: one TOML file -> frozen sections, with every default in one place.

This is the only module that looks at the environment. An unknown key or a bad value is refused with the
line it stands on and the nearest known key.
"""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import logging
import os
import re
import tomllib
import types
import typing
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.errors import ConfigError

APP_NAME = "offline-assistant"
SYSTEM_CONFIG = Path("/etc/assistant/assistant.toml")
SYSTEM_MODELS = Path("/opt/assistant/models")
"""Where ``scripts/install`` puts the models for the service, and for everybody on the machine."""
OWN_SETTINGS = "settings.toml"
"""Beside the state: what was set in the panel. The service may not write its configuration in /etc, and need not."""
PANEL_SECTIONS = ("assistant", "audio", "wake", "listening", "llm", "tts")
SYSTEM_RUNTIME = Path("/run/assistant")
"""Where the service has its control socket."""


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable)
    return (Path(value) if value else Path.home() / default) / APP_NAME


def default_models_dir() -> Path:
    """``$ASSISTANT_MODELS_DIR``, else ``models`` in the user's cache, else the installed service's where they are."""
    value = os.environ.get("ASSISTANT_MODELS_DIR")
    own = Path(value) if value else _xdg("XDG_CACHE_HOME", ".cache") / "models"
    return SYSTEM_MODELS if not value and not own.is_dir() and SYSTEM_MODELS.is_dir() else own


def default_state_dir() -> Path:
    """``$STATE_DIRECTORY`` under systemd, ``$ASSISTANT_STATE_DIR``, else the user's state directory."""
    value = os.environ.get("ASSISTANT_STATE_DIR") or os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(value) if value else _xdg("XDG_STATE_HOME", ".local/state")


def default_runtime_dir() -> Path:
    """Where the control socket is: ``$RUNTIME_DIRECTORY`` under systemd, else beside the state."""
    value = os.environ.get("ASSISTANT_RUNTIME_DIR") or os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if value:
        return Path(value)
    session = os.environ.get("XDG_RUNTIME_DIR")
    return Path(session) / APP_NAME if session else default_state_dir()


def read_secret(path: Path | None, credential: str) -> str | None:
    """A password or token: of ``path``, else of what systemd's ``LoadCredential=credential:…`` hands over.

    ``None`` where there is neither. Raises ConfigError for a file that cannot be read, or has nothing in it.
    """
    handed = os.environ.get("CREDENTIALS_DIRECTORY")
    if path is None:
        path = Path(handed) / credential if handed else None
        if path is None or not path.is_file():
            return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"{path}: the {credential} cannot be read: {reason}") from error
    if not secret:
        raise ConfigError(f"{path}: there is no {credential} in this file")
    return secret


@dataclass(frozen=True, slots=True)
class ServiceEnvironment:
    """What systemd hands to a service in its environment."""

    notify_socket: str = ""
    watchdog_usec: int = 0
    stderr_is_journal: bool = False
    sockets: int = 0
    """So many listening sockets were handed over, from descriptor 3 on."""


def service_environment() -> ServiceEnvironment:
    """As this process was started; all empty where no service manager is."""
    watchdog = os.environ.get("WATCHDOG_USEC", "")
    meant = os.environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    try:
        stderr = os.fstat(2)
        journal = os.environ.get("JOURNAL_STREAM", "") == f"{stderr.st_dev}:{stderr.st_ino}"
    except OSError:  # no standard error at all
        journal = False
    handed = os.environ.get("LISTEN_FDS", "") if os.environ.get("LISTEN_PID", "") == str(os.getpid()) else ""
    return ServiceEnvironment(
        notify_socket=os.environ.get("NOTIFY_SOCKET", ""),
        watchdog_usec=int(watchdog) if watchdog.isdecimal() and meant else 0,
        stderr_is_journal=journal,
        sockets=int(handed) if handed.isdecimal() else 0,
    )


@dataclass(frozen=True, slots=True)
class KnowledgeSection:
    """The owner's documents."""

    folder: Path | None = None
    """Where they lie; ``None``: ``documents`` in the state folder."""


def _within(section: object, lowest: float, highest: float, *keys: str) -> None:
    """Refuse values outside of a range; the message begins with the key, by which its line is found."""
    for key in keys:
        value = getattr(section, key)
        if not lowest <= value <= highest:
            raise ValueError(f"{key} = {value!r}: must be from {lowest:g} to {highest:g}")


@dataclass(frozen=True, slots=True)
class PathsSection:
    """Where things are kept."""

    models: Path = field(default_factory=default_models_dir)
    state: Path = field(default_factory=default_state_dir)
    runtime: Path = field(default_factory=default_runtime_dir)


@dataclass(frozen=True, slots=True)
class AssistantSection:
    """Who and where the assistant is."""

    language: str = "en"
    name: str = "Jarvis"
    area: str | None = None
    """The room that the microphone stands in."""
    timezone: str | None = None
    """Such as ``Europe/Berlin``; ``None``: the machine's own."""
    persona: str = ""
    """How it talks, in a sentence or two for the language model."""

    def __post_init__(self) -> None:
        if self.timezone is not None and not _is_zone(self.timezone):
            raise ValueError(f"timezone = {self.timezone!r}: there is no such time zone; write it like 'Europe/Berlin'")


@dataclass(frozen=True, slots=True)
class AudioSection:
    """Microphone and loudspeaker. ``None`` chooses the best device found; else a part of the device's name."""

    input: str | None = None
    output: str | None = None
    volume: float = 0.8
    earcons: bool = True
    greeting: bool = True
    """Whether "I am ready" is said after the machine was switched on."""

    def __post_init__(self) -> None:
        _within(self, 0.0, 1.0, "volume")


@dataclass(frozen=True, slots=True)
class AsrSection:
    """Speech recognition."""

    model: str = "vosk-small-en-us"
    bias: bool = True
    """Whether the house's own sentences help the recogniser."""


@dataclass(frozen=True, slots=True)
class LlmSection:
    """The language model; the sampling defaults are those published for it."""

    model: str = "qwen2.5-0.5b-instruct-q4_k_m"
    context: int = 4096
    threads: int = 0
    """0: one for each physical core, four at most."""
    temperature: float = 0.7
    top_p: float = 0.9
    repeat_penalty: float = 1.1
    max_tokens: int = 160
    memory_tokens: int = 1200
    """So much of the conversation is remembered."""
    system_prompt: str | None = None
    """Instead of the built-in one; ``{name}`` stands for the assistant's name."""
    timeout_s: float = 30.0
    backend: Literal["local", "openai"] = "local"
    """``openai``: talk goes to an engine in the house that speaks OpenAI's protocol; the model here stands in for it."""
    url: str = ""
    """Where that is, with its version: ``http://server.lan:8080/v1``."""
    remote_model: str = ""
    api_key: str = ""
    remote_timeout_s: float = 5.0
    """So long the other engine may be silent, before the model here answers."""

    def __post_init__(self) -> None:
        _within(self, 0.2, 120.0, "remote_timeout_s")
        if self.backend == "openai" and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url = {self.url!r}: must begin with http:// or https:// where backend is 'openai'")


@dataclass(frozen=True, slots=True)
class TtsSection:
    """The voice."""

    voice: str = "piper-en_US-joe-medium"
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class HomeSection:
    """The house: an inventory file and folders of custom sentences; ``None``: the built-in simulated home."""

    inventory: Path | None = None
    sentences: Path | None = None


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class WakeSection:
    """What wakes the assistant. Names of built-in words, paths of openWakeWord models (.tflite), or any phrases."""

    words: tuple[str, ...] = ("hey_jarvis", "okay_nabu")
    sensitivity: float = 0.5
    """0 (hardly ever) to 1 (at the least likeness); 0.5 is the measured compromise."""
    refractory_s: float = 1.5
    """The same word is not heard again for so long."""

    def __post_init__(self) -> None:
        _within(self, 0.0, 1.0, "sensitivity")
        _within(self, 0.0, 60.0, "refractory_s")


@dataclass(frozen=True, slots=True)
class ListeningSection:
    """When an utterance ends, how long an answer is waited for, and what works while the assistant speaks."""

    complete_silence_s: float = 0.3
    """Silence that ends what already is a complete command."""
    silence_s: float = 0.7
    unfinished_silence_s: float = 1.4
    """Silence that ends what plainly goes on ("turn on the")."""
    nothing_said_s: float = 4.0
    longest_s: float = 15.0
    follow_up_s: float = 5.0
    """For so long after a reply no wake word is needed; 0 turns it off. A question of its own is always waited for."""
    barge_in: bool = True
    """The wake word, "stop" and "never mind" work during a reply."""
    think_ahead: bool = True
    """The reply is prepared while somebody still speaks; that takes processor time, and saves waiting."""
    echo_cancellation: bool = True
    """What is played is taken out of what is heard; turn it off for a microphone that does so itself."""

    def __post_init__(self) -> None:
        _within(self, 0.1, 10.0, "complete_silence_s", "silence_s", "unfinished_silence_s")
        _within(self, 1.0, 60.0, "nothing_said_s", "longest_s")
        _within(self, 0.0, 60.0, "follow_up_s")


@dataclass(frozen=True, slots=True)
class ApiSection:
    """What other programs and the panel reach: the HTTP service, Wyoming, satellites. By default only on this machine."""

    listen: typing.Literal["off", "local", "network"] = "local"
    """``local``: on loopback alone; ``network``: on every interface, for those who are paired or hold a token."""
    port: int = 11434
    names: tuple[str, ...] = ()
    """Host names under which it is reached besides its own; a request for any other name is refused."""
    origins: tuple[str, ...] = ()
    """Origins of web pages elsewhere whose scripts may call the APIs ("https://chat.example")."""
    certificate: Path | None = None
    certificate_key: Path | None = None
    queue: int = 32
    """So many requests may wait for the language model; one more is answered with 503."""
    timeout_s: float = 300.0
    wyoming_port: int = 10300
    """Wyoming's port; 0: no Wyoming."""
    wyoming_from: tuple[str, ...] = ()
    """Addresses and networks that may use Wyoming besides this machine: the protocol itself knows no password."""
    satellites: tuple[str, ...] = ()
    """Wyoming satellites as "address:port Room"."""

    def __post_init__(self) -> None:
        _within(self, 1, 65535, "port")
        _within(self, 0, 65535, "wyoming_port")
        _within(self, 1, 1000, "queue")
        _within(self, 1.0, 3600.0, "timeout_s")
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key belong together: give both or neither")
        for value in self.wyoming_from:
            try:
                ipaddress.ip_network(value)
            except ValueError as error:
                raise ValueError(f"wyoming_from: {error}") from error


@dataclass(frozen=True, slots=True)
class RecordingsSection:
    """Whether what was heard is kept, for playing it in the panel. Switching it off deletes what there is."""

    keep: bool = False
    most: int = 50
    hours: float = 24.0
    """Nothing is kept for longer."""

    def __post_init__(self) -> None:
        _within(self, 1, 1000, "most")
        _within(self, 0.01, 720.0, "hours")


@dataclass(frozen=True, slots=True)
class MqttSection:
    """The broker through which devices announce themselves. Without a host there is none."""

    host: str | None = None
    port: int | None = None
    """1883, or 8883 with TLS, where it is not given."""
    user: str | None = None
    password_file: Path | None = None
    """Without one, the credential ``mqtt_password`` that systemd hands to the service."""
    tls: bool = False
    ca_file: Path | None = None
    """Trusted besides (instead of) the system's authorities: that of a broker with a certificate of its own."""
    cert_file: Path | None = None
    key_file: Path | None = None
    discovery_prefix: str = "homeassistant"
    announce: bool = True
    """Whether the assistant announces itself, with switches for mute and volume."""
    node: str = "voice_assistant"
    """Its name in topics; two assistants on one broker need two."""
    answer_s: float = 4.0
    """For so long a device has time to report that it has done what it was told."""
    max_entities: int = 2000

    def __post_init__(self) -> None:
        _within(self, 0.2, 60.0, "answer_s")
        _within(self, 1, 10_000, "max_entities")
        if self.port is not None:
            _within(self, 1, 65535, "port")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.node):
            raise ValueError(f"node = {self.node!r}: must be of letters, digits, _ and -")
        if any(sign in self.discovery_prefix for sign in "#+") or not self.discovery_prefix.strip("/"):
            raise ValueError(f"discovery_prefix = {self.discovery_prefix!r}: must be a topic without '#' and '+'")


@dataclass(frozen=True, slots=True)
class HomeassistantSection:
    """A Home Assistant whose devices are spoken to. Without an address there is none."""

    url: str | None = None
    token_file: Path | None = None
    """A long-lived access token. Without a file, the credential ``homeassistant_token``."""
    ca_file: Path | None = None
    exposed_only: bool = True
    """Whether only what Home Assistant exposes to its own voice assistant is known here."""
    answer_s: float = 5.0

    def __post_init__(self) -> None:
        _within(self, 0.2, 60.0, "answer_s")
        if self.url is not None and not re.match(r"https?://[^/\s]", self.url):
            raise ValueError(f"url = {self.url!r}: must begin with http:// or https://")


@dataclass(frozen=True, slots=True)
class GpioSection:
    """Buttons and lamps on the Pi's pins, by their BCM numbers; ``None``: not there."""

    push_to_talk: int | None = None
    mute: int | None = None
    led_listening: int | None = None
    led_thinking: int | None = None
    led_speaking: int | None = None
    led_muted: int | None = None
    led_error: int | None = None

    def __post_init__(self) -> None:
        used: dict[int, str] = {}
        for name in (f.name for f in dataclasses.fields(self)):
            pin = getattr(self, name)
            if pin is None:
                continue
            _within(self, 0, 27, name)
            if pin in used:
                raise ValueError(f"{name} = {pin}: is {used[pin]}'s pin")
            used[pin] = name


@dataclass(frozen=True, slots=True)
class UpdateSection:
    """Where new releases are looked for besides a USB stick (without an address nowhere), and what they must do."""

    url: str | None = None
    turn_limit_s: float = 10.0
    """In its self-test a new release must begin to answer within so many seconds."""

    def __post_init__(self) -> None:
        _within(self, 0.1, 3600.0, "turn_limit_s")
        if self.url is not None and not self.url.startswith(("https://", "http://")):
            raise ValueError(f"url = {self.url!r}: must begin with https:// or http://")


@dataclass(frozen=True, slots=True)
class Config:
    """All sections. ``source``: the file that was read, if any."""

    assistant: AssistantSection = field(default_factory=AssistantSection)
    paths: PathsSection = field(default_factory=PathsSection)
    audio: AudioSection = field(default_factory=AudioSection)
    asr: AsrSection = field(default_factory=AsrSection)
    llm: LlmSection = field(default_factory=LlmSection)
    tts: TtsSection = field(default_factory=TtsSection)
    home: HomeSection = field(default_factory=HomeSection)
    knowledge: KnowledgeSection = field(default_factory=KnowledgeSection)
    wake: WakeSection = field(default_factory=WakeSection)
    listening: ListeningSection = field(default_factory=ListeningSection)
    api: ApiSection = field(default_factory=ApiSection)
    mqtt: MqttSection = field(default_factory=MqttSection)
    homeassistant: HomeassistantSection = field(default_factory=HomeassistantSection)
    gpio: GpioSection = field(default_factory=GpioSection)
    update: UpdateSection = field(default_factory=UpdateSection)
    recordings: RecordingsSection = field(default_factory=RecordingsSection)
    source: Path | None = None


def find_config() -> Path | None:
    """The file that holds by default: ``$ASSISTANT_CONFIG``, the user's own, the system's; ``None`` without any."""
    explicit = os.environ.get("ASSISTANT_CONFIG")
    if explicit:
        return Path(explicit)
    for path in (_xdg("XDG_CONFIG_HOME", ".config") / "assistant.toml", SYSTEM_CONFIG):
        if path.is_file():
            return path
    return None


def load_config(path: Path | None = None) -> Config:
    """Read ``path`` (or the default file, or nothing) into a checked configuration.

    Raises ConfigError, naming file, line, key and the nearest known key.
    """
    path = path or find_config()
    if path is None:
        return with_own_settings(Config())
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
    return with_own_settings(Config(**values, source=path))  # type: ignore[arg-type]  # names and types were checked


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

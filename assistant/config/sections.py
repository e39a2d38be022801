"""The configuration: frozen sections, with every default in one place."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from assistant.config.checks import is_zone, within
from assistant.config.environment import default_models_dir, default_runtime_dir, default_state_dir
from assistant.config.home_sections import GpioSection, HomeassistantSection, HomeSection, MqttSection


@dataclass(frozen=True, slots=True)
class KnowledgeSection:
    """The owner's documents."""

    folder: Path | None = None
    """Where they lie; ``None``: ``documents`` in the state folder."""


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
        if self.timezone is not None and not is_zone(self.timezone):
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
        within(self, 0.0, 1.0, "volume")


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
        within(self, 0.2, 120.0, "remote_timeout_s")
        if self.backend == "openai" and not self.url.startswith(("http://", "https://")):
            raise ValueError(f"url = {self.url!r}: must begin with http:// or https:// where backend is 'openai'")


@dataclass(frozen=True, slots=True)
class TtsSection:
    """The voice."""

    voice: str = "piper-en_US-joe-medium"
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class WakeSection:
    """What wakes the assistant. Names of built-in words, paths of openWakeWord models (.tflite), or any phrases."""

    words: tuple[str, ...] = ("hey_jarvis", "okay_nabu")
    sensitivity: float = 0.5
    """0 (hardly ever) to 1 (at the least likeness); 0.5 is the measured compromise."""
    refractory_s: float = 1.5
    """The same word is not heard again for so long."""

    def __post_init__(self) -> None:
        within(self, 0.0, 1.0, "sensitivity")
        within(self, 0.0, 60.0, "refractory_s")


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
        within(self, 0.1, 10.0, "complete_silence_s", "silence_s", "unfinished_silence_s")
        within(self, 1.0, 60.0, "nothing_said_s", "longest_s")
        within(self, 0.0, 60.0, "follow_up_s")


@dataclass(frozen=True, slots=True)
class ApiSection:
    """What other programs and the panel reach: the HTTP service, Wyoming, satellites. By default only on this machine."""

    listen: Literal["off", "local", "network"] = "local"
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
        within(self, 1, 65535, "port")
        within(self, 0, 65535, "wyoming_port")
        within(self, 1, 1000, "queue")
        within(self, 1.0, 3600.0, "timeout_s")
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
        within(self, 1, 1000, "most")
        within(self, 0.01, 720.0, "hours")


@dataclass(frozen=True, slots=True)
class UpdateSection:
    """Where new releases are looked for besides a USB stick (without an address nowhere), and what they must do."""

    url: str | None = None
    turn_limit_s: float = 10.0
    """In its self-test a new release must begin to answer within so many seconds."""

    def __post_init__(self) -> None:
        within(self, 0.1, 3600.0, "turn_limit_s")
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

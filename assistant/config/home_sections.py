"""The configuration's sections about the house and what its devices are reached by."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from pathlib import Path

from assistant.config.checks import within


@dataclass(frozen=True, slots=True)
class HomeSection:
    """The house: an inventory file and folders of custom sentences; ``None``: the built-in simulated home."""

    inventory: Path | None = None
    sentences: Path | None = None


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
        within(self, 0.2, 60.0, "answer_s")
        within(self, 1, 10_000, "max_entities")
        if self.port is not None:
            within(self, 1, 65535, "port")
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
        within(self, 0.2, 60.0, "answer_s")
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
            within(self, 0, 27, name)
            if pin in used:
                raise ValueError(f"{name} = {pin}: is {used[pin]}'s pin")
            used[pin] = name

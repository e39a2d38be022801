"""The assistant itself as a device of MQTT discovery: mute, volume, listen, state, what was last heard, timers.

Home Assistant and everything else that reads discovery shows it and can drive it. It shares the connection to the broker
with the devices that it speaks to.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.home.backends.mqtt.entity import Message
from assistant.home.backends.plain import plain_text

_Command = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Announced:
    """Under which names. ``node``: in topics; ``name``: what it is called; ``area``: where its microphone stands."""

    node: str
    name: str
    prefix: str = "homeassistant"
    area: str | None = None
    version: str = ""

    @property
    def topic(self) -> str:
        """Where it announces itself."""
        return f"{self.prefix}/device/{self.node}/config"

    @property
    def status_topic(self) -> str:
        """``online`` and ``offline``."""
        return f"{self.node}/status"

    @property
    def will(self) -> Message:
        """What the broker says when the assistant is gone without a word."""
        return Message(self.status_topic, "offline", retain=True)


class Announcement:
    """Implements the worker's ``Neighbour``. Any thread may ``show``; commands come in the connection's thread."""

    def __init__(self, announced: Announced) -> None:
        self._as = announced
        self._lock = threading.Lock()
        self._tell: Callable[[Message], None] | None = None
        self._values: dict[str, str] = {}
        self._commands: dict[str, _Command] = {}

    @property
    def topics(self) -> Sequence[str]:
        """See ``Neighbour``. What other assistants and Home Assistant say at their start is listened to as well."""
        node = self._as.node
        return (f"{node}/mute/set", f"{node}/volume/set", f"{node}/listen/set", f"{self._as.prefix}/status")

    def command(self, **commands: _Command) -> None:
        """What is called for a payload of ``mute``, ``volume``, ``listen``. It must not wait."""
        self._commands = dict(commands)

    def show(self, **values: str) -> None:
        """Tell what has changed of mute, volume, state, heard and timers; without a connection it is told when there is one."""
        with self._lock:
            changed = {
                key: plain_text(text) for key, text in values.items() if self._values.get(key) != plain_text(text)
            }
            self._values |= changed
            tell = self._tell
        if tell is None:
            return
        for key, text in changed.items():
            tell(Message(f"{self._as.node}/{key}", text, retain=True))

    def up(self, tell: Callable[[Message], None]) -> None:
        """See ``Neighbour``."""
        with self._lock:
            self._tell = tell
            values = dict(self._values)
        tell(Message(self._as.topic, json.dumps(_discovery(self._as)), retain=True))
        tell(Message(self._as.status_topic, "online", retain=True))
        for key, text in values.items():
            tell(Message(f"{self._as.node}/{key}", text, retain=True))

    def came(self, topic: str, payload: bytes) -> None:
        """See ``Neighbour``. What is no sensible command is passed over."""
        text = payload[:32].decode("utf-8", "replace").strip()
        tell = self._tell
        if topic == f"{self._as.prefix}/status":
            if text == "online" and tell is not None:
                self.up(tell)  # Home Assistant has begun anew
            return
        command = self._commands.get(topic.split("/")[-2])
        if command is not None:
            command(text)

    def last_words(self) -> Sequence[Message]:
        """See ``Neighbour``."""
        return (self._as.will,)


def _discovery(announced: Announced) -> Mapping[str, Any]:
    node = announced.node

    def part(platform: str, key: str, name: str, icon: str, **more: object) -> dict[str, object]:
        return {"p": platform, "unique_id": f"{node}_{key}", "name": name, "icon": f"mdi:{icon}", **more}

    volume = {"min": 0, "max": 100, "step": 5, "unit_of_measurement": "%"}
    states = ["idle", "listening", "processing", "speaking", "follow-up"]
    area = {"suggested_area": announced.area} if announced.area else {}
    return {
        "device": {
            "identifiers": [node],
            "name": announced.name,
            "manufacturer": "Offline voice assistant",
            "model": "Voice assistant",
            "sw_version": announced.version,
            **area,
        },
        "origin": {"name": "offline-assistant", "sw_version": announced.version},
        "availability_topic": announced.status_topic,
        "components": {
            "mute": part(
                "switch", "mute", "Mute", "microphone-off",
                state_topic=f"{node}/mute", command_topic=f"{node}/mute/set",
            ),
            "volume": part(
                "number", "volume", "Volume", "volume-high",
                state_topic=f"{node}/volume", command_topic=f"{node}/volume/set", **volume,
            ),
            "listen": part("button", "listen", "Listen", "microphone", command_topic=f"{node}/listen/set"),
            "state": part(
                "sensor", "state", "State", "account-voice",
                state_topic=f"{node}/state", device_class="enum", options=states,
            ),
            "heard": part("sensor", "heard", "Last heard", "ear-hearing", state_topic=f"{node}/heard"),
            "timers": part("sensor", "timers", "Timers", "timer-outline", state_topic=f"{node}/timers"),
        },
    }  # fmt: skip

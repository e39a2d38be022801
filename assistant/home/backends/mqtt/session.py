"""One connection to the broker at a time, made anew whenever it breaks; the only importer of paho.

Each connection has a client of its own: what was on its way when one broke is gone with it. A command that comes
through minutes late would open the garage when nobody stands there any more.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from assistant.home.backend import SourceAway
from assistant.home.backends.mqtt.entity import Message

CONNECT_S = 5.0
ACCEPTED_S = 3.0
KEEPALIVE_S = 30
MOST_BYTES = 256_000
"""Longer messages are not looked at."""
WAITING_BYTES = 64_000_000
"""More than this is not kept waiting: who floods the broker loses messages, not this machine its memory."""
TOPICS_AT_ONCE = 100
AWAY = "the MQTT broker"


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and who. ``will``: the message that the broker sends when the connection is lost."""

    host: str
    port: int
    client_id: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    will: Message | None = None


@dataclass(frozen=True, slots=True)
class Up:
    """The broker has accepted the connection."""


@dataclass(frozen=True, slots=True)
class Down:
    """The connection is over, for ``reason``."""

    reason: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    """The broker has answered one request for topics."""


@dataclass(frozen=True, slots=True)
class Came:
    """A message. ``size``: its bytes; ``payload`` is empty where that is beyond ``MOST_BYTES``."""

    topic: str
    payload: bytes
    size: int


Event = Up | Down | Subscribed | Came


class Session:
    """One connection. Its events come into ``events``; whoever takes a message out says so by ``taken``."""

    def __init__(self, broker: Broker, events: queue.SimpleQueue[Event]) -> None:
        self._events = events
        self._waiting_bytes = 0
        self._lock = threading.Lock()
        self.lost = 0
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            protocol=paho.MQTTv311,
            clean_session=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.max_queued_messages_set(1000)
        if broker.user is not None:
            client.username_pw_set(broker.user, broker.password)
        if broker.tls:
            client.tls_set_context(_tls(broker))
        if broker.will is not None:
            client.will_set(broker.will.topic, broker.will.payload, qos=1, retain=broker.will.retain)
        client.on_socket_open = _without_delay
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._client = client
        self._broker = broker

    def open(self) -> None:
        """Connect, and begin to read. Raises OSError; that the broker accepts it is told by an event."""
        self._client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        """End it in order: the broker sends no will then."""
        self._client.disconnect()
        self._client.loop_stop()

    def taken(self, came: Came) -> None:
        """The message was taken out of the events."""
        with self._lock:
            self._waiting_bytes -= came.size

    def subscribe(self, topics: Iterable[str]) -> int:
        """Ask for topics; returns how many ``Subscribed`` will come of it."""
        wanted = [(topic, 0) for topic in topics]
        requests = 0
        for start in range(0, len(wanted), TOPICS_AT_ONCE):
            code, _mid = self._client.subscribe(wanted[start : start + TOPICS_AT_ONCE])
            requests += code == paho.MQTT_ERR_SUCCESS
        return requests

    def unsubscribe(self, topics: Iterable[str]) -> None:
        """Let go of topics."""
        wanted = list(topics)
        if wanted:
            self._client.unsubscribe(wanted)

    def publish(self, messages: Iterable[Message], accepted_s: float = ACCEPTED_S) -> None:
        """Send, and wait until the broker has all of them. Raises SourceAway where that takes too long."""
        sent = [self._client.publish(m.topic, m.payload, qos=m.qos, retain=m.retain) for m in messages]
        for info in sent:
            try:
                info.wait_for_publish(accepted_s)
                if info.is_published():
                    continue
            except (RuntimeError, ValueError):  # not connected, or too much is waiting
                pass
            raise SourceAway(AWAY)

    def tell(self, message: Message) -> None:
        """Send without waiting."""
        self._client.publish(message.topic, message.payload, qos=message.qos, retain=message.retain)

    # --- in paho's thread --------------------------------------------------------------------------

    def _on_connect(
        self, _client: object, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        self._events.put(Down(str(code)) if code.is_failure else Up())

    def _on_disconnect(
        self, _client: object, _data: object, _flags: object, code: ReasonCode, _properties: object
    ) -> None:
        self._events.put(Down(str(code)))

    def _on_subscribe(self, *_args: object) -> None:
        self._events.put(Subscribed())

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        size = len(message.payload)
        with self._lock:
            if self._waiting_bytes > WAITING_BYTES:
                self.lost += 1
                return
            self._waiting_bytes += size
        payload = bytes(message.payload) if size <= MOST_BYTES else b""
        self._events.put(Came(topic, payload, size))


def _without_delay(_client: object, _data: object, connection: Any) -> None:
    # Commands are small: waiting to send more at once would cost 40 ms each.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _tls(broker: Broker) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(broker.ca_file) if broker.ca_file else None)
    if broker.cert_file is not None:
        context.load_cert_chain(broker.cert_file, broker.key_file)
    return context

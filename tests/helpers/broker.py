"""A real mosquitto on the loopback interface, and devices that live on it."""

import json
import os
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

# Started by root it would become another user, who may not read a test's files.
_AS_ROOT = ("user root",) if os.geteuid() == 0 else ()
WAIT_S = 20.0
"""A limit for what must happen; nothing waits for so long where all is well."""

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed: scripts/setup --dev")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """One broker that can be killed and started again on the same port. ``lines``: more of its configuration."""

    def __init__(self, directory: Path, *lines: str) -> None:
        self.port = free_port()
        self._config = directory / f"mosquitto-{self.port}.conf"
        self._log = directory / f"mosquitto-{self.port}.log"
        given = lines or ("allow_anonymous true",)
        text = "\n".join([f"listener {self.port} 127.0.0.1", "persistence false", *_AS_ROOT, *given])
        self._config.write_text(text + "\n", encoding="utf-8")
        self._process = None

    def start(self):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdout=log, stderr=log)
        answered = threading.Event()
        for _trial in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                answered.wait(0.05)
        self.kill()
        raise AssertionError(self._log.read_text(encoding="utf-8"))

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def mosquitto(directory, *lines):
    broker = Mosquitto(directory, *lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


class FieldDevice:
    """A client that announces devices and answers commands: ``answers`` maps a command's topic to what it does.

    An answer is called with (publish, payload) in the client's own thread.
    """

    def __init__(self, port, *, client_id="field", will=None):
        self.commands = []
        self.heard = threading.Condition()
        self.messages = {}
        self._answers = {}
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
        if will is not None:
            self._client.will_set(will[0], will[1], retain=True)
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_args: subscribed.set()
        self._subscribed = subscribed
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def answer(self, topic, what=lambda _publish, _payload: None):
        """Listen for commands on ``topic``."""
        self._answers[topic] = what
        self._subscribed.clear()
        self._client.subscribe(topic)
        assert self._subscribed.wait(WAIT_S)

    def publish(self, topic, payload, *, retain=True):
        text = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        info = self._client.publish(topic, text, qos=1, retain=retain)
        info.wait_for_publish(WAIT_S)
        assert info.is_published()

    def send(self, topic, payload, *, retain=True):
        """Without waiting: for answers, and for many."""
        self._client.publish(topic, payload if isinstance(payload, str | bytes) else json.dumps(payload), retain=retain)

    def wait_for(self, topic, wanted=lambda _payload: True):
        """Until a message with a payload that is ``wanted`` came on ``topic`` (of those listened for)."""
        with self.heard:
            came = self.heard.wait_for(lambda: any(wanted(p) for t, p in self.commands if t == topic), WAIT_S)
        assert came, (topic, self.commands)
        return next(p for t, p in reversed(self.commands) if t == topic and wanted(p))

    def _on_message(self, _client, _data, message):
        payload = message.payload.decode()
        with self.heard:
            self.commands.append((message.topic, payload))
            self.heard.notify_all()
        for pattern, what in self._answers.items():
            if paho.topic_matches_sub(pattern, message.topic):
                what(self.send, payload)


def light(device, name, area=None, *, slug=None, state="OFF", deaf=False):
    """A retained lamp of the JSON schema that does what it is told; returns its topic."""
    slug = slug or name.lower().replace(" ", "_")
    topic = f"lamps/{slug}"
    config = {"schema": "json", "name": None, "unique_id": slug, "brightness": True, "state_topic": topic}
    config |= {"command_topic": f"{topic}/set", "supported_color_modes": ["brightness"]}
    config["device"] = {"name": name, "identifiers": [slug]} | ({"suggested_area": area} if area else {})

    def obey(publish, payload):
        asked = json.loads(payload)
        publish(topic, {"state": asked["state"], "brightness": asked.get("brightness", 255)})

    device.answer(f"{topic}/set", (lambda _publish, _payload: None) if deaf else obey)
    device.publish(topic, {"state": state})
    device.publish(f"homeassistant/light/{slug}/light/config", config)
    return topic

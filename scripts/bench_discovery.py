"""How long a house of many MQTT devices takes: discovered over a real broker, names compiled for matcher, ear and model.

Usage: .venv/bin/python scripts/bench_discovery.py [COUNT]   (mosquitto must be installed: scripts/setup --dev)
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from assistant.config import Config
from assistant.config.home_sections import MqttSection
from assistant.config.sections import PathsSection
from assistant.parts import Parts

ROOMS = "Kitchen Pantry Bedroom Bathroom Hall Attic Cellar Garage Office Nursery Den Porch Garden Shed Studio".split()
THINGS = "Ceiling Lamp,Desk Lamp,Fan,Blind,Socket,Heater,Speaker,Door Lock,Window Sensor,Motion Sensor".split(",")
KINDS = ("light", "light", "fan", "cover", "switch", "switch", "select", "lock", "binary_sensor", "binary_sensor")
STATES = {"cover": "open", "lock": "LOCKED", "select": "Radio"}
COLORS = "Red Blue Green White Black Yellow Orange Purple Silver Golden".split()


def announce(port: int, count: int) -> None:
    """Retain ``count`` announcements with their states at the broker."""
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    last = None
    for number in range(count):
        room, kind = ROOMS[number % len(ROOMS)], KINDS[number // len(ROOMS) % len(KINDS)]
        color = COLORS[number // (len(ROOMS) * len(KINDS)) % len(COLORS)]
        name = f"{room} {color} {THINGS[number // len(ROOMS) % len(THINGS)]}"
        config: dict[str, object] = {"name": name, "unique_id": f"u{number}", "state_topic": f"s/{number}"}
        config |= {"command_topic": f"s/{number}/set", "device": {"name": name, "suggested_area": room}}
        if kind == "select":
            config["options"] = ["Radio", "Music"]
        client.publish(f"s/{number}", STATES.get(kind, "ON"), retain=True)
        last = client.publish(f"homeassistant/{kind}/n{number}/config", json.dumps(config), qos=1, retain=True)
    if last is not None:
        last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


def measure(port: int, state: Path) -> None:
    """Connect, compile, and say what took how long."""
    config = Config(mqtt=MqttSection(host="127.0.0.1", port=port), paths=PathsSection(state=state))
    with Parts(config, home_wait_s=60.0) as parts:
        _ = parts.hearing.vosk  # the models are loaded before: what is timed is what a changed house costs
        began = Moment.now()
        house = parts.house
        found = sum(device.source == "mqtt" for device in house.snapshot().devices)
        discovered = Moment.now()
        mind = parts.mind
        mind.read("turn on the kitchen red ceiling lamp", parts.context())
        matched = Moment.now()
        parts.hearing.ears_for(mind)
        heard = Moment.now()
        print(f"{found} entities                         passed   processor")
        print(f"discovered with their states            {discovered.since(began)}")
        print(f"names compiled, first sentence matched  {matched.since(discovered)}")
        print(f"ear compiled from all sentences         {heard.since(matched)}")
        print(f"together                                {heard.since(began)}")


@dataclass(frozen=True)
class Moment:
    """Seconds passed, and seconds of this process's processor time: on a busy machine only the second can be compared."""

    wall_s: float
    cpu_s: float

    @classmethod
    def now(cls) -> Moment:
        """This moment."""
        return cls(time.perf_counter(), time.process_time())

    def since(self, before: Moment) -> str:
        """Both, as columns."""
        return f"{self.wall_s - before.wall_s:6.2f} s   {self.cpu_s - before.cpu_s:6.2f} s"


def main() -> None:
    """Start a broker on a free port, fill it, measure."""
    broker = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if broker is None:
        sys.exit("mosquitto is not installed: scripts/setup --dev")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
        with subprocess.Popen([broker, "-c", str(settings)], stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(0.5)
                announce(port, int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
                measure(port, Path(folder) / "state")
            finally:
                process.terminate()


if __name__ == "__main__":
    main()

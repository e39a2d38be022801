"""``assistant devices`` and ``assistant ask`` alone, over a real broker: connect, find, act, read back."""

import json
import subprocess
import sys

import pytest
from broker import WAIT_S, FieldDevice, light, mosquitto, needs_mosquitto

pytestmark = needs_mosquitto


@pytest.fixture
def field(tmp_path):
    with mosquitto(tmp_path) as broker, FieldDevice(broker.port) as device:
        config = tmp_path / "assistant.toml"
        config.write_text(
            f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n[paths]\nstate = "{tmp_path}/state"\n', encoding="utf-8"
        )
        device.config = config
        light(device, "Kitchen Lamp", "Kitchen")
        light(device, "Porch Lamp")
        yield device


def assistant(field, *arguments):
    command = [sys.executable, "-m", "assistant", "--config", str(field.config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_devices_are_listed_searched_and_told_where_from(field):
    listed = assistant(field, "devices", "--json")
    rows = [json.loads(line) for line in listed.stdout.splitlines()]
    assert {row["id"]: row["source"] for row in rows} == {
        "light.kitchen_lamp": "mqtt",
        "light.porch_lamp": "mqtt",
        "todo.chores": "simulated",
        "todo.shopping_list": "simulated",
    }
    assert listed.returncode == 0
    found = assistant(field, "devices", "porch", "--source", "mqtt")
    assert "light.porch_lamp" in found.stdout
    assert "1 of 4 devices" in found.stdout
    assert assistant(field, "devices", "cellar").returncode == 1


def test_a_broker_that_is_away_is_told(field):
    field.config.write_text('[mqtt]\nhost = "127.0.0.1"\nport = 1\n', encoding="utf-8")
    away = assistant(field, "devices")
    assert away.returncode == 1
    assert "mqtt: Connection refused" in away.stderr


def test_a_typed_command_acts_and_reads_back(field):
    asked = assistant(field, "ask", "turn on the kitchen lamp", "--silent", "--json")
    result = json.loads(asked.stdout)
    assert result["reply"] == "The Kitchen Lamp is on."
    assert result["states"]["light.kitchen_lamp"]["state"] == "on"


def test_watch_streams_changes(field):
    command = [sys.executable, "-m", "assistant", "--config", str(field.config), "devices", "watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        try:
            assert "watching 4 devices" in watching.stderr.readline()
            field.publish("lamps/porch_lamp", {"state": "ON", "brightness": 51})
            row = json.loads(watching.stdout.readline())
            assert (row["id"], row["state"], row["attributes"]["brightness"]) == ("light.porch_lamp", "on", 51)
        finally:
            watching.terminate()
            watching.communicate(timeout=WAIT_S)

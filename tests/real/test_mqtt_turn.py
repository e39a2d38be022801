"""From end to end: a spoken sentence switches a retained MQTT lamp, and the reply tells the state that it reported."""

import pytest
from broker import FieldDevice, light, mosquitto, needs_mosquitto

from assistant.audio.files import load_clip, save_clip
from assistant.config import Config
from assistant.config.home_sections import MqttSection
from assistant.config.sections import PathsSection
from assistant.parts import Parts

pytestmark = [pytest.mark.real, needs_mosquitto]


def test_a_recorded_sentence_switches_a_retained_lamp(tmp_path):
    with mosquitto(tmp_path) as broker, FieldDevice(broker.port) as field:
        light(field, "Pantry Lamp", "Kitchen", state="OFF")
        section = MqttSection(host="127.0.0.1", port=broker.port)
        config = Config(mqtt=section, paths=PathsSection(state=tmp_path / "state"))
        with Parts(config) as parts:
            assert parts.house.registry.device("light.pantry_lamp").state == "off"
            save_clip(parts.say("Turn on the pantry lamp."), tmp_path / "spoken.wav")
            spoken = load_clip(tmp_path / "spoken.wav")
            said = []
            result = parts.turn().run(spoken, parts.context(), sink=said.append)
        assert result.error is None
        assert "pantry lamp" in result.transcript.lower()
        assert result.reply == "The Pantry Lamp is on."
        assert result.states["light.pantry_lamp"].state == "on"
        assert '"state": "ON"' in field.wait_for("lamps/pantry_lamp/set")
        assert sum(clip.duration_s for clip in said) > 0.5

"""The assistant as a device that others see and drive: over a real broker, read by its own discovery."""

import asyncio
import json
import threading

import pytest
from broker import WAIT_S, FieldDevice, mosquitto, needs_mosquitto
from gpiozero import Device as GpioZero
from gpiozero.pins.mock import MockFactory
from living import Living

from assistant.config.home_sections import GpioSection
from assistant.errors import DeviceError
from assistant.events import EventBus, Heard, Muted, StateChanged, Trouble, VolumeChanged
from assistant.home.backends.backoff import BackOff
from assistant.home.backends.mqtt.announce import Announced, Announcement
from assistant.home.backends.mqtt.session import Broker
from assistant.home.backends.mqtt.source import MqttSource
from assistant.service.home import show_assistant, wire_panel

OWN = Announced("kitchen_voice", "Jarvis", area="Kitchen", version="1.0")


class FakeCore:
    """The core's knobs, as the announcement and the panel use them."""

    def __init__(self):
        self.events, self.muted, self.volume, self.state = EventBus(), False, 0.8, "idle"
        self.troubles, self.listened = {}, threading.Event()

    def mute(self, on):
        self.muted = on
        self.events.publish(Muted(on))

    def set_volume(self, volume):
        self.volume = volume
        self.events.publish(VolumeChanged(volume))

    def listen(self):
        self.listened.set()

    def now(self, state):
        self.state = state
        self.events.publish(StateChanged(state))


@pytest.fixture
def loop():
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield running
    running.call_soon_threadsafe(running.stop)
    thread.join()
    running.close()


@pytest.fixture
def pins():
    before = GpioZero.pin_factory
    GpioZero.pin_factory = MockFactory()
    yield GpioZero.pin_factory
    GpioZero.pin_factory.reset()
    GpioZero.pin_factory = before


@needs_mosquitto
def test_others_see_and_drive_it(tmp_path, loop):
    core, announcement = FakeCore(), Announcement(OWN)
    end = show_assistant(core, announcement, lambda: "1: pasta", loop)
    with mosquitto(tmp_path) as broker:
        own = MqttSource(
            Broker("127.0.0.1", broker.port, "own", will=OWN.will),
            announcement=announcement,
            own_topic=OWN.topic,
            back_off=BackOff(0.05, 0.2),
        )
        other = MqttSource(Broker("127.0.0.1", broker.port, "other"), back_off=BackOff(0.05, 0.2))
        with Living(other) as there:
            with Living(own) as here:
                assert here.names("mqtt") == set()  # it is no device of its own home
                there.until(lambda: there.device("switch.jarvis_mute") is not None)
                there.until(lambda: there.device("number.jarvis_volume").state == "80")
                assert there.device("sensor.jarvis_timers").state == "1: pasta"
                assert there.device("switch.jarvis_mute").area == "Kitchen"
                assert there.say("HassTurnOn", name="Jarvis Mute") == "Jarvis Mute is on."
                assert core.muted
                assert there.say("AssistSetValue", name="Jarvis Volume", value=40).endswith("40 %.")
                assert core.volume == 0.4
                assert there.say("HassTurnOn", name="Jarvis Listen") == "Jarvis Listen is pressed."
                assert core.listened.wait(WAIT_S)
                core.now("listening")
                core.events.publish(Heard("1", "turn on the light", "voice"))
                there.until(lambda: there.device("sensor.jarvis_state").state == "listening")
                there.until(lambda: there.device("sensor.jarvis_last_heard").state == "turn on the light")
            there.until(lambda: there.device("switch.jarvis_mute").state == "unavailable")  # its last words
    end()


@needs_mosquitto
def test_nonsense_drives_nothing_and_home_assistants_birth_renews_it(tmp_path, loop):
    core, announcement = FakeCore(), Announcement(OWN)
    end = show_assistant(core, announcement, lambda: "0", loop)
    with mosquitto(tmp_path) as broker, FieldDevice(broker.port) as field:
        field.answer("homeassistant/device/+/config")
        field.answer("kitchen_voice/mute")
        source = MqttSource(Broker("127.0.0.1", broker.port, "own"), announcement=announcement, own_topic=OWN.topic)
        with Living(source):
            told = json.loads(field.wait_for(OWN.topic))
            assert told["device"]["suggested_area"] == "Kitchen"
            for topic, payload in (("volume", "loud"), ("volume", "1e9"), ("volume", "-1"), ("mute", "MAYBE")):
                field.publish(f"kitchen_voice/{topic}/set", payload, retain=False)
            field.publish("kitchen_voice/mute/set", "ON", retain=False)
            field.wait_for("kitchen_voice/mute", lambda payload: payload == "ON")
            assert (core.volume, core.muted) == (0.8, True)
            before = len([topic for topic, _payload in field.commands if topic == OWN.topic])
            field.publish("homeassistant/status", "online", retain=False)
            field.wait_for("kitchen_voice/mute", lambda payload: payload == "ON")
            with field.heard:
                count = lambda: len([topic for topic, _p in field.commands if topic == OWN.topic])  # noqa: E731
                assert field.heard.wait_for(lambda: count() > before, WAIT_S)
    end()


def test_buttons_and_lamps(loop, pins):
    core = FakeCore()
    close = wire_panel(core, GpioSection(push_to_talk=17, mute=27, led_listening=22, led_muted=25, led_error=5), loop)
    pins.pin(17).drive_low()
    assert core.listened.wait(WAIT_S)
    core.now("listening")
    assert pins.pin(22).state == 1
    core.now("idle")
    assert pins.pin(22).state == 0
    muted = threading.Event()
    core.events.listen(lambda _event: muted.set(), Muted)
    pins.pin(27).drive_low()
    assert muted.wait(WAIT_S)
    assert pins.pin(25).state == 1
    core.troubles["microphone"] = "gone"
    core.events.publish(Trouble("microphone", "gone"))
    assert pins.pin(5).state == 1
    close()


def test_pins_that_cannot_be_had_are_told(loop, pins):
    close = wire_panel(FakeCore(), GpioSection(mute=27), loop)
    with pytest.raises(DeviceError, match="cannot be had"):
        wire_panel(FakeCore(), GpioSection(mute=27), loop)
    close()

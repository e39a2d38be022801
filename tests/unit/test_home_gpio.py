"""The Pi's pins, with gpiozero's mock pins."""

import pytest
from gpiozero import Device as GpioZero
from gpiozero.pins.mock import MockFactory, MockPWMPin
from living import Living

from assistant.config import Config
from assistant.errors import ConfigError
from assistant.home.sources import configured_sources
from assistant.types import NotHandled

HOME = """
[[areas]]
name = "Shed"

[[devices]]
id = "switch.pump"
name = "Pump"
area = "Shed"
gpio = { pin = 17, active_high = false }

[[devices]]
id = "light.shelf"
name = "Shelf Light"
area = "Shed"
gpio = { pin = 18, pwm = true }

[[devices]]
id = "button.gate"
name = "Gate"
gpio = { pin = 22, pulse_s = 0.01 }

[[devices]]
id = "binary_sensor.door"
name = "Shed Door"
attributes = { device_class = "door" }
gpio = { pin = 23 }
"""


@pytest.fixture
def pins():
    before = GpioZero.pin_factory
    GpioZero.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield GpioZero.pin_factory
    GpioZero.pin_factory.reset()
    GpioZero.pin_factory = before


@pytest.fixture
def living(tmp_path, pins):
    path = tmp_path / "home.toml"
    path.write_text(HOME, encoding="utf-8")
    with Living(*configured_sources(Config(), path), inventory=path) as house:
        yield house


def test_a_relay_that_closes_low(living, pins):
    assert living.device("switch.pump").source == "gpio"
    assert living.say("HassTurnOn", name="Pump") == "The Pump is on."
    assert pins.pin(17).state == 0
    assert living.say("AssistUndo") == "I have put it back: the Pump is off."
    assert pins.pin(17).state == 1


def test_a_dimmed_light_is_read_back_from_its_pin(living, pins):
    assert living.say("HassLightSet", name="Shelf Light", brightness=40) == "The Shelf Light is at 40 percent."
    assert pins.pin(18).state == pytest.approx(0.4)
    assert living.say("HassTurnOff", area="Shed", domain="light") == "The Shelf Light is off."
    assert pins.pin(18).state == 0


def test_a_pulse_ends_by_itself(living, pins):
    assert living.say("HassTurnOn", name="Gate") == "The Gate is pressed."
    living.until(lambda: [int(state.state) for state in pins.pin(22).states][-2:] == [1, 0])


def test_a_contact_is_followed(living, pins):
    assert living.device("binary_sensor.door").state == "off"
    pins.pin(23).drive_low()
    living.until(lambda: living.device("binary_sensor.door").state == "on")
    assert living.say("HassGetState", name="Shed Door") == "The Shed Door is open."


def test_a_relay_is_spared(living):
    replies = [living.say("HassToggle", name="Pump") for _ in range(7)]
    assert replies[-1] == "Pump is being switched too often; wait a few seconds."


def test_a_pin_that_cannot_be_had_is_not_available(tmp_path, pins):
    path = tmp_path / "home.toml"
    path.write_text(
        '[[devices]]\nid = "switch.a"\nname = "A"\ngpio = { pin = 4 }\n\n'
        '[[devices]]\nid = "switch.b"\nname = "B"\ngpio = { pin = 4 }\n',
        encoding="utf-8",
    )
    with Living(*configured_sources(Config(), path), inventory=path) as house:
        (status,) = house.house.connections.status()
        assert not status.connected
        assert "switch.b: pin 4" in status.detail
        assert house.do("HassTurnOn", name="B") == NotHandled("B is not available.")
        assert house.say("HassTurnOn", name="A") == "A is on."


def test_a_wrong_pin_is_told(tmp_path):
    path = tmp_path / "home.toml"
    path.write_text('[[devices]]\nid = "switch.a"\nname = "A"\ngpio = { pin = 99 }\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"home\.toml:4: device 1: switch\.a: gpio: pin = 99: must be a BCM number"):
        configured_sources(Config(), path)

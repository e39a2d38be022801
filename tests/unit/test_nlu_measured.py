"""Questions about what a sensor measures of another device."""

import pytest
from conversation import one, talk

from assistant.nlu.matcher import SentenceMatcher
from assistant.types import Area, Device, Home


def sensor(name, device_class):
    device_id = f"sensor.{name.lower().replace(' ', '_')}"
    return Device(device_id, name, area="Hall", state="22", attributes={"device_class": device_class})


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(
        Home(
            devices=(
                Device("lock.gate", "Side Gate Lock", aliases=("side gate",), area="Hall", state="locked"),
                Device("switch.dryer", "Dryer", area="Hall", state="on"),
                Device("vacuum.dusty", "Dusty", area="Hall", state="docked", attributes={"battery_level": 80}),
                sensor("Side Gate Lock Battery", "battery"),
                sensor("Dusty Battery", "battery"),
                sensor("Dryer Time Remaining", "duration"),
                sensor("Dryer Power", "power"),
            ),
            areas=(Area("Hall"),),
        )
    )


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ("what's the battery level of the side gate", "sensor.side_gate_lock_battery"),
        ("how charged is the side gate lock", "sensor.side_gate_lock_battery"),
        ("how much longer on the dryer", "sensor.dryer_time_remaining"),
        ("when will the dryer be done", "sensor.dryer_time_remaining"),
        ("how much power is the dryer using", "sensor.dryer_power"),
        ("what is the battery of dusty", "vacuum.dusty"),  # the device tells it itself
        ("what is the side gate lock", "lock.gate"),
        ("is the dryer on", "switch.dryer"),
    ],
)
def test_the_sensor_that_measures_it_is_asked(matcher, said, about):
    assert one(talk(matcher, said)).slots["device_id"] == about

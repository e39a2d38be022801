"""Details of the documented discovery messages that no recorded model shows: tilt, codes, commands switched off, expiry."""

import json

import pytest

from assistant.errors import DeviceError
from assistant.home.backends.following import StateBook
from assistant.home.backends.mqtt.entities import Entities


class Announced:
    """One entity, announced as documented."""

    def __init__(self, kind, **fields):
        self.entities = Entities("homeassistant", StateBook(), most=10)
        message = {"name": "It", "unique_id": "it", **fields}
        self.entities.announce(f"homeassistant/{kind}/it/config", json.dumps(message).encode())
        assert self.entities.refused == 0
        (self.device,) = self.entities.home(True).devices

    def hear(self, topic, payload, now_s=0.0):
        self.entities.message(topic, payload.encode(), now_s)
        (self.device,) = self.entities.home(True).devices
        return self.device

    def send(self, service, **data):
        make = self.entities.find(self.device.id).shape.services[service]
        return [(message.topic, message.payload) for message in make(self.device, data)]

    def can(self):
        return set(self.entities.find(self.device.id).shape.services)


def blind(**more):
    """The documentation's cover with position, state and tilt."""
    return Announced(
        "cover",
        command_topic="blind/set",
        state_topic="blind/state",
        position_topic="blind/position",
        set_position_topic="blind/set_position",
        tilt_command_topic="blind/tilt",
        tilt_status_topic="blind/tilt-state",
        tilt_min=0,
        tilt_max=180,
        tilt_closed_value=70,
        tilt_opened_value=180,
        **more,
    )


def test_slats_are_turned_and_read_in_the_devices_own_angles():
    cover = blind()
    assert cover.send("open_cover_tilt") == [("blind/tilt", "180")]
    assert cover.send("close_cover_tilt") == [("blind/tilt", "70")]
    assert cover.send("set_cover_tilt_position", tilt_position=50) == [("blind/tilt", "90")]
    assert cover.hear("blind/tilt-state", "45").attributes["current_tilt_position"] == 25


def test_slats_by_templates():
    cover = blind(
        tilt_command_template='{"tilt": {{ tilt_position }}, "of": {{ tilt_max | int }}, "raw": {{ value }}}',
        tilt_status_template="{{ value_json.tilt }}",
        position_template="{{ value_json.both }}",
    )
    assert json.loads(cover.send("set_cover_tilt_position", tilt_position=50)[0][1]) == {
        "tilt": 50,
        "of": 180,
        "raw": 90,
    }
    assert cover.hear("blind/tilt-state", '{"tilt": 180}').attributes["current_tilt_position"] == 100


def test_position_and_tilt_in_one_message():
    cover = blind(position_template='{"position": {{ value }}, "tilt_position": 90}')
    attributes = cover.hear("blind/position", "30").attributes
    assert (attributes["current_position"], attributes["current_tilt_position"]) == (30, 50)


def test_slats_alone_are_a_cover_too():
    cover = Announced("cover", tilt_command_topic="slats/tilt")
    assert cover.can() == {"set_cover_tilt_position", "open_cover_tilt", "close_cover_tilt"}


@pytest.mark.parametrize(
    ("before", "stopped"), [("closing", "closed"), ("opening", "open"), ("closed", "closed"), ("open", "open")]
)
def test_a_cover_that_stopped_is_where_it_was_going(before, stopped):
    cover = Announced("cover", command_topic="gate/set", state_topic="gate/state")
    cover.hear("gate/state", before)
    assert cover.hear("gate/state", "stopped").state == stopped


def test_a_cover_that_stopped_half_way_is_open_where_it_tells_its_position():
    cover = blind()
    cover.hear("blind/state", "closing")
    cover.hear("blind/position", "40")
    assert cover.hear("blind/state", "stopped").state == "open"


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_command_that_is_switched_off_is_not_offered(nothing):
    cover = Announced("cover", command_topic="gate/set", payload_close=nothing, payload_stop=nothing)
    assert cover.can() == {"open_cover"} and cover.device.attributes["supported_features"] == ["open"]
    valve = Announced("valve", command_topic="valve/set", payload_open=nothing)
    assert valve.can() == {"close_valve"}


def test_the_template_of_a_position_knows_percent_and_the_devices_own_number():
    cover = Announced(
        "cover",
        command_topic="blind/set",
        set_position_topic="blind/go",
        set_position_template="{{ position }} {{ value }}",
        position_open=0,
        position_closed=100,
    )
    assert cover.send("set_cover_position", position=20) == [("blind/go", "20 80")]


def test_an_alarm_is_armed_in_the_ways_that_it_knows():
    alarm = Announced(
        "alarm_control_panel",
        command_topic="alarm/set",
        state_topic="alarm/state",
        supported_features=["arm_home", "arm_vacation"],
        command_template='{"action": "{{ action }}", "code": "{{ code }}"}',
    )
    assert alarm.can() == {"alarm_arm_home", "alarm_arm_vacation", "alarm_disarm"}
    assert alarm.send("alarm_arm_home") == [("alarm/set", '{"action": "ARM_HOME", "code": ""}')]
    assert alarm.hear("alarm/state", "armed_custom_bypass").state == "armed_custom_bypass"


@pytest.mark.parametrize("code", ["REMOTE_CODE", "REMOTE_CODE_TEXT", "1234"])
def test_an_alarms_code_is_never_spoken(code):
    alarm = Announced(
        "alarm_control_panel", command_topic="alarm/set", state_topic="alarm/state", code=code, code_arm_required=False
    )
    assert alarm.send("alarm_arm_away") == [("alarm/set", "ARM_AWAY")]
    with pytest.raises(DeviceError, match="wants a code"):
        alarm.send("alarm_disarm")


@pytest.mark.parametrize(("kind", "payload", "state"), [("sensor", "21.5", "21.5"), ("binary_sensor", "ON", "on")])
def test_a_value_that_is_not_told_again_is_no_longer_known(kind, payload, state):
    sensor = Announced(kind, state_topic="attic/state", expire_after=60)
    assert sensor.hear("attic/state", payload, 1000.0).state == state
    assert sensor.entities.expire(1060.0) == []
    assert sensor.entities.expire(1061.0) == [sensor.device.id]
    assert sensor.entities.state(sensor.device.id, True).state == "unavailable"
    assert sensor.entities.expire(2000.0) == [], "it is told once"
    assert sensor.hear("attic/state", payload, 2000.0).state == state
    assert sensor.entities.expire(2061.0) == [sensor.device.id]


def test_a_value_without_an_expiry_holds():
    sensor = Announced("sensor", state_topic="attic/state")
    sensor.hear("attic/state", "21.5", 0.0)
    assert sensor.entities.expire(1e9) == []

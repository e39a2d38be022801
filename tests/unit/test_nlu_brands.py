"""What people call by its maker: "the Sonos", of "Sonos Move"."""

import pytest
from conversation import one, talk

from assistant.nlu.matcher import SentenceMatcher
from assistant.types import Area, Device, Home, NoIntent


def matcher(*devices):
    return SentenceMatcher(Home(devices=devices, areas=(Area("Den"), Area("Kitchen"))))


SONOS = Device("media_player.move", "Sonos Move", area="Den", state="playing", attributes={"volume_level": 0.3})
DYSON = Device("fan.tower", "Dyson Tower", area="Den", state="on", attributes={"percentage": 50})
RADIO = Device("media_player.radio", "Kitchen Radio", area="Kitchen", state="playing")
LEFT, RIGHT = (Device(f"lock.{side}", f"Yale {side.title()}", area="Den", state="locked") for side in ("left", "right"))


@pytest.mark.parametrize(
    ("said", "name", "device"),
    [
        ("mute the sonos", "HassMediaPlayerMute", "media_player.move"),
        ("next song on the sonos", "HassMediaNext", "media_player.move"),
        ("set the dyson to 30 percent", "HassFanSetSpeed", "fan.tower"),
        ("turn off the sonos move", "HassTurnOff", "media_player.move"),
    ],
)
def test_the_makers_name_is_enough(said, name, device):
    intent = one(talk(matcher(SONOS, DYSON, RADIO), said))
    assert (intent.name, intent.slots["device_id"]) == (name, device)


def test_of_two_by_one_maker_both_may_be_meant():
    assert one(talk(matcher(LEFT, RIGHT), "lock the yale")).slots["device_id"] == ["lock.left", "lock.right"]


def test_an_everyday_word_is_no_makers_name():
    assert isinstance(
        talk(matcher(Device("media_player.tv", "Party Sound", area="Den", state="on")), "mute the party"), NoIntent
    )

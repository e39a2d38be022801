"""What a remark about light or sound is about, and sentences that run on without a comma."""

import pytest

from assistant.nlu.joints import preambles, reasons
from assistant.nlu.mentions import spoken_of_in
from assistant.nlu.name_index import NameIndex
from assistant.nlu.talk import contradicts, is_talk
from assistant.nlu.vocabulary import vocabulary
from assistant.types import Area, Device, Home

HOME = Home(
    devices=(
        Device("light.big", "Big Light", area="Lounge"),
        Device("light.patio", "Patio Lights", area="Garden"),
        Device("media_player.tv", "Television", area="Lounge"),
        Device("switch.patio", "Patio Heater", area="Garden"),
    ),
    areas=(Area("Lounge"), Area("Garden")),
)


@pytest.mark.parametrize(
    ("sentence", "kind", "ids"),
    [
        ("the big light is too harsh", "light", ["light.big"]),
        ("it is pitch black on the patio", "light", ["light.patio"]),
        ("the telly is too loud", "media_player", ["media_player.tv"]),
        ("it is too dark in the lounge", "light", []),
        ("it is dark", "light", []),
    ],
)
def test_what_is_spoken_of(sentence, kind, ids):
    found = spoken_of_in(sentence, NameIndex(HOME, vocabulary("en")), {kind})
    assert [device.id for device in found] == ids


def test_a_reason_needs_no_comma():
    assert ("i'm melting", "could you put the fan on") in list(preambles("i'm melting could you put the fan on"))
    assert ("draw the curtains", "it's getting dark") in list(reasons("draw the curtains it's getting dark"))
    for talk in (
        "i want to turn on the light",
        "i told him to turn off the fan",
        "my favourite song is play that funky music",
    ):
        assert not list(preambles(talk))


def test_who_speaks_of_locking_wants_nothing_unlocked():
    assert contradicts("someone forgot to lock the back door", "i forgot my key to the back door", "unlock")
    assert not contradicts("let my guest in at the back door", "let my guest in at the back door", "unlock")


def test_no_need_for_a_thing_is_a_wish_and_no_need_to_do_it_is_none():
    assert not is_talk("no need for the hall light")
    assert is_talk("no need to turn off the hall light")

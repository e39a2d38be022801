"""Which devices a noun phrase means, and how far that is from what was said."""

import pytest

from assistant.nlu.name_index import NameIndex
from assistant.nlu.nouns import MISSING, ROOM_UNKNOWN, SLIP, NounReader
from assistant.nlu.vocabulary import vocabulary
from assistant.nlu.words import words_of
from assistant.types import Area, Device, Floor, Home

HOME = Home(
    floors=(Floor("Ground Floor"), Floor("First Floor")),
    areas=(Area("Kitchen", "Ground Floor"), Area("Study", "First Floor"), Area("Bedroom", "First Floor")),
    devices=(
        Device("light.ceiling", "Ceiling Light", (), "Kitchen", "off"),
        Device("light.worktop", "Worktop Lights", (), "Kitchen", "off"),
        Device("light.desk_study", "Desk Lamp", (), "Study", "off"),
        Device("light.desk_bedroom", "Desk Lamp", (), "Bedroom", "off"),
        Device("cover.left", "Curtain Left", (), "Bedroom", "open", {"device_class": "curtain"}),
        Device("cover.right", "Curtain Right", (), "Bedroom", "open", {"device_class": "curtain"}),
        Device("fan.fan", "Pedestal Fan", (), "Study", "off"),
    ),
)
INDEX = NameIndex(HOME, vocabulary("en"))


def meant(text, room=None, referents=(), **options):
    """(ids, slots, penalty) of the best reading of the whole phrase."""
    tokens = words_of(text).tokens
    found = [f for f in NounReader(INDEX, tokens, room, referents, **options).values("name", 0) if f.end == len(tokens)]
    if not found:
        return None
    best = min(found, key=lambda one: one.penalty)
    return set(best.value.ids), best.value.slots, best.penalty


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("the ceiling light", {"light.ceiling"}),
        ("the left curtain", {"cover.left"}),
        ("curtain right", {"cover.right"}),
        ("the study desk lamp", {"light.desk_study"}),
        ("the lights in the kitchen", {"light.ceiling", "light.worktop"}),
        ("the kitchen lights", {"light.ceiling", "light.worktop"}),
        ("all the lights upstairs", {"light.desk_study", "light.desk_bedroom"}),
        ("the curtains", {"cover.left", "cover.right"}),
        ("the fan", {"fan.fan"}),
    ],
)
def test_what_a_phrase_means(text, ids):
    assert meant(text)[0] == ids


def test_one_name_of_two_devices_is_one_of_them_and_a_plural_is_all():
    assert "all" not in meant("the desk lamp")[1]
    assert meant("all the desk lamps")[1]["all"] is True


def test_the_room_of_the_microphone_comes_first():
    assert meant("the lights", room="Kitchen")[0] == {"light.ceiling", "light.worktop"}
    assert meant("the room lights", room=None)[1].get(ROOM_UNKNOWN) is True


def test_a_kind_that_a_place_lacks_is_understood_and_far():
    ids, slots, penalty = meant("the fan in the kitchen")
    assert (ids, slots["area"], penalty) == (set(), "Kitchen", MISSING)


def test_pronouns_stand_for_what_was_spoken_of():
    assert meant("it", referents=("fan.fan",))[0] == {"fan.fan"}
    assert meant("it") is None


def test_a_misheard_name_is_found_only_where_slips_are_looked_for():
    assert meant("the pedistal fan") is None
    ids, _slots, penalty = meant("the pedistal fan", slips=True)
    assert ids == {"fan.fan"}
    assert penalty >= SLIP


def test_what_the_house_lacks_means_nothing():
    assert meant("the chandelier") is None

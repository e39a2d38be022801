"""Small words around a command: what they take away, and what they must leave."""

import pytest

from assistant.nlu.elliptic import completions
from assistant.nlu.normalise import tidy, unslip
from assistant.types import Intent


@pytest.mark.parametrize(
    ("said", "tidied"),
    [
        ("right lamp off", "right lamp off"),
        ("right turn the lamp off", "turn the lamp off"),
        ("right, lights off", "lights off"),
        ("put it back to twenty", "set it to twenty"),
        ("bump them up to eighty percent", "set them to eighty percent"),
        ("take it down to twenty-five", "set it to twenty-five"),
        ("put it on the table", "put it on the table"),
        ("undo the bolt on the shed door", "unlock the shed door"),
        ("how warm is it down in the cellar", "how warm is it in the cellar"),
        ("what's the c o two in the study", "what's the co2 in the study"),
    ],
)
def test_what_is_left(said, tidied):
    assert tidy(said) == tidied


def test_for_whom_it_is_done_may_be_left_out():
    assert "unlock the shed door" in list(unslip("unlock the shed door for the kids"))
    assert "set a timer" not in list(unslip("set a timer for ten minutes"))


def test_in_there_is_the_room_that_a_name_begins_with():
    intent = Intent("HassTurnOn", {"name": "Guest Room Light"})
    assert "close the blind in the Guest Room" in list(
        completions("close the blind in there", "guest room light on", intent)
    )


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("we don't want the saw droning on any longer", "turn off the saw"),
        ("i no longer need the heater running", "turn off the heater"),
        ("i want every last light in the barn out", "turn off every light in the barn"),
        ("make sure the sign is lit", "turn on the sign"),
        ("did ben turn off his lamp", "did someone turn off ben's lamp"),
        ("has my mother locked the door", "has someone locked the door"),
        ("did the lamp turn off", "did the lamp turn off"),
        ("did you turn off the lamp", "did you turn off the lamp"),
        ("once you've closed the blind, turn on the lamp", "close the blind then turn on the lamp"),
    ],
)
def test_what_people_say_instead_of_a_plain_sentence(said, plain):
    assert tidy(said) == plain

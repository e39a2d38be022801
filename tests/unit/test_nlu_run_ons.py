"""What is asked for after something was told, in one breath."""

import pytest

from assistant.nlu.run_ons import asked_after


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("the hallway rug is full of sand let Dusty out", "let Dusty out"),
        ("my hair is soaking get the towel heater going", "get the towel heater going"),
        ("we have visitors tonight, light the lanterns", "light the lanterns"),
        ("grandpa wants his tea stick the urn on", "stick the urn on"),
        ("could we have some colour in here put the disco ball on", "put the disco ball on"),
        ("i'm off to work so the radio can go off", "the radio can go off"),
        ("a bit of shade would be lovely, get the parasol out", "get the parasol out"),
        ("the film is over so no need for the projector", "no need for the projector"),
    ],
)
def test_what_is_asked_for_is_found_after_what_is_told(said, asked):
    assert asked_after(said) == asked


@pytest.mark.parametrize(
    "said",
    [
        "turn on the lamp",
        "my cousin is going to put the urn on",
        "i hear people turn the key",
        "the kids have to put the toys away",
        "i can't get the lid off",
        "the button is there to start the pump",
        "i want some light in here",
        "the bath is cold get it warmed up",  # points back: no part of its own
        "she told me the stove is on put the kettle there",
    ],
)
def test_what_is_one_sentence_stays_one(said):
    assert asked_after(said) is None

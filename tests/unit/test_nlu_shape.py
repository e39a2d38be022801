"""Remarks are told from wishes by their form, ends from beginnings, and emphasis changes nothing."""

import pytest

from assistant.nlu.colloquial import advice, usual
from assistant.nlu.normalise import tidy
from assistant.nlu.shape import (
    BUSY,
    DOING,
    ELSEWHERE,
    FEELING,
    GENERIC,
    PAST,
    TO_YOU,
    is_opposite,
    is_other_shape,
    shapes,
)
from assistant.nlu.variants import spelled_out, variants


@pytest.mark.parametrize(
    ("sentence", "shape"),
    [
        ("cars need petrol", GENERIC),
        ("baking bread takes hours", GENERIC),
        ("a stove gives a pleasant heat", GENERIC),
        ("we love a warm bath", FEELING),
        ("the parcel came through the gate", PAST),
        ("i painted the ceiling", PAST),
        ("i am frying an egg", DOING),
        ("we are looking at the stars", BUSY),
        ("i can not hear you", TO_YOU),
        ("the oven at work is broken", ELSEWHERE),
    ],
)
def test_a_remark_has_a_shape(sentence, shape):
    assert shape in shapes(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "it is freezing in here",
        "my feet are cold",
        "the floor is covered in mud",  # a state now, not a deed
        "i am going to bed",
        "i am freezing",
        "make me a coffee",
        "the flowers need water",
        "i would love some music",
        "a van is waiting at the gate",
    ],
)
def test_a_wish_has_none(sentence):
    assert shapes(sentence) == frozenset()


def test_who_is_called_by_name_is_no_generality():
    assert shapes("rosie needs cleaning") == {GENERIC}
    assert shapes("rosie needs cleaning", {"rosie"}) == frozenset()


def test_a_phrasing_of_the_same_shape_is_no_other():
    assert is_other_shape("i spilled the milk", "the floor is dirty")
    assert not is_other_shape("i spilled the milk", "i dropped flour everywhere")


@pytest.mark.parametrize(
    ("sentence", "phrasing", "key", "opposite"),
    [
        ("it smells of fish", "the smell is gone", "off", True),
        ("the smoke has gone", "the smell is gone", "off", False),
        ("the grass is tall", "the grass is short enough", "dock", True),
        ("the smell is gone", "it smells bad", "on", True),
        ("it is not bright enough", "it is too dim", "on", False),
        ("the smell is gone", "it smells bad", "open", False),
    ],
)
def test_an_end_is_no_beginning(sentence, phrasing, key, opposite):
    assert is_opposite(sentence, phrasing, key) is opposite


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("It's absolutely freezing", "it is freezing"),
        ("I can't see what I'm typing", "i can not see what i am doing"),
        ("I could murder a sandwich", "i would like a sandwich"),
        ("A fire would be lovely", "i would like a fire"),
        ("Right, the guests are coming", "the guests are coming"),
    ],
)
def test_what_a_sentence_is_compared_as(text, also):
    assert also in variants(text)


def test_names_of_people_are_somebodys():
    assert "someone is cold" in variants("Ben is cold", {"ben"})
    assert "someone is cold" not in variants("Soup is cold", {"ben"})


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("nobody's watching", "nobody is watching"),
        ("the garden's had enough", "the garden has had enough"),
        ("the car's nearly flat", "the car is nearly flat"),
        ("turn on Ben's lamp", "turn on Ben's lamp"),
        ("the dog's bowl", "the dog's bowl"),
    ],
)
def test_contracted_verbs_are_told_from_owners(text, whole):
    assert spelled_out(text) == whole


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("pop the kettle on", "turn the kettle on"),
        ("would you mind popping the telly on", "turn the telly on"),
        ("make sure the back door's locked", "lock the back door"),
        ("make sure that all the lights are off", "turn off all the lights"),
        ("put milk on the list", "put milk on the list"),
    ],
)
def test_colloquial_commands(text, command):
    assert tidy(text) == command


def test_what_is_no_colloquial_command_stays():
    assert usual("stick it on the wall") == "stick it on the wall"


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("shall I lock the doors", "are the doors locked"),
        ("should we close the garage door now", "is the garage door closed"),
        ("should I turn off the oven", "is the oven off"),
        ("should I buy a new oven", None),
        ("lock the doors", None),
    ],
)
def test_who_asks_what_to_do_is_told_how_things_are(text, question):
    assert advice(text) == question

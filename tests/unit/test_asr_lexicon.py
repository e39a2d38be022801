"""Names and values are said in words that the recogniser has: letters, numbers, parts, and what sounds alike."""

import numpy as np
import pytest
from speech import FakeDictionary

from assistant.asr.lexicon import Lexicon
from assistant.asr.numbers import english_numbers
from assistant.asr.sounds import likeness, sound_code, sound_codes, sound_distance, sound_distances


@pytest.fixture
def lexicon():
    return Lexicon(FakeDictionary())


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Kitchen", [("kitchen",)]),
        ("TV", [("t", "v")]),
        ("LED", [("led",), ("l", "e", "d")]),
        ("CO2", [("c", "o", "two")]),
        ("R2-D2", [("r", "two", "d", "two")]),
        ("21.5", [("twenty", "one", "point", "five"), ("twenty", "one", "and", "a", "half")]),
        ("50%", [("fifty", "percent")]),
        ("2nd", [("second",)]),
        ("HomePod", [("h", "o", "m", "e", "pod")]),
        ("Airconditioner", []),
        ("aircon", [("air", "con")]),
        ("bookbox", [("book", "box")]),
        ("blind's", [("blinds",)]),
        ("lámp", [("lamp",)]),
        ("台所", []),
        ("!", []),
    ],
)
def test_written_words_are_said(lexicon, written, spoken):
    found = list(lexicon.spoken(written))
    if written == "HomePod":  # "home" is not in this dictionary, and too unlike any word of it
        assert found in ([], spoken)
    else:
        assert found == spoken


def test_a_foreign_name_is_said_by_words_that_sound_alike_and_that_is_reported(lexicon):
    assert lexicon.spoken("Roborok") == (("robo", "rock"),)
    assert lexicon.approximated == {"roborok": ("robo", "rock")}
    assert lexicon.spoken("kitchen") and "kitchen" not in lexicon.approximated


def test_a_phrase_is_said_whole_or_not_at_all(lexicon):
    assert lexicon.spoken_phrase("Desk LED 2") == ("desk", "led", "two")
    assert lexicon.spoken_phrase("Desk 灯") is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("0", ["zero"]),
        ("19", ["nineteen"]),
        ("40", ["forty"]),
        ("101", ["one hundred one"]),
        ("100", ["one hundred", "a hundred", "hundred"]),
        ("2024", ["two thousand twenty four"]),
        ("0.5", ["zero point five", "half"]),
        ("7,25", ["seven point two five"]),
        ("1st", ["first"]),
        ("20th", ["twentieth"]),
        ("23rd", ["twenty third"]),
    ],
)
def test_numbers(written, said):
    assert english_numbers(written) == said


def test_like_sounds_are_near_and_others_far():
    assert sound_code("knight") == sound_code("night")
    assert sound_distance("kat", "kat") == 0
    assert sound_distance("bat", "pat") < sound_distance("bat", "mat")
    assert likeness("lots a sugar", "lots of sugar") > 0.8 > likeness("lots of sugar", "turn it off")
    assert likeness("", "") == 1.0


def test_many_distances_at_once_are_the_same():
    words = ["kitchen", "chicken", "mitten", "kitten", "night", "knight"]
    assert sound_codes(words) == [sound_code(word) for word in words]
    others = ["kat", "bat", "Sat", "hat", "kit"]
    matrix = np.frombuffer("".join(others).encode(), np.uint8).reshape(-1, 3)
    for code in ("kat", "k", "batman", "Sut"):
        assert list(sound_distances(code, matrix)) == pytest.approx([sound_distance(code, other) for other in others])

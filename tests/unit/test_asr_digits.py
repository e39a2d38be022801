"""Among digits, what sounds like a digit is one."""

import pytest

from assistant.asr.digits import digits_mended, with_digits


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("one five to one seven", "one five two one seven"),
        ("six eight three three o seven five", "six eight three three oh seven five"),
        ("nine eight for for one", "nine eight for for one"),
        ("one two for six", "one two four six"),
        ("five to seven", "five to seven"),
        ("set lamp one to two", "set lamp one to two"),
        ("from twenty one to five", "from twenty one to five"),
        ("one two to", "one two to"),
        ("", ""),
    ],
)
def test_digits(heard, meant):
    assert " ".join(digits_mended(heard.split())) == meant


def test_words_that_sound_like_digits_are_exchanged_one_by_one_and_together():
    tried = [" ".join(words) for words in with_digits("three times too for me".split())]
    assert tried == [
        "three times too for me",
        "three times two for me",
        "three times too four me",
        "three times two four me",
    ]

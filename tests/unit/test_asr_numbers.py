"""Numbers are said, and found again in what was said."""

import pytest

from assistant.asr.graph import Numbers
from assistant.asr.numbers import NUMBER_WORDS, english_numbers, numbers_at


@pytest.mark.parametrize(
    "written",
    ["0", "0.5", "7", "19", "20", "21.5", "40.3", "99", "100", "101", "250", "999", "1000", "2700", "4371", "10000"],
)
def test_every_way_of_saying_a_number_is_read(written):
    whole, _, tenths = written.partition(".")
    for said in english_numbers(written):
        words = tuple(said.split())
        assert (len(words), int(whole), int(tenths or 0)) in list(numbers_at(words, 0))
        assert NUMBER_WORDS.issuperset(words)


def test_a_number_may_end_at_each_of_its_words():
    found = list(numbers_at(("set", "twenty", "one", "point", "five", "percent"), 1))
    assert found == [(2, 20, 0), (3, 21, 0), (5, 21, 5)]
    assert list(numbers_at(("percent",), 0)) == []


def test_a_range_holds_its_steps_and_fractions():
    assert Numbers(1000, 10000, 100).holds(2700, 0) and not Numbers(1000, 10000, 100).holds(2750, 0)
    assert Numbers(1, 20, 1, 2).holds(7, 5) and not Numbers(1, 20, 1, 2).holds(7, 3)
    assert Numbers(-40, 120, 1, 10).holds(21, 3) and not Numbers(0, 100).holds(21, 5)


def test_few_numbers_are_drawn_all_and_of_many_the_round_ones():
    assert set(Numbers(1, 3, 1, 2).texts()) == {"1", "1.5", "2", "2.5", "3", "3.5"}
    many = set(Numbers(-100, 10000, 1, 10).texts())
    assert {"0", "21.3", "100", "250", "2700", "10000"} <= many and len(many) < 2500

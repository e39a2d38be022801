"""Numbers in the templates' lists: what is beyond the range is read, so that the house can say so."""

import pytest

from assistant.config import Config
from assistant.home.house import open_house
from assistant.nlu.values import TOO_MUCH, NumberValues
from assistant.parts import Parts


def test_a_number_beyond_the_range_is_read_last():
    values = NumberValues(0, 100, 1, None, {}, beyond=1000)
    assert [(found.end, found.value, found.penalty) for found in values.at(("150",), 0, None)] == [(1, 150, TOO_MUCH)]
    assert [(found.value, found.penalty) for found in values.at(("50",), 0, None)] == [(50, 0)]
    assert values.at(("2000",), 0, None) == []
    assert NumberValues(0, 100, 1, None, {}).at(("150",), 0, None) == []


@pytest.fixture(scope="module")
def said():
    with Parts(Config()) as parts:

        def turn(text):
            house = open_house(None, None)
            return parts.turn(house=house, mind=parts.mind_for(house), speak=False).run(text, parts.context())

        yield turn


@pytest.mark.parametrize(
    "text, low_high",
    [
        ("set the kitchen light to 150 percent", "0 to 100 percent"),
        ("set the living room blind to one hundred and one percent", "0 to 100 percent"),
        ("set the thermostat to 100 degrees", "degrees"),
    ],
)
def test_too_much_is_told_so_and_nothing_is_done(said, text, low_high):
    result = said(text)
    assert "can only go from" in result.reply and low_high in result.reply
    assert result.actions == () and result.states == {}

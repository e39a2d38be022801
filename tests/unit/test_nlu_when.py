"""Times in a command."""

import datetime as dt

import pytest

from assistant.nlu.when import split_delay, split_lasting

NOW = dt.datetime(2026, 3, 14, 18, 20, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "command", "at", "delay_s"),
    [
        ("in ten minutes turn off the fan", "turn off the fan", "18:30", 600),
        ("turn off the fan in an hour and a half", "turn off the fan", "19:50", 5400),
        ("turn it off half an hour from now", "turn it off", "18:50", 1800),
        ("lock up in two hours and ten minutes", "lock up", "20:30", 7800),
        ("turn it off at nine thirty", "turn it off", "21:30", None),
        ("at half past nine turn it off", "turn it off", "21:30", None),
        ("turn it off at quarter to seven", "turn it off", "18:45", None),
        ("turn it on at 7 in the morning", "turn it on", "07:00", None),
        ("turn it off at midnight", "turn it off", "00:00", None),
        ("tomorrow morning at seven turn it on", "turn it on", "07:00", None),
        ("turn it on at seven tomorrow evening", "turn it on", "19:00", None),
        ("this evening at eight turn it on", "turn it on", "20:00", None),
        ("turn it on tomorrow at noon", "turn it on", "12:00", None),
    ],
)
def test_when(text, command, at, delay_s):
    found = split_delay(text, NOW)
    assert found is not None
    assert (found.command, found.at.strftime("%H:%M"), found.delay_s) == (command, at, delay_s)
    assert found.at > NOW


@pytest.mark.parametrize(
    "text", ["turn off the fan", "set the heating to 21", "turn it off at the wall", "in the kitchen turn it on"]
)
def test_no_time(text):
    assert split_delay(text, NOW) is None


def test_for_how_long():
    found = split_lasting("turn on the heater for ten minutes")
    assert found is not None
    assert (found.command, found.seconds) == ("turn on the heater", 600)
    assert split_lasting("turn on the heater for me") is None

"""Sentences cut into clauses, conditions, reasons and exceptions."""

import pytest

from assistant.nlu.clauses import read_sentence
from assistant.nlu.conditions import conditionals
from assistant.nlu.joints import preambles, reasons, starts_command
from assistant.nlu.left_out import split_except
from assistant.types import Intent

KNOWN = {
    "turn on the lamp": Intent("HassTurnOn", {"device_id": "light.lamp", "domain": "light"}),
    "turn on the fan": Intent("HassTurnOn", {"device_id": "fan.fan", "domain": "fan"}),
    "turn off the fan": Intent("HassTurnOff", {"device_id": "fan.fan", "domain": "fan"}),
    "add milk and turn off the fan to the list": Intent("HassListAddItem", {"item": "milk and turn off the fan"}),
    "add milk to the list": Intent("HassListAddItem", {"item": "milk"}),
}


def read(text, about=None):
    if text == "turn it off" and about:
        return Intent("HassTurnOff", {"device_id": about[0]})
    return KNOWN.get(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("turn on the lamp", ["light.lamp"]),
        ("turn on the lamp and the fan", ["light.lamp", "fan.fan"]),
        ("turn on the lamp, turn off the fan", ["light.lamp", "fan.fan"]),
        ("turn on the lamp and then turn it off", ["light.lamp", "light.lamp"]),
        ("turn on the lamp and paint the fence", []),
    ],
)
def test_clauses(text, meant):
    assert [clause.intent.slots["device_id"] for clause in read_sentence(text, read)] == meant


def test_a_reason_before_and_after():
    assert list(preambles("it is dark, turn on the lamp")) == [("it is dark", "turn on the lamp")]
    assert list(preambles("he said it is dark, turn on the lamp")) == []
    assert ("turn it off", "nobody is here") in list(reasons("turn it off, nobody is here"))
    assert ("turn it on", "because it is dark") in list(reasons("turn it on because it is dark"))
    assert list(reasons("turn it off, he said")) == []


def test_exceptions():
    assert split_except("turn off the lights except the lamp and the kitchen") == (
        "turn off the lights",
        ("lamp", "kitchen"),
    )
    assert split_except("turn off the lights") is None


@pytest.mark.parametrize(
    ("text", "command", "condition", "unless"),
    [
        ("if the fan is on, turn it off", "turn it off", "the fan is on", False),
        ("turn it off if the fan is on", "turn it off", "the fan is on", False),
        ("turn it off unless the fan is on", "turn it off", "the fan is on", True),
        ("if the fan is not on, turn it on", "turn it on", "the fan is on", True),
        ("should the fan be on, turn it off", "turn it off", "the fan is on", False),
    ],
)
def test_conditions(text, command, condition, unless):
    found = next(c for c in conditionals(text) if c.command == command)
    assert (found.condition, found.unless) == (condition, unless)


def test_what_begins_as_commands_do():
    assert starts_command("please turn it on")
    assert not starts_command("it is dark")

"""Word problems: right or refused, never wrong."""

import re
import tomllib
from pathlib import Path

import pytest
from skill_talk import Conversation

PROBLEMS = tomllib.loads(Path(__file__).with_name("problems.toml").read_text(encoding="utf-8"))
REFUSED = ("I can't work that out.", "Sorry, I didn't understand that.", None)


def reply_to(said):
    return Conversation().say(said).reply


def figure(reply):
    """``6.4`` of ``That is 6.4: 10 minus 3 times 1.2.``"""
    return reply if reply in REFUSED else re.sub(r"^That is |(?<!\d): .*|: .*|\.$", "", reply)


@pytest.mark.parametrize(("said", "answer"), PROBLEMS["shaped"])
def test_a_known_shape_is_reckoned_exactly(said, answer):
    assert figure(reply_to(said)) == answer


def test_a_fresh_problem_is_answered_rightly_or_refused():
    right = 0
    for said, answer in PROBLEMS["fresh"]:
        reply = reply_to(said)
        assert figure(reply) in (*REFUSED, answer), (said, reply)
        right += figure(reply) == answer
    assert right == PROBLEMS["fresh_right"]


@pytest.mark.parametrize("said", PROBLEMS["doubtful"])
def test_what_may_mean_two_things_is_refused(said):
    assert reply_to(said) in REFUSED


def test_the_sum_is_said_where_it_has_several_steps():
    said = "if I buy three apples at 1.20 and pay with a ten, how much change do I get"
    assert reply_to(said) == "That is 6.4: 10 minus 3 times 1.2."

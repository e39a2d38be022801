"""What people say after a command: thanks, questions and fragments do nothing; what was planned can be called off."""

import dataclasses

import pytest

from assistant.config import Config
from assistant.home.house import open_house
from assistant.parts import Parts
from assistant.parts.skills import SkillParts
from assistant.testing import FakeTalk
from assistant.turn.turn import new_turn_id


@pytest.fixture(scope="module")
def parts():
    with Parts(Config()) as parts:
        yield parts


@pytest.fixture
def say(parts):
    """One conversation in the built-in home: gives the result of each sentence."""
    house = open_house(None, None)
    mind = parts.mind_for(house)
    mind._open_model = lambda: None  # the templates alone
    own = SkillParts(parts.config, store_path=None)
    own.share(parts.skill_parts)
    turn = parts.turn(house=house, mind=mind, talk=FakeTalk("Hm."), skills=own.conversation(house, mind), speak=False)

    def said(text, area="Kitchen"):
        return turn.run(text, dataclasses.replace(parts.context(area=area), turn_id=new_turn_id()))

    yield said
    own.close()


@pytest.mark.parametrize(
    "after",
    ["thank you", "how are you", "do i need milk", "that's great", "great job", "good", "never mind", "it's raining"],
)
def test_what_is_no_item_goes_on_no_list(say, after):
    assert say("add milk to the shopping list").actions
    result = say(after)
    assert result.states == {} and not any(action.intent.endswith("AddItem") for action in result.actions)


@pytest.mark.parametrize(
    ("after", "items"), [("and bread", ["milk", "bread"]), ("green apples", ["milk", "green apples"])]
)
def test_a_further_item_does(say, after, items):
    say("add milk to the shopping list")
    (change,) = say(after).states.values()
    assert [item["summary"] for item in change.attributes["items"]] == items


@pytest.mark.parametrize("after", ["((((", "and the the", "um", "turn on the tv and the"])
def test_no_words_do_nothing_again(say, after):
    assert say("turn on the tv").actions
    result = say(after)
    assert result.actions == () and result.states == {}


@pytest.mark.parametrize("when", ["when he says", "when i say so", "when i leave"])
def test_a_condition_that_is_not_understood_is_not_left_out(say, when):
    say("turn on the coffee machine")
    assert say(f"turn off the coffee machine {when}").states == {}


@pytest.mark.parametrize(
    ("plan", "reply"),
    [
        ("turn on the kitchen light at 7:30", "I will not do that"),
        ("set a timer for ten minutes", "10 minute timer is cancelled"),
        ("set an alarm for seven", "is cancelled"),
        ("remind me in an hour to call mum", "I will not remind you"),
    ],
)
@pytest.mark.parametrize("after", ["cancel that", "never mind", "undo that"])
def test_what_was_just_planned_is_called_off(say, plan, reply, after):
    say(plan)
    assert reply in say(after).reply
    assert reply not in say(after).reply  # once


def test_only_the_last_plan_is_called_off(say):
    say("set a timer for ten minutes")
    say("turn on the kitchen light")
    result = say("undo that")
    assert "Kitchen Light is off" in result.reply
    assert "10 minute" in say("how long is left on the timer").reply


def test_a_giant_sentence_is_not_cut_in_all_ways(say, monkeypatch):
    reads = []
    monkeypatch.setattr("assistant.nlu.matcher.SentenceMatcher.match_clause", lambda *a, **k: reads.append(a))
    result = say("turn on the kitchen light and " * 300 + "turn off the tv")
    assert result.states == {} and result.actions == () and len(reads) < 10

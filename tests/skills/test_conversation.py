"""Ringing by voice, steps, translation, housekeeping: what one conversation does, on a fake clock."""

import pytest
from skill_talk import Conversation

from assistant.testing import FakeTalk
from assistant.types import Action


class FakeModel:
    """Answers with the given pieces; keeps what it was asked."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.asked = []

    def answer(self, messages, *, max_tokens):
        self.asked.append(messages)
        yield from self.pieces


@pytest.fixture
def talk():
    return Conversation()


def test_stop_ends_the_ringing_and_nothing_else(talk):
    talk.say("set a tea timer for one minute")
    talk.say("set a timer for an hour")
    assert talk.say("stop").route != "skill"
    talk.wait(60)
    assert list(talk.ringer.ringing.values()) == ["Your tea timer is done."]
    assert talk.say("turn on the kitchen light").states, "the house is spoken to as ever"
    assert talk.say("stop").reply == "Okay."
    talk.wait(1)
    assert not talk.ringer.ringing
    assert talk.say("how much time is left").reply == "58 minutes and 59 seconds left on your 1 hour timer."


def test_snooze_by_voice(talk):
    talk.say("wake me up in ten minutes")
    talk.wait(600)
    assert talk.say("five more minutes").reply == "Again in 5 minutes."
    talk.wait(299)
    assert not talk.ringer.ringing
    talk.wait(1)
    assert talk.ringer.ringing
    assert talk.say("snooze").reply == "Again in 9 minutes."


def test_a_command_for_later_is_done_then(talk):
    talk.say("turn on the kitchen light")
    result = talk.say("turn off the kitchen light in ten minutes")
    assert result.reply == "Okay, in 10 minutes: turn off the kitchen light."
    assert not result.states
    talk.wait(600)
    assert talk.ringer.announced == ["The Kitchen Light is off."]
    assert {d.id: d.state for d in talk.house.snapshot().devices}["light.kitchen"] == "off"


def test_a_risky_command_for_later_asks_first(talk):
    talk.say("unlock the front door in ten minutes")
    talk.wait(600)
    assert "It needs your yes" in talk.ringer.announced[0]
    assert {d.id: d.state for d in talk.house.snapshot().devices}["lock.front_door"] == "locked"


def test_a_planned_command_can_be_called_off(talk):
    talk.say("turn on the kitchen light in ten minutes")
    assert talk.say("what is planned for later").reply.startswith("Planned: turn on the kitchen light at 2:15 PM")
    talk.say("cancel the planned commands")
    talk.wait(600)
    assert not talk.ringer.announced


def test_steps_are_done_in_order_each_by_its_own_tool(talk):
    result = talk.say("turn on the kitchen light and set a timer for ten minutes and then remind me to call mum at six")
    assert result.skill == "steps"
    assert [action.intent for action in result.actions] == ["HassTurnOn", "TimerSet", "ReminderSet"]
    assert result.states["light.kitchen"].state == "on"
    assert result.reply.endswith("Your 10 minute timer has started. I will remind you at 6:00 PM: call mum.")


def test_a_condition_that_does_not_hold_stops_the_steps(talk):
    result = talk.say("if it is below five in the bedroom turn on the bedroom light and remind me in an hour")
    assert result.reply.endswith("So I did nothing. So I left out one step.")
    assert not result.states and not talk.parts.agenda.entries()


def test_a_condition_that_holds_does_all(talk):
    result = talk.say("if it is below twenty five in the bedroom turn on the bedroom light and remind me in an hour")
    assert result.states
    assert talk.parts.agenda.entries("reminder")[0].name == "turn on the bedroom light"


def test_a_risky_step_stops_the_rest(talk):
    result = talk.say("unlock the front door and set a timer for 3 minutes")
    assert not result.states and not talk.parts.agenda.entries()
    assert "needs your yes" in result.reply and "left out one step" in result.reply


def test_more_than_five_steps_are_refused(talk):
    result = talk.say(
        " and then ".join(["turn on the kitchen light", *[f"set a timer for {n} minutes" for n in range(2, 7)]])
    )
    assert result.reply == "That is too much at once: I do at most 5 steps."
    assert not result.states


def test_a_step_that_is_not_understood_leaves_all_undone(talk):
    result = talk.say("turn on the kitchen light and set a timer for 5 minutes and dance the polka")
    assert not result.states and result.skill != "steps"
    assert result.reply == "I did not understand this part, so I did nothing: dance the polka."


def test_translation_is_said_in_its_language():
    model = FakeModel("Le ciel", " est bleu", "\nThis means the sky is blue.")
    talk = Conversation(model=lambda _name: model)
    result = talk.say("how do you say the sky is blue in French")
    assert result.reply == "Le ciel est bleu"
    assert result.notes == ("translated by the language model into: fr",)
    assert model.asked[0][-1] == ("user", "Translate into French: the sky is blue")
    assert talk.say("translate where is the apple tree into chinese").notes[0].endswith("zh")


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("how do you say good morning in French", "Bonjour"),
        ("translate thank you into Italian", "Grazie"),
        ("what is the German word for bread", "Das Brot"),
        ("what does guten Abend mean in English", "Good evening"),
        ("how do you say how much is it in spanish", "¿Cuánto cuesta?"),
        ("translate happy birthday to chinese", "生日快乐"),
    ],
)
def test_the_phrasebook_needs_no_model(talk, said, reply):
    result = talk.say(said)
    assert (result.reply, result.notes) == (reply, ("translated by the phrasebook",))


def test_the_interpreter_translates_everything_until_it_is_told_to_stop():
    model = FakeModel("Hallo")
    talk = Conversation(model=lambda _name: model)
    assert "stop translating" in talk.say("interpret into german").reply
    result = talk.say("turn on the kitchen light")
    assert result.reply == "Hallo" and not result.states
    assert talk.say("stop translating").reply == "I have stopped translating."
    assert talk.say("turn on the kitchen light").states


def test_the_reply_is_spoken_by_a_voice_of_its_language(talk):
    import numpy as np

    from assistant.testing import FakeHouse, FakeMind, FakeVoice
    from assistant.turn.turn import Turn
    from assistant.types import AudioClip, TurnContext

    own, french = (FakeVoice(AudioClip(np.zeros(16, np.int16), 16000)) for _ in range(2))
    model = FakeModel("Bonjour.")
    speaking = Conversation(model=lambda _name: model)
    turn = Turn(
        ears=None,
        mind=FakeMind({}),
        house=FakeHouse(),
        talk=None,
        voice=own,
        skills=speaking.skills,
        voices=lambda language: (french, f"espeak-ng {language}"),
    )
    result = turn.run(
        "how do you say the sky is blue in French", TurnContext(now=speaking.time.now()), sink=lambda _clip: None
    )
    assert french.spoken == ["Bonjour."] and not own.spoken
    assert result.notes[-1] == "voice: espeak-ng fr"


def test_why_and_what(talk):
    talk.say("turn on the kitchen light")
    assert talk.say("what did you hear").reply == "I heard: turn on the kitchen light."
    why = talk.say("why did you do that").reply
    assert why == "You said: turn on the kitchen light. That is a sentence that I know, and means: turn on for kitchen."


def test_knobs(talk):
    talk.say("set your volume to 30 percent")
    assert talk.controls.volume == pytest.approx(0.3)
    talk.say("speak louder")
    assert talk.controls.volume == pytest.approx(0.4)
    talk.say("mute yourself")
    assert talk.controls.muted
    talk.say("restart yourself")
    assert not talk.controls.restarted
    talk.say("yes")
    assert talk.controls.restarted


def test_forgetting_the_conversation():
    forgotten = []
    talk = Conversation()
    talk.skills = talk.parts.conversation(talk.house, talk.mind, forget=lambda: forgotten.append(True))
    from assistant.types import TurnContext

    talk.skills.answer("forget what we talked about", TurnContext(now=talk.time.now()))
    assert forgotten


def test_actions_are_recorded(talk):
    assert talk.say("set a timer for ten minutes").actions == (Action("TimerSet", {"duration": "600"}),)


def test_the_shopping_list_without_one_in_the_house():
    from assistant.types import Home

    talk = Conversation(Home())
    assert talk.say("add milk and eggs to the shopping list").reply == "Milk and eggs on your shopping list."
    assert talk.say("what is on the shopping list").reply == "On your shopping list: milk and eggs."


def test_what_speaks_of_a_timer_and_is_not_understood_is_not_chatted_about():
    chat = FakeTalk(["I have set them all."])
    talk = Conversation(talk=chat)
    result = talk.say("set three timers for five ten and fifteen minutes")
    assert result.reply.startswith("Sorry, I did not understand") and result.route == "none"
    assert (
        talk.say("a snail climbs 3 meters and slips 2, how many days for 10 meters").reply == "I can't work that out."
    )
    assert talk.say("tell me about snails").reply == "I have set them all.", "other talk is the chat model's"

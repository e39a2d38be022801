"""The turn over fakes: order of stages, what is said, what is kept when a stage fails."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from assistant.errors import DeviceError
from assistant.testing import FakeClock, FakeEars, FakeHouse, FakeMind, FakeTalk, FakeVoice
from assistant.turn.turn import Turn
from assistant.types import Action, Ask, AudioClip, Device, Handled, Intent, NotHandled, TurnContext, Understood

CLIP = AudioClip(np.zeros(1600, dtype=np.int16), 16000)
CONTEXT = TurnContext(now=dt.datetime(2026, 1, 5, 7, 0), turn_id="t1")
LAMP = Device("light.lamp", "Lamp", state="off")
LOCK = Device("lock.door", "Door", state="locked")
LAMP_ON = Intent("HassTurnOn", {"device_id": "light.lamp", "state": "on"})
UNLOCK = Intent("HassTurnOff", {"device_id": "lock.door", "state": "unlocked"})


def make_turn(mind=None, house=None, talk=None, ears=None, clock=None):
    voice = FakeVoice(CLIP)
    house = house or FakeHouse([LAMP, LOCK])
    mind = mind or FakeMind({"lamp on": Understood((LAMP_ON,), "match")})
    turn = Turn(ears=ears, mind=mind, house=house, talk=talk, voice=voice, clock_ns=clock or FakeClock())
    return turn, mind, house, voice


def test_a_command_changes_the_device_and_the_reply_is_what_was_read_back():
    turn, mind, _house, voice = make_turn()
    result = turn.run("lamp on", CONTEXT)
    assert result.states["light.lamp"].state == "on"
    assert result.reply == "Lamp is on."
    assert result.route == "match"
    assert [action.targets for action in result.actions] == [("light.lamp",)]
    assert voice.spoken == ["Lamp is on."]
    assert mind.remembered[0][:2] == ("lamp on", (LAMP_ON,))
    assert {"asr", "nlu", "act", "tts_first", "total"} <= set(result.ms)


def test_time_is_counted_from_the_last_audio():
    clock = FakeClock()
    ears = FakeEars(["lamp on"], last_wait_ms=40.0)
    slow = FakeEars.transcribe

    class SlowEars(FakeEars):
        def transcribe(self, clip):
            clock.advance_ms(3000)  # the person speaks for three seconds
            return slow(self, clip)

    turn, *_ = make_turn(ears=SlowEars(ears.texts, 40.0), clock=clock)
    result = turn.run(CLIP, CONTEXT)
    assert result.transcript == "lamp on"
    assert result.ms["asr"] == 40.0
    assert result.ms["total"] == pytest.approx(40.0)


def test_several_intents_are_carried_out_in_order_and_an_ask_stops_the_rest():
    ask = Ask("Unlock the door, are you sure?", (UNLOCK,))
    house = FakeHouse([LAMP, LOCK], {"HassTurnOff": ask})
    mind = FakeMind({"go": Understood((UNLOCK, LAMP_ON), "match")})
    turn, _, _, _ = make_turn(mind=mind, house=house)
    result = turn.run("go", CONTEXT)
    assert result.states == {}
    assert result.expects_answer
    assert result.reply == ask.question
    assert mind.remembered[0][3] == replace(ask, then=(LAMP_ON,))


def test_what_is_only_likely_is_passed_over_where_people_may_speak_to_each_other():
    likely = Understood((Intent("HassTurnOn", {"device_id": "light.lamp", "offered": True}),), "model", 0.65)
    house = FakeHouse([LAMP], {"HassTurnOn": Ask("Shall I?", (LAMP_ON,))})
    turn, mind, *_ = make_turn(mind=FakeMind({"it is dim": likely}), house=house)
    assert turn.run("it is dim", CONTEXT).reply == "Shall I?"
    silent = turn.run("it is dim", CONTEXT, talk=False)
    assert (silent.reply, silent.states, silent.expects_answer) == ("", {}, False)
    assert len(mind.remembered) == 1


def test_confirmed_reaches_the_house():
    ask = Ask("Sure?", (UNLOCK,))
    house = FakeHouse([LOCK], {"HassTurnOff": ask})
    turn, *_ = make_turn(mind=FakeMind({"go": Understood((UNLOCK,), "match")}), house=house)
    result = turn.run("go", CONTEXT, confirmed=True)
    assert result.states["lock.door"].state == "unlocked"


def test_a_refusal_is_said_and_changes_nothing():
    house = FakeHouse([LAMP], {"HassTurnOn": NotHandled("The lamp does not answer.")})
    turn, *_ = make_turn(house=house)
    result = turn.run("lamp on", CONTEXT)
    assert (result.reply, result.actions, result.states) == ("The lamp does not answer.", (), {})


def test_talk_streams_to_the_sink_sentence_by_sentence():
    talk = FakeTalk(["One", " is.", " Two", " is."])
    turn, _, _, voice = make_turn(talk=talk)
    taken_at_clip = []
    result = turn.run("why", CONTEXT, sink=lambda _clip: taken_at_clip.append(talk.taken))
    assert taken_at_clip == [2, 4]
    assert result.reply == "One is. Two is."
    assert result.route == "model"
    assert voice.spoken == ["One is.", "Two is."]


def test_without_a_sink_only_the_first_clip_is_made_but_the_text_is_whole():
    turn, _, _, voice = make_turn(talk=FakeTalk(["One is.", " Two is."]))
    result = turn.run("why", CONTEXT)
    assert result.reply == "One is. Two is."
    assert voice.spoken == ["One is."]


def test_a_cancelled_turn_stops_talking():
    talk = FakeTalk(["One is.", " Two is.", " Three is."])
    turn, *_ = make_turn(talk=talk)
    heard = []
    turn.run("why", CONTEXT, sink=heard.append, cancelled=lambda: len(heard) > 0)
    assert len(heard) == 1
    assert talk.taken < 3


def test_a_broken_device_is_an_error_with_what_was_done_before():
    house = FakeHouse([LAMP, LOCK])
    mind = FakeMind({"go": Understood((LAMP_ON, UNLOCK), "match")})
    turn, *_ = make_turn(mind=mind, house=house)

    def fail():
        if len(house.calls) == 2:
            raise DeviceError("the door does not answer")

    house.fail = fail
    result = turn.run("go", CONTEXT)
    assert result.error == "the door does not answer"
    assert result.states["light.lamp"].state == "on"


def test_nothing_heard_is_said_so_and_asks_nobody():
    mind = FakeMind({})
    turn, *_ = make_turn(mind=mind)
    assert "hear" in turn.run("  ", CONTEXT).reply
    assert mind.asked == []


def test_equal_replies_are_said_once():
    house = FakeHouse([LAMP])
    house.outcomes = {"A": Handled(Action("A", {}), "Done."), "B": Handled(Action("B", {}), "Done.")}
    mind = FakeMind({"go": Understood((Intent("A"), Intent("B")), "match")})
    turn, *_ = make_turn(mind=mind, house=house)
    assert turn.run("go", CONTEXT).reply == "Done."

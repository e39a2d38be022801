"""Thinking while somebody speaks: what is prepared, what is dropped, and that nothing is done."""

import datetime as dt
import threading

import numpy as np
import pytest

from assistant.errors import EngineError
from assistant.testing import FakeHouse, FakeMind
from assistant.tts.speaker import Speaker
from assistant.turn.ahead import ThinkAhead, Thinker
from assistant.turn.turn import Turn
from assistant.types import Ask, AudioClip, Device, Intent, NoIntent, TurnContext, Understood

CONTEXT = TurnContext(now=dt.datetime(2026, 1, 5, 7, 0), turn_id="t1")
CLIP = AudioClip(np.ones(160, dtype=np.int16), 16000)
LAMP = Device("light.lamp", "Lamp", state="off")
ON = Understood((Intent("HassTurnOn", {"device_id": "light.lamp", "state": "on"}),), "match")
OFF = Understood((Intent("HassTurnOff", {"device_id": "light.lamp", "state": "off"}),), "match")


class Mind(FakeMind):
    def __init__(self, known, deep=()):
        super().__init__(known)
        self.deep_known, self.foreseen = dict(deep), []

    def foresee(self, text, context, *, deep):
        self.foreseen.append((text, deep))
        found = self.known.get(text, NoIntent())
        return self.deep_known.get(text, found) if deep else found


class Talk:
    def __init__(self, pieces=("The sky", " is blue.", " It", " is.")):
        self.pieces, self.heard, self.begun, self.dropped, self.taken = pieces, [], [], 0, []

    def hear(self, text, cancelled):
        self.heard.append(text)

    def begin(self, text, context, cancelled):
        self.begun.append(text)
        for piece in self.pieces:
            self.taken.append(piece)
            yield piece

    def drop(self):
        self.dropped += 1

    def answer(self, text, context, cancelled):
        return iter(self.pieces)


class Piper:
    name, speed = "fake", 1.0

    def __init__(self):
        self.made = []

    def synthesize(self, text):
        self.made.append(text)
        yield CLIP


@pytest.fixture
def piper():
    return Piper()


def never():
    return False


def build(piper, mind, talk=None, house=None):
    house = house or FakeHouse([LAMP])
    voice = Speaker(piper)
    copies = []

    def rehearse():
        copies.append(FakeHouse(house.devices.values(), house.outcomes))
        return copies[-1]

    ahead = ThinkAhead(mind=mind, rehearse=rehearse, talk=talk, voice=voice)
    turn = Turn(ears=None, mind=mind, house=house, talk=talk, voice=voice, ahead=ahead)
    return ahead, turn, house, copies


def test_the_reply_to_a_sure_command_is_made_before_it_is_carried_out(piper):
    ahead, turn, house, copies = build(piper, Mind({"lamp on": ON}))
    ahead.words("lamp on", CONTEXT, cancelled=never)
    assert piper.made == ["Lamp is on."]
    assert house.calls == [] and house.devices["light.lamp"].state == "off"
    assert copies[0].devices["light.lamp"].state == "on"
    result = turn.run("lamp on", CONTEXT)
    assert result.states["light.lamp"].state == "on"
    assert piper.made == ["Lamp is on."], "it was made again"


def test_a_reply_to_other_words_is_dropped(piper):
    ahead, turn, _house, _copies = build(piper, Mind({"lamp on": ON, "lamp off": OFF}))
    ahead.words("lamp on", CONTEXT, cancelled=never)
    turn.run("lamp off", CONTEXT)
    assert piper.made == ["Lamp is on.", "Lamp is off."]
    turn.run("lamp on", CONTEXT)
    assert piper.made[-1] == "Lamp is on.", "what was dropped was said later"


def test_the_same_reading_is_prepared_once(piper):
    ahead, *_ = build(piper, Mind({"lamp on": ON, "lamp on please": ON}))
    ahead.words("lamp on", CONTEXT, cancelled=never)
    ahead.words("lamp on please", CONTEXT, settled=True, cancelled=never)
    assert piper.made == ["Lamp is on."]


def test_a_question_back_is_prepared_too(piper):
    asked = FakeHouse([LAMP], {"HassTurnOn": Ask("Really?", ON.intents)})
    ahead, *_ = build(piper, Mind({"lamp on": ON}), house=asked)
    ahead.words("lamp on", CONTEXT, cancelled=never)
    assert piper.made == ["Really?"]


def test_unfinished_talk_is_read_along_and_not_answered(piper):
    talk = Talk()
    mind = Mind({})
    ahead, *_ = build(piper, mind, talk)
    for text in ("why", "why is the", "why is the sky"):
        ahead.words(text, CONTEXT, cancelled=never)
    assert talk.heard == ["why is the", "why is the sky"]
    assert talk.begun == [] and piper.made == []
    assert not any(deep for _text, deep in mind.foreseen)


def test_the_answer_to_settled_words_is_begun_up_to_its_first_sentence(piper):
    talk = Talk()
    ahead, *_ = build(piper, Mind({}), talk)
    ahead.words("why is the sky blue", CONTEXT, settled=True, cancelled=never)
    assert piper.made == ["The sky is blue."]
    assert talk.taken == ["The sky", " is blue.", " It"]  # one more, for the stop to be certain
    ahead.over()
    assert talk.dropped == 1


def test_the_models_part_is_asked_when_the_words_have_settled(piper):
    talk = Talk()
    ahead, *_ = build(piper, Mind({}, deep={"it is dark": ON}), talk)
    ahead.words("it is dark", CONTEXT, cancelled=never)
    assert piper.made == []
    ahead.words("it is dark", CONTEXT, settled=True, cancelled=never)
    assert piper.made == ["Lamp is on."] and talk.begun == []


def test_words_that_are_over_cost_nothing(piper):
    mind = Mind({"lamp on": ON})
    ahead, *_ = build(piper, mind)
    ahead.words("lamp on", CONTEXT, cancelled=lambda: True)
    ahead.words("   ", CONTEXT, cancelled=never)
    assert mind.foreseen == [] and piper.made == []


def test_a_failure_is_left_for_the_turn_to_tell(piper):
    class Broken(Talk):
        def hear(self, text, cancelled):
            raise EngineError("no memory")

    ahead, *_ = build(piper, Mind({}), Broken())
    ahead.words("why is the", CONTEXT, cancelled=never)


class Recorder:
    """Stands for ThinkAhead; ``entered`` tells that it thinks, and ``go`` lets it go on."""

    def __init__(self):
        self.thought, self.entered, self.go = [], threading.Semaphore(0), threading.Semaphore(0)
        self.was_cancelled, self.overs = [], 0

    def words(self, text, context, *, settled=False, cancelled):
        self.thought.append((text, settled))
        self.entered.release()
        assert self.go.acquire(timeout=60)
        self.was_cancelled.append(cancelled())

    def over(self):
        self.overs += 1


class Time:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_the_thread_thinks_about_the_latest_words_only():
    recorder = Recorder()
    with Thinker(recorder, settled_s=1000.0, clock_s=Time()) as thinker:
        thinker.hear("turn", CONTEXT)
        assert recorder.entered.acquire(timeout=60)
        thinker.hear("turn on", CONTEXT)
        thinker.hear("turn on the", CONTEXT)
        recorder.go.release()
        assert recorder.entered.acquire(timeout=60)
        recorder.go.release()
        thinker.ended("turn on the")
    assert recorder.thought == [("turn", False), ("turn on the", False)]
    assert recorder.was_cancelled == [True, False]


def test_words_settle_when_they_have_not_changed_for_a_while():
    recorder, time = Recorder(), Time()
    for _ in range(2):
        recorder.go.release()
    with Thinker(recorder, settled_s=0.0, clock_s=time) as thinker:
        thinker.hear("lamp on", CONTEXT)
        for _ in range(2):
            assert recorder.entered.acquire(timeout=60)
        thinker.ended("lamp on")
        thinker.over()
    assert recorder.thought == [("lamp on", False), ("lamp on", True)]
    assert recorder.overs == 1


def test_at_the_end_of_speech_other_thought_is_cancelled_and_the_same_is_waited_for():
    for ended_as, gone in (("lamp on", False), ("lamp off", True)):
        recorder = Recorder()
        with Thinker(recorder, settled_s=1000.0, clock_s=Time()) as thinker:
            thinker.hear("lamp on", CONTEXT)
            assert recorder.entered.acquire(timeout=60)
            waiting = threading.Thread(target=thinker.ended, args=(ended_as,))
            waiting.start()
            while thinker._words is not None and thinker._words.stage.name != "SETTLED":
                waiting.join(0.001)
            recorder.go.release()
            waiting.join(60)
            assert not waiting.is_alive()
        assert recorder.was_cancelled == [gone]

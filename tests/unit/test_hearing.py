"""The hearing side on fakes: what the listener says becomes turns, sounds and troubles; the recogniser follows along."""

import threading

import numpy as np
import pytest

from assistant.audio.capture import Frame, FramesDropped, MicrophoneLost, MicrophoneOpened, MicrophoneSilent, Waiting
from assistant.audio.listener_events import (
    Attending,
    Interjected,
    State,
    StopReply,
    UtteranceAudio,
    UtteranceBegun,
    UtteranceDropped,
    UtteranceEnded,
)
from assistant.errors import AudioError, EngineError
from assistant.events import Interjection, PartialTranscript, Trouble, Woken
from assistant.service.core import Core
from assistant.service.hearing import Hearing
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.recogniser import MARGIN, STEP, Recogniser
from assistant.service.worker import Worker
from assistant.testing import FakeHouse, FakeMind, FakePlayer, FakePulse, FakeStages, FakeTalk, FakeVoice
from assistant.turn.turn import Turn
from assistant.types import Ask, AudioClip, Device, Intent, Transcript, Understood

CLIP = AudioClip(np.ones(10, np.int16), 16_000)
LAMP_ON = Intent("Set", {"device_id": "light.lamp", "state": "on"})
KNOWN = {"lamp on": Understood((LAMP_ON,), "match"), "unlock": Ask("Really?", (LAMP_ON,))}
SOUND = np.ones(STEP, np.int16)
WAIT_S = 5.0


class FakeStream:
    """Hears the given text; ``error`` is raised at the end."""

    def __init__(self, text, error=None):
        self.text, self.error = text, error
        self.fed = 0
        self.abandoned = False

    def accept(self, samples):
        self.fed += len(samples)
        return self.text

    def feed(self, samples):
        self.fed += len(samples)

    def finish(self):
        if self.error is not None:
            raise self.error
        return Transcript(self.text)

    def abandon(self):
        self.abandoned = True


class FakeEars:
    def __init__(self):
        self.texts = []
        self.streams = []
        self.error = None

    def start(self):
        self.streams.append(FakeStream(self.texts.pop(0) if self.texts else "", self.error))
        return self.streams[-1]


class FakeDevice:
    """A microphone that gives what it is told to."""

    def __init__(self):
        self.dropped_s = 0.0
        self._events = []
        self._some = threading.Condition()
        self._taken = 0

    def give(self, *events):
        with self._some:
            self._events += events
            self._some.notify_all()
            assert self._some.wait_for(lambda: self._taken >= len(self._events), WAIT_S)

    def close(self):
        with self._some:
            self._events.append(None)
            self._some.notify_all()

    def events(self):
        while True:
            with self._some:
                self._some.wait_for(lambda: len(self._events) > self._taken)
                event = self._events[self._taken]
            if event is None:
                return
            yield event
            with self._some:
                self._taken += 1
                self._some.notify_all()


class FakeListener:
    """Says what it is told to with the next frame, and notes what it is told."""

    def __init__(self):
        self.next = []
        self.calls = []
        self.state = State.IDLE

    def process(self, _samples):
        events, self.next = self.next, []
        return events

    def __getattr__(self, name):
        return lambda *arguments, **named: self.calls.append((name, *arguments, *named.values()))


class Scene:
    def __init__(self):
        self.player = FakePlayer()
        self.house = FakeHouse([Device("light.lamp", "Lamp", state="off")])
        self.talk = FakeTalk(["It is ", "blue."])
        self.stages = FakeStages(self._turn, CLIP)
        self.speaker = Loudspeaker(lambda: self.player, ring_pause_s=0.01)
        self.worker = Worker("thinking", FakePulse(), limit_s=60)
        self.core = Core(self.stages, self.speaker, self.worker, earcons=False)
        self.events, self.sounds = [], []
        self.core.events.listen(self.events.append)
        self.core.earcon = self.sounds.append
        self.now_s = 0.0
        self.device, self.listener, self.ears = FakeDevice(), FakeListener(), FakeEars()
        self.echo_stopped = 0
        self.hearing = Hearing(
            self.core, self.device, self.listener, self.ears, FakePulse(), echo=self, clock_s=lambda: self.now_s
        )

    def _turn(self):
        return Turn(ears=None, mind=FakeMind(KNOWN), house=self.house, talk=self.talk, voice=FakeVoice(CLIP))

    def stopped(self):
        self.echo_stopped += 1

    def __enter__(self):
        self.speaker.start()
        self.worker.start()
        self.hearing.start()
        return self

    def __exit__(self, *_error):
        self.hearing.close(WAIT_S)
        self.worker.close(WAIT_S)
        self.speaker.close(WAIT_S)

    def happens(self, *events):
        self.listener.next = list(events)
        self.device.give(Frame(SOUND))

    def utterance(self, text, turn=1, trigger="wake", reason="complete"):
        self.ears.texts.append(text)
        begun = UtteranceBegun(turn, trigger, "hey_jarvis" if trigger == "wake" else None)
        self.happens(begun, UtteranceAudio(SOUND), UtteranceEnded(turn, reason, trigger, 1.0))

    def over(self, turn=1):
        wait_until(lambda: any(call[:2] == ("turn_over", turn) for call in self.listener.calls))
        return next(call[2:] for call in self.listener.calls if call[:2] == ("turn_over", turn))


@pytest.fixture
def scene():
    with Scene() as scene:
        yield scene


def test_an_utterance_becomes_a_turn_whose_reply_is_heard(scene):
    scene.utterance("lamp on")
    assert scene.over() == (True, False)  # a follow-up may come, nothing was asked
    assert scene.house.devices["light.lamp"].state == "on"
    assert len(scene.player.played) == 1
    calls = [call[0] for call in scene.listener.calls]
    assert calls.index("saying") < calls.index("reply_begins") < calls.index("turn_over")
    assert ("words", "lamp on") in scene.listener.calls
    assert Woken("wake", "hey_jarvis") in scene.events and PartialTranscript("lamp on") in scene.events
    assert scene.core.turns[-1].source == "voice"
    assert scene.ears.streams[0].fed == 2 * MARGIN + STEP


def test_a_question_of_its_own_waits_for_the_answer(scene):
    scene.utterance("unlock")
    assert scene.over() == (True, True)


def test_after_a_command_only_what_is_understood_counts_as_a_follow_up(scene):
    scene.utterance("lamp on")
    scene.over()
    scene.utterance("she said no", turn=2, trigger="follow_up")
    assert scene.over(2) == (False, False)
    assert scene.talk.taken == 0
    scene.utterance("why is the sky blue", turn=3)
    scene.over(3)
    taken = scene.talk.taken
    scene.utterance("and at night", turn=4, trigger="follow_up")  # talk goes on
    scene.over(4)
    assert scene.talk.taken > taken > 0


def test_nothing_said_is_no_turn(scene):
    scene.happens(UtteranceBegun(1, "wake", "alexa"), Attending(1))
    scene.happens(UtteranceAudio(SOUND), UtteranceEnded(1, "nothing", "wake", 4.0))
    scene.happens(UtteranceBegun(2, "follow_up"), UtteranceEnded(2, "nothing", "follow_up", 4.0))
    wait_until(lambda: len(scene.ears.streams) == 2 and scene.ears.streams[1].abandoned)
    assert scene.sounds == ["heard", "failed"]
    assert not scene.core.turns and scene.ears.streams[0].abandoned


def test_dropped_speech_and_a_new_wake_word_give_the_old_utterance_up(scene):
    scene.happens(UtteranceBegun(1, "wake", "alexa"), UtteranceAudio(SOUND), UtteranceBegun(2, "wake", "alexa"))
    scene.happens(UtteranceAudio(SOUND), UtteranceDropped())
    wait_until(lambda: len(scene.ears.streams) == 2 and all(stream.abandoned for stream in scene.ears.streams))
    assert not scene.core.turns


def test_barge_in_silences_the_reply_and_gives_its_turn_up(scene):
    playing, go_on = threading.Event(), threading.Event()

    def block(_clip):
        playing.set()
        assert go_on.wait(WAIT_S)

    scene.player.on_play = block
    scene.utterance("why is the sky blue")
    assert playing.wait(WAIT_S)
    scene.happens(StopReply("hey_jarvis"), UtteranceBegun(2, "barge_in", "hey_jarvis"))
    assert "stop" in scene.player.calls and scene.echo_stopped == 1
    go_on.set()
    scene.over()
    assert scene.player.played == []


def test_stop_ends_what_rings_and_louder_is_louder(scene):
    scene.core.ring("pasta")
    scene.happens(Interjected("louder"))
    assert scene.core.volume == pytest.approx(0.9)
    scene.happens(StopReply("stop"), Interjected("stop"))
    assert scene.core.ringing == ()
    assert [event.phrase for event in scene.events if isinstance(event, Interjection)] == ["louder", "stop"]


def test_a_lost_microphone_is_told_and_said_and_so_is_its_return(scene):
    scene.device.give(MicrophoneOpened("USB"), MicrophoneLost("it is busy"), Waiting())
    assert scene.core.troubles == {"microphone": "it is busy"} and ("gap",) in scene.listener.calls
    assert scene.stages.spoken == [] and scene.hearing.status()["microphone"] is None
    scene.now_s = 4.0
    scene.device.give(Waiting(), Waiting())
    scene.device.give(MicrophoneOpened("USB"))
    wait_until(lambda: scene.stages.spoken == ["I can't hear you. The microphone is gone.", "I can hear you again."])
    assert scene.core.troubles == {} and scene.hearing.status()["microphone"] == "USB"


def test_push_to_talk_without_a_microphone_is_refused_instead_of_listening_for_ever(scene):
    with pytest.raises(AudioError, match="plug one in"):
        scene.core.listen()
    scene.device.give(MicrophoneOpened("USB"))
    scene.core.listen()
    scene.device.give(MicrophoneLost("gone"))
    with pytest.raises(AudioError, match="plug one in"):
        scene.core.listen()
    assert [call for call in scene.listener.calls if call[0] == "push_to_talk"] == [("push_to_talk",)]


def test_a_microphone_plugged_over_is_not_worth_a_word(scene):
    scene.device.give(MicrophoneOpened("A"), MicrophoneLost("gone"), Waiting(), MicrophoneOpened("B"))
    assert scene.stages.spoken == []
    assert Trouble("microphone", "gone") in scene.events and Trouble("microphone", "") in scene.events


def test_silence_and_lost_sound_are_told(scene):
    scene.device.give(MicrophoneOpened("USB"), MicrophoneSilent(True))
    assert "silence" in scene.core.troubles["microphone"]
    scene.device.give(MicrophoneSilent(False), FramesDropped(0.02))
    assert scene.core.troubles == {} and ("gap",) not in scene.listener.calls
    scene.device.give(FramesDropped(0.6))
    assert ("gap",) in scene.listener.calls


def test_what_cannot_be_recognised_is_told_and_the_next_utterance_works(scene, caplog):
    for turn, error in ((1, EngineError("the recogniser broke")), (2, KeyError("a defect"))):
        scene.ears.error = error
        scene.utterance("lamp on", turn=turn)
        assert scene.over(turn) == (False,)
    assert scene.sounds == ["failed", "failed"] and "defect" in scene.core.troubles["recogniser"]
    scene.ears.error = None
    scene.utterance("lamp on", turn=3)
    scene.over(3)
    assert scene.house.devices["light.lamp"].state == "on" and scene.core.troubles == {}


def test_a_defect_in_one_frame_does_not_make_it_deaf(scene, caplog):
    scene.happens("no event at all", 1 / 3)
    scene.listener.process = lambda _samples: 1 / 0
    scene.device.give(Frame(SOUND))
    del scene.listener.process
    scene.utterance("lamp on")
    assert scene.over() == (True, False)


def test_mute_is_kept_from_the_start():
    scene = Scene()
    scene.core.mute(True)
    with scene:
        assert scene.listener.calls[0] == ("mute", True)
        scene.core.mute(False)
        assert scene.listener.calls[-1] == ("mute", False)


def test_a_recogniser_rests_when_it_has_nothing_to_do():
    pulse = FakePulse()
    heard = []
    ears = FakeEars()
    ears.texts = ["yes"]
    recogniser = Recogniser(
        ears, pulse, words=lambda _text: None, heard=lambda *a: heard.append(a), failed=lambda *a: heard.append(a)
    )
    recogniser.feed(SOUND)  # belongs to nothing
    recogniser.begin(1)
    recogniser.end(1)
    recogniser.end(2)
    recogniser.start()
    recogniser.close(WAIT_S)
    assert heard[0][1].transcript.text == "yes" and heard[1] == (2, "the recogniser had failed before")
    assert ("beat", "ears") in pulse.calls


def wait_until(condition):
    """Other threads get there in their own time."""
    event = threading.Event()
    for _ in range(500):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("it did not happen")

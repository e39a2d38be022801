"""The listener's conversation: what begins a turn, what belongs to it, when it ends, and what does not wake it."""

import threading

import numpy as np
import pytest

from assistant.audio.endpointing import Pauses
from assistant.audio.listener import Listener, Manners
from assistant.audio.listener_events import (
    Attending,
    FollowUpOver,
    Interjected,
    State,
    StopReply,
    UtteranceAudio,
    UtteranceBegun,
    UtteranceDropped,
)
from assistant.audio.recent import RATE_HZ
from assistant.types import WakeDetection

FRAME = 320
SPEECH = 1000
WAKE = {7001: "hey_jarvis", 7002: "alexa", 7003: "stop", 7004: "louder"}


class MarkedWake:
    """Recognises sounds that are marked: a run of one of the numbers in WAKE, ``late_s`` after it ended."""

    def __init__(self, marks, late_s=0.1):
        self.marks = marks
        self.late = int(late_s * RATE_HZ)
        self.reset()

    def reset(self):
        self.samples = 0
        self.last = None
        self.due = []

    def process(self, samples):
        for value in samples:
            value = int(value)
            if self.last in self.marks and value != self.last:
                self.due.append((self.samples + self.late, WakeDetection(WAKE[self.last], self.samples, 0.9)))
            self.last = value
            self.samples += 1
        ready = [hit for due, hit in self.due if due <= self.samples]
        self.due = [(due, hit) for due, hit in self.due if due > self.samples]
        return ready


class LoudVoice:
    def process(self, samples):
        return bool(abs(int(samples[-1])) >= SPEECH)

    def reset(self):
        pass


class FakeEcho:
    playing = False

    def clean(self, frame):
        return frame


def silence(seconds):
    return np.zeros(int(seconds * RATE_HZ), np.int16)


def speech(seconds, value=1500):
    return np.full(int(seconds * RATE_HZ), value, np.int16)


JARVIS, ALEXA, STOP, LOUDER = (speech(0.4, mark) for mark in WAKE)


class Scene:
    """A listener and all its events."""

    def __init__(self, frame=FRAME, late_s=0.1, **manners):
        self.echo = FakeEcho()
        self.listener = Listener(
            MarkedWake({7001, 7002}, late_s),
            LoudVoice(),
            manners=Manners(**manners),
            echo=self.echo,
            interjections=MarkedWake({7003, 7004}, late_s=0.04),
        )
        self.frame = frame
        self.events = []

    def hear(self, *sounds, words=None):
        """Play sounds; ``words`` are recognised when they are over. Returns the new events, without the audio."""
        new = []
        sound = np.concatenate(sounds)
        for start in range(0, len(sound), self.frame):
            new += self.listener.process(sound[start : start + self.frame])
        if words is not None:
            self.listener.words(words)
        self.events += new
        return [event for event in new if not isinstance(event, UtteranceAudio)]

    def utterance(self):
        """The audio since the last turn began."""
        begun = max(i for i, event in enumerate(self.events) if isinstance(event, UtteranceBegun))
        parts = [event.samples for event in self.events[begun:] if isinstance(event, UtteranceAudio)]
        return np.concatenate(parts) if parts else silence(0)

    def to_reply(self, **kwargs):
        """Up to a reply that is being spoken."""
        self.hear(silence(1), JARVIS, speech(1), words="turn on the light")
        self.hear(silence(1.5))
        assert self.listener.state is State.PROCESSING
        self.listener.saying("The light is on.")
        self.listener.reply_begins(1)


@pytest.mark.parametrize("frame", [160, 320, 512])
def test_wake_word_and_command_in_one_breath(frame):
    scene = Scene(frame)
    assert scene.hear(silence(1), JARVIS, speech(1.0), words="turn on the light") == [
        UtteranceBegun(1, "wake", "hey_jarvis")
    ]
    (ended,) = scene.hear(silence(2))
    assert (ended.turn, ended.reason, ended.trigger) == (1, "silence", "wake")
    assert ended.duration_s == pytest.approx(1.7, abs=0.1)
    heard = scene.utterance()
    assert (heard == 1500).sum() == RATE_HZ  # all of the command
    assert (heard == 7001).sum() <= 0.1 * RATE_HZ  # and next to nothing of the wake word
    assert scene.listener.state is State.PROCESSING


def test_a_late_detection_loses_nothing_of_the_command():
    scene = Scene(late_s=0.6)
    scene.hear(silence(1), JARVIS, silence(0.05), speech(1.0), words="turn on the light")
    assert (scene.utterance() == 1500).sum() == RATE_HZ


def test_the_command_is_cut_at_the_quietest_place():
    scene = Scene()
    scene.hear(silence(1), JARVIS, silence(0.06), speech(1.0))
    heard = scene.utterance()
    assert (heard == 7001).sum() == 0
    assert (heard == 1500).sum() == RATE_HZ


def test_command_after_a_pause():
    scene = Scene()
    scene.hear(silence(1), JARVIS, silence(2.5))
    assert scene.listener.state is State.LISTENING
    scene.hear(speech(1), words="what time is it")
    assert [event.reason for event in scene.hear(silence(2))] == ["silence"]


def test_silence_after_the_wake_word_is_no_turn():
    scene = Scene()
    _begun, attending, ended = scene.hear(silence(1), JARVIS, silence(6))
    assert attending == Attending(1)
    assert ended.reason == "nothing"
    assert scene.listener.state is State.IDLE


def test_a_sign_that_it_listens_is_asked_for_only_where_somebody_waits_for_one():
    scene = Scene()
    assert Attending(1) not in scene.hear(silence(1), JARVIS, speech(1.0), words="turn on the light")
    assert Attending(1) not in scene.hear(silence(2))
    assert scene.hear(silence(1), JARVIS, silence(0.5))[-1] == Attending(2)
    assert scene.hear(silence(1)) == []  # once


def test_talk_without_the_wake_word_starts_nothing():
    assert Scene().hear(speech(10), silence(1), speech(3)) == []


def test_push_to_talk_needs_no_wake_word():
    scene = Scene()
    scene.hear(silence(1))
    scene.listener.push_to_talk()
    assert scene.hear(speech(1), words="stop the music") == [UtteranceBegun(1, "push")]
    assert [event.reason for event in scene.hear(silence(2))] == ["silence"]


def test_letting_the_button_go_ends_the_utterance():
    scene = Scene()
    scene.listener.push_to_talk()
    scene.hear(speech(1), words="lights off")
    scene.listener.release()
    assert [event.reason for event in scene.hear(silence(0.1))] == ["silence"]
    assert scene.listener.state is State.PROCESSING


def test_the_wake_word_during_a_reply_stops_it_and_listens():
    scene = Scene()
    scene.to_reply()
    assert scene.hear(JARVIS, silence(0.15)) == [StopReply("hey_jarvis"), UtteranceBegun(2, "barge_in", "hey_jarvis")]
    scene.hear(speech(1), words="off again")
    assert scene.hear(silence(2))[0].trigger == "barge_in"


def test_a_late_word_of_the_old_turn_changes_nothing():
    scene = Scene()
    scene.to_reply()
    scene.hear(JARVIS, speech(1), words="off again")
    scene.hear(silence(2))
    assert scene.listener.state is State.PROCESSING
    scene.listener.turn_over(1)
    scene.listener.reply_begins(1)
    assert scene.listener.state is State.PROCESSING


def test_without_barge_in_a_reply_is_not_disturbed():
    scene = Scene(barge_in=False)
    scene.to_reply()
    assert scene.hear(JARVIS, silence(0.5), STOP, silence(0.5)) == []
    assert scene.listener.state is State.SPEAKING


def test_phrases_work_during_a_reply_only():
    scene = Scene()
    assert scene.hear(STOP, silence(1)) == []
    scene.to_reply()
    assert scene.hear(LOUDER, silence(0.2)) == [Interjected("louder")]
    assert scene.listener.state is State.SPEAKING
    assert scene.hear(STOP, silence(0.2)) == [StopReply("stop"), Interjected("stop")]


def test_it_does_not_wake_itself_by_what_it_says():
    scene = Scene()
    scene.to_reply()
    scene.listener.saying("You can say “Hey, Jarvis!” or stop at any time")
    assert scene.hear(JARVIS, silence(0.3), STOP, silence(0.3)) == []
    assert scene.hear(ALEXA, silence(0.3))[0] == StopReply("alexa")


def test_its_own_words_are_forgotten_soon_after_the_reply():
    scene = Scene(follow_up_s=0.0)
    scene.to_reply()
    scene.listener.saying("I am listening for hey jarvis")
    scene.listener.turn_over(1)
    assert scene.hear(silence(0.2), JARVIS, silence(0.3)) == []
    assert scene.hear(silence(2), JARVIS, silence(0.3)) == [UtteranceBegun(2, "wake", "hey_jarvis")]


def test_phrases_work_while_something_else_sounds():
    scene = Scene()
    scene.listener.sounding(True)
    scene.listener.saying("Stop the pasta timer. ")
    assert scene.hear(STOP, silence(0.3)) == []  # its own words
    assert scene.hear(LOUDER, silence(0.3)) == [Interjected("louder")]
    scene.listener.sounding(False)
    assert scene.hear(LOUDER, silence(2)) == []
    scene.listener.sounding(True)
    assert scene.hear(STOP, silence(0.3)) == [StopReply("stop"), Interjected("stop")]
    assert scene.hear(JARVIS, silence(0.2))[0] == UtteranceBegun(1, "wake", "hey_jarvis")


def test_pieces_of_its_words_are_joined():
    scene = Scene()
    scene.to_reply()
    for piece in ("say ", "hey ", "jar", "vis", " now"):
        scene.listener.saying(piece)
    assert scene.hear(JARVIS, silence(0.3)) == []


def test_manners_can_be_changed():
    scene = Scene()
    scene.listener.behave(Manners(follow_up_s=0.0, pauses=Pauses(silence_s=0.2)))
    scene.hear(silence(1), JARVIS, speech(1), words="lights")
    assert [event.reason for event in scene.hear(silence(0.3))] == ["silence"]


def test_follow_up_needs_no_wake_word_for_a_while():
    scene = Scene(follow_up_s=5.0)
    scene.to_reply()
    scene.listener.turn_over(1)
    assert scene.listener.state is State.FOLLOW_UP
    assert scene.hear(silence(3), speech(1), words="and the kitchen") == [UtteranceBegun(2, "follow_up")]
    heard = scene.utterance()
    assert (heard == 1500).sum() == RATE_HZ
    assert len(heard) - RATE_HZ == pytest.approx(0.5 * RATE_HZ, abs=FRAME)


def test_follow_up_ends_and_a_question_waits_longer():
    for expects, seconds in ((False, 5.0), (True, 8.0)):
        scene = Scene(follow_up_s=5.0, answer_s=8.0)
        scene.to_reply()
        scene.listener.turn_over(1, expects_answer=expects)
        assert scene.hear(silence(seconds - 0.05)) == []
        assert scene.hear(silence(0.1)) == [FollowUpOver()]
        assert scene.hear(speech(2)) == []


def test_without_a_follow_up_window_only_questions_are_waited_for():
    scene = Scene(follow_up_s=0.0)
    scene.to_reply()
    scene.listener.turn_over(1)
    assert scene.listener.state is State.IDLE
    scene = Scene(follow_up_s=0.0)
    scene.to_reply()
    scene.listener.turn_over(1, expects_answer=True)
    assert scene.listener.state is State.FOLLOW_UP


def test_a_short_noise_is_no_follow_up_and_the_replys_echo_neither():
    scene = Scene()
    scene.to_reply()
    scene.listener.turn_over(1)
    scene.echo.playing = True
    assert scene.hear(speech(3)) == []
    scene.echo.playing = False
    assert scene.hear(silence(1), speech(0.1), silence(1)) == []
    assert scene.listener.state is State.FOLLOW_UP


def test_who_begins_as_the_window_ends_is_heard():
    scene = Scene(follow_up_s=5.0)
    scene.to_reply()
    scene.listener.turn_over(1)
    assert scene.hear(silence(4.9), speech(1))[0] == UtteranceBegun(2, "follow_up")


def test_the_wake_word_again_begins_the_utterance_again():
    scene = Scene()
    scene.hear(silence(1), JARVIS, silence(1))
    assert scene.hear(JARVIS, speech(1), words="lights") == [UtteranceBegun(2, "wake", "hey_jarvis")]


def test_a_muted_microphone_hears_nothing_and_drops_what_was_begun():
    scene = Scene()
    scene.hear(silence(1), JARVIS, speech(0.5))
    scene.listener.mute(True)
    assert scene.hear(speech(1), JARVIS, silence(1)) == [UtteranceDropped()]
    scene.listener.push_to_talk()
    assert scene.hear(silence(1)) == []
    scene.listener.mute(False)
    assert not scene.listener.muted
    assert scene.hear(silence(1), JARVIS, silence(0.3)) == [UtteranceBegun(2, "wake", "hey_jarvis")]


def test_lost_sound_drops_the_utterance_and_the_next_one_works():
    scene = Scene()
    scene.hear(silence(1), JARVIS, speech(0.5))
    scene.listener.gap()
    assert scene.hear(silence(1)) == [UtteranceDropped()]
    assert scene.hear(JARVIS, speech(1), words="lights") == [UtteranceBegun(2, "wake", "hey_jarvis")]
    assert (scene.utterance() == 1500).sum() == RATE_HZ


def test_the_hard_limit_holds():
    scene = Scene(pauses=Pauses(longest_s=3.0))
    scene.hear(silence(1), JARVIS, speech(0.5), words="one")
    assert scene.hear(speech(4))[0].reason == "longest"


def test_calls_come_from_other_threads():
    scene = Scene()
    calls = [
        lambda: scene.listener.words("x"),
        lambda: scene.listener.push_to_talk(),
        lambda: scene.listener.turn_over(scene.listener._turn),
        lambda: scene.listener.mute(False),
    ]
    threads = [threading.Thread(target=lambda call=call: [call() for _ in range(300)]) for call in calls]
    for thread in threads:
        thread.start()
    scene.hear(speech(2), JARVIS, silence(2))
    for thread in threads:
        thread.join()
    turns = [event.turn for event in scene.events if isinstance(event, UtteranceBegun)]
    assert turns == sorted(turns)

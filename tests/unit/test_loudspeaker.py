"""The loudspeaker: what goes first, what waits, what is stopped, and a device that comes and goes."""

import threading

import numpy as np
import pytest

from assistant.errors import AudioError
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.output import RING_VOLUME
from assistant.service.speech import Kind
from assistant.testing import FakePlayer
from assistant.types import AudioClip

WAIT_S = 5.0


def clip(value=1):
    return AudioClip(np.full(10, value, np.int16), 16_000)


def values(player):
    return [int(played.samples[0]) for played in player.played]


class Over:
    """Whether and how a speech ended."""

    def __init__(self):
        self.heard = []
        self._event = threading.Event()

    def __call__(self, heard):
        self.heard.append(heard)
        self._event.set()

    def wait(self):
        assert self._event.wait(WAIT_S)
        return self.heard


@pytest.fixture
def player():
    return FakePlayer()


@pytest.fixture
def speaker(player):
    speaker = Loudspeaker(lambda: player, ring_pause_s=0.01)
    yield speaker
    speaker.close(WAIT_S)


def say(speaker, kind, *clips, **calls):
    over = Over()
    speech = speaker.speech(kind, on_over=over, **calls)
    for one in clips:
        speech(one)
    speech.end()
    return speech, over


def test_the_urgent_go_first_and_each_kind_in_order(speaker, player):
    _, last = say(speaker, Kind.NOTICE, clip(3))
    say(speaker, Kind.REPLY, clip(2))
    say(speaker, Kind.SOUND, clip(1))
    say(speaker, Kind.REPLY, clip(20))
    speaker.start()
    assert last.wait() == [True]
    assert values(player) == [1, 2, 20, 3]


def test_a_replys_clips_play_while_others_are_made_and_its_callbacks_come_in_order(speaker, player):
    told = []
    first = threading.Event()
    over = Over()
    speech = speaker.speech(Kind.REPLY, on_first=lambda: (told.append("first"), first.set()), on_over=over)
    speaker.start()
    assert not speaker.busy  # an unfinished thought keeps nobody waiting
    speaker.sound(clip(9))
    speech(clip(1))
    assert first.wait(WAIT_S)
    speech(clip(2))
    speech.end()
    assert over.wait() == [True]
    assert told == ["first"] and values(player) == [9, 1, 2] and "drain" in player.calls


def test_silence_stops_what_plays_and_forgets_what_waits(speaker, player):
    playing, go_on = threading.Event(), threading.Event()

    def block(_clip):
        playing.set()
        assert go_on.wait(WAIT_S)

    player.on_play = block
    _, one = say(speaker, Kind.REPLY, clip(1), clip(2))
    _, two = say(speaker, Kind.NOTICE, clip(3))
    speaker.start()
    assert playing.wait(WAIT_S)
    speaker.silence()
    assert two.wait() == [False]  # without waiting for the player
    go_on.set()
    assert one.wait() == [False]
    player.on_play = lambda _clip: None
    _, three = say(speaker, Kind.REPLY, clip(4))
    assert three.wait() == [True] and values(player) == [4]


def test_a_cancelled_speech_is_not_played(speaker, player):
    speech, over = say(speaker, Kind.REPLY, clip(1))
    speech.cancel()
    assert over.wait() == [False]
    speaker.start()
    _, other = say(speaker, Kind.REPLY, clip(2))
    assert other.wait() == [True] and values(player) == [2]


def test_a_speech_without_a_sound_is_over_at_once(speaker):
    speaker.start()
    _, over = say(speaker, Kind.REPLY)
    assert over.wait() == [False]


def test_announcements_wait_while_somebody_speaks_but_replies_do_not(speaker, player):
    speaker.hold(True)
    _, notice = say(speaker, Kind.NOTICE, clip(3))
    _, reply = say(speaker, Kind.REPLY, clip(2))
    speaker.start()
    assert reply.wait() == [True]
    assert values(player) == [2] and not notice.heard
    speaker.hold(False)
    assert notice.wait() == [True]


def test_an_announcement_that_somebody_spoke_into_begins_anew_afterwards(speaker, player):
    playing, go_on = threading.Event(), threading.Event()

    def block(played):
        if played.samples[0] == 2 and not playing.is_set():
            playing.set()
            assert go_on.wait(WAIT_S)

    player.on_play = block
    _, notice = say(speaker, Kind.NOTICE, clip(1), clip(2), clip(3))
    speaker.start()
    assert playing.wait(WAIT_S)
    speaker.hold(True)
    go_on.set()
    _, reply = say(speaker, Kind.REPLY, clip(9))
    assert reply.wait() == [True] and not notice.heard
    speaker.hold(False)
    assert notice.wait() == [True]
    assert values(player) == [1, 9, 1, 2, 3]


def test_ringing_goes_on_until_it_is_stopped_and_lets_replies_through(speaker, player):
    rung = threading.Semaphore(0)
    player.on_play = lambda played: rung.release() if played.samples[0] == 7 else None
    speaker.ring("pasta", (clip(7),))
    speaker.start()
    assert rung.acquire(timeout=WAIT_S)
    _, reply = say(speaker, Kind.REPLY, clip(2))
    assert reply.wait() == [True]
    assert rung.acquire(timeout=WAIT_S)  # and it rings again
    assert speaker.rings == ("pasta",)
    assert speaker.stop_ring("pasta") and not speaker.stop_ring("pasta")
    assert speaker.rings == ()


def test_what_rings_is_never_too_soft_to_hear_unless_all_is_silent(speaker, player):
    rung = threading.Semaphore(0)
    player.on_play = lambda _played: rung.release()
    speaker.volume = 0.05
    speaker.ring("tea", (clip(7),))
    speaker.start()
    assert rung.acquire(timeout=WAIT_S)
    speaker.hold(True)
    assert player.volumes[0] == RING_VOLUME
    speaker.volume = 0.0
    speaker.hold(False)
    assert rung.acquire(timeout=WAIT_S) or rung.acquire(timeout=WAIT_S)
    speaker.stop_ring("tea")
    assert player.volumes[-1] == 0.0


def test_the_volume_changes_what_is_being_played(speaker, player):
    def louder(_clip):
        speaker.volume = 0.9

    player.on_play = louder
    speaker.volume = 0.5
    _, over = say(speaker, Kind.REPLY, clip(1), clip(2))
    speaker.start()
    over.wait()
    assert player.volumes == [0.5, 0.9]
    speaker.volume = 7
    assert speaker.volume == 1.0


def test_a_missing_loudspeaker_is_told_once_waits_for_nothing_and_is_tried_again(player):
    told, now = [], [0.0]
    there = []

    def opened():
        if not there:
            raise AudioError("no loudspeaker on this machine")
        return player

    speaker = Loudspeaker(opened, report=told.append, clock_s=lambda: now[0])
    speaker.start()
    for _ in range(3):
        _, over = say(speaker, Kind.REPLY, clip(1))
        assert over.wait() == [False]
    assert told == ["no loudspeaker on this machine"]
    there.append(True)
    now[0] = 60.0
    _, over = say(speaker, Kind.REPLY, clip(2))
    assert over.wait() == [True]
    assert told[-1] == "" and values(player) == [2]
    speaker.close(WAIT_S)


def test_a_loudspeaker_that_is_lost_is_opened_anew(player):
    told = []
    speaker = Loudspeaker(lambda: player, report=told.append, clock_s=iter(range(0, 1000, 100)).__next__)

    def fail(_clip):
        raise AudioError("the loudspeaker was lost")

    player.on_play = fail
    speaker.start()
    _, over = say(speaker, Kind.REPLY, clip(1))
    assert over.wait() == [False]
    player.on_play = lambda _clip: None
    _, over = say(speaker, Kind.REPLY, clip(2))
    assert over.wait() == [True]
    assert told == ["the loudspeaker was lost", ""] and player.calls[0] == "close"
    speaker.close(WAIT_S)


def test_a_loudspeaker_that_was_plugged_over_meanwhile_loses_nothing(player):
    told, failures = [], [AudioError("the loudspeaker was lost")]

    def fail_once(_clip):
        if failures:
            raise failures.pop()

    player.on_play = fail_once
    speaker = Loudspeaker(lambda: player, report=told.append)
    speaker.start()
    _, over = say(speaker, Kind.REPLY, clip(1), clip(2))
    assert over.wait() == [True]
    assert told == [] and values(player) == [1, 2]
    speaker.close(WAIT_S)


def test_the_device_is_given_back_for_those_who_look_for_new_ones(speaker, player):
    speaker.start()
    say(speaker, Kind.REPLY, clip(1))[1].wait()
    with speaker.given_back():
        assert player.calls[-1] == "close"
    _, over = say(speaker, Kind.REPLY, clip(2))
    assert over.wait() == [True]


def test_a_callback_that_fails_does_not_end_the_loudspeaker(speaker, player):
    speaker.start()

    def broken():
        raise RuntimeError("no")

    say(speaker, Kind.REPLY, clip(1), on_first=broken)
    _, over = say(speaker, Kind.REPLY, clip(2))
    assert over.wait() == [True] and values(player) == [1, 2]

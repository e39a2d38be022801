"""The whole chain on the real models: what is spoken is heard, understood, done, read back and answered."""

import datetime as dt

import pytest

from assistant.audio.files import join_clips, to_mono_16k
from assistant.audio.noise import add_noise, room_noise
from assistant.home.house import open_house
from assistant.types import TurnContext

pytestmark = pytest.mark.real


def run(parts, utterance, **options):
    house = open_house(None, None)
    mind = parts.mind_for(house)
    clips = []
    turn = parts.turn(house=house, mind=mind, ears=parts.hearing.ears_for(mind))
    context = TurnContext(now=dt.datetime(2026, 1, 5, 7, 0).astimezone())
    return turn.run(utterance, context, sink=clips.append, **options), clips


@pytest.mark.parametrize("noise_db", [None, 15.0])
def test_a_spoken_command_switches_the_lamp_and_is_answered_aloud(parts, noise_db):
    clip = to_mono_16k(parts.say("Turn on the kitchen light."))
    if noise_db is not None:
        clip = add_noise(clip, room_noise(clip.duration_s, seed=3), noise_db)
    result, clips = run(parts, clip)
    assert result.error is None
    assert result.route == "match"
    changed = {device: state.state for device, state in result.states.items()}
    assert changed and set(changed.values()) == {"on"}
    assert all(device.startswith("light.kitchen") for device in changed)
    heard_back = parts.hearing.open_ears.transcribe(to_mono_16k(join_clips(clips))).text
    assert "kitchen" in heard_back and "on" in heard_back.split()


def test_a_question_is_answered_by_the_model_and_changes_nothing(parts):
    result, clips = run(parts, to_mono_16k(parts.say("What is the capital of France?")))
    assert result.error is None
    assert result.route == "model"
    assert result.states == {} and result.actions == ()
    assert "paris" in result.reply.lower()
    assert clips and sum(clip.duration_s for clip in clips) > 0.3


def test_a_lock_is_not_opened_before_a_yes(parts):
    first, _ = run(parts, "unlock the front door")
    assert first.states == {} and first.expects_answer and first.reply.endswith("?")
    second, _ = run(parts, "unlock the front door", confirmed=True)
    assert [state.state for state in second.states.values()] == ["unlocked"]


def test_a_device_that_does_not_exist_changes_nothing(parts):
    result, _ = run(parts, "turn on the sauna")
    assert result.states == {}
    assert result.reply

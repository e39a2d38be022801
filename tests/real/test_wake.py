"""Wake words on real recordings, and on a synthesised voice where there are none."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.files import join_clips, load_clip, to_mono_16k
from assistant.audio.openwakeword import OpenWakeWordScorer, built_in_models
from assistant.commands.wake import build_engine, detections
from assistant.config import Config
from assistant.config.environment import default_models_dir
from assistant.errors import ConfigError, ModelError
from assistant.types import AudioClip

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval" / "dev"
pytestmark = pytest.mark.real
needs_recordings = pytest.mark.skipif(not EVAL.is_dir(), reason="the shared recordings are not beside the project")
ALL = list(built_in_models())


@pytest.fixture(scope="module")
def engine():
    return build_engine(ALL, 0.5, Config())


@pytest.fixture(scope="module")
def say():
    from assistant.tts.piper import PiperVoiceEngine

    voice = PiperVoiceEngine(default_models_dir() / "piper-en_US-joe-medium")

    def spoken(text):
        clip = to_mono_16k(join_clips(list(voice.synthesize(text))))
        return AudioClip(np.concatenate([np.zeros(8000, np.int16), clip.samples, np.zeros(8000, np.int16)]), 16_000)

    return spoken


@needs_recordings
def test_recorded_wake_words_are_heard_and_nothing_else_is(engine):
    cases = [json.loads(line) for line in (EVAL / "wake.jsonl").read_text().splitlines()]
    wrong = []
    for case in cases:
        found = detections(engine, load_clip(EVAL / case["audio"]))
        if [hit["name"] for hit in found] != ([case["wake"]] if case["wake"] else []):
            wrong.append((case["audio"], found))
    missed = [audio for audio, found in wrong if not found]
    assert [entry for entry in wrong if entry[1]] == []
    assert len(missed) <= 0.04 * len(cases), missed


@needs_recordings
def test_talk_wakes_nothing(engine):
    clips = [load_clip(path) for name in ("coffee", "speech") for path in sorted((EVAL / name).glob("*.flac"))]
    assert sum(clip.duration_s for clip in clips) > 600
    false = [found for clip in clips[::2] if (found := detections(engine, clip))]
    assert false == []


@pytest.mark.parametrize("name", ALL)
def test_every_built_in_word_is_heard_in_one_breath_with_a_command(engine, say, name):
    found = detections(engine, say(f"{name.replace('_', ' ')}, what time is it?"))
    assert [hit["name"] for hit in found] == [name]


def test_any_phrase_can_wake(say):
    engine = build_engine(["hey kitchen"], 0.5, Config())
    found = detections(engine, say("hey kitchen, turn on the light"))
    assert [hit["name"] for hit in found] == ["hey kitchen"]
    assert 0.8 < found[0]["at_s"] < 1.6
    assert detections(engine, say("turn on the kitchen light, and then the heater")) == []


def test_a_phrase_outside_of_the_dictionary_is_refused():
    with pytest.raises(ConfigError, match="zxqv"):
        build_engine(["hey zxqv"], 0.5, Config())


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "other"])
def test_a_model_file_that_is_none_is_refused(tmp_path, damage):
    good = built_in_models()["alexa"]
    data = {
        "empty": b"",
        "text": b"no model\n" * 100,
        "cut": good.read_bytes()[:100_000],
        "other": good.with_name("embedding_model.tflite").read_bytes(),
    }[damage]
    path = tmp_path / "mine.tflite"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"mine\.tflite"):
        OpenWakeWordScorer({"mine": path})


def test_a_model_file_of_the_users_own_has_its_files_name(tmp_path, say):
    path = tmp_path / "hey_house.tflite"
    path.write_bytes(built_in_models()["hey_jarvis"].read_bytes())
    engine = build_engine([str(path)], 0.5, Config())
    assert [hit["name"] for hit in detections(engine, say("hey jarvis"))] == ["hey_house"]

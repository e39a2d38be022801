"""What ``assistant doctor`` finds in a broken set-up, each with what to do about it."""

import dataclasses
import errno
import tempfile

import pytest

from assistant import doctor
from assistant.audio import devices
from assistant.audio.devices import InputDevice
from assistant.config import Config
from assistant.config.home_sections import MqttSection
from assistant.config.sections import AssistantSection, PathsSection, WakeSection
from assistant.errors import AudioError


def found(check, config):
    return list(doctor._guarded("subject", config, check))


@pytest.fixture
def config(tmp_path):
    return dataclasses.replace(Config(), paths=PathsSection(state=tmp_path / "state"))


def test_a_state_folder_that_takes_writes_is_well_and_left_as_it_was(config):
    (one,) = found(doctor._state, config)
    assert one.level in ("ok", "note") and str(config.paths.state) in one.text
    assert list(config.paths.state.iterdir()) == []


def test_what_was_set_aside_is_told_until_it_is_taken_away(config):
    config.paths.state.mkdir()
    (config.paths.state / "skills.broken").write_text("?")
    note, _ = found(doctor._state, config)
    assert note.level == "note" and "skills.broken" in note.text and note.mend


@pytest.mark.parametrize(
    "code, mend", [(errno.ENOSPC, "free space"), (errno.EROFS, "worn out"), (errno.EACCES, "owns")]
)
def test_a_state_folder_that_takes_no_writes_is_wrong(config, monkeypatch, code, mend):
    def refuse(**_options):
        raise OSError(code, "refused")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    (one,) = found(doctor._state, config)
    assert one.level == "wrong" and mend in one.mend and "Errno" not in one.text


def test_a_wake_word_without_its_file_is_wrong(config):
    config = dataclasses.replace(config, wake=WakeSection(words=("nowhere/mine.tflite",)))
    (one,) = found(doctor._wake_words, config)
    assert one.level == "wrong" and "mine.tflite" in one.text


def test_a_broker_that_is_not_there_is_wrong(config, monkeypatch):
    monkeypatch.setattr(doctor, "HOME_WAIT_S", 0.5)
    config = dataclasses.replace(config, mqtt=MqttSection(host="127.0.0.1", port=9))
    broker, home = found(doctor._home, config)
    assert broker.level == "wrong" and broker.mend
    assert "0 devices" in home.text or "simulated" not in home.text


def test_the_microphone_is_named_and_its_absence_too(config, monkeypatch):
    monkeypatch.setattr(devices, "find_input", lambda _pattern: InputDevice(3, "USB Mic", 48_000, 1))
    (one,) = found(doctor._microphone, config)
    assert one.level == "ok" and "USB Mic" in one.text

    def none(_pattern):
        raise AudioError("there is no microphone")

    monkeypatch.setattr(devices, "find_input", none)
    (one,) = found(doctor._microphone, config)
    assert one.level == "note" and one.mend
    named = dataclasses.replace(config, audio=dataclasses.replace(config.audio, input="jabra"))
    assert found(doctor._microphone, named)[0].level == "wrong"


def test_own_sentences_that_set_a_device_that_is_not_there_are_wrong(config, tmp_path):
    (tmp_path / "own.yaml").write_text(
        "language: en\nintents:\n  Reading:\n    data: [{sentences: [reading time]}]\n"
        '    action: {set: {light.kitchenn: "on", light.kitchen: "on"}}\n'
    )
    config = dataclasses.replace(config, home=dataclasses.replace(config.home, sentences=tmp_path))
    wrong, told = found(doctor._sentences, config)
    assert wrong.level == "wrong" and "light.kitchenn" in wrong.text and "light.kitchen?" in wrong.mend
    assert told.level == "ok"


def test_a_voice_of_another_language_is_told_with_the_model_that_mends_it(config, tmp_path):
    paths = dataclasses.replace(config.paths, models=tmp_path / "none")
    chinese = dataclasses.replace(config, paths=paths, assistant=AssistantSection(language="zh-CN"))
    (note,) = found(doctor._own_voice, chinese)
    assert note.level == "note" and "espeak-ng" in note.text and "piper-zh_CN" in note.mend
    assert found(doctor._own_voice, config) == []
    assert found(doctor._names, chinese) == []

"""Configuration: defaults, types, and refusals that name the line and the nearest key."""

import pytest

from assistant.config import Config, load_config
from assistant.errors import ConfigError


def write(tmp_path, text):
    path = tmp_path / "assistant.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_values_and_paths_are_taken(tmp_path):
    config = load_config(
        write(
            tmp_path,
            '[assistant]\narea = "Kitchen"\n[llm]\ncontext = 8192\ntemperature = 1\n[home]\ninventory = "home.toml"\n',
        )
    )
    assert config.assistant.area == "Kitchen"
    assert config.llm.context == 8192
    assert config.llm.temperature == 1.0
    assert config.home.inventory == tmp_path / "home.toml"
    assert config.audio == Config().audio


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[assistant]\n\narae = 'x'\n", 3, ["arae", "area"]),
        ("[asistant]\narea = 'x'\n", 1, ["asistant", "assistant"]),
        ("[llm]\ncontext = 'many'\n", 2, ["context", "whole number"]),
        ("[audio]\nearcons = 1\n", 2, ["earcons", "true or false"]),
        ("[llm]\n# a comment\ntop_p = true\n", 3, ["top_p", "number"]),
        ("llm = 3\n", 1, ["llm", "section"]),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, text, line, words):
    with pytest.raises(ConfigError) as caught:
        load_config(write(tmp_path, text))
    message = str(caught.value)
    assert f"assistant.toml:{line}:" in message
    assert all(word in message for word in words), message
    assert "\n" not in message


def test_broken_toml_and_missing_file_are_one_line_errors(tmp_path):
    with pytest.raises(ConfigError, match=r"assistant\.toml"):
        load_config(write(tmp_path, "[llm\n"))
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        load_config(tmp_path / "nowhere.toml")


def test_no_file_means_defaults(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ASSISTANT_CONFIG", raising=False)
    monkeypatch.setattr("assistant.config.environment.SYSTEM_CONFIG", tmp_path / "none.toml")
    assert load_config().llm.context == 4096


def test_another_language_is_heard_by_its_own_recogniser_unless_one_was_chosen(tmp_path):
    path = tmp_path / "assistant.toml"
    path.write_text('[assistant]\nlanguage = "zh-CN"\n')
    assert load_config(path).asr.model == "vosk-small-cn"
    path.write_text('[assistant]\nlanguage = "zh"\n[asr]\nmodel = "/models/mine"\n')
    assert load_config(path).asr.model == "/models/mine"

"""The panel's parts: texts of all languages, the picture of a turn, settings, corrections, the meter."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.meter import LevelMeter
from assistant.config import Config
from assistant.config.reading import with_own_settings
from assistant.config.sections import PathsSection
from assistant.errors import ConfigError
from assistant.home.house import open_house
from assistant.nlu.matcher import SentenceMatcher
from assistant.types import TurnContext
from assistant.web.corrections import CorrectionError, correct
from assistant.web.settings import SETTINGS, save_settings
from assistant.web.texts import LANGUAGES, choose_language, texts
from assistant.web.turns import waterfall

WEB = Path(__file__).resolve().parents[2] / "assistant" / "web"
NOW = TurnContext(now=dt.datetime(2026, 1, 5, 7, 0, tzinfo=dt.UTC))


def test_every_language_has_every_text_and_pages_ask_for_no_other():
    keys = set(texts("en"))
    assert all(set(texts(language)) == keys for language in LANGUAGES)
    assert not keys & set(dir(dict)), "a template would take the dictionary's own method for the text"
    assert all(value.strip() for language in LANGUAGES for value in texts(language).values())
    pages = "".join(path.read_text() for path in (WEB / "templates").glob("*.html"))
    asked = set(re.findall(r"\bt\.(\w+)", pages)) - {"get"}
    assert asked <= keys
    assert {f"set_{s.section}_{s.key}" for s in SETTINGS} <= keys


def test_no_page_names_another_host_or_holds_a_script():
    for path in [*(WEB / "templates").glob("*.html"), *(WEB / "static").glob("*.*s")]:
        text = path.read_text()
        assert "http://" not in text and "https://" not in text, path
        assert not re.search(r"\son\w+=|style=|<script(?! src=)", text), path


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [("zh", "en", "zh"), ("", "zh-CN,zh;q=0.9", "zh"), ("", "fr, de", "en"), ("xx", "", "en"), ("../x", "zh", "zh")],
)
def test_choosing_a_language(chosen, accepted, language):
    assert choose_language(chosen, accepted) == language


def test_the_picture_of_a_turn():
    bars = waterfall({"asr": 50.0, "nlu": 25.0, "act": 25.0, "tts_first": 200.0, "total": 400.0})
    assert [(bar.name, bar.begin, bar.width) for bar in bars] == [
        ("asr", 0, 125), ("nlu", 125, 62), ("act", 188, 62), ("tts_first", 250, 250),
    ]  # fmt: skip
    assert waterfall({}) == [] and waterfall({"total": 0.0}) == []


def test_settings_are_kept_and_go_before_the_configuration(tmp_path):
    config = replace(Config(), paths=PathsSection(tmp_path, tmp_path, tmp_path))
    changed = save_settings(config, {"assistant.name": "Ada", "wake.words": "alexa, hey house", "audio.earcons": "on"})
    assert changed.assistant.name == "Ada" and changed.wake.words == ("alexa", "hey house")
    assert with_own_settings(config) == changed
    again = save_settings(changed, {"assistant.name": "Bob", "audio.earcons": ""})
    assert (again.assistant.name, again.audio.earcons, again.wake.words) == ("Bob", False, ("alexa", "hey house"))
    for wrong in (
        {"wake.sensitivity": "7"},
        {"wake.sensitivity": "x"},
        {"wake.words": " "},
        {"assistant.name": "a\nb"},
    ):
        with pytest.raises(ConfigError):
            save_settings(again, wrong)
    assert with_own_settings(config) == again
    (tmp_path / "settings.toml").write_text("[api]\nlisten = 'network'\n")
    assert with_own_settings(config) == config, "the panel's file can never open the door"


def test_a_correction_is_a_sentence_and_can_be_corrected_again(tmp_path):
    home = open_house(None, None).snapshot()

    def matcher():
        return SentenceMatcher(home, "en", [tmp_path] if (tmp_path / "en").is_dir() else [])

    intent = correct(tmp_path, "en", "Turn on the candle, please!", "turn on the kitchen light", NOW, matcher)
    assert intent.slots["device_id"] == "light.kitchen"
    assert matcher().match("turn on the candle", NOW).intents[0].slots["device_id"] == "light.kitchen"
    correct(tmp_path, "en", "turn on the candle", "turn off the tv", NOW, matcher)
    assert matcher().match("turn on the candle", NOW).intents[0].name == "HassTurnOff"
    before = (tmp_path / "en" / "panel.yaml").read_text()
    for heard, meant in (("", "turn on the tv"), ("a [b|c]", "turn on the tv"), ("hello", "what is love")):
        with pytest.raises(CorrectionError):
            correct(tmp_path, "en", heard, meant, NOW, matcher)
    assert (tmp_path / "en" / "panel.yaml").read_text() == before


def test_the_meter():
    meter = LevelMeter()
    assert meter.take(np.zeros(1600, np.int16)) is None
    assert meter.take(np.zeros(1600, np.int16)).level_db == -90.0
    tone = (np.sin(np.arange(3200) / 10) * 16384).astype(np.int16)
    level = meter.take(tone)
    assert level.level_db == pytest.approx(-9.0, abs=0.2) and level.peak_db == pytest.approx(-6.0, abs=0.1)

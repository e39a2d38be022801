"""The assistant put together with parts missing: what does not need them works."""

import dataclasses

import pytest

from assistant.config import Config
from assistant.config.sections import PathsSection
from assistant.errors import ConfigError
from assistant.parts import Parts


def test_without_any_model_a_typed_command_is_carried_out(tmp_path):
    paths = PathsSection(models=tmp_path / "none", state=tmp_path / "state")
    with Parts(dataclasses.replace(Config(), paths=paths)) as parts:
        turn = parts.turn(speak=False)
        done = turn.run("turn on the kitchen light", parts.context())
        assert done.states["light.kitchen"].state == "on" and done.error is None
        wish = turn.run("i am freezing in the living room", parts.context())
        assert wish.actions == () and wish.error is None and "changed nothing" in wish.reply
        question = turn.run("who wrote hamlet", parts.context())
        assert question.error is not None and "is not installed" in question.error


def test_a_sentence_file_that_cannot_be_used_is_left_out_and_told(tmp_path):
    folder = tmp_path / "sentences"
    folder.mkdir()
    (folder / "good.yaml").write_text(
        'language: en\nintents:\n  TeaTime:\n    data: [{sentences: ["tea time"]}]\n    action: {say: "Tea!"}\n'
    )
    (folder / "bad.yaml").write_text('language: en\nintents:\n  Off:\n    data: [{sentences: ["good night all"]}]\n')
    (folder / "torn.yaml").write_text("language: en\nintents: [")
    config = Config()
    paths = PathsSection(models=tmp_path / "none", state=tmp_path / "state")
    home = dataclasses.replace(config.home, sentences=folder)
    with Parts(dataclasses.replace(config, paths=paths, home=home)) as parts:
        turn = parts.turn(speak=False)
        assert turn.run("turn on the kitchen light", parts.context()).states["light.kitchen"].state == "on"
        assert turn.run("tea time", parts.context()).reply == "Tea!"
        bad, torn = sorted(parts.understanding.sentence_problems)
        assert "bad.yaml:2" in bad and "quotes" in bad and "torn.yaml" in torn
        with pytest.raises(ConfigError, match="torn"):
            parts.fresh_matcher()

"""The assistant put together with parts missing: what does not need them works."""

import dataclasses
from types import SimpleNamespace

import pytest

from assistant.config import Config
from assistant.config.sections import PathsSection
from assistant.errors import ConfigError
from assistant.home.house import House
from assistant.home.inventory import load_inventory
from assistant.nlu import templates
from assistant.parts import Parts
from assistant.types import Home, NoIntent, Understood


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


def own_parts(tmp_path, **home):
    config = Config()
    paths = PathsSection(models=tmp_path / "none", state=tmp_path / "state")
    return Parts(dataclasses.replace(config, paths=paths, home=dataclasses.replace(config.home, **home)))


def test_names_that_go_and_come_back_are_understood(tmp_path):
    """A bridge that starts anew tells no devices for a moment; conversations of before go on."""
    empty, full = Home(), load_inventory(None)
    with own_parts(tmp_path) as parts:
        house = House.from_home(full)
        before = parts.mind_for(house)
        context = parts.context()
        for home, understood in ((empty, NoIntent), (full, Understood)):
            house.replace_home(home)
            assert isinstance(parts.mind_for(house).read("turn on the kitchen light", context), understood)
            assert isinstance(before.read("turn on the kitchen light", context), understood)


def test_a_reload_compiles_what_was_edited_and_nothing_else(tmp_path, monkeypatch):
    compiled = []
    real = templates._compile
    monkeypatch.setattr(templates, "_compile", lambda *given: compiled.append(1) or real(*given))
    folder = tmp_path / "sentences"
    folder.mkdir()
    file = folder / "tea.yaml"
    text = 'language: en\nintents:\n  TeaTime:\n    data: [{sentences: ["%s"]}]\n    action: {say: "Tea!"}\n'
    file.write_text(text % "tea time")
    with own_parts(tmp_path, sentences=folder) as parts:
        first = parts.mind
        assert len(compiled) == 1
        parts.reload(parts.config)
        parts.keep_present()
        assert parts.mind.matcher is first.matcher and len(compiled) == 1
        file.write_text(text % "time for tea")
        assert parts.mind.matcher is first.matcher  # not before it is asked for
        parts.reload(parts.config)
        assert parts.turn(speak=False).run("time for tea", parts.context()).reply == "Tea!"
        assert len(compiled) == 3  # tried, then taken
        file.write_text("language: en\nintents: [")
        with pytest.raises(ConfigError, match="tea"):
            parts.reload(parts.config)
        assert parts.turn(speak=False).run("time for tea", parts.context()).reply == "Tea!"


class Recogniser:
    """Stands for the acoustic model: it knows every word, and its decoders hear nothing."""

    identity = "made up"

    def knows(self, word):
        return True

    def words(self):
        return ""

    def scorer(self, grammar=None, *, alternatives):
        return SimpleNamespace(heard_s=0.0)


def test_the_ear_stays_over_a_reload_of_the_same_home(tmp_path):
    with own_parts(tmp_path) as parts:
        parts.hearing.__dict__["vosk"] = Recogniser()
        ears = parts.hearing.ears_for(parts.mind)
        parts.reload(parts.config)
        parts.keep_present()
        assert parts.hearing.ears_for(parts.mind) is ears
        parts.house.name_device("light.kitchen", "moonbeam")
        other = parts.hearing.ears_for(parts.mind)
        assert "moonbeam" in other.bias.decoder_grammar and "moonbeam" not in ears.bias.decoder_grammar
        parts.keep_present()
        assert parts.hearing.ears_for(parts.mind) is other

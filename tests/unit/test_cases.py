"""The case and result formats."""

import json

import pytest

from assistant.errors import ConfigError
from assistant.evaluation.cases import read_cases, result_row
from assistant.types import Action, DeviceState, TurnResult


def test_paths_are_relative_to_the_case_file(tmp_path):
    row = {
        "id": 7,
        "home": "homes/a.json",
        "audio": "a.flac",
        "context": {"area": "Hall"},
        "sentences": "s",
        "expect": {},
    }
    (tmp_path / "c.jsonl").write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    (case,) = read_cases(tmp_path / "c.jsonl")
    assert case.id == "7"
    assert case.home == tmp_path / "homes/a.json"
    assert case.audio == tmp_path / "a.flac"
    assert case.sentences == tmp_path / "s"
    assert case.area == "Hall"


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "x"}', '{"text": "no id"}', '{"id": 1, "text": "x", "now": "soon"}']
)
def test_a_bad_line_is_named(tmp_path, line):
    (tmp_path / "c.jsonl").write_text('{"id": 1, "text": "fine"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"c\.jsonl:2: not a case"):
        list(read_cases(tmp_path / "c.jsonl"))


def test_a_result_is_plain_json():
    result = TurnResult(
        "t",
        "lamp on",
        actions=(Action("HassTurnOn", {"name": "Lamp"}, ("light.lamp",)),),
        states={"light.lamp": DeviceState("on", {"brightness": 128})},
        reply="On.",
        route="match",
        ms={"nlu": 1.23456},
    )
    row = json.loads(json.dumps(result_row("a", result)))
    assert row["actions"] == [{"intent": "HassTurnOn", "slots": {"name": "Lamp"}, "targets": ["light.lamp"]}]
    assert row["states"] == {"light.lamp": {"state": "on", "attributes": {"brightness": 128}}}
    assert row["ms"] == {"nlu": 1.23}
    assert "error" not in row


def test_a_failed_turn_is_its_error():
    assert result_row("a", TurnResult("t", "x", error="no model")) == {
        "id": "a",
        "transcript": "x",
        "error": "no model",
    }

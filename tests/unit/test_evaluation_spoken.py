"""Written cases are also said by voices: which sets, which cases of them, and how they sound."""

import json

import numpy as np
import pytest

from assistant.evaluation import voices as voices_module
from assistant.evaluation.sets import SPOKEN_EVERY, EvaluationSet, find_sets, run_set
from assistant.evaluation.voices import PEAK, Voices
from assistant.types import AudioClip


def case_file(path, texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"id": f"c{i}", "text": text, "expect": {"no_action": True}} for i, text in enumerate(texts)]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    return path


class FakeRunner:
    def __init__(self):
        self.cases = []

    def run_case(self, case):
        self.cases.append(case)
        return {"id": case.id, "transcript": "who road hamlet", "actions": [], "ms": {"nlu": 1.0}}


def test_the_written_sets_are_spoken_too(tmp_path):
    case_file(tmp_path / "shared" / "dev" / "intents.jsonl", ["a"])
    case_file(tmp_path / "shared" / "dev" / "coffee.jsonl", ["b"])
    case_file(tmp_path / "tests" / "understanding" / "dev.jsonl", ["c"])
    sets = find_sets(tmp_path, tmp_path / "shared", noise=False)
    assert [s.name for s in sets if s.spoken] == ["spoken-intents", "spoken-own-dev"]
    assert all(s.every == SPOKEN_EVERY for s in sets if s.spoken)
    assert not [s for s in find_sets(tmp_path, tmp_path / "shared", noise=True, spoken=False) if s.spoken]


def test_a_spoken_set_runs_each_so_manyth_case_and_shows_what_was_heard(tmp_path):
    path = case_file(tmp_path / "cases.jsonl", ["who wrote hamlet", "b", "c", "d", "e"])
    runner = FakeRunner()
    result = run_set(runner, EvaluationSet("x", path, 9.0, spoken=True, every=2), lambda: None)
    assert [(c.id, c.spoken, c.snr_db) for c in runner.cases] == [
        ("c0", True, 9.0),
        ("c2", True, 9.0),
        ("c4", True, 9.0),
    ]
    assert result.marks[0].said == "who wrote hamlet (heard: who road hamlet)" and result.share == 100.0


def test_a_voice_speaks_at_one_loudness_and_rate(monkeypatch):
    monkeypatch.setattr(voices_module.shutil, "which", lambda _name: None)
    texts = []

    def piper(text):
        texts.append(text)
        return AudioClip((500 * np.sin(np.arange(22_050) / 20)).astype(np.int16), 22_050)

    clip = Voices(piper).say("hello", "any case")
    assert texts == ["hello"] and clip.rate_hz == 16_000
    assert len(clip.samples) == pytest.approx(16_000, abs=20)
    assert abs(int(np.abs(clip.samples).max()) - PEAK) <= 1

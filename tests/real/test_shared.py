"""The public test material, where it is there: typed commands and read speech, scored by its own scorer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.evaluation.batch import BatchRunner
from assistant.evaluation.cases import read_cases

EVAL = Path(__file__).resolve().parents[3] / "shared" / "eval"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not EVAL.is_dir(), reason="the shared test material is not beside the project"),
]


def score(name, tmp_path):
    cases = EVAL / "dev" / f"{name}.jsonl"
    out = tmp_path / "results.jsonl"
    with BatchRunner(Config(), speak=False, chat=False) as runner:
        errors = runner.run(list(read_cases(cases)), out)
    assert errors == 0, [row for row in map(json.loads, out.read_text().splitlines()) if "error" in row][:3]
    run = subprocess.run(
        [sys.executable, str(EVAL / "score.py"), str(cases), str(out)], capture_output=True, text=True, check=True
    )
    return run.stdout


def test_typed_commands(tmp_path):
    table = score("intents", tmp_path)
    share = float(table.rsplit("passed ", 1)[1].split()[0])
    assert share >= 98.0, table


def test_read_speech(tmp_path):
    table = score("speech", tmp_path)
    rate = float(table.split("word error rate ", 1)[1].split()[0])
    assert rate <= 11.0, table

"""What an image brings: the first start of a machine evaluates no prompt and encodes no phrasing."""

from dataclasses import replace

import pytest

from assistant.config import Config
from assistant.parts import Parts
from assistant.parts.prepared import prepare, warm_model

pytestmark = pytest.mark.real


def test_a_first_start_computes_nothing_again(tmp_path):
    config, state = Config(), tmp_path / "state"
    files = prepare(config, state, ["I am ready."])
    kinds = {file.parts[0].partition("-")[0] for file in files}
    assert kinds == {"llm", "phrases", "phrasings"}, "and nothing of the machine on which it was made"
    with Parts(replace(config, paths=replace(config.paths, state=state))) as parts:
        warm_model(parts)
        assert parts.model.engine.counts.evaluated == 0
        parts.mind.warm()
        list(parts.voice.speak(["I am ready."]))
        made = {
            file.relative_to(state)
            for pattern in ("llm/*", "phrases/*", "phrasings-*.npy")
            for file in state.glob(pattern)
        }
    assert made == set(files)

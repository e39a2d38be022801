"""The decision over wake word scores: sure ones at once, likely ones after a second look, each utterance once."""

from pathlib import Path

import numpy as np
import pytest

from assistant.audio.wake import RATE_HZ, SeveralEngines, WakeWordDetector, sort_words, tuned
from assistant.errors import ConfigError
from assistant.types import WakeDetection

CHUNK = 1280
LATE = int(0.05 * RATE_HZ)  # of "alexa"


class ScriptedScorer:
    """Scores by script: chunk number -> {name: score}; second looks give what ``again`` says."""

    chunk = CHUNK
    context = 4 * CHUNK

    def __init__(self, script, names=("alexa", "hey_jarvis"), again=0.0):
        self.names = names
        self.script = script
        self.again = again
        self.looks = []
        self.count = 0

    def score(self, chunk):
        assert chunk.shape == (CHUNK,)
        scores = self.script.get(self.count, {})
        self.count += 1
        return {name: scores.get(name, 0.0) for name in self.names}

    def rescore(self, name, samples):
        assert len(samples) % CHUNK == 0
        assert len(samples) > self.context
        self.looks.append(name)
        return self.again

    def reset(self):
        self.count = 0


def scores(first, *values, name="alexa"):
    return {first + number: {name: value} for number, value in enumerate(values)}


def run(scorer, seconds=4.0, step=320, **kwargs):
    detector = WakeWordDetector(scorer, **kwargs)
    sound = np.zeros(int(seconds * RATE_HZ), np.int16)
    found = []
    for start in range(0, len(sound), step):
        found += detector.process(sound[start : start + step])
    return found


@pytest.mark.parametrize("step", [160, 320, 512, 1280, 5000, 64_000])
def test_a_sure_score_wakes_at_once_whatever_the_frames(step):
    found = run(ScriptedScorer(scores(10, 0.2, 0.9, 0.99, 0.9, 0.5)), step=step)
    assert found == [WakeDetection("alexa", 12 * CHUNK - LATE, 0.9)]


def test_one_utterance_wakes_once_whatever_else_it_resembles():
    script = {10: {"alexa": 0.9, "hey_jarvis": 0.2}, 11: {"alexa": 0.9, "hey_jarvis": 0.9}, 12: {"hey_jarvis": 0.9}}
    assert [hit.name for hit in run(ScriptedScorer(script))] == ["alexa"]


def test_the_same_word_is_heard_again_after_its_refractory_period():
    script = scores(10, 0.9, 0.9) | scores(25, 0.9) | scores(40, 0.9)
    assert [(hit.end_sample + LATE) // CHUNK for hit in run(ScriptedScorer(script), refractory_s=1.5)] == [11, 41]


def test_a_likely_score_is_looked_at_again_and_confirmed():
    scorer = ScriptedScorer(scores(10, 0.1, 0.3, 0.2, 0.1), again=0.8)
    found = run(scorer)
    assert scorer.looks == ["alexa"]
    assert [(hit.name, hit.score) for hit in found] == [("alexa", 0.8)]
    assert found[0].at_s == pytest.approx(12 * CHUNK / RATE_HZ - 0.25, abs=0.01)


def test_a_likely_score_that_nothing_confirms_does_not_wake():
    scorer = ScriptedScorer(scores(10, 0.3, 0.2, 0.3), again=0.1)
    assert run(scorer) == []
    assert run(scorer, second_opinion=lambda _name, _samples: False) == []


def test_a_second_opinion_can_decide():
    asked = []

    def opinion(name, samples):
        asked.append((name, len(samples)))
        return True

    found = run(ScriptedScorer(scores(10, 0.03)), second_opinion=opinion)
    assert [hit.name for hit in found] == ["alexa"]
    assert asked[0][0] == "alexa"
    assert asked[0][1] >= 2 * CHUNK


def test_low_scores_cost_nothing():
    scorer = ScriptedScorer(scores(0, *([0.01] * 50)))
    assert run(scorer) == []
    assert scorer.looks == []


def test_a_rising_score_is_not_looked_at_before_its_peak():
    scorer = ScriptedScorer(scores(10, 0.05, 0.1, 0.15, 0.2, 0.25, 0.9), again=0.9)
    assert [(hit.end_sample + LATE) // CHUNK for hit in run(scorer)] == [16]
    assert scorer.looks == []


def test_sensitivity_moves_the_threshold_and_half_is_the_measured_one():
    assert tuned("alexa", 0.5).sure == pytest.approx(0.35)
    assert tuned("hey_jarvis", 0.5).sure == pytest.approx(0.45)
    levels = [tuned("alexa", s / 10).sure for s in range(11)]
    assert all(tuned("hey_mycroft", s / 10).likely < tuned("hey_mycroft", s / 10).sure for s in range(11))
    assert levels == sorted(levels, reverse=True)
    assert 0.9 < levels[0] < 1
    assert 0 < levels[-1] < 0.05
    assert run(ScriptedScorer(scores(10, 0.2)), sensitivity=0.9) != []


def test_reset_counts_from_the_beginning():
    scorer = ScriptedScorer(scores(10, 0.9))
    detector = WakeWordDetector(scorer)
    sound = np.zeros(20 * CHUNK + 100, np.int16)
    first = detector.process(sound)
    detector.reset()
    assert detector.process(sound) == first != []


def test_engines_side_by_side():
    one = WakeWordDetector(ScriptedScorer(scores(10, 0.9)))
    other = WakeWordDetector(ScriptedScorer(scores(11, 0.9, name="hey_jarvis")))
    both = SeveralEngines([one, other])
    assert [hit.name for hit in both.process(np.zeros(20 * CHUNK, np.int16))] == ["alexa", "hey_jarvis"]
    both.reset()


def test_words_are_sorted_by_kind():
    models, phrases = sort_words(["Hey Jarvis", "okay-nabu", "alexa", "/models/hey_house.tflite", "hey kitchen"])
    assert list(models) == ["hey_jarvis", "okay_nabu", "alexa", "hey_house"]
    assert models["hey_house"] == Path("/models/hey_house.tflite")
    assert models["alexa"].is_file()
    assert phrases == ("hey kitchen",)
    for wrong in ("", "word 3", "<x>"):
        with pytest.raises(ConfigError, match="neither"):
            sort_words([wrong])

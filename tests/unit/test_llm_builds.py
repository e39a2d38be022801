"""Which build of llama.cpp's arithmetic is taken where a package carries several: the best that works, remembered."""

import json

import pytest

from assistant.errors import EngineError
from assistant.llm.builds import choose_build, found_builds, processor

SCORES = {"libggml-cpu-x64.so": 1, "libggml-cpu-haswell.so": 64, "libggml-cpu-amx.so": 4032, "libggml-cpu-arm.so": 0}


class Trial:
    """A machine on which some builds crash."""

    def __init__(self, *crashing, scores=True):
        self.crashing = crashing
        self.scores = scores
        self.tried = []

    def __call__(self, arguments):
        if arguments[0] == "--scores":
            return json.dumps(SCORES) if self.scores else None
        name = arguments[0].rpartition("/")[2]
        self.tried.append(name)
        return None if name in self.crashing else ""


@pytest.fixture
def package(tmp_path):
    package = tmp_path / "site-packages" / "llama_cpp"
    (package / "lib").mkdir(parents=True)
    (package.parent / "bin").mkdir()
    for name in SCORES:
        (package.parent / "bin" / name).touch()
    return package


def test_the_best_that_works_is_taken_and_remembered(package, tmp_path):
    builds, kept = found_builds(package), tmp_path / "state" / "build.json"
    trial = Trial("libggml-cpu-amx.so")
    assert choose_build(builds, "this one", kept, trial).name == "libggml-cpu-haswell.so"
    assert trial.tried == ["libggml-cpu-amx.so", "libggml-cpu-haswell.so"]
    again = Trial()
    assert choose_build(builds, "this one", kept, again).name == "libggml-cpu-haswell.so"
    assert again.tried == []


def test_another_processor_or_a_damaged_note_is_tried_anew(package, tmp_path):
    builds, kept = found_builds(package), tmp_path / "build.json"
    choose_build(builds, "this one", kept, Trial("libggml-cpu-amx.so"))
    assert choose_build(builds, "another", kept, Trial()).name == "libggml-cpu-amx.so"
    kept.write_text("[")
    assert choose_build(builds, "another", kept, Trial("libggml-cpu-amx.so")).name == "libggml-cpu-haswell.so"


@pytest.mark.parametrize("trial", [Trial(*SCORES), Trial(scores=False)])
def test_none_that_works_is_said(package, trial):
    with pytest.raises(EngineError, match="no build of"):
        choose_build(found_builds(package), "this one", None, trial)
    assert "libggml-cpu-arm.so" not in trial.tried, "the processor cannot run it"


def test_a_package_with_one_build_is_left_alone(package):
    (package / "lib" / "libggml-cpu.so.0").touch()
    assert found_builds(package) == []


def test_a_processor_is_known_by_its_name_and_instructions(tmp_path):
    def told(text):
        path = tmp_path / "cpuinfo"
        path.write_text(text)
        return processor(path)

    one = told("processor\t: 0\nmodel name\t: A\nflags\t: avx\ncpu MHz\t: 1\n")
    assert one == told("processor\t: 1\nmodel name\t: A\nflags\t: avx\ncpu MHz\t: 2\n")
    assert one != told("model name\t: A\nflags\t: avx amx_tile\n")
    assert processor(tmp_path / "none") == ""

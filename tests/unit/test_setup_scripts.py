"""What the set-up scripts decide: how llama.cpp is built, where it is kept, how a step is reported."""

import hashlib
import sys
from pathlib import Path

import pytest
from llama_wheel import cache_key, cmake_flags, locked_version, sound_wheel
from run_step import run_step

HASWELL = "processor : 0\nflags\t\t: fpu sse4_2 avx f16c avx2 fma bmi1 bmi2 avx512f amx_tile\n"
OLD = "flags\t\t: fpu sse4_2 avx\n"
PI4 = "processor\t: 0\nFeatures\t: fp asimd evtstrm crc32 cpuid\n"
PI5 = "Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp\n"


@pytest.mark.parametrize("cpuinfo", [HASWELL, OLD, PI4, PI5, ""])
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_no_build_is_native(machine, cpuinfo):
    assert "-DGGML_NATIVE=OFF" in cmake_flags(machine, cpuinfo)


def test_only_instructions_that_the_machine_has_are_named():
    modern, old = cmake_flags("x86_64", HASWELL), cmake_flags("x86_64", OLD)
    assert {"-DGGML_AVX2=ON", "-DGGML_FMA=ON", "-DGGML_F16C=ON", "-DGGML_BMI2=ON"} <= set(modern)
    assert {"-DGGML_AVX=ON", "-DGGML_AVX2=OFF", "-DGGML_FMA=OFF", "-DGGML_BMI2=OFF"} <= set(old)
    assert not any("512" in flag or "AMX" in flag for flag in modern)
    assert "-DGGML_SSE42=OFF" in cmake_flags("x86_64", "")


def test_the_boards_get_what_their_cores_have():
    assert "-DGGML_CPU_ARM_ARCH=armv8-a" in cmake_flags("aarch64", PI4)
    assert "-DGGML_CPU_ARM_ARCH=armv8.2-a+dotprod+fp16" in cmake_flags("aarch64", PI5)


def test_another_version_machine_library_or_option_is_another_place_in_the_cache():
    base = ("1.0", "x86_64", "glibc2.36", ("-DA=ON",))
    others = [("1.1", *base[1:]), (base[0], "aarch64", *base[2:]), (*base[:2], "glibc2.41", base[3]), (*base[:3], ())]
    assert len({cache_key(*key) for key in [base, *others]}) == 5


def test_the_lock_names_the_version_that_the_project_asks_for():
    project = (Path(__file__).resolve().parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'"llama-cpp-python=={locked_version()}"' in project


def test_only_a_whole_wheel_is_taken_from_the_cache(tmp_path):
    wheel = tmp_path / "llama.whl"
    assert sound_wheel(tmp_path) is None
    wheel.write_bytes(b"built")
    assert sound_wheel(tmp_path) is None, "nothing vouches for it"
    (tmp_path / "llama.whl.sha256").write_text(hashlib.sha256(b"built").hexdigest() + "\n")
    assert sound_wheel(tmp_path) == wheel
    wheel.write_bytes(b"bui")
    assert sound_wheel(tmp_path) is None


def test_a_step_that_works_keeps_its_output_in_the_log(tmp_path, capsys):
    log = tmp_path / "logs" / "step.log"
    assert run_step("step", log, [sys.executable, "-c", "print('made it')"]) == 0
    assert log.read_text() == "made it\n"
    out = capsys.readouterr().out
    assert "step: done in 0:" in out
    assert "made it" not in out


def test_a_step_that_fails_shows_the_end_of_its_log(tmp_path, capsys):
    code = "import sys\nfor n in range(100): print('line', n)\nsys.exit('it broke')"
    assert run_step("step", tmp_path / "step.log", [sys.executable, "-c", code]) == 1
    captured = capsys.readouterr()
    assert "failed (exit status 1)" in captured.out
    assert "it broke" in captured.err
    assert "line 99" in captured.err
    assert "line 1\n" not in captured.err
    assert str(tmp_path / "step.log") in captured.err


def test_a_program_that_is_not_there_is_said(tmp_path, capsys):
    assert run_step("step", tmp_path / "step.log", ["/no/such/program"]) == 127
    assert "/no/such/program: No such file or directory" in capsys.readouterr().err

#!/usr/bin/env python3
"""This machine's llama-cpp-python wheel, built once and kept in the user's cache.

Usage: llama_wheel.py build   (build it if the cache has no sound one, showing progress)
       llama_wheel.py path    (print its path; exit status 1 where the cache has no sound one)
       … --every-processor    (the same for a wheel that serves any x86-64 machine: it carries a build of the arithmetic
                               for each generation of processors, of which assistant/llm/builds.py chooses; for releases,
                               since it takes three times as long to build)

The build is portable on purpose: one that is tuned to the very processor it runs on (GGML_NATIVE) crashes in virtual
machines that report AMX, and does not travel. So the instruction sets are named: those that this class of machine has.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from run_step import run_step

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements" / "llama.txt"
NATIVE_LOCK = ROOT / "requirements" / "native.txt"
COMMON_FLAGS = ("-DGGML_NATIVE=OFF", "-DLLAVA_BUILD=OFF", "-DMTMD_BUILD=OFF")
# CMake option -> the processor flags of /proc/cpuinfo that it needs. The steps are taken in order: one that is
# missing ends the list, since no processor was made with a later one and without an earlier one that matters here.
X86_STEPS = (
    ("GGML_SSE42", ("sse4_2",)),
    ("GGML_AVX", ("avx",)),
    ("GGML_F16C", ("f16c",)),
    ("GGML_AVX2", ("avx2",)),
    ("GGML_FMA", ("fma",)),
    ("GGML_BMI2", ("bmi2",)),
)
# llama-cpp-python forces llama.cpp's library for its own programs on, which is two fifths of the work and never loaded.
LEFT_OUT = "set(LLAMA_BUILD_COMMON OFF)\n"
MEMORY_FOR_ONE_COMPILER_KB = 900_000


def cmake_flags(machine: str, cpuinfo: str) -> tuple[str, ...]:
    """CMake's options for a kind of machine (``platform.machine()``, the text of ``/proc/cpuinfo``)."""
    match = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    has = set(match[1].split()) if match else set()
    if machine in ("aarch64", "arm64"):
        newer = {"asimddp", "fphp", "asimdhp"} <= has
        return (*COMMON_FLAGS, f"-DGGML_CPU_ARM_ARCH={'armv8.2-a+dotprod+fp16' if newer else 'armv8-a'}")
    flags, reached = [], True
    for option, needed in X86_STEPS:
        reached = reached and has.issuperset(needed)
        flags.append(f"-D{option}={'ON' if reached else 'OFF'}")
    return (*COMMON_FLAGS, *flags)


def dispatching_flags() -> tuple[str, ...]:
    """CMake's options for a wheel with a library for each generation of processors."""
    return (*COMMON_FLAGS, "-DGGML_BACKEND_DL=ON", "-DGGML_CPU_ALL_VARIANTS=ON")


def locked_version() -> str:
    """The version that the lock names."""
    match = re.search(r"^llama-cpp-python==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if not match:
        sys.exit(f"{LOCK}: names no version of llama-cpp-python; write it anew with scripts/lock")
    return match[1]


def cache_key(version: str, machine: str, libc: str, flags: tuple[str, ...]) -> str:
    """The cache's folder: one for each version, kind of machine, C library and set of options."""
    digest = hashlib.sha256(" ".join(sorted(flags)).encode()).hexdigest()[:12]
    return f"llama-cpp-python-{version}-{machine}-{libc}-{digest}"


def sound_wheel(folder: Path) -> Path | None:
    """The folder's wheel, where it is whole: its SHA-256 stands beside it."""
    for wheel in folder.glob("*.whl"):
        try:
            recorded = (folder / f"{wheel.name}.sha256").read_text(encoding="ascii").strip()
            if hashlib.sha256(wheel.read_bytes()).hexdigest() == recorded:
                return wheel
        except OSError:
            continue
    return None


def build(folder: Path, flags: tuple[str, ...]) -> Path:
    """Build in a temporary folder beside ``folder`` and rename it into place; ends the program where that fails."""
    wheels = folder.parent
    for abandoned in wheels.glob(".building-*"):  # of a build that was killed; the caller holds the lock
        shutil.rmtree(abandoned, ignore_errors=True)
    log = wheels.parent / "logs" / "llama-cpp-python.log"
    work = Path(tempfile.mkdtemp(prefix=".building-", dir=wheels))
    try:
        print("  llama.cpp is built from its source, once: 4 to 8 minutes on two cores, 15 to 40 on a Raspberry Pi")
        left_out = work / "left-out.cmake"
        left_out.write_text(LEFT_OUT, encoding="ascii")
        environment = dict(os.environ)
        # Not /tmp, which lies in memory on newer systems.
        environment |= {
            "TMPDIR": str(work),
            "CMAKE_ARGS": " ".join((*flags, f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={left_out}")),
            "CMAKE_BUILD_PARALLEL_LEVEL": str(compiler_jobs()),
        }
        environment["PATH"] = f"{work / 'venv' / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
        pip = [str(work / "venv" / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        hashed = ["--require-hashes", "--no-build-isolation", "-r"]
        for label, command in (
            ("its build environment", [sys.executable, "-m", "venv", str(work / "venv")]),
            ("its build tools", [*pip, "install", *hashed, str(NATIVE_LOCK)]),
            (
                "llama.cpp",
                [*pip, "wheel", "-v", "--no-deps", "--no-cache-dir", "-w", str(work / "out"), *hashed, str(LOCK)],
            ),
        ):
            if run_step(label, log, command, environment) != 0:
                sys.exit(
                    "  llama-cpp-python could not be built: see the lines above. It needs gcc, g++, about 1 GB of disk "
                    "and the package registry; then run the same command again."
                )
        (wheel,) = (work / "out").glob("*.whl")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (work / "out" / f"{wheel.name}.sha256").write_text(digest + "\n", encoding="ascii")
        shutil.rmtree(folder, ignore_errors=True)
        (work / "out").rename(folder)
        return folder / wheel.name
    finally:
        shutil.rmtree(work, ignore_errors=True)


def compiler_jobs() -> int:
    """As many compilers at once as there are cores, and memory for."""
    match = re.search(r"^MemAvailable:\s*(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    by_memory = int(match[1]) // MEMORY_FOR_ONE_COMPILER_KB if match else 1
    return max(1, min(len(os.sched_getaffinity(0)), by_memory))


def main() -> int:
    """Build the wheel, or print where it is."""
    every = sys.argv[2:] == ["--every-processor"]
    if sys.argv[1:2] not in (["build"], ["path"]) or (sys.argv[2:] and not every):
        sys.exit(__doc__)
    machine = platform.machine()
    cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    flags = dispatching_flags() if every else cmake_flags(machine, cpuinfo)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "offline-assistant" / "wheels"
    folder = cache / cache_key(locked_version(), machine, "".join(platform.libc_ver()), flags)
    wheel = sound_wheel(folder)
    if wheel is None and sys.argv[1] == "build":
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second clone waits, then finds what the first has built
            wheel = sound_wheel(folder) or build(folder, flags)
    if wheel is not None and sys.argv[1] == "path":
        print(wheel)
    return 0 if wheel is not None else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as problem:
        sys.exit(f"  llama-cpp-python: {problem.filename}: {problem.strerror}; mend that, then try again")
    except subprocess.SubprocessError as problem:
        sys.exit(f"  llama-cpp-python: {problem}")

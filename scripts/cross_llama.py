#!/usr/bin/env python3
"""The Raspberry Pi's llama-cpp-python wheel, cross-built on another machine once and kept in the user's cache.

Usage: cross_llama.py build   (build it if the cache has no sound one, showing progress)
       cross_llama.py path    (print the wheel's path; exit status 1 where the cache has no sound one)

The wheel's own libggml-cpu is for any 64-bit Arm core (Raspberry Pi 4). Beside the wheel lies a second build of that one
library for cores with dot products and half precision (Raspberry Pi 5), which the release carries as well; which of the
two is used is decided on the board (``assistant/machine/board.py``). Needs g++-aarch64-linux-gnu.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from llama_wheel import COMMON_FLAGS, LEFT_OUT, LOCK, NATIVE_LOCK, cache_key, compiler_jobs, locked_version, sound_wheel
from run_step import run_step

MACHINE = "aarch64"
PLAIN_ARCH = "armv8-a"
FAST_ARCH = "armv8.2-a+dotprod+fp16"
FAST_LIBRARY = "libggml-cpu-armv8.2.so"
TOOLCHAIN = """\
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
"""


def flags(arch: str) -> tuple[str, ...]:
    """CMake's options for one kind of core."""
    return (*COMMON_FLAGS, f"-DGGML_CPU_ARM_ARCH={arch}", "-DCMAKE_BUILD_TYPE=Release")


def cache_folder() -> Path:
    """Where this version's build is kept: one folder for each set of options."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "offline-assistant" / "wheels"
    return root / cache_key(locked_version(), MACHINE, "cross", flags(PLAIN_ARCH) + flags(FAST_ARCH))


def fast_library(folder: Path) -> Path | None:
    """The second library of a whole build."""
    path = folder / FAST_LIBRARY
    return path if path.is_file() and sound_wheel(folder) is not None else None


def build(folder: Path) -> None:
    """Build in a temporary folder and rename it into place; ends the program where that fails."""
    if shutil.which("aarch64-linux-gnu-g++") is None:
        sys.exit("  the cross compiler is missing: apt-get install g++-aarch64-linux-gnu")
    log = folder.parent.parent / "logs" / "llama-cpp-python-cross.log"
    work = Path(tempfile.mkdtemp(prefix=".cross-", dir=folder.parent))
    try:
        print("  llama.cpp is cross-built for the Raspberry Pi, once: about 12 minutes on two cores")
        toolchain = work / "toolchain.cmake"
        toolchain.write_text(TOOLCHAIN + LEFT_OUT, encoding="ascii")
        jobs = str(compiler_jobs())
        environment = dict(os.environ) | {
            "TMPDIR": str(work),
            "CMAKE_TOOLCHAIN_FILE": str(toolchain),
            "CMAKE_ARGS": " ".join(flags(PLAIN_ARCH)),
            "CMAKE_BUILD_PARALLEL_LEVEL": jobs,
            "PATH": f"{work / 'venv' / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

        def run(label: str, *command: str | Path) -> None:
            if run_step(label, log, [str(part) for part in command], environment) != 0:
                sys.exit("  llama-cpp-python could not be cross-built: see the lines above")

        pip: list[str | Path] = [
            work / "venv" / "bin" / "python",
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
        ]
        locked: list[str | Path] = ["--require-hashes", "--no-build-isolation", "-r"]
        # The cache of pip would hand out the wheel of this machine: both have the same key there.
        source_only = ["--no-deps", "--no-cache-dir", "--no-binary", ":all:"]
        run("its build environment", sys.executable, "-m", "venv", work / "venv")
        run("its build tools", *pip, "install", *locked, NATIVE_LOCK)
        environment["_PYTHON_HOST_PLATFORM"] = f"linux-{MACHINE}"  # not before: pip would install that machine's tools
        run("its source", *pip, "download", *source_only, "-d", work / "source", *locked, LOCK)
        run("llama.cpp", *pip, "wheel", "-v", *source_only, "-w", work / "out", *locked, LOCK)
        (archive,) = (work / "source").glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(work / "source", filter="data")
        (tree,) = (path for path in (work / "source").iterdir() if path.is_dir())
        second = work / "fast"
        options = [*flags(FAST_ARCH), "-DBUILD_SHARED_LIBS=ON", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_CURL=OFF"]
        run(
            "options of the fast library",
            "cmake",
            "-G",
            "Ninja",
            "-S",
            tree / "vendor" / "llama.cpp",
            "-B",
            second,
            *options,
        )
        run("the fast library", "cmake", "--build", second, "--target", "ggml-cpu", "--parallel", jobs)
        built = next(path for path in sorted(second.rglob("libggml-cpu.so*")) if not path.is_symlink())
        run("stripping", "aarch64-linux-gnu-strip", "-o", work / "out" / FAST_LIBRARY, "--strip-unneeded", built)
        (wheel,) = (work / "out").glob("*.whl")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (work / "out" / f"{wheel.name}.sha256").write_text(digest + "\n", encoding="ascii")
        shutil.rmtree(folder, ignore_errors=True)
        (work / "out").rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main() -> int:
    """Build the wheel, or print where it is."""
    if sys.argv[1:] not in (["build"], ["path"]):
        sys.exit(__doc__)
    folder = cache_folder()
    if sys.argv[1] == "build" and fast_library(folder) is None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / ".lock-cross").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if fast_library(folder) is None:
                build(folder)
    if fast_library(folder) is None:
        return 1
    if sys.argv[1] == "path":
        print(sound_wheel(folder))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as problem:
        sys.exit(f"  llama-cpp-python: {problem.filename}: {problem.strerror}; mend that, then try again")
    except subprocess.SubprocessError as problem:
        sys.exit(f"  llama-cpp-python: {problem}")

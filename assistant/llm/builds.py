"""Which build of llama.cpp's arithmetic this processor gets, where the package carries several (one for each generation).

The everyday package has one built in, and nothing is chosen. One for every processor (``scripts/llama_wheel.py
--every-processor``) has a library for each; what a processor reports is not enough to choose by, since some virtual
machines report instructions that crash. So the best is tried in a process of its own, and the choice is kept.
"""

from __future__ import annotations

import ctypes
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from assistant.errors import EngineError
from assistant.llm.native import LogKeeper

log = logging.getLogger(__name__)

PATTERN = "libggml-cpu-*.so"
TRIAL_S = 120.0
KEPT_AS = "processor-build.json"
Try = Callable[[Sequence[str]], str | None]
"""Runs the trial with arguments; its output, or nothing where it ended badly."""

_loaded: list[Path] = []


def load_build(model: Path, state_dir: Path | None) -> Path | None:
    """Load the build for this processor, once in a process; which one, or nothing where it is built in.

    Raises EngineError where none of them works.
    """
    if not _loaded:
        import llama_cpp

        package = Path(llama_cpp.__file__).parent
        builds = found_builds(package)
        if not builds:
            return None
        kept = state_dir / KEPT_AS if state_dir is not None else None
        chosen = choose_build(builds, processor(), kept, lambda arguments: _trial(arguments, model))
        load(package, chosen)
        _loaded.append(chosen)
    return _loaded[0]


def found_builds(package: Path) -> list[Path]:
    """The libraries that a package carries: beside its others, or where its wheel puts them."""
    for folder in (package / "lib", package.parent / "bin"):
        found = sorted(folder.glob(PATTERN))
        if found and not (package / "lib" / "libggml-cpu.so.0").exists():
            return found
    return []


def choose_build(builds: Sequence[Path], processor: str, kept: Path | None, trial: Try) -> Path:
    """The build that was chosen for this ``processor`` before, else the best that survives a trial. Raises EngineError."""
    names = {path.name: path for path in builds}
    known = _read(kept)
    if known.get("processor") == processor and known.get("build") in names:
        return names[known["build"]]
    for path in _best_first(builds, trial):
        if trial([str(path)]) is not None:
            _write(kept, {"processor": processor, "build": path.name})
            return path
        log.warning("%s does not work on this machine; the next best is tried", path.name)
    raise EngineError(
        "no build of llama.cpp works on this processor", mend="run scripts/setup: it builds one that does"
    )


def load(package: Path, build: Path) -> None:
    """Have llama.cpp use a build. Raises EngineError."""
    from llama_cpp import llama_cpp as lib

    keeper = LogKeeper(lib)  # it says what it loads
    ggml = ctypes.CDLL(str(package / "lib" / "libggml.so.0"))
    ggml.ggml_backend_load.restype = ctypes.c_void_p
    ggml.ggml_backend_load.argtypes = [ctypes.c_char_p]
    if not ggml.ggml_backend_load(str(build).encode()):
        raise EngineError(f"{build}: cannot be loaded ({keeper.reason()})")


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What tells this processor from another that the state may be carried to: its name and its instructions."""
    import hashlib

    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    told = {line for line in lines if line.split(":")[0].strip() in ("model name", "flags", "Features", "CPU part")}
    return hashlib.sha256("\n".join(sorted(told)).encode()).hexdigest()


def _best_first(builds: Sequence[Path], trial: Try) -> Iterator[Path]:
    """Those whose instructions the processor has, the most advanced first; each tells a score, 0 where it cannot run."""
    scores = json.loads(trial(["--scores", *map(str, builds)]) or "{}")
    able = [path for path in builds if scores.get(path.name, 0) > 0]
    yield from sorted(able, key=lambda path: scores[path.name], reverse=True)


def _trial(arguments: Sequence[str], model: Path) -> str | None:
    command = [sys.executable, "-m", "assistant.llm.build_trial", str(model), *arguments]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=TRIAL_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return run.stdout if run.returncode == 0 else None


def _read(path: Path | None) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path | None, choice: dict[str, str]) -> None:
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".part")
        temporary.write_text(json.dumps(choice), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        log.warning("%s: %s; the build is tried again the next time", path, error.strerror)

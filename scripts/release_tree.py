"""A release as a folder: the program with everything that it imports, for another machine than this one, made by pip here.

The folder looks like a virtual environment without its Python, and runs from wherever it lies. The packages are kept in
the user's cache by content: locks, machine, Python and llama.cpp's build name the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cross_llama
import llama_wheel
from run_step import run_step

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
PYTHON = "3.13"
GLIBCS = (17, 26, 27, 28, 31, 34, 35, 39, 41)  # Debian 13 has glibc 2.41
PAGE = 0x4000  # the Raspberry Pi 5's kernel has pages of 16 KiB
SOURCE_ONLY = ("srt",)
"""Packages of the lock that have no wheel: pure Python, so any machine may build them."""
SYSTEM_MODULES = ("lgpio.py", "_lgpio.cpython-313-aarch64-linux-gnu.so")
LAUNCHER = """\
#!/bin/sh
# Runs from wherever the release lies.
exec "$(dirname -- "$(readlink -f -- "$0")")/python" -P -m assistant "$@"
"""


def cache_dir() -> Path:
    """Where everything for images and releases is kept."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "offline-assistant" / "image"
    base.mkdir(parents=True, exist_ok=True)
    return base


def run(label: str, *command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a step with its output in a log; ends the program where it fails."""
    log = cache_dir().parent / "logs" / f"{label.replace(' ', '-').replace('/', '-')}.log"
    if run_step(label, log, [str(part) for part in command], dict(os.environ) | env if env else None) != 0:
        sys.exit(f"  {label} failed: see the lines above")


def digest(*parts: str | bytes) -> str:
    """A short name for some content."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\0")
    return whole.hexdigest()[:16]


def llama_files(machine: str) -> tuple[Path, Path | None]:
    """(llama-cpp-python's wheel for the machine, its second arithmetic library), built where the cache has none.

    For x86-64 the wheel that serves every processor: what the building machine has, another may lack.
    """
    cross = machine == "aarch64"
    script = str(ROOT / "scripts" / ("cross_llama.py" if cross else "llama_wheel.py"))
    every = [] if cross else ["--every-processor"]
    if subprocess.run([sys.executable, script, "build", *every], check=False).returncode:
        sys.exit(1)
    if cross:
        folder = cross_llama.cache_folder()
        wheel = llama_wheel.sound_wheel(folder)
        assert wheel is not None
        return wheel, cross_llama.fast_library(folder)
    path = subprocess.run(
        [sys.executable, script, "path", *every], check=True, capture_output=True, text=True
    ).stdout.strip()
    return Path(path), None


def packages(machine: str) -> Path:
    """The site-packages of a machine, without the assistant itself; from the cache, or made now."""
    wheel, fast = llama_files(machine)
    locks = [(REQUIREMENTS / name).read_bytes() for name in ("build.txt", "runtime.txt")]
    key = digest(*locks, machine, PYTHON, wheel.name, wheel.read_bytes(), Path(__file__).read_bytes())
    folder = cache_dir() / f"packages-{machine}-{key}"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(prefix=".packages-", dir=cache_dir()) as temporary:
        work = Path(temporary)
        tools = _tools()
        wanted, built = work / "wheels.txt", work / "built.txt"
        subprocess.run(
            [tools, "-c", _SPLIT, machine, PYTHON, wanted, built, *SOURCE_ONLY], check=True, cwd=REQUIREMENTS
        )
        pip: list[str | Path] = [tools, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        run("packages without a wheel", *pip, "wheel", "--require-hashes", "--no-deps", "--no-build-isolation",
            "-w", work / "built", "-r", built)  # fmt: skip
        platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in GLIBCS]
        # pip would compare with the Python that it runs on; the lock has versions for the other one.
        install: list[str | Path] = [
            *pip,
            "install",
            "--progress-bar=off",
            "--no-deps",
            "--no-compile",
            "--ignore-requires-python",
        ]
        install.append(f"--target={work / 'site'}")
        run(f"Python packages for {machine}", *install, "--require-hashes", f"--platform=manylinux2014_{machine}", *platforms,
            "--implementation=cp", f"--python-version={PYTHON}", "--only-binary=:all:", "-r", wanted)  # fmt: skip
        run("packages that were built", *install, "--no-index", *sorted((work / "built").glob("*.whl")))
        run("llama-cpp-python for it", sys.executable, "-m", "zipfile", "-e", wheel, work / "site")
        tidy_packages(work / "site", machine, fast)
        (work / "site").rename(folder)
    return folder


def _tools() -> Path:
    """The Python of a virtual environment with the project's build back end."""
    lock = REQUIREMENTS / "build.txt"
    folder = cache_dir() / f"tools-{digest(lock.read_bytes(), sys.version)}"
    if not (folder / ".whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        run("virtual environment for building", sys.executable, "-m", "venv", folder)
        run("build back end", folder / "bin/python", "-m", "pip", "install", "--require-hashes", "-r", lock)
        (folder / ".whole").touch()
    return folder / "bin" / "python"


_SPLIT = """\
import re, sys
from packaging.markers import Marker
machine, python, wanted, built, *source_only = sys.argv[1:]
target = {"python_version": python, "python_full_version": f"{python}.0", "platform_machine": machine,
          "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix",
          "implementation_name": "cpython", "platform_python_implementation": "CPython"}
out = {wanted: [], built: []}
for block in re.split(r"\\n(?=[A-Za-z0-9])", open("runtime.txt", encoding="utf-8").read()):
    match = re.match(r"([A-Za-z0-9._-]+)==[^ ;\\\\]+ *(?:; *([^\\\\]*?))? *\\\\", block)
    if match and (not match[2] or Marker(match[2]).evaluate(target)):
        # The marker has been decided for the other machine; pip would decide it for this one.
        block = re.sub(r" *;[^\\\\\\n]*", " ", block, count=1)
        out[built if match[1] in source_only else wanted].append(block)
for name, blocks in out.items():
    open(name, "w", encoding="utf-8").write("\\n".join(blocks) + "\\n")
"""


def tidy_packages(site: Path, machine: str, fast: Path | None) -> None:
    """Leave out what is never imported, keep each library once, and see that every one can be loaded on the boards."""
    libraries = site / "llama_cpp" / "lib"
    for path in sorted(libraries.glob("*.so")):
        others = [
            other for other in libraries.glob(f"{path.name}.*") if other.suffix != ".0" or other.stem != path.name
        ]
        for other in others:
            other.unlink()
        path.unlink()
        path.symlink_to(f"{path.name}.0")
    for build in sorted((site / "bin").glob("libggml-cpu-*.so")):  # where its wheel puts the builds for each processor
        build.rename(libraries / build.name)
    for name in ("bin", "include", "lib", "share"):
        shutil.rmtree(site / name, ignore_errors=True)
    if fast is not None:
        loaded = libraries / "libggml-cpu.so.0"
        loaded.rename(libraries / "libggml-cpu-armv8.so")
        shutil.copyfile(fast, libraries / "libggml-cpu-armv8.2.so")
        loaded.symlink_to("libggml-cpu-armv8.so")
    for path in site.rglob("*.so*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o644)
    if machine == "aarch64":
        for name in (
            SYSTEM_MODULES
        ):  # python3-lgpio of Raspberry Pi OS; where it is not installed the import fails as it should
            (site / name).symlink_to(f"/usr/lib/python3/dist-packages/{name}")
        small = [path.relative_to(site) for path, align in library_alignments(site) if align < PAGE]
        for path in small:
            print(f"  note: {path} cannot be loaded on a kernel with 16 KiB pages (Raspberry Pi 5's own)")


def library_alignments(folder: Path) -> Iterator[tuple[Path, int]]:
    """(library, the smallest alignment of its loaded segments) of every 64-bit ELF file below ``folder``."""
    for path in sorted(folder.rglob("*.so*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            head = file.read(64)
            if head[:5] != b"\x7fELF\x02":
                continue
            (offset,) = struct.unpack_from("<Q", head, 32)
            size, count = struct.unpack_from("<HH", head, 54)
            file.seek(offset)
            table = file.read(size * count)
        aligns = [
            struct.unpack_from("<Q", table, i * size + 48)[0]
            for i in range(count)
            if struct.unpack_from("<I", table, i * size)[0] == 1
        ]
        if aligns:
            yield path, min(aligns)


# --- the release ------------------------------------------------------------------------------------------------------


def version() -> str:
    """The project's version."""
    match = re.search(r'__version__ = "([^"]+)"', (ROOT / "assistant" / "__init__.py").read_text(encoding="utf-8"))
    assert match is not None
    return match[1]


def serial() -> int:
    """Grows from release to release: the time of the last commit, or of ``SOURCE_DATE_EPOCH``."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    git = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    done = subprocess.run(git, check=False, capture_output=True, text=True)
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip() else int(time.time())


def build_tree(machine: str, target: Path) -> None:
    """Make the release's folder at ``target``, which must not exist."""
    site_name = Path("lib") / f"python{PYTHON}" / "site-packages"
    made = packages(machine)
    work = target.with_name(f".{target.name}.new")
    shutil.rmtree(work, ignore_errors=True)
    (work / site_name).parent.mkdir(parents=True)
    shutil.copytree(made, work / site_name, symlinks=True)
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary) / "source"  # a build may leave files behind, and the clone is somebody's own
        skipped = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "tests", "node_modules")
        shutil.copytree(ROOT, source, symlinks=True, ignore=skipped)
        pip: list[str | Path] = [_tools(), "-m", "pip", "--disable-pip-version-check", "--no-input"]
        offline = ["--no-index", "--no-deps"]
        run("the assistant", *pip, "wheel", *offline, "--no-build-isolation", "-w", Path(temporary) / "out", source)
        (wheel,) = (Path(temporary) / "out").glob("*.whl")
        install: list[str | Path] = [*pip, "install", *offline, "--no-compile", f"--target={Path(temporary) / 'own'}"]
        run("the assistant into its release", *install, "--ignore-requires-python", wheel)
        shutil.rmtree(Path(temporary) / "own" / "bin", ignore_errors=True)
        shutil.copytree(Path(temporary) / "own", work / site_name, symlinks=True, dirs_exist_ok=True)
    (work / "bin").mkdir()
    launcher = work / "bin" / "assistant"
    launcher.write_text(LAUNCHER, encoding="ascii")
    launcher.chmod(0o755)
    home = "home = /usr/bin\ninclude-system-site-packages = false\n"
    (work / "pyvenv.cfg").write_text(f"{home}version = {PYTHON}\n", encoding="ascii")
    share = work / "share" / "assistant"
    shutil.copytree(ROOT / "systemd", share / "systemd")
    shutil.copytree(recordings(), share / "selftest")
    (share / "doc").mkdir()
    for path in [*sorted((ROOT / "docs").glob("*.md")), ROOT / "LICENSE", ROOT / "README.md"]:
        shutil.copy(path, share / "doc")
    noted = {"version": version(), "serial": serial(), "machine": machine, "python": PYTHON}
    (share / "release.json").write_text(json.dumps(noted) + "\n", encoding="ascii")
    _compile(work)
    work.rename(target)


def recordings() -> Path:
    """The self-test's sentences, spoken by this clone's own voice; kept by their text."""
    folder = cache_dir() / f"selftest-{digest((ROOT / 'assistant' / 'selftest.py').read_bytes())}"
    program = ROOT / ".venv" / "bin" / "assistant"
    if not folder.is_dir():
        if not program.exists():
            sys.exit("  the self-test's sentences are spoken by this clone: run scripts/setup first")
        temporary = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        run("the self-test's recordings", program, "selftest", "--record", temporary)
        temporary.rename(folder)
    return folder


def compiling_python() -> str | None:
    """A Python on this machine whose bytecode the release's Python can read."""
    candidates = [shutil.which(f"python{PYTHON}")]
    candidates += [str(path) for path in sorted(Path.home().glob(f".pyenv/versions/{PYTHON}*/bin/python{PYTHON}"))]
    return next((path for path in candidates if path and _is_right(path)), None)


def _is_right(python: str) -> bool:
    check = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{PYTHON}')"
    return subprocess.run([python, "-c", check], check=False, capture_output=True).returncode == 0


def compile_command(python: str, folder: str) -> list[str]:
    """Bytecode that is never compared with its source: the release's folder is read-only to the service."""
    return [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", folder]


def _compile(tree: Path) -> None:
    python = compiling_python()
    if python is None:
        print(f"  note: no Python {PYTHON} on this machine: the release is compiled where it is installed")
        return
    command = compile_command(python, str(tree / "lib"))
    # Some packages carry templates that are no Python; compileall says so and goes on.
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tree_size(tree: Path) -> int:
    """Bytes of all files."""
    return sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink())

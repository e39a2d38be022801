"""Runs inside of the container that scripts/test-system boots: installs the service and tries it under systemd."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, "/mnt/clone/tests/soundcard")

CLONE = Path("/mnt/clone")
SHARE = Path("/mnt/share")
DROP_INS = Path("/run/systemd/system/assistant.service.d")
UNIT = "assistant.service"

TESTS: list[Callable[[], object]] = []


def test(function: Callable[[], object]) -> Callable[[], object]:
    """Register a test; they run in order, and the first failure ends the run."""
    TESTS.append(function)
    return function


def run(*command: str, check: bool = True, timeout: float = 120, **kwargs: object) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, **kwargs)  # type: ignore[call-overload]
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done  # type: ignore[no-any-return]


def show(*names: str) -> dict[str, str]:
    """Properties of the unit."""
    text = run("systemctl", "show", UNIT, *(f"--property={name}" for name in names)).stdout
    return dict(line.split("=", 1) for line in text.splitlines())


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until the condition holds; returns how long it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise AssertionError(
                f"not within {seconds:g} s: {what}; {show('ActiveState', 'SubState', 'StatusText', 'Result')}"
            )
        time.sleep(0.1)
    return time.monotonic() - begun


def drop_in(name: str, text: str | None) -> None:
    """Lay settings over the unit, or take them away."""
    DROP_INS.mkdir(parents=True, exist_ok=True)
    path = DROP_INS / f"{name}.conf"
    if text is None:
        path.unlink(missing_ok=True)
    else:
        path.write_text(text)
    run("systemctl", "daemon-reload")


def install(*arguments: str) -> float:
    """Run the installer; returns its seconds."""
    environment = dict(os.environ, PIP_CACHE_DIR="/mnt/pip-cache", HOME="/root")
    for line in (SHARE / "pip-environment").read_text().splitlines():
        name, _, value = line.partition("=")
        environment[name] = run("bash", "-c", f"printf %s {value}").stdout
    llama = SHARE / (SHARE / "llama").read_text().strip()
    begun = time.monotonic()
    done = subprocess.run(
        [str(CLONE / "scripts/install"), "--llama-wheel", str(llama), *arguments],
        env=environment,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, f"the installer ended with {done.returncode}"
    return time.monotonic() - begun


@test
def a_fresh_installation() -> str:
    seconds = install("--models", "/mnt/models", "--no-start")
    assert run("id", "-u", "assistant").stdout.strip() != "0"
    assert "audio" in run("id", "-Gn", "assistant").stdout.split()
    assert run("assistant", "--version").stdout.startswith("assistant ")
    for path in ("/opt/assistant/models", "/etc/assistant/assistant.toml"):
        assert Path(path).stat().st_uid == 0
    return f"{seconds:.0f} s"


@test
def again_it_keeps_the_settings_and_takes_seconds() -> str:
    settings = Path("/etc/assistant/assistant.toml")
    text = settings.read_text().replace("#name = ", "name = ").replace('#input = "USB"', 'input = "pulse"')
    settings.write_text(text.replace('#output = "USB"', 'output = "pulse"'))
    (settings.parent / "home.toml").write_text("# mine\n")
    before = settings.read_text(), Path("/opt/assistant/venv").readlink()
    seconds = install("--no-start")
    assert (settings.read_text(), Path("/opt/assistant/venv").readlink()) == before
    (settings.parent / "home.toml").unlink()
    assert seconds < 30
    return f"{seconds:.1f} s"


@test
def the_unit_is_sound_and_hardened() -> str:
    complaints = run("systemd-analyze", "verify", UNIT).stderr
    assert UNIT not in complaints, complaints
    text = run("systemd-analyze", "security", "--offline=true", f"/etc/systemd/system/{UNIT}", check=False).stdout
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", text)
    assert exposure is not None, text
    assert float(exposure[1]) <= 2.0, text
    return f"exposure {exposure[1]}"


@test
def a_sound_card() -> None:
    from card import SoundCard

    folder = Path("/run/test-sound")
    folder.mkdir()
    card = SoundCard(folder)
    card.start()
    folder.chmod(0o755)
    (folder / "pulse.sock").chmod(0o777)
    globals()["CARD"] = card
    lines = [f'Environment="{name}={value}"' for name, value in card.variables.items()]
    drop_in("sound", "[Service]\n" + "\n".join(lines) + "\n")


@test
def under_its_restrictions_everything_works_that_must_and_nothing_else() -> str:
    result = Path("/var/lib/assistant/probe.json")
    # Stand-ins for device files: a container has no sound card.
    for group in ("audio", "disk"):
        path = Path(f"/run/of-{group}")
        path.write_text("x")
        shutil.chown(path, "root", group)
        path.chmod(0o660)
    drop_in(
        "probe",
        "[Service]\nType=oneshot\nWatchdogSec=0\nRestart=no\nTimeoutStartSec=180\nExecStart=\n"
        f"ExecStart=/opt/assistant/venv/bin/python {CLONE}/tests/system/probe.py {result} /run/of-audio /run/of-disk\n",
    )
    run("systemctl", "start", UNIT, timeout=200)
    results = json.loads(result.read_text())
    result.unlink()
    drop_in("probe", None)
    wrong = {name: text for name, text in results.items() if text != "ok"}
    assert not wrong, "\n".join(f"{name}: {text}" for name, text in wrong.items())
    return f"{len(results)} checks"


def tell(text: str) -> None:
    """One line for whoever started the tests."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run all tests in order."""
    run("systemctl", "is-system-running", "--wait", check=False)
    for function in TESTS:
        name = function.__name__.replace("_", " ")
        begun = time.monotonic()
        try:
            note = function()
        except Exception:
            tell(f"FAIL  {name}\n{traceback.format_exc()}")
            return 1
        tell(f"ok    {name}{f' ({note})' if note else ''}  [{time.monotonic() - begun:.1f} s]")
    return 0


sys.exit(main())

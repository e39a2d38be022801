"""Runs inside of the emulated machine that scripts/test-image boots: looks at the system, then uses it, boot by boot."""

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

from loopback import through_the_card

SHARE = Path("/run/share")
UNIT = "assistant.service"
STATE = "/var/lib/assistant"
PATIENCE_S = 3600.0
STAGES: dict[str, list[Callable[[], object]]] = {}
"""Tests by stage, in the order in which they run; scripts/test-image says which stages belong to a boot."""


def at(*stages: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a test for stages; they run in order, and the first failure ends the run."""

    def register(function: Callable[[], object]) -> Callable[[], object]:
        for stage in stages:
            STAGES.setdefault(stage, []).append(function)
        return function

    return register


def run(*command: str, check: bool = True, timeout: float = 600) -> str:
    """What a command prints."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL
    )
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    return done.stdout + done.stderr


def show(name: str) -> str:
    """A property of the service."""
    return run("systemctl", "show", UNIT, f"--property={name}", "--value").strip()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Until it holds; a service that gave up ends the wait."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends or show("ActiveState") == "failed":
            raise AssertionError(f"{what}: {show('ActiveState')} {show('StatusText')} {show('Result')}")
        time.sleep(1)


def ready() -> None:
    wait_for(lambda: show("ActiveState") == "active", "the service is not ready")


def ask(*words: str) -> dict[str, object]:
    """One turn; the last line is its JSON."""
    # As the service's user: where that is stopped, what it has prepared is used, which takes many minutes to compile here.
    own = ("runuser", "-u", "assistant", "--", "env", f"ASSISTANT_STATE_DIR={STATE}")
    text = run(*own, "assistant", "ask", "--json", *words, timeout=PATIENCE_S)
    row = next(line for line in reversed(text.splitlines()) if line.startswith("{"))
    return dict(json.loads(row))


@at("first", "again", "stock")
def the_service_becomes_ready() -> str:
    ready()
    busy = sum(map(int, Path("/proc/stat").read_text().split()[1:4])) / os.sysconf("SC_CLK_TCK")
    service = int(show("CPUUsageNSec")) / 1e9
    # Not by the clock, which jumps wherever the emulated machine waits for its card.
    return f"READY after {busy:.0f} s of the processor's work since the kernel's start, {service:.0f} of them the service's"


@at("first", "again", "stock")
def nothing_has_failed() -> None:
    failed = run("systemctl", "--failed", "--plain", "--no-legend", check=False).strip()
    assert not failed, failed
    wait_for(
        lambda: run("systemctl", "is-system-running", check=False).strip() == "running",
        "the system is not 'running'",
        300,
    )


@at("first")
def the_card_was_grown() -> str:
    status = os.statvfs("/")
    disk = int(Path("/sys/class/block/vda/size").read_text()) * 512
    root = int(Path("/sys/class/block/vda3/size").read_text()) * 512
    start = int(Path("/sys/class/block/vda3/start").read_text()) * 512
    assert disk - start - root < 64 << 20, "the root partition does not reach to the end"
    assert status.f_blocks * status.f_frsize > root * 0.9, "its file system does not fill it"
    return f"{root >> 20} MiB"


@at("first", "stock")
def the_owners_file_was_followed() -> str:
    assert Path("/etc/localtime").readlink().as_posix().endswith("Europe/Berlin")
    assert Path("/proc/sys/kernel/hostname").read_text().strip() == "kitchen"
    assert 'area = "Kitchen"' in Path("/etc/assistant/assistant.toml").read_text()
    assert "psk=12345678" in Path("/etc/NetworkManager/system-connections/assistant-wifi.nmconnection").read_text()
    assert "sudo" in run("id", "-Gn", "anna")
    for unit, way in (("assistant-panel.socket", "is-enabled"), ("assistant-panel.socket", "is-active")):
        run("systemctl", way, unit)
    settings = Path("/etc/assistant/assistant.toml").read_text()
    assert 'listen = "network"' in settings
    assert 'host = "192.168.1.10"' in settings
    secret = Path("/etc/assistant/mqtt_password")
    assert (secret.owner(), secret.group(), secret.stat().st_mode & 0o777) == ("root", "assistant", 0o640)
    text = Path("/boot/firmware/assistant.txt").read_text()
    assert "top secret" not in text
    assert "12345678" not in text
    assert "correct horse" not in text
    return Path("/boot/firmware/assistant-problems.txt").read_text().splitlines()[-1]


@at("first", "stock")
def nobody_gets_in_by_default() -> None:
    assert run("systemctl", "is-active", "ssh.service", check=False).strip() == "inactive"
    shadow = {line.split(":")[0]: line.split(":")[1] for line in Path("/etc/shadow").read_text().splitlines()}
    open_users = [name for name, hashed in shadow.items() if not hashed.startswith(("*", "!")) and name != "anna"]
    assert not open_users, open_users
    assert not list(Path("/etc/ssh").glob("ssh_host_*_key")) or Path("/etc/machine-id").read_text().strip()


@at("first")
def it_takes_care_of_the_card() -> str:
    assert "/dev/zram0" in Path("/proc/swaps").read_text()
    used = run("journalctl", "--disk-usage").strip()
    mounts = Path("/proc/mounts").read_text()
    assert re.search(r" / ext4 [^ ]*noatime", mounts)
    assert re.search(r"/var/lib/assistant ext4 ", mounts)
    return used


@at("sound")
def a_recording_through_the_sound_card_switches_the_lamp_and_the_reply_is_understood() -> str:
    heard, reply, answer = Path("/tmp/heard.wav"), Path("/tmp/reply.wav"), Path("/tmp/answer.wav")
    run("systemctl", "stop", UNIT)  # one process with all models is enough for this machine
    # With a broker the devices are those that announce themselves there: from here on it is the built-in home again.
    settings = Path("/etc/assistant/assistant.toml")
    settings.write_text(settings.read_text().replace('host = "192.168.1.10"', '# host = "192.168.1.10"'))
    through_the_card(0, SHARE / "command.wav", heard)
    shutil.copyfile(heard, SHARE / "heard.wav")  # to listen to, where it was not understood
    row = ask(str(heard), "--out", str(reply))
    assert "light.kitchen" in dict(row["states"]), row  # type: ignore[call-overload]
    through_the_card(1, reply, answer)
    said = json.loads(run("assistant", "transcribe", str(answer), timeout=PATIENCE_S).splitlines()[-1])["text"]
    assert set(said.split()) & {"kitchen", "light", "on", "okay", "done"}, said
    run("systemctl", "--no-block", "start", UNIT)
    return f"said {row['reply']!r}, recognised {said!r}"


@at("state")
def state_and_timers_are_made() -> str:
    ready()
    first = ask("turn on the kitchen light", "--silent")
    timer = ask("set a timer for five hours", "--silent")
    return f"{first['reply']!r}, {timer['reply']!r}"


@at("state")
def idle_it_hardly_writes() -> str:
    def sectors() -> int:
        return int(Path("/sys/class/block/vda/stat").read_text().split()[6])

    run("sync")
    time.sleep(20)
    before = sectors()
    time.sleep(60)
    return f"{(sectors() - before) * 60 // 2} KiB an hour, from one idle minute"


@at("again")
def state_and_timers_are_still_there() -> str:
    lamp = ask("is the kitchen light on", "--silent")
    timer = ask("how much time is left on the timer", "--silent")
    assert "yes" in str(lamp["reply"]).lower() or "is on" in str(lamp["reply"]).lower(), lamp
    assert re.search(r"hour|minute", str(timer["reply"])), timer
    return f"{lamp['reply']!r}, {timer['reply']!r}"


@at("update")
def a_bad_update_is_undone() -> str:
    ready()
    Path("/etc/assistant/update-keys/test.pub").write_bytes((SHARE / "key.pub").read_bytes())
    before = Path("/opt/assistant/venv").readlink()
    text = run("assistant", "update", str(SHARE / "bad.bundle"), check=False, timeout=PATIENCE_S)
    assert "was undone: everything is broken" in text, text
    assert Path("/opt/assistant/venv").readlink() == before
    ready()
    return text.strip().splitlines()[-1]


@at("corrupt")
def a_corrupt_model_is_reported_and_no_crash_loop() -> str:
    (model,) = Path("/opt/assistant/models").glob("qwen*/*.gguf")
    with model.open("r+b") as file:
        file.truncate(model.stat().st_size // 2)
    restarts = show("NRestarts")
    run("systemctl", "restart", "--no-block", UNIT)
    time.sleep(5)
    ready()
    row = ask("turn off the kitchen light", "--silent")
    assert not row.get("error"), row
    told = run("assistant", "doctor", check=False, timeout=PATIENCE_S)
    assert "truncated" in told, told
    assert show("NRestarts") in ("0", restarts)
    return next(line for line in told.splitlines() if "truncated" in line).strip()


def tell(text: str) -> None:
    """One line for whoever started the tests."""
    with (SHARE / "output").open("a") as output:
        output.write(text + "\n")


def main() -> int:
    """This boot's tests in order."""
    for function in (test for stage in (SHARE / "stages").read_text().split() for test in STAGES[stage]):
        name = function.__name__.replace("_", " ")
        begun = time.monotonic()
        try:
            note = function()
        except Exception:
            tell(f"FAIL  {name}\n{traceback.format_exc()}")
            (SHARE / "journal").write_text(
                run("journalctl", "-b", "--no-pager", "-o", "short-monotonic", "-n", "400", check=False)
            )
            return 1
        tell(f"ok    {name}{f' ({note})' if note else ''}  [{time.monotonic() - begun:.0f} s]")
    (SHARE / "passed").touch()
    return 0


sys.exit(main())

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
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


def status() -> dict[str, Any]:
    """What the running assistant says of itself; empty while it does not answer."""
    text = run("assistant", "status", "--json", check=False).stdout
    return json.loads(text) if text.startswith("{") else {}


def pid() -> int:
    return int(show("MainPID")["MainPID"])


def active() -> bool:
    return show("ActiveState")["ActiveState"] == "active"


def ask(text: str) -> dict[str, Any]:
    """One turn by the running assistant."""
    return json.loads(run("assistant", "ask", "--silent", "--json", text).stdout)  # type: ignore[no-any-return]


def speak(text: str) -> None:
    """Say something into the service's microphone."""
    sound = Path("/run/spoken.wav")
    run("assistant", "say", "--out", str(sound), text)
    run("paplay", "--device=mic", str(sound), env=globals()["CARD"].environment)


@test
def it_starts_and_is_ready_before_the_language_model_is() -> str:
    begun = time.monotonic()
    run("systemctl", "start", UNIT, timeout=200)
    seconds = time.monotonic() - begun
    assert active() and "language model" in show("StatusText")["StatusText"], show("StatusText")
    assert ask("turn on the kitchen light")["states"]["light.kitchen"]["state"] == "on"
    warm = wait_for(lambda: "model" in status()["milestones_s"], 180, "the language model is warm")
    # The container shares the network, and its sound card is digitally silent between the tests.
    assert set(status()["troubles"]) <= {"api", "microphone"}, status()["troubles"]
    return f"READY after {seconds:.1f} s, warm {warm:.1f} s later"


@test
def a_question_through_the_control_socket() -> str:
    row = ask("what is the capital of France")
    assert row["route"] == "model" and "Paris" in row["reply"], row
    return f"{row['ms']['total']:.0f} ms"


@test
def a_spoken_turn() -> str:
    wait_for(lambda: (status().get("hearing") or {}).get("microphone"), 30, "the microphone is there")
    speak("Hey Jarvis, turn off the kitchen light.")

    def spoken() -> list[Any]:
        rows = json.loads("[" + ",".join(run("assistant", "turns", "--json").stdout.splitlines()) + "]")
        return [row for row in rows if row["source"] == "voice"]

    wait_for(spoken, 30, "a spoken turn")
    row = spoken()[-1]
    assert row["states"]["light.kitchen"]["state"] == "off", row
    return f"{row['ms']['tts_first']:.0f} ms to speech"


@test
def its_journal_has_fields() -> None:
    lines = run("journalctl", "-u", UNIT, "-o", "json", "--no-pager").stdout.splitlines()
    turns = [row for row in map(json.loads, lines) if "TURN_ID" in row]
    assert turns and {"ROUTE", "MS", "SOURCE"} <= set(turns[-1]), turns[-1:]


@test
def another_user_needs_the_group() -> None:
    run("useradd", "visitor")
    asked = ("setpriv", "--reuid=visitor", "--regid=visitor")
    refused = run(*asked, "--clear-groups", "assistant", "mute", check=False)
    assert refused.returncode == 1 and "permission" in refused.stderr, refused
    run("usermod", "-aG", "assistant", "visitor")
    run(*asked, "--init-groups", "assistant", "mute")
    assert status()["muted"] is True


@test
def a_restart_keeps_mute_and_state_and_is_quick_to_stop() -> str:
    begun = time.monotonic()
    run("systemctl", "stop", UNIT)
    seconds = time.monotonic() - begun
    assert seconds < 2.5, f"{seconds:.1f} s"
    assert show("Result")["Result"] == "success"
    run("systemctl", "start", UNIT, timeout=200)
    assert status()["muted"] is True
    assert "off" in ask("is the kitchen light on")["reply"].lower()
    run("assistant", "unmute")
    warm = wait_for(lambda: "model" in status()["milestones_s"], 180, "the language model is warm")
    return (
        f"stopped in {seconds:.1f} s; warm from saved states after {status()['milestones_s']['model']} s ({warm:.1f} s)"
    )


@test
def reload_takes_settings_and_inventory_and_keeps_the_models() -> None:
    settings, before = Path("/etc/assistant/assistant.toml"), pid()
    inventory = settings.with_name("home.toml")
    inventory.write_text(
        '[[areas]]\nname = "Attic"\n[[devices]]\nid = "light.attic"\nname = "Ladder Lamp"\narea = "Attic"\n'
        'state = "off"\n'
    )
    text = settings.read_text()
    settings.write_text(
        text.replace('#inventory = "/etc/assistant/home.toml"', 'inventory = "/etc/assistant/home.toml"')
    )
    run("systemctl", "reload", UNIT)
    wait_for(lambda: status()["devices"] == 1, 20, "the new inventory")
    assert ask("turn on the ladder lamp")["states"]["light.attic"]["state"] == "on"
    settings.write_text(text.replace("#volume = 0.8", "volum = 0.8"))
    run("systemctl", "reload", UNIT, check=False)
    wait_for(lambda: "configuration" in status()["troubles"], 20, "what is wrong is told")
    assert "volume" in status()["troubles"]["configuration"]
    settings.write_text(text)
    inventory.unlink()
    run("systemctl", "reload", UNIT)
    wait_for(lambda: status()["devices"] > 1 and "configuration" not in status()["troubles"], 20, "all as before")
    assert pid() == before and "model" in status()["milestones_s"]


@test
def what_the_panel_orders_root_carries_out() -> str:
    run("systemctl", "start", "assistant-order.path")
    leave = "from pathlib import Path; from assistant.update.orders import leave; leave(Path('/var/lib/assistant/orders'), 'rollback')"
    user = ("setpriv", "--reuid=assistant", "--regid=assistant", "--init-groups")
    run(*user, "/opt/assistant/venv/bin/python", "-c", leave)
    outcome = Path("/var/lib/assistant-machine/order-outcome.json")
    seconds = wait_for(outcome.is_file, 60, "the order was carried out")
    told = json.loads(run(*user, "cat", str(outcome)).stdout)
    assert (told["kind"], told["ok"]) == ("rollback", False) and "no earlier release" in told["text"], told
    assert not Path("/var/lib/assistant/orders/order.json").exists()
    return f"{seconds:.1f} s"


@test
def the_panel_is_at_port_80_though_the_service_may_not_listen_there() -> None:
    settings = Path("/etc/assistant/assistant.toml")
    before = settings.read_text()
    opened = before.replace('#listen = "local"', 'listen = "network"').replace("#port = 11434", "port = 18434")
    settings.write_text(opened)
    run("systemctl", "enable", "assistant-panel.socket")
    run("systemctl", "stop", UNIT)
    run("systemctl", "start", "assistant-panel.socket", UNIT, timeout=200)
    try:
        for port in (80, 18434):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/version", timeout=30) as reply:
                assert reply.status == 200, port
        assert show("CapabilityBoundingSet", "AmbientCapabilities") == {
            "CapabilityBoundingSet": "",
            "AmbientCapabilities": "",
        }
        assert "panel" not in status()["troubles"]
    finally:
        settings.write_text(before)
        run("systemctl", "disable", "--now", "assistant-panel.socket")
        run("systemctl", "restart", UNIT, timeout=200)
        wait_for(lambda: "model" in status()["milestones_s"], 180, "the language model is warm")


@test
def killed_it_comes_back() -> str:
    before = pid()
    run("systemctl", "kill", "--signal=KILL", UNIT)
    return (
        f"{wait_for(lambda: active() and pid() not in (0, before) and status().get('ready'), 120, 'it is back'):.1f} s"
    )


@test
def a_stopped_process_is_ended_by_the_watchdog_and_comes_back() -> str:
    drop_in("watchdog", "[Service]\nWatchdogSec=6\nTimeoutAbortSec=3\n")
    run("systemctl", "reset-failed", UNIT)  # the starts of the tests before would count against its limit
    run("systemctl", "restart", UNIT, timeout=200)
    before = pid()
    time.sleep(8)  # fed, it lives
    assert pid() == before
    run("systemctl", "kill", "--signal=STOP", "--kill-whom=main", UNIT)
    seconds = wait_for(lambda: pid() not in (0, before), 60, "the watchdog ends it")
    wait_for(lambda: active() and status().get("ready"), 120, "it is back")
    drop_in("watchdog", None)
    return f"ended and begun anew after {seconds:.1f} s"


@test
def a_wrong_configuration_is_told_and_not_tried_again() -> None:
    settings = Path("/etc/assistant/assistant.toml")
    text = settings.read_text()
    settings.write_text(text.replace("#volume = 0.8", "volum = 0.8"))
    run("systemctl", "restart", UNIT, check=False)
    wait_for(lambda: show("ActiveState")["ActiveState"] == "failed", 20, "it stays down")
    assert show("ExecMainStatus")["ExecMainStatus"] == "78"
    assert "did you mean 'volume'" in run("journalctl", "-u", UNIT, "-n", "20", "--no-pager").stdout
    settings.write_text(text)


@test
def who_fails_again_and_again_is_left_down() -> None:
    drop_in("failing", "[Service]\nExecStart=\nExecStart=/bin/false\nRestartSec=100ms\n")
    run("systemctl", "reset-failed", UNIT)
    run("systemctl", "start", UNIT, check=False)
    wait_for(lambda: show("Result")["Result"] in ("start-limit-hit", "exit-code") and not active(), 30, "it is down")
    wait_for(lambda: show("ActiveState")["ActiveState"] == "failed", 30, "it stays down")
    assert int(show("NRestarts")["NRestarts"]) <= 5
    drop_in("failing", None)
    run("systemctl", "reset-failed", UNIT)
    run("systemctl", "start", UNIT, timeout=200)
    assert status()["ready"]


@test
def nothing_has_failed() -> str:
    failed = run("systemctl", "--failed", "--plain", "--no-legend").stdout.strip()
    assert not failed, failed
    process = status()["process"]
    return f"{process['rss_mb']} MB resident, {process['pss_mb']} MB proportional, {process['threads']} threads"


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

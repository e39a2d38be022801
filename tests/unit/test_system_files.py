"""The files that are installed: the commented configuration agrees with the defaults, the unit keeps its promises."""

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assistant.config import Config, load_config

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"
KEY = re.compile(r"^#(?=\w+ = )")


def uncommented(tmp_path):
    text = (SYSTEMD / "assistant.toml").read_text(encoding="utf-8")
    path = tmp_path / "assistant.toml"
    path.write_text("".join(KEY.sub("", line) for line in text.splitlines(keepends=True)), encoding="utf-8")
    return path


def sections():
    return [field.name for field in dataclasses.fields(Config) if field.name != "source"]


def test_the_commented_configuration_sets_nothing():
    assert dataclasses.replace(load_config(SYSTEMD / "assistant.toml"), source=None) == Config()


def test_every_key_stands_in_it_with_its_default(tmp_path):
    path = uncommented(tmp_path)
    config, defaults = load_config(path), Config()
    for name in sections():
        text = path.read_text().split(f"\n[{name}]\n", 1)[1].split("\n[", 1)[0]
        section, default = getattr(config, name), getattr(defaults, name)
        keys = [field.name for field in dataclasses.fields(section)]
        assert re.findall(r"^(\w+) = ", text, re.MULTILINE) == keys, f"[{name}]"
        for key in keys if name != "paths" else ():
            expected = getattr(default, key)
            if expected is not None:  # a key without a default shows an example
                assert getattr(section, key) == expected, f"[{name}] {key}"


def test_the_unit_is_as_hardened_as_promised():
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    unit = SYSTEMD / "assistant.service"
    run = subprocess.run(
        [program, "security", "--offline=true", "--no-pager", str(unit)], capture_output=True, text=True, check=False
    )
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", run.stdout)
    if exposure is None:
        pytest.skip(f"this systemd-analyze cannot look at a file: {run.stderr.strip()}")
    assert float(exposure[1]) <= 2.0


def test_the_unit_says_what_the_program_relies_on():
    text = (SYSTEMD / "assistant.service").read_text()
    for line in (
        "Type=notify",
        "WatchdogSec=30",
        "ExecReload=/bin/kill -HUP $MAINPID",
        "StateDirectory=assistant",
        "RuntimeDirectory=assistant",
        "SupplementaryGroups=audio",
        "DeviceAllow=char-alsa rw",
        "ProtectSystem=strict",
    ):
        assert f"\n{line}\n" in text


def units_of(tmp_path, unit, drop_in=""):
    """The unit as it would be installed, with a program that is there, and a drop-in."""
    folder = tmp_path / "units"
    folder.mkdir()
    for path in SYSTEMD.glob("assistant*.*"):
        if path.suffix != ".toml":
            text = path.read_text().replace("/opt/assistant/venv.good/bin/assistant", "/bin/true")
            (folder / path.name).write_text(text.replace("/opt/assistant/venv/bin/assistant", "/bin/true"))
    if drop_in:
        (folder / f"{unit}.d").mkdir()
        (folder / f"{unit}.d" / "override.conf").write_text(drop_in)
    return folder / unit


def verified(program, unit):
    """What systemd has to say against a unit of ours."""
    run = subprocess.run([program, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False)
    return [line for line in run.stderr.splitlines() if "assistant" in line]


@pytest.mark.parametrize(
    "unit",
    [
        *("assistant.service", "assistant-settings.service", "assistant-settle.service", "assistant-update.service"),
        *("assistant-update.timer", "assistant-order.path", "assistant-order.service", "assistant-panel.socket"),
    ],
)
def test_systemd_has_nothing_against_the_units(tmp_path, unit):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    assert verified(program, units_of(tmp_path, unit)) == []


def test_systemd_takes_the_credentials_as_they_are_documented(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    documented = (SYSTEMD.parent / "docs" / "homes.md").read_text(encoding="utf-8")
    drop_in = re.search(r"```ini\n(\[Service\]\n(?:LoadCredential=.*\n)+)```", documented)[1]
    assert re.findall(r"=(\w+):", drop_in) == ["mqtt_password", "homeassistant_token"]
    assert verified(program, units_of(tmp_path, "assistant.service", drop_in)) == []
    broken = drop_in.replace("LoadCredential=mqtt_password:", "LoadCredentials=mqtt_password:")
    (tmp_path / "units/assistant.service.d/override.conf").write_text(broken)
    assert verified(program, tmp_path / "units/assistant.service") != [], "a slip is found by this test"

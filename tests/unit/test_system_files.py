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

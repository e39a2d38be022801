"""Puts the settings of ``assistant.txt`` into the system's and the assistant's own configuration. As root, at boot.

A file is applied once; what the owner changes afterwards by voice or in the panel stays until the file is changed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import subprocess
import tomllib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import assistant
from assistant.config import load_config
from assistant.config.reading import OWN_SETTINGS
from assistant.errors import ConfigError
from assistant.machine.boot_file import BootSettings, Problem, decode, masked, read_boot_file
from assistant.machine.config_edit import Value, with_values
from assistant.machine.files import write_whole

Run = Callable[[Sequence[str], str], None]
"""Runs a command, with a text on its standard input. Raises OSError or subprocess.SubprocessError."""
BOOT_FOLDERS = ("boot/firmware", "boot")
FILE_NAME = "assistant.txt"
REPORT_NAME = "assistant-problems.txt"
STAMP = "var/lib/assistant-machine/boot-file"
MQTT_PASSWORD = "etc/assistant/mqtt_password"
PANEL_SOCKET = "assistant-panel.socket"
SPOKEN = frozenset(path.stem for path in (Path(assistant.__file__).parent / "data" / "responses").glob("*.toml"))
"""The languages that are complete, by the codes that the configuration has for them."""
WIFI = "etc/NetworkManager/system-connections/assistant-wifi.nmconnection"
BUILT_IN_WORDS = ("hey_jarvis", "okay_nabu", "alexa", "hey_mycroft", "hey_rhasspy")
_WIFI_SPACE = uuid.UUID("6f1b0c0e-2a53-4f0c-9b0a-3a6f0c1f6d55")


def run_command(command: Sequence[str], text: str) -> None:
    """Run one of the system's own programs."""
    subprocess.run(command, input=text, text=True, check=True, capture_output=True, timeout=60)


@dataclass(slots=True)
class Applied:
    """What became of the file: settings that now hold, and lines that could not be followed."""

    done: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def apply_boot_file(root: Path, run: Run = run_command, *, languages: frozenset[str] = SPOKEN) -> Applied | None:
    """Apply the boot partition's file where it changed since the last time; ``None`` where there is nothing to do.

    Secrets are taken out of the file, and what could not be followed is written beside it. Raises OSError only where
    the file itself cannot be read.
    """
    folder = next((root / name for name in BOOT_FOLDERS if (root / name / FILE_NAME).is_file()), None)
    if folder is None:
        return None
    text = decode((folder / FILE_NAME).read_bytes())
    if _digest(text) == _noted(root):
        return None
    settings, problems = read_boot_file(text, languages=languages)
    applied = Applied(problems=list(problems))
    _Applier(root, run, applied).apply(settings)
    _report(folder / REPORT_NAME, applied.problems)
    hidden = masked(text)
    try:
        if hidden != text:
            write_whole(folder / FILE_NAME, hidden)
        _note(root, hidden)
    except OSError as error:
        applied.problems.append(Problem(0, f"{FILE_NAME} cannot be written: {error.strerror}"))
    return applied


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _noted(root: Path) -> str:
    with contextlib.suppress(OSError):
        return (root / STAMP).read_text(encoding="ascii").strip()
    return ""


def _note(root: Path, text: str) -> None:
    (root / STAMP).parent.mkdir(parents=True, exist_ok=True)
    write_whole(root / STAMP, _digest(text) + "\n")


def _report(path: Path, problems: list[Problem]) -> None:
    with contextlib.suppress(OSError):  # a read-only card: the journal has it all the same
        if problems:
            lines = "".join(f"{problem}\r\n" for problem in problems)
            write_whole(path, f"Not everything in {FILE_NAME} could be followed:\r\n{lines}")
        else:
            path.unlink(missing_ok=True)


class _Applier:
    """One pass over the settings; a step that fails is a problem of its own, and the others go on."""

    def __init__(self, root: Path, run: Run, applied: Applied) -> None:
        self._root = root
        self._run = run
        self._applied = applied

    def apply(self, settings: BootSettings) -> None:
        """Every setting that the file has."""
        steps: tuple[tuple[str, object, Callable[[BootSettings], None]], ...] = (
            ("time_zone", settings.time_zone, self._time_zone),
            ("host_name", settings.host_name, self._host_name),
            ("wifi_country", settings.wifi_country, self._country),
            ("wifi_name", settings.wifi_name, self._wifi),
            ("user", settings.user, self._user),
            ("ssh", settings.ssh, self._ssh),
        )
        for name, value, step in steps:
            if value is not None:
                self._guarded(name, lambda step=step: step(settings))  # type: ignore[misc]
        if settings.mqtt_broker is not None:
            self._guarded("mqtt_broker", lambda: self._mqtt(settings))
        if settings.panel is not None:
            self._guarded("panel", lambda: self._panel(listens=settings.panel is True))
        for names, values in self._own_values(settings):
            self._guarded(names, lambda values=values: self._configure(values))  # type: ignore[misc]

    def _guarded(self, name: str, step: Callable[[], None]) -> None:
        try:
            step()
        except subprocess.CalledProcessError as error:
            said = (error.stderr or "").strip().splitlines()
            self._applied.problems.append(Problem(0, f"{name}: {said[-1] if said else error}"))
        except (OSError, subprocess.SubprocessError, ConfigError, ValueError) as error:
            self._applied.problems.append(Problem(0, f"{name}: {error}"))
        else:
            self._applied.done.append(name)

    def _time_zone(self, settings: BootSettings) -> None:
        assert settings.time_zone is not None
        if not (self._root / "usr/share/zoneinfo" / settings.time_zone).exists():
            raise ValueError(f"this system does not know the time zone {settings.time_zone}")
        link = self._root / "etc/localtime"
        temporary = link.with_name(".localtime.new")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(f"../usr/share/zoneinfo/{settings.time_zone}")
        temporary.replace(link)
        write_whole(self._root / "etc/timezone", settings.time_zone + "\n")

    def _host_name(self, settings: BootSettings) -> None:
        assert settings.host_name is not None
        write_whole(self._root / "etc/hostname", settings.host_name + "\n")
        hosts = self._root / "etc/hosts"
        kept = [line for line in _lines(hosts) if not line.startswith("127.0.1.1")]
        write_whole(hosts, "\n".join([*kept, f"127.0.1.1\t{settings.host_name}"]) + "\n")
        self._run(("hostname", settings.host_name), "")

    def _country(self, settings: BootSettings) -> None:
        folder = self._root / "etc/modprobe.d"
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / "assistant-wifi.conf", f"options cfg80211 ieee80211_regdom={settings.wifi_country}\n")

    def _wifi(self, settings: BootSettings) -> None:
        assert settings.wifi_name is not None
        path = self._root / WIFI
        path.parent.mkdir(parents=True, exist_ok=True)
        profile = wifi_profile(settings.wifi_name, settings.wifi_password)
        if "wifi_password" in settings.taken_over:
            if _line_of(profile, "ssid=") not in _lines(path):
                raise ValueError("another network needs its password: write wifi_password anew")
        else:
            write_whole(path, profile, mode=0o600)
        # Raspberry Pi OS keeps the radio blocked until somebody asks for it.
        for switch in self._root.glob("sys/class/rfkill/rfkill*"):
            with contextlib.suppress(OSError):
                if (switch / "type").read_text(encoding="ascii").strip() == "wlan":
                    (switch / "soft").write_text("0", encoding="ascii")

    def _user(self, settings: BootSettings) -> None:
        name = settings.user
        assert name is not None
        if not any(line.startswith(f"{name}:") for line in _lines(self._root / "etc/passwd")):
            self._run(("useradd", "--create-home", "--shell", "/bin/bash", name), "")
        self._run(("usermod", "--append", "--groups", "sudo,audio,assistant", name), "")
        if settings.password:
            self._run(("chpasswd",), f"{name}:{settings.password}\n")
        elif settings.ssh_key and "password" not in settings.taken_over:
            # Without a password sudo would have nothing to ask for.
            rule = self._root / "etc/sudoers.d" / f"assistant-{name}"
            write_whole(rule, f"{name} ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)
        if settings.ssh_key:
            home = f"/home/{name}"
            self._run(("install", "-d", "-m", "700", "-o", name, "-g", name, f"{home}/.ssh"), "")
            keys = self._root / f"home/{name}/.ssh/authorized_keys"
            if settings.ssh_key not in _lines(keys):
                write_whole(keys, "\n".join([*_lines(keys), settings.ssh_key]) + "\n", mode=0o600)
            self._run(("chown", f"{name}:{name}", f"{home}/.ssh/authorized_keys"), "")

    def _ssh(self, settings: BootSettings) -> None:
        # Not --now: this runs before the network is up, and the unit is started in its turn.
        self._run(("systemctl", "enable" if settings.ssh else "disable", "ssh.service"), "")
        self._run(("systemctl", "--no-block", "start" if settings.ssh else "stop", "ssh.service"), "")

    def _mqtt(self, settings: BootSettings) -> None:
        assert settings.mqtt_broker is not None
        host, port = settings.mqtt_broker
        values: dict[tuple[str, str], Value] = {("mqtt", "host"): host, ("mqtt", "port"): port}
        if settings.mqtt_user:
            values["mqtt", "user"] = settings.mqtt_user
        secret = self._root / MQTT_PASSWORD
        if settings.mqtt_password:
            secret.parent.mkdir(parents=True, exist_ok=True)
            write_whole(secret, settings.mqtt_password + "\n", mode=0o640)
            self._run(("chown", "root:assistant", str(secret)), "")
        if settings.mqtt_password or "mqtt_password" in settings.taken_over:
            values["mqtt", "password_file"] = f"/{MQTT_PASSWORD}"
        self._configure(values)

    def _panel(self, *, listens: bool) -> None:
        self._configure({("api", "listen"): "network" if listens else "local"})
        # Port 80 as well, so that the address is only a name. Not --now, as with ssh.
        self._run(("systemctl", "enable" if listens else "disable", PANEL_SOCKET), "")
        self._run(("systemctl", "--no-block", "start" if listens else "stop", PANEL_SOCKET), "")

    def _own_values(self, settings: BootSettings) -> list[tuple[str, dict[tuple[str, str], Value]]]:
        words = [_wake_word(phrase) for phrase in settings.wake_word]
        values: list[tuple[str, tuple[str, str], Value | None]] = [
            ("room", ("assistant", "area"), settings.room),
            ("language", ("assistant", "language"), settings.language),
            ("wake_word", ("wake", "words"), words or None),
            ("name", ("assistant", "name"), settings.name),
            ("microphone", ("audio", "input"), settings.microphone),
            ("loudspeaker", ("audio", "output"), settings.loudspeaker),
            ("update_url", ("update", "url"), settings.update_url),
        ]
        return [(name, {place: value}) for name, place, value in values if value is not None]

    def _configure(self, values: dict[tuple[str, str], Value]) -> None:
        path = self._root / "etc/assistant/assistant.toml"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        trial = path.with_name(".assistant.toml.trial")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_whole(trial, with_values(before, values))
            load_config(trial)  # never a file with which the assistant would not start
            trial.replace(path)
        finally:
            trial.unlink(missing_ok=True)
        self._renew_panels(values)

    def _renew_panels(self, values: dict[tuple[str, str], Value]) -> None:
        """What was set in the panel goes before the configuration; what the owner wrote after that goes before both."""
        path = self._root / "var/lib/assistant" / OWN_SETTINGS
        if path.is_symlink() or not path.is_file():
            return
        before = path.read_text(encoding="utf-8")
        document = tomllib.loads(before)
        renewed = {place: value for place, value in values.items() if place[1] in document.get(place[0], {})}
        if renewed:
            write_whole(path, with_values(before, renewed))


def _wake_word(phrase: str) -> str:
    """A built-in word by its name; any other phrase as it is."""
    name = re.sub("^ok_", "okay_", phrase.replace(" ", "_"))
    return name if name in BUILT_IN_WORDS else phrase


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _line_of(text: str, start: str) -> str:
    return next(line for line in text.splitlines() if line.startswith(start))


def wifi_profile(name: str, password: str) -> str:
    """NetworkManager's profile of a network; an empty password means an open one."""
    secret = f"[wifi-security]\nkey-mgmt=wpa-psk\npsk={_keyfile_value(password)}\n\n" if password else ""
    octets = "".join(f"{octet};" for octet in name.encode())  # the one spelling in which no name needs escapes
    return (
        f"[connection]\nid=assistant-wifi\nuuid={uuid.uuid5(_WIFI_SPACE, name)}\ntype=wifi\n\n"
        f"[wifi]\nmode=infrastructure\nssid={octets}\n\n{secret}"
        "[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\n"
    )


def _keyfile_value(text: str) -> str:
    escaped = text.replace("\\", "\\\\")
    lead = len(escaped) - len(escaped.lstrip(" "))
    return "\\s" * lead + escaped[lead:]

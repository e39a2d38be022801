"""``assistant.txt`` on the card's boot partition: what an owner may write there, read into checked settings.

The file is made with whatever editor a person has at hand, so it is read generously (any usual encoding and line end,
quotes or none, "Time zone" for ``time_zone``) and checked strictly: a line that cannot be followed is reported with its
number and reason, and every other line still counts.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import difflib
import re
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

SECRETS = ("wifi_password", "password", "mqtt_password")
TAKEN_OVER = "(taken over; write a new one to change it)"
_LINE = re.compile(r"\s*(?P<key>[^=#]*?)\s*=\s*(?P<value>.*?)\s*$")
_QUOTES = {'"': '"', "'": "'", "“": "”", "„": "“", "‘": "’"}
_RESERVED_USERS = frozenset({"root", "assistant", "daemon", "bin", "sys", "sync", "mail", "nobody", "sshd", "backup"})
_KEY_KINDS = re.compile(r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)|sk-[a-z0-9@.-]+)$")


@dataclass(frozen=True, slots=True)
class BootSettings:
    """What the file asks for; ``None`` (or empty) where it says nothing. ``wifi_password`` is empty for an open network."""

    time_zone: str | None = None
    wifi_name: str | None = None
    wifi_password: str = field(default="", repr=False)
    wifi_country: str | None = None
    host_name: str | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ssh_key: str | None = None
    ssh: bool | None = None
    room: str | None = None
    wake_word: tuple[str, ...] = ()
    language: str | None = None
    name: str | None = None
    microphone: str | None = None
    loudspeaker: str | None = None
    panel: bool | None = None
    """Whether the panel is there for the whole house."""
    mqtt_broker: tuple[str, int] | None = None
    """(host, port)"""
    mqtt_user: str | None = None
    mqtt_password: str | None = field(default=None, repr=False)
    update_url: str | None = None
    taken_over: frozenset[str] = frozenset()
    """The secrets that an earlier pass took out of the file: what was set then holds."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that was not followed. ``line`` is 0 where it is about several lines together."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}" if self.line else self.reason


def decode(raw: bytes) -> str:
    """The file's text, in whichever encoding an editor wrote it."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def read_boot_file(text: str, *, languages: frozenset[str] = frozenset({"en"})) -> tuple[BootSettings, list[Problem]]:
    """The settings of ``text``, and what in it cannot be followed. A key that stands twice counts as its last line."""
    settings, problems = BootSettings(), []
    for number, key, value in _entries(text):
        name = _known(key)
        if name is None:
            problems.append(Problem(number, _unknown(key)))
            continue
        if name not in SECRETS:
            value = re.sub(r"\s+#.*$", "", value)
        value = _unquoted(value)
        if name in SECRETS and value == TAKEN_OVER:
            settings = replace(settings, taken_over=settings.taken_over | {name})
        if not value or value == TAKEN_OVER:
            continue
        try:
            checked = _check_language(value, languages) if name == "language" else _CHECKS[name](value)
        except ValueError as error:
            problems.append(Problem(number, f"{name}: {error}"))
            continue
        settings = replace(settings, **{name: checked})  # type: ignore[arg-type]  # each check has its field's type
    return _together(settings, problems)


def masked(text: str) -> str:
    """The same file without its secrets, which are kept where only the system reads them; all else stays as it is."""
    lines = text.splitlines(keepends=True)
    for number, key, value in _entries(text):
        if _known(key) in SECRETS and value and value != TAKEN_OVER:
            line = lines[number - 1]
            body = line.rstrip("\r\n")
            lines[number - 1] = body[: body.index("=") + 1] + f" {TAKEN_OVER}" + line[len(body) :]
    return "".join(lines)


def _entries(text: str) -> Iterator[tuple[int, str, str]]:
    """(line number, key as written, value as written) of every line that says something."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith(("#", "//", ";")):
            continue
        match = _LINE.match(line)
        yield (number, match["key"], match["value"]) if match else (number, line.strip(), "")


def _folded(key: str) -> str:
    return re.sub(r"[^a-z]", "", key.lower())


def _known(key: str) -> str | None:
    return _BY_FOLDED.get(_folded(key))


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(_folded(key), list(_BY_FOLDED), n=1, cutoff=0.6)
    hint = f"did you mean '{_BY_FOLDED[near[0]]}'?" if near else "a line looks like: room = Kitchen"
    return f"there is no setting '{key[:40]}'; {hint}"


def _unquoted(value: str) -> str:
    if len(value) >= 2 and _QUOTES.get(value[0]) == value[-1]:
        return value[1:-1]
    return value


def _together(settings: BootSettings, problems: list[Problem]) -> tuple[BootSettings, list[Problem]]:
    """What holds between lines."""
    if settings.wifi_password and not settings.wifi_name:
        problems.append(Problem(0, "wifi_password needs wifi_name, the network's name"))
        settings = replace(settings, wifi_password="")
    if (settings.password or settings.ssh_key) and not settings.user:
        problems.append(Problem(0, "password and ssh_key need user, the name to log in with"))
        settings = replace(settings, password=None, ssh_key=None)
    if settings.user and not (settings.password or settings.ssh_key or "password" in settings.taken_over):
        problems.append(Problem(0, f"user {settings.user} can log in only with a password or an ssh_key"))
    if (settings.mqtt_user or settings.mqtt_password) and not settings.mqtt_broker:
        problems.append(Problem(0, "mqtt_user and mqtt_password need mqtt_broker, the broker's address"))
        settings = replace(settings, mqtt_user=None, mqtt_password=None)
    if settings.mqtt_password and not settings.mqtt_user:
        problems.append(Problem(0, "mqtt_password needs mqtt_user, the name that it belongs to"))
        settings = replace(settings, mqtt_password=None)
    return settings, problems


# --- one check for each kind of value; each returns the value, or raises ValueError with the reason --------------------


def _check_zone(value: str) -> str:
    zones = zoneinfo.available_timezones()
    by_folded = {zone.lower(): zone for zone in zones}
    wanted = value.replace(" ", "_").lower()
    if wanted in by_folded:
        return by_folded[wanted]
    places = [zone for zone in sorted(zones) if zone.lower().rpartition("/")[2] == wanted.rpartition("/")[2]]
    near = places or difflib.get_close_matches(value, zones, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "write it like Europe/Berlin"
    raise ValueError(f"there is no time zone '{value}'; {hint}")


def _check_wifi_name(value: str) -> str:
    if len(value.encode()) > 32:
        raise ValueError("a network's name has at most 32 bytes")
    return value


def _check_wifi_password(value: str) -> str:
    if 8 <= len(value.encode()) <= 63 or re.fullmatch(r"[0-9a-fA-F]{64}", value):
        return value
    raise ValueError("a Wi-Fi password has 8 to 63 characters")


def _check_country(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueError("write the country's two letters, like DE or US")
    return value.upper()


def _check_host(value: str) -> str:
    name = value.lower().removesuffix(".local")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
        raise ValueError("a machine's name has letters, digits and hyphens only")
    return name


def _check_user(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,30}", value):
        raise ValueError("a user's name has small letters, digits, '-' and '_' only, and begins with a letter")
    if value in _RESERVED_USERS:
        raise ValueError(f"'{value}' is the system's own; take another name")
    return value


def _check_password(value: str) -> str:
    if len(value) < 8 or not value.isprintable():
        raise ValueError("a password has at least 8 characters")
    return value


def _check_ssh_key(value: str) -> str:
    kind, _, rest = value.partition(" ")
    try:
        blob = base64.b64decode(rest.split()[0] if rest.split() else "", validate=True)
    except binascii.Error:
        blob = b""
    if not _KEY_KINDS.match(kind) or kind.encode() not in blob[:64] or not value.isprintable():
        raise ValueError("that is no public key; it is one line that begins with ssh-ed25519 or ssh-rsa")
    return value


def _check_switch(value: str) -> bool:
    words = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}
    if value.lower() not in words:
        raise ValueError(f"'{value}' is neither on nor off")
    return words[value.lower()]


def _check_words(value: str) -> tuple[str, ...]:
    words = tuple(" ".join(word.split()).lower() for word in value.split(",") if word.strip())
    if not words or not all(re.fullmatch(r"[^\W\d_][\w' -]{1,60}", word) for word in words):
        raise ValueError("write what you want to say, like: hey jarvis, okay nabu")
    return words


def _check_language(value: str, languages: frozenset[str]) -> str:
    wanted = value.lower().replace("_", "-")
    for code in sorted(languages):
        if wanted.partition("-")[0] == code.partition("-")[0]:
            return code
    raise ValueError(f"'{value}' is not among the languages that it speaks: {', '.join(sorted(languages))}")


def _check_text(value: str) -> str:
    if len(value) > 80 or not value.isprintable():
        raise ValueError("that is too long, or has characters that nobody can see")
    return value


def _check_broker(value: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:mqtt://)?(?P<host>[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d{1,5}))?/?", value)
    port = int(match["port"] or 1883) if match else 0
    if not match or not 1 <= port <= 65535:
        raise ValueError("write the broker's name or address, like 192.168.1.10 or broker.local:1883")
    return match["host"].strip("[]"), port


def _check_broker_password(value: str) -> str:
    if len(value) > 200 or not value.isprintable():
        raise ValueError("that is too long, or has characters that nobody can see")
    return value


def _check_url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s\"\\]+", value):
        raise ValueError("write the whole address, beginning with https://")
    return value


_CHECKS: dict[str, Callable[[str], object]] = {
    "time_zone": _check_zone,
    "wifi_name": _check_wifi_name,
    "wifi_password": _check_wifi_password,
    "wifi_country": _check_country,
    "host_name": _check_host,
    "user": _check_user,
    "password": _check_password,
    "ssh_key": _check_ssh_key,
    "ssh": _check_switch,
    "room": _check_text,
    "wake_word": _check_words,
    "language": _check_text,
    "name": _check_text,
    "microphone": _check_text,
    "loudspeaker": _check_text,
    "panel": _check_switch,
    "mqtt_broker": _check_broker,
    "mqtt_user": _check_text,
    "mqtt_password": _check_broker_password,
    "update_url": _check_url,
}
_BY_FOLDED = {_folded(key): key for key in _CHECKS} | {
    "wakewords": "wake_word",
    "hostname": "host_name",
    "area": "room",
}

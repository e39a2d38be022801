"""What the environment says: default places, secrets, and what systemd hands to a service. Nothing else looks at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import ConfigError

APP_NAME = "offline-assistant"
SYSTEM_CONFIG = Path("/etc/assistant/assistant.toml")
SYSTEM_MODELS = Path("/opt/assistant/models")
"""Where ``scripts/install`` puts the models for the service, and for everybody on the machine."""
SYSTEM_RUNTIME = Path("/run/assistant")
"""Where the service has its control socket."""


def _xdg(variable: str, default: str) -> Path:
    value = os.environ.get(variable)
    return (Path(value) if value else Path.home() / default) / APP_NAME


def default_models_dir() -> Path:
    """``$ASSISTANT_MODELS_DIR``, else ``models`` in the user's cache, else the installed service's where they are."""
    value = os.environ.get("ASSISTANT_MODELS_DIR")
    own = Path(value) if value else _xdg("XDG_CACHE_HOME", ".cache") / "models"
    return SYSTEM_MODELS if not value and not own.is_dir() and SYSTEM_MODELS.is_dir() else own


def default_state_dir() -> Path:
    """``$STATE_DIRECTORY`` under systemd, ``$ASSISTANT_STATE_DIR``, else the user's state directory."""
    value = os.environ.get("ASSISTANT_STATE_DIR") or os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(value) if value else _xdg("XDG_STATE_HOME", ".local/state")


def default_runtime_dir() -> Path:
    """Where the control socket is: ``$RUNTIME_DIRECTORY`` under systemd, else beside the state."""
    value = os.environ.get("ASSISTANT_RUNTIME_DIR") or os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if value:
        return Path(value)
    session = os.environ.get("XDG_RUNTIME_DIR")
    return Path(session) / APP_NAME if session else default_state_dir()


def read_secret(path: Path | None, credential: str) -> str | None:
    """A password or token: of ``path``, else of what systemd's ``LoadCredential=credential:…`` hands over.

    ``None`` where there is neither. Raises ConfigError for a file that cannot be read, or has nothing in it.
    """
    handed = os.environ.get("CREDENTIALS_DIRECTORY")
    if path is None:
        path = Path(handed) / credential if handed else None
        if path is None or not path.is_file():
            return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ConfigError(f"{path}: the {credential} cannot be read: {reason}") from error
    if not secret:
        raise ConfigError(f"{path}: there is no {credential} in this file")
    return secret


@dataclass(frozen=True, slots=True)
class ServiceEnvironment:
    """What systemd hands to a service in its environment."""

    notify_socket: str = ""
    watchdog_usec: int = 0
    stderr_is_journal: bool = False
    sockets: int = 0
    """So many listening sockets were handed over, from descriptor 3 on."""


def service_environment() -> ServiceEnvironment:
    """As this process was started; all empty where no service manager is."""
    watchdog = os.environ.get("WATCHDOG_USEC", "")
    meant = os.environ.get("WATCHDOG_PID", "") in ("", str(os.getpid()))
    try:
        stderr = os.fstat(2)
        journal = os.environ.get("JOURNAL_STREAM", "") == f"{stderr.st_dev}:{stderr.st_ino}"
    except OSError:  # no standard error at all
        journal = False
    handed = os.environ.get("LISTEN_FDS", "") if os.environ.get("LISTEN_PID", "") == str(os.getpid()) else ""
    return ServiceEnvironment(
        notify_socket=os.environ.get("NOTIFY_SOCKET", ""),
        watchdog_usec=int(watchdog) if watchdog.isdecimal() and meant else 0,
        stderr_is_journal=journal,
        sockets=int(handed) if handed.isdecimal() else 0,
    )


def find_config() -> Path | None:
    """The file that holds by default: ``$ASSISTANT_CONFIG``, the user's own, the system's; ``None`` without any."""
    explicit = os.environ.get("ASSISTANT_CONFIG")
    if explicit:
        return Path(explicit)
    for path in (_xdg("XDG_CONFIG_HOME", ".config") / "assistant.toml", SYSTEM_CONFIG):
        if path.is_file():
            return path
    return None

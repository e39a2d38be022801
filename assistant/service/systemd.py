"""What a service owes its manager: readiness, reload, watchdog and journal under systemd; nothing elsewhere.

The notification protocol is a few datagrams whose format systemd keeps stable, so it is spoken directly; the journal
goes through systemd-python, or cysystemd, whichever is there, else to standard error with systemd's level prefixes.
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO, cast

from assistant.config.environment import ServiceEnvironment, service_environment

Send = Callable[..., object]
SYSLOG_LEVELS = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
    (logging.NOTSET, 7),
)
STATUS_CHARS = 200


class Notifier:
    """Tells systemd how the service is; without a notification socket every call does nothing."""

    def __init__(
        self, environment: ServiceEnvironment | None = None, *, clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._environment = environment if environment is not None else service_environment()
        self._clock_ns = clock_ns

    @property
    def watchdog_interval_s(self) -> float | None:
        """How often the watchdog should be fed: half of systemd's limit; ``None`` where there is no watchdog."""
        limit_us = self._environment.watchdog_usec
        return limit_us / 2e6 if limit_us else None

    def ready(self, status: str) -> None:
        """READY=1: the service does what it is there for. It also ends a reload."""
        self._send("READY=1", f"STATUS={_line(status)}")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send(f"STATUS={_line(text)}")

    def reloading(self) -> None:
        """The configuration is read again; ``ready`` says when it is done."""
        self._send(
            "RELOADING=1", f"MONOTONIC_USEC={self._clock_ns() // 1000}", "STATUS=reading the configuration again"
        )

    def stopping(self) -> None:
        """The service is on its way out."""
        self._send("STOPPING=1", "STATUS=stopping")

    def watchdog(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        address = self._environment.notify_socket
        if not address:
            return
        if address.startswith("@"):  # Linux's abstract name space
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.connect(address)
                channel.sendall("\n".join(lines).encode())
        except OSError as error:
            logging.getLogger(__name__).warning("systemd could not be told %s: %s", lines[0], error)


@dataclass(slots=True)
class _Worker:
    limit_s: float
    due_s: float | None = None
    """Until when it must give a sign of life; ``None`` while it has nothing to do."""


@dataclass(slots=True)
class Progress:
    """Who works, and whether it still moves: the watchdog is fed only while nobody is stuck.

    ``clock_s`` is monotonic seconds. Any thread may report.
    """

    clock_s: Callable[[], float] = time.monotonic
    _workers: dict[str, _Worker] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self, name: str, limit_s: float) -> None:
        """From now on ``name`` may work for ``limit_s`` seconds without a sign of life."""
        with self._lock:
            self._workers[name] = _Worker(limit_s)

    def beat(self, name: str) -> None:
        """``name`` is at work and moves."""
        with self._lock:
            worker = self._workers[name]
            worker.due_s = self.clock_s() + worker.limit_s

    def rest(self, name: str) -> None:
        """``name`` has nothing to do, so that nothing is expected of it."""
        with self._lock:
            self._workers[name].due_s = None

    def stuck(self) -> tuple[str, ...]:
        """Who has been at work for too long without moving."""
        now_s = self.clock_s()
        with self._lock:
            return tuple(n for n, w in self._workers.items() if w.due_s is not None and now_s > w.due_s)


class JournalHandler(logging.Handler):
    """Log records as journal entries. Attributes of a record in capitals (``extra={"TURN_ID": …}``) become fields."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._journal_send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; the journal's failures go the way of all logging failures."""
        try:
            fields: dict[str, object] = dict(_fields(record))
            fields |= {
                "MESSAGE": self.format(record),
                "PRIORITY": str(syslog_level(record.levelno)),
                "LOGGER": record.name,
                "CODE_FILE": record.pathname,
                "CODE_LINE": record.lineno,
                "CODE_FUNC": record.funcName or "",
                "SYSLOG_IDENTIFIER": "assistant",
            }
            self._journal_send(**fields)
        except (OSError, ValueError, TypeError):
            self.handleError(record)


class LevelPrefixFormatter(logging.Formatter):
    """``<4>text``: what journald understands of a plain stream; fields follow as ``KEY=value``."""

    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{k}={v}" for k, v in _fields(record).items())
        text = super().format(record) + (f" [{fields}]" if fields else "")
        prefix = f"<{syslog_level(record.levelno)}>"
        return "\n".join(prefix + line for line in text.splitlines() or [""])


def syslog_level(level: int) -> int:
    """Python's log level as syslog's priority (0 worst, 7 debugging)."""
    return next(priority for limit, priority in SYSLOG_LEVELS if level >= limit)


def set_up_logging(
    level: int = logging.INFO,
    *,
    stream: TextIO | None = None,
    environment: ServiceEnvironment | None = None,
    journal: Callable[[], Send | None] | None = None,
) -> None:
    """Send the log to the journal where standard error goes there anyway, else to ``stream`` (standard error)."""
    environment = environment if environment is not None else service_environment()
    in_journal = environment.stderr_is_journal
    send = (journal or journal_send)() if in_journal else None
    handler: logging.Handler
    if send is not None:
        handler = JournalHandler(send)
    else:
        handler = logging.StreamHandler(stream or sys.stderr)
        plain = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        handler.setFormatter(LevelPrefixFormatter() if in_journal else plain)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def journal_send() -> Send | None:
    """The function that writes an entry with fields into the journal, of whichever binding is installed."""
    try:
        from systemd.journal import send as systemd_send  # a distribution's package
    except ImportError:
        pass
    else:
        return cast(Send, systemd_send)
    try:
        from cysystemd.journal import send as cysystemd_send  # wheels that carry libsystemd with them
    except ImportError:
        return None
    return cast(Send, cysystemd_send)


def _fields(record: logging.LogRecord) -> dict[str, str]:
    """The record's own fields: attributes in capitals, which logging itself has none of."""
    return {
        name: str(value)
        for name, value in vars(record).items()
        if name.isupper() and name.isascii() and name.replace("_", "").isalnum() and not name.startswith("_")
    }


def _line(text: str) -> str:
    """One line, not too long: a line break would begin another assignment."""
    return " ".join(text.split())[:STATUS_CHARS]

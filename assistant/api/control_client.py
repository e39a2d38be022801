"""The control socket as the command line uses it: blocking, one connection a call. The protocol is in ``control``."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from assistant.config.environment import SYSTEM_RUNTIME
from assistant.errors import AssistantError
from assistant.types import JsonScalar, JsonValue

SOCKET_NAME = "control.sock"
MAX_ANSWER_BYTES = 8 * 1024 * 1024

Arguments = Mapping[str, JsonScalar]


class ControlClient:
    """The command line's side: blocking, one connection a call."""

    def __init__(self, path: Path, *, timeout_s: float = 120.0) -> None:
        self._path = path
        self._timeout_s = timeout_s

    def running(self) -> bool:
        """Whether a daemon answers at the socket."""
        with contextlib.suppress(AssistantError):
            self._connect(2.0).close()
            return True
        return False

    def call(self, command: str, **arguments: JsonScalar) -> JsonValue:
        """The command's result. Raises AssistantError where there is no daemon, or with what the daemon says."""
        *_, last = self._lines(command, arguments, self._timeout_s)
        return last.get("result")

    def stream(self, command: str, **arguments: JsonScalar) -> Iterator[JsonValue]:
        """The command's events, as they come; no time limit between them."""
        for line in self._lines(command, arguments, None):
            if "event" in line:
                yield line["event"]

    def _lines(self, command: str, arguments: Arguments, timeout_s: float | None) -> Iterator[dict[str, JsonValue]]:
        with self._connect(timeout_s) as connection, connection.makefile("rb") as answers:
            try:
                connection.sendall(json.dumps({"command": command, "arguments": dict(arguments)}).encode() + b"\n")
                while line := answers.readline(MAX_ANSWER_BYTES):
                    answer = _parse(line)
                    if answer.get("ok") is False:
                        raise AssistantError(str(answer.get("error", "the daemon refused")))
                    yield answer
                    if "ok" in answer:
                        return
            except TimeoutError as error:
                raise AssistantError(f"the daemon did not answer '{command}' within {timeout_s:g} s") from error
            except OSError as error:
                raise AssistantError(f"the connection to the daemon broke: {error.strerror or error}") from error
        raise AssistantError("the daemon hung up without an answer")

    def _connect(self, timeout_s: float | None) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(self._path))
        except PermissionError as error:
            connection.close()
            raise AssistantError(
                f"{self._path}: no permission", mend="join the socket's group: sudo usermod -aG assistant $USER"
            ) from error
        except OSError as error:
            connection.close()
            raise AssistantError("the assistant is not running", mend="systemctl start assistant") from error
        return connection


def _parse(line: bytes) -> dict[str, JsonValue]:
    try:
        answer = json.loads(line)
    except ValueError as error:
        raise AssistantError("the daemon's answer cannot be read") from error
    if not isinstance(answer, dict):
        raise AssistantError("the daemon's answer cannot be read")
    return answer


def find_socket(runtime: Path) -> Path:
    """The socket of the daemon that one's own commands are for: one's own where it is there, else the service's."""
    own = runtime / SOCKET_NAME
    system = SYSTEM_RUNTIME / SOCKET_NAME
    return system if not _there(own) and _there(system) else own


def _there(path: Path) -> bool:
    """Whether there is something; what may not be looked at is there."""
    try:
        return path.exists()
    except PermissionError:
        return True

"""Download a file over HTTPS: resumed where it broke, soon given up where nobody answers, checked before it counts."""

from __future__ import annotations

import errno
import http.client
import os
import queue
import re
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import IO, Any

from assistant.errors import ModelError
from assistant.models.installed import sha256_of
from assistant.models.manifest import check_url

BLOCK = 1 << 16
MAX_REDIRECTIONS = 8
USER_AGENT = "offline-assistant"
OnPosition = Callable[[int], None]
"""Called with the number of bytes of the file that are there now."""


class SourceError(ModelError):
    """One source could not give the file; the next one is tried. ``needs``: the program that it lacks."""

    def __init__(self, message: str, *, needs: str | None = None) -> None:
        super().__init__(message)
        self.needs = needs


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for a network. ``reach_s``: for the first answer; ``stall_s``: for the next bytes after it.

    ``tries``: broken connections in a row that brought nothing before the source is left.
    """

    reach_s: float = 5.0
    stall_s: float = 20.0
    tries: int = 4
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the file must be: its size in bytes and its SHA-256."""

    size: int
    sha256: str


class _BrokenError(Exception):
    """The connection failed; where the server was ``reached``, trying again from where it broke may help."""

    def __init__(self, message: str, *, reached: bool = True) -> None:
        super().__init__(message)
        self.reached = reached


def download(url: str, part: Path, wanted: Wanted, limits: Limits, on_position: OnPosition) -> None:
    """Bring ``part`` up to the whole, right file, going on from what it holds already.

    Raises SourceError where this source cannot give it, ModelError where the disk cannot take it.
    """
    resumed = _size(part) > 0
    _fill(url, part, wanted, limits, on_position)
    if sha256_of(part) == wanted.sha256:
        return
    part.unlink()
    if resumed:  # what lay there may have been the wrong half
        _fill(url, part, wanted, limits, on_position)
        if sha256_of(part) == wanted.sha256:
            return
        part.unlink()
    raise SourceError("what it sends is corrupt: the SHA-256 differs")


def _fill(url: str, part: Path, wanted: Wanted, limits: Limits, on_position: OnPosition) -> None:
    """Download until ``part`` has the wanted size, through broken connections."""
    fruitless, reached = 0, False
    while (have := _size(part)) != wanted.size:
        if have > wanted.size:
            part.unlink()
            have = 0
        try:
            _go_on(url, part, have, wanted.size, limits, on_position)
        except _BrokenError as error:
            reached = reached or error.reached
            fruitless = 0 if _size(part) > have else fruitless + 1
            if not reached or fruitless >= limits.tries:
                raise SourceError(str(error)) from error
            limits.sleep(min(0.5 * 2**fruitless, 8.0))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _go_on(url: str, part: Path, have: int, size: int, limits: Limits, on_position: OnPosition) -> None:
    """One request: append what is missing, or start over where the server will not go on."""
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with _open(url, headers, limits) as response:
        try:
            start = _start(response, have, size)
        except _BrokenError:
            part.unlink()
            raise
        try:
            with part.open("r+b" if start else "wb", buffering=0) as file:
                file.seek(start)
                file.truncate()
                on_position(start)
                _copy(response, file, start, size, on_position)
                os.fsync(file.fileno())
        except OSError as error:
            raise disk_error(part, error) from error


def _start(response: Any, have: int, size: int) -> int:
    """The position in the file that the answer's first byte belongs to.

    Raises SourceError for an answer without a file, _BrokenError where the server cannot go on from ``have``.
    """
    status = response.status
    if status == HTTPStatus.PARTIAL_CONTENT:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if match and int(match[1]) == have and match[2] in (str(size), "*"):
            return have
        raise _BrokenError("it answers with the wrong range")
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
        raise _BrokenError("it has no such range")
    if status != HTTPStatus.OK:
        raise SourceError(f"it answers {status} {response.reason}")
    length = response.headers.get("Content-Length")
    if length is not None and length != str(size):
        raise SourceError(f"its file is another: {length} bytes where {size} are right")
    return 0


def _copy(response: Any, file: IO[bytes], position: int, size: int, on_position: OnPosition) -> None:
    for block in _blocks(response):
        position += len(block)
        if position > size:
            raise SourceError(f"its file is another: more than {size} bytes")
        view = memoryview(block)
        while view:
            view = view[file.write(view) :]
        on_position(position)
        if position == size:
            return
    raise _BrokenError(f"the connection broke after {position} of {size} bytes")


def _blocks(response: Any) -> Iterator[bytes]:
    while True:
        try:
            block = response.read1(BLOCK)  # what is there: a stall must not lose it
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenError(f"the connection broke: {_reason(error)}") from error
        if not block:
            return
        yield block


def disk_error(path: Path, error: OSError) -> ModelError:
    """A write that failed, as the one line for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelError(f"{path.parent}: the disk is full", mend="free some space, then run the same command again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        mend = "give this user the folder, or name another one in ASSISTANT_MODELS_DIR"
    else:
        mend = "mend that, then run the same command again"
    return ModelError(f"{path}: cannot be written: {error.strerror}", mend=mend)


# --- reaching a server ------------------------------------------------------------------------------


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirections are followed here, where each hop is checked and given its time."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def _open(url: str, headers: dict[str, str], limits: Limits) -> Any:
    """The response (with ``status``, ``headers``, ``read``) after redirections.

    Raises SourceError where nobody answers in time, _BrokenError where the connection fails.
    """
    for _ in range(MAX_REDIRECTIONS):
        try:
            check_url(url)
        except ValueError as error:
            raise SourceError(str(error)) from error
        response = _within(limits.reach_s, partial(_request, url, headers, limits.stall_s))
        location = response.headers.get("Location")
        if not (HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST and location):
            return response
        response.close()
        url = urllib.parse.urljoin(url, location)
    raise SourceError("it redirects without end")


def _request(url: str, headers: dict[str, str], stall_s: float) -> Any:
    try:
        return _OPENER.open(urllib.request.Request(url, headers=headers), timeout=stall_s)
    except urllib.error.HTTPError as answer:
        return answer


def _within(limit_s: float, call: Callable[[], Any]) -> Any:
    """What ``call`` returns, if it does so in time.

    In a thread of its own, because neither the resolver's time nor that of several addresses in turn can be limited
    otherwise; a late answer is closed there.
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    lock = threading.Lock()
    late = False

    def work() -> None:
        answer: Any
        try:
            answer = call()
        except (OSError, http.client.HTTPException, ValueError) as error:
            answer = error
        with lock:
            if not late:
                answers.put(answer)
            elif not isinstance(answer, Exception):
                answer.close()

    threading.Thread(target=work, name="reach", daemon=True).start()
    try:
        answer = answers.get(timeout=limit_s)
    except queue.Empty:
        with lock:
            late = True
        if answers.empty():
            raise SourceError(f"no answer within {limit_s:g} s") from None
        answer = answers.get()
    # An HTTPError is an answer of the server, and read like any other.
    if isinstance(answer, Exception) and not isinstance(answer, urllib.error.HTTPError):
        raise _BrokenError(f"cannot be reached: {_reason(answer)}", reached=False) from answer
    return answer


def _reason(error: Exception) -> str:
    """The innermost plain words of a network error."""
    inner = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(inner, ssl.SSLError):
        return getattr(inner, "verify_message", "") or inner.reason or str(inner)
    if isinstance(inner, TimeoutError):
        return "it fell silent"
    return (inner.strerror if isinstance(inner, OSError) else None) or str(inner) or type(inner).__name__

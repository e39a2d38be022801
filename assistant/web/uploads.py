"""A file out of a form, written to the disk as it comes: neither memory nor a small /tmp has to hold it.

The form's own word (``csrf``) stands before the file in our pages; without it not one byte of the file is taken.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from assistant.api.guard import caller_of
from assistant.api.replies import HttpError
from assistant.web.pages import check_csrf

SPARE_BYTES = 256 << 20
"""So much must stay free on the disk."""
LONGEST_FIELD = 2000
MOST_FIELDS = 20
LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """``path`` is a temporary file of the ``name`` that it had there (without folders). ``fields``: the form's others."""

    path: Path
    name: str
    fields: dict[str, str]


@asynccontextmanager
async def receive_file(request: Request, folder: Path, limit: int) -> AsyncIterator[Upload]:
    """The form's one file, below ``folder`` until the block is left.

    Raises HttpError: 400 for what is no such form, 403 without the page's word, 413 above ``limit`` bytes, 507 where the
    disk has no room for it.
    """
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or b"boundary" not in options:
        raise HttpError(400, "a form with a file is needed")
    length = int(request.headers.get("content-length") or 0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < length + SPARE_BYTES:
            raise HttpError(507, "there is no room for this file")
        temporary = tempfile.TemporaryDirectory(prefix=".upload-", dir=folder)
    except OSError as error:
        raise HttpError(507, f"the file cannot be kept: {error.strerror or error}") from error
    with temporary as scratch:
        path = Path(scratch) / "file"
        with path.open("wb") as sink:
            form = _Form(request, sink, limit)
            await _read(request, options[b"boundary"], form)
        if not form.name:
            raise HttpError(400, "choose a file")
        check_csrf(caller_of(request.scope), form.word)
        yield Upload(path.rename(path.with_name(form.name)), form.name, form.fields)


async def _read(request: Request, boundary: bytes, form: _Form) -> None:
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.part_begin,
                "on_header_field": form.header_field,
                "on_header_value": form.header_value,
                "on_header_end": form.header_end,
                "on_headers_finished": form.headers_finished,
                "on_part_data": form.part_data,
                "on_part_end": form.part_end,
            },
        )
        async for block in request.stream():
            await run_in_threadpool(parser.write, block)
        parser.finalize()
    except FormParserError as error:
        raise HttpError(400, "the form is broken") from error
    except OSError as error:
        raise HttpError(507, f"the file cannot be kept: {error.strerror or error}") from error
    except ClientDisconnect as error:
        raise HttpError(400, "the file did not come whole") from error


@dataclass(slots=True)
class _Form:
    """The parser's callbacks."""

    request: Request
    sink: BinaryIO
    limit: int
    name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: dict[bytes, bytes] = field(default_factory=dict)
    _data: bytearray = field(default_factory=bytearray)
    _parts: int = 0

    @property
    def word(self) -> str:
        """The page's own word."""
        return self.fields.get("csrf", "") or self.request.headers.get("x-csrf-token", "")

    def part_begin(self) -> None:
        self._parts += 1
        if self._parts > MOST_FIELDS:
            raise HttpError(400, "the form has too many fields")
        self._disposition = {}
        self._data.clear()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        if len(self._value) > LONGEST_FIELD:
            raise HttpError(400, "the form is broken")

    def header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = parse_options_header(bytes(self._value))[1]
        self._header.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        if b"filename" in self._disposition:
            if self.name:
                raise HttpError(400, "one file at a time")
            check_csrf(caller_of(self.request.scope), self.word)
            self.name = plain_name(self._disposition[b"filename"].decode("utf-8", "replace"))

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if b"filename" not in self._disposition:
            self._data += data[start:end]
            if len(self._data) > LONGEST_FIELD:
                raise HttpError(400, "a field of the form is too long")
        elif self.sink.tell() + end - start > self.limit:
            raise HttpError(413, f"the file is larger than {self.limit >> 20} MB")
        else:
            self.sink.write(data[start:end])

    def part_end(self) -> None:
        if b"filename" not in self._disposition:
            key = self._disposition.get(b"name", b"").decode("utf-8", "replace")
            self.fields[key] = self._data.decode("utf-8", "replace")


def plain_name(sent: str) -> str:
    """A file's name as it may stand in a folder of ours: without folders, control characters, or a dot before it."""
    name = sent.replace("\\", "/").rpartition("/")[2]
    name = "".join(sign for sign in name if sign.isprintable()).strip().lstrip(".").strip()
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(suffix)]}{dot}{suffix}" if len(name) > LONGEST_NAME else name

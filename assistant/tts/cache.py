"""Phrases that are said again and again, kept on disk as sound: bounded in size, the least used ones go first."""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from pathlib import Path

import numpy as np

from assistant.types import AudioClip

MAGIC = b"phrase1\n"
DEFAULT_MAX_BYTES = 32 * 2**20
LONGEST_PHRASE_CHARS = 120


class PhraseCache:
    """Clips of phrases, by voice, speed and text. A phrase is written when it is said for the second time, so that

    talk which never comes back does not wear the card out. Nothing that goes wrong here is an error: a corrupt entry
    is dropped, and where the disk is full or cannot be written there is no cache. One thread at a time may use it.
    """

    def __init__(self, directory: Path, voice: str, speed: float, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._directory = directory
        self._voice = f"{voice}|{speed:.3f}"
        self._max_bytes = max_bytes
        self._said: set[str] = set()

    def get(self, text: str) -> AudioClip | None:
        """The phrase's sound, where it is kept and whole."""
        path = self._path(text)
        try:
            data = path.read_bytes()
            clip = _decoded(data)
            if clip is None:
                path.unlink()
            else:
                os.utime(path)  # the time of last use
        except OSError:
            return None
        return clip

    def put(self, text: str, clip: AudioClip, *, at_once: bool = False) -> None:
        """Offer a phrase that was just synthesised; it is kept from its second time on, or ``at_once``."""
        path = self._path(text)
        if len(text) > LONGEST_PHRASE_CHARS or not (at_once or path.name in self._said):
            self._said.add(path.name)
            return
        data = _encoded(clip)
        if len(data) > self._max_bytes // 4:
            return
        temporary = path.with_name(f".{uuid.uuid4().hex}.part")
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._make_room(len(data))
            # Not fsynced: a phrase that a power cut damages is seen by its checksum and made again.
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _path(self, text: str) -> Path:
        return self._directory / (hashlib.sha256(f"{self._voice}|{text}".encode()).hexdigest()[:40] + ".pcm")

    def _make_room(self, wanted: int) -> None:
        entries = sorted((status.st_mtime_ns, status.st_size, path) for path, status in self._entries())
        total = sum(size for _used, size, _path in entries)
        for _used, size, path in entries:
            if total + wanted <= self._max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

    def _entries(self) -> list[tuple[Path, os.stat_result]]:
        return [(path, path.stat()) for path in self._directory.iterdir() if path.suffix in (".pcm", ".part")]


def _encoded(clip: AudioClip) -> bytes:
    sound = clip.samples.astype("<i2").tobytes()
    body = clip.rate_hz.to_bytes(4, "little") + sound
    return MAGIC + hashlib.sha256(body).digest() + body


def _decoded(data: bytes) -> AudioClip | None:
    body = data[len(MAGIC) + 32 :]
    if not data.startswith(MAGIC) or hashlib.sha256(body).digest() != data[len(MAGIC) : len(MAGIC) + 32]:
        return None
    return AudioClip(np.frombuffer(body[4:], "<i2").astype(np.int16), int.from_bytes(body[:4], "little"))

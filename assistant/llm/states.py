"""Prompt states on disk: a prompt's beginning is evaluated once in a machine's life, and read back in milliseconds."""

from __future__ import annotations

import ctypes
import hashlib
import os
import struct
import zlib
from pathlib import Path

from assistant.llm.native import NativeModel

KEPT = 12
"""So many states are kept; the least recently used go."""
MAGIC = b"prompt1\n"
SAMPLES = 16
SAMPLE_BYTES = 1 << 16


class StateFiles:
    """States of one model in a folder. What goes wrong here is no error: it is only slower the next time.

    A state's name is a hash of the model's content, library, and tokens, and its tokens are compared as well: another's is
    never used, and a file that cannot be read is removed. Nothing of the machine is in it: keys and values are the same
    numbers everywhere, up to rounding, so that an image for a card brings the states that were made where it was built.
    It carries a checksum, because llama.cpp ends the process over a state that was damaged.
    """

    def __init__(self, native: NativeModel, directory: Path) -> None:
        import llama_cpp

        self._native = native
        self._directory = directory
        self._key = f"{native.path.name} {fingerprint(native.path)} {llama_cpp.__version__}"

    def has(self, tokens: list[int]) -> bool:
        """Whether there is a state of exactly ``tokens``."""
        return self._path(tokens).is_file()

    def restore(self, sequence: int, tokens: list[int]) -> bool:
        """Fill an empty sequence with the state of exactly ``tokens``; whether that could be read."""
        path = self._path(tokens)
        try:
            state = _checked(path.read_bytes(), tokens)
            path.touch()
        except OSError:
            return False
        if state is not None:
            buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
            if self._native.lib.llama_state_seq_set_data(self._native.context, buffer, len(state), sequence):
                return True
            self._native.remove(sequence, 0)
        path.unlink(missing_ok=True)
        return False

    def save(self, sequence: int, tokens: list[int]) -> None:
        """Keep what a sequence holds."""
        path = self._path(tokens)
        temporary = path.with_suffix(".part")
        lib, context = self._native.lib, self._native.context
        size = lib.llama_state_seq_get_size(context, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = lib.llama_state_seq_get_data(context, buffer, size, sequence)
        if not written:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(_with_check(memoryview(buffer)[:written], tokens))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            self._prune()
        except OSError:
            temporary.unlink(missing_ok=True)

    def _path(self, tokens: list[int]) -> Path:
        return self._directory / f"{hashlib.sha256(f'{self._key} {tokens}'.encode()).hexdigest()[:32]}.kv"

    def _prune(self) -> None:
        files = sorted(self._directory.glob("*.kv"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in files[KEPT:]:
            path.unlink(missing_ok=True)


def fingerprint(path: Path) -> str:
    """Tells model files apart by their size and samples of their content: half a gigabyte is not read for it, and the same
    file is the same under another date."""
    size = path.stat().st_size
    whole = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for part in range(SAMPLES):
            file.seek(max(0, size - SAMPLE_BYTES) * part // (SAMPLES - 1))
            whole.update(file.read(SAMPLE_BYTES))
    return whole.hexdigest()


def _with_check(state: memoryview, tokens: list[int]) -> bytes:
    body = struct.pack(f"<I{len(tokens)}i", len(tokens), *tokens) + bytes(state)
    return MAGIC + struct.pack("<I", zlib.crc32(body)) + body


def _checked(data: bytes, tokens: list[int]) -> bytes | None:
    """The state in a file's bytes, where they are whole and of these tokens."""
    head = struct.pack(f"<I{len(tokens)}i", len(tokens), *tokens)
    body = data[len(MAGIC) + 4 :]
    check = data[len(MAGIC) : len(MAGIC) + 4]
    if not data.startswith(MAGIC) or check != struct.pack("<I", zlib.crc32(body)) or not body.startswith(head):
        return None
    return body[len(head) :]

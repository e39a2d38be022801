"""Prompt states on disk: a prompt's beginning is evaluated once in a machine's life, and read back in milliseconds."""

from __future__ import annotations

import ctypes
import hashlib
import os
from pathlib import Path

from assistant.llm.native import NativeModel

KEPT = 12
"""So many states are kept; the least recently used go."""


class StateFiles:
    """States of one model in a folder. What goes wrong here is no error: it is only slower the next time.

    A state's name is a hash of model file, library, and tokens, and its tokens are compared as well: another's is never
    used, and a file that cannot be read is removed.
    """

    def __init__(self, native: NativeModel, directory: Path) -> None:
        import llama_cpp

        self._native = native
        self._directory = directory
        stat = native.path.stat()
        self._key = f"{native.path.name} {stat.st_size} {stat.st_mtime_ns} {llama_cpp.__version__}"

    def has(self, tokens: list[int]) -> bool:
        """Whether there is a state of exactly ``tokens``."""
        return self._path(tokens).is_file()

    def restore(self, sequence: int, tokens: list[int]) -> bool:
        """Fill an empty sequence with the state of exactly ``tokens``; whether that could be read."""
        path = self._path(tokens)
        lib = self._native.lib
        buffer = (lib.llama_token * len(tokens))()
        count = ctypes.c_size_t(0)
        read = lib.llama_state_seq_load_file(
            self._native.context, os.fsencode(path), sequence, buffer, len(tokens), ctypes.byref(count)
        )
        if read and list(buffer[: count.value]) == tokens:
            path.touch()
            return True
        self._native.remove(sequence, 0)
        path.unlink(missing_ok=True)
        return False

    def save(self, sequence: int, tokens: list[int]) -> None:
        """Keep what a sequence holds."""
        path = self._path(tokens)
        temporary = path.with_suffix(".part")
        lib = self._native.lib
        buffer = (lib.llama_token * len(tokens))(*tokens)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if lib.llama_state_seq_save_file(
                self._native.context, os.fsencode(temporary), sequence, buffer, len(tokens)
            ):
                with temporary.open("rb+") as file:
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

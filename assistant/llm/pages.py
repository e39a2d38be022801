"""The model file's pages in memory: llama.cpp maps them all at loading, and only those that are read need to stay."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

MADV_DONTNEED = 4
MAPS = Path("/proc/self/maps")


def drop_mapped(path: Path, maps: Path = MAPS) -> int:
    """Let go of the pages of ``path`` that this process has mapped; returns how many bytes that were at most.

    They stay in the system's cache of files, and are mapped again where they are read: the weights by the first token that
    is evaluated. What is not read stays away: the rows of the input embedding that no text has asked for, and tensors
    that llama.cpp has copied into an order that suits the processor.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    dropped = 0
    for start, end in mapped(maps, path):
        if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_DONTNEED) == 0:
            dropped += end - start
    return dropped


def mapped(maps: Path, path: Path) -> list[tuple[int, int]]:
    """(start, end) of each mapping of a file into memory that cannot be written, by the text of ``/proc/self/maps``."""
    try:
        lines = maps.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []  # another system than Linux: its pages stay
    found = []
    name = os.path.realpath(path)
    for line in lines:
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and fields[5] == name and fields[1].startswith("r--"):
            start, end = (int(part, 16) for part in fields[0].split("-"))
            found.append((start, end))
    return found

"""Pages in memory that nobody needs: of the model's file those that are not read, of the context those that hold nothing yet."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

MADV_DONTNEED = 4
MAPS = Path("/proc/self/maps")
MEMORY = Path("/proc/self/mem")
PAGE = 4096
ALIGNED = 64
"""llama.cpp asks for its blocks with this alignment: glibc writes a block's size just before, at the beginning of its mapping."""
MAPPED_BY_MALLOC = 2
BLOCK = 1 << 20

Ranges = list[tuple[int, int]]


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


def drop_zeros(size: int, before: Ranges, maps: Path = MAPS) -> int:
    """Let go of a block of ``size`` bytes of zeros that malloc has mapped since ``before`` (``anonymous()`` of then).

    llama.cpp writes zeros over the whole memory of keys and values. Pages that are let go read as zeros, and take memory when
    something is written into them: one block of cells after the other, as they are used. Returns the bytes, 0 where no such
    block is found, as without glibc. The block must be the caller's own, and not in use meanwhile.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        with MEMORY.open("rb", buffering=0) as memory:
            for start, end in _since(before, anonymous(maps)):
                for page in range(start, end - size, PAGE):
                    first, last = page + PAGE, page + size // PAGE * PAGE
                    if _is_block(memory, page, size) and _is_zero(memory, first, last):
                        done = libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), MADV_DONTNEED)
                        return last - first if done == 0 else 0
    except OSError:
        pass  # another system than Linux, or a mapping that has just gone
    return 0


def anonymous(maps: Path = MAPS) -> Ranges:
    """(start, end) of each mapping without a file that can be written."""
    return [span for access, name, span in _lines(maps) if access.startswith("rw") and not name]


def _since(before: Ranges, now: Ranges) -> Iterator[tuple[int, int]]:
    """What is in ``now`` and not in ``before``: the system joins neighbours, and a new mapping may only make one longer."""
    for start, end in now:
        for old_start, old_end in sorted(before):
            if start < old_end and old_start < end:
                if start < old_start:
                    yield start, old_start
                start = old_end
        if start < end:
            yield start, end


def _is_block(memory: IO[bytes], page: int, size: int) -> bool:
    """Whether malloc has noted a mapped block of ``size`` bytes, and hardly more, at the beginning of a page."""
    memory.seek(page + ALIGNED - 8)
    noted = int.from_bytes(memory.read(8), sys.byteorder)
    return noted & 7 == MAPPED_BY_MALLOC and size <= noted - MAPPED_BY_MALLOC <= size + 2 * PAGE


def _is_zero(memory: IO[bytes], start: int, end: int) -> bool:
    memory.seek(start)
    blocks = (memory.read(min(BLOCK, end - at)) for at in range(start, end, BLOCK))
    return sum(block.count(0) for block in blocks) == end - start


def mapped(maps: Path, path: Path) -> Ranges:
    """(start, end) of each mapping of a file into memory that cannot be written, by the text of ``/proc/self/maps``."""
    name = os.path.realpath(path)
    return [span for access, file, span in _lines(maps) if file == name and access.startswith("r--")]


def _lines(maps: Path) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """(access, file, (start, end)) of each mapping; none on another system than Linux."""
    try:
        lines = maps.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        fields = [*line.split(maxsplit=5), ""]
        start, end = (int(part, 16) for part in fields[0].split("-"))
        yield fields[1], fields[5], (start, end)

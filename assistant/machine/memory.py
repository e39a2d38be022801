"""Keeps the C library from holding memory that nobody uses: loading in several threads leaves a pool for each.

All calls are glibc's; elsewhere they do nothing.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8
ARENAS = 2
"""More would let threads allocate without waiting for each other, and each hold what its busiest moment took."""
LARGE = 8 << 20
"""What is larger is no part of a pool and goes back as soon as it is freed. glibc raises its own bound to 32 MB, and synthesis
then leaves holes among which the next tensor finds no room; below some megabytes clearing pages anew costs time."""


def bound_pools() -> None:
    """Before any thread has begun: all share few pools, and large blocks are in none."""
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE)
        mallopt(M_TRIM_THRESHOLD, 2 * LARGE)


def give_back() -> None:
    """Give what is free back to the system; after loading, and after something large was compiled."""
    gc.collect()
    trim()


def trim() -> None:
    """The same without looking for garbage, which would hold up every thread: some milliseconds."""
    malloc_trim = getattr(_libc(), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)


class Tidy:
    """Gives back what turns have left free, in a moment in which nobody waits: synthesis alone leaves some 90 MB."""

    def __init__(self, trim: Callable[[], object] = trim) -> None:
        self._trim = trim
        self._used = False

    def used(self, _event: object = None) -> None:
        """Something was said, or read anew; from any thread."""
        self._used = True

    def tidy(self) -> bool:
        """Give it back, if anything happened since; whether that was done."""
        used, self._used = self._used, False
        if used:
            self._trim()
        return used


def _libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None

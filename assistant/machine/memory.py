"""Keeps the C library from holding memory that nobody uses: loading in several threads leaves a pool for each.

Both calls are glibc's; elsewhere they do nothing.
"""

from __future__ import annotations

import ctypes
import gc

M_ARENA_MAX = -8
ARENAS = 2
"""More would let threads allocate without waiting for each other, and each hold what its busiest moment took."""


def bound_pools() -> None:
    """Before any thread has begun: all share few pools."""
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give what is free back to the system; after loading, and after something large was compiled."""
    gc.collect()
    trim = getattr(_libc(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _libc() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(None)
    except (OSError, TypeError):
        return None

"""How often somebody may ask: token buckets by address, bounded in number."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_ADDRESSES = 4096


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class RateLimit:
    """``burst`` at once, and ``per_s`` a second after that, for each address."""

    def __init__(self, per_s: float, burst: int, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_s = per_s
        self._burst = burst
        self._clock_s = clock_s
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def allows(self, address: str) -> bool:
        """Whether one more is allowed now; it is counted."""
        bucket = self._current(address)
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def exhausted(self, address: str) -> bool:
        """Whether nothing more is allowed now; nothing is counted."""
        return self._current(address).tokens < 1

    def retry_s(self) -> int:
        """Seconds until one more is allowed."""
        return max(1, round(1 / self._per_s))

    def _current(self, address: str) -> _Bucket:
        now_s = self._clock_s()
        bucket = self._buckets.get(address)
        if bucket is None:
            if len(self._buckets) >= MAX_ADDRESSES:
                self._buckets.popitem(last=False)
            bucket = self._buckets[address] = _Bucket(float(self._burst), now_s)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.at_s) * self._per_s)
        bucket.at_s = now_s
        self._buckets.move_to_end(address)
        return bucket

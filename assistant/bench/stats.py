"""Percentiles and paired ratios of measured times."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """Of one set of times in milliseconds."""

    count: int
    p50_ms: float
    p95_ms: float


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` (0-1) of ``values`` do not pass, interpolated. Raises ValueError without values."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def summarise(times_ms: Sequence[float]) -> Summary:
    """Percentiles of ``times_ms``."""
    return Summary(len(times_ms), percentile(times_ms, 0.5), percentile(times_ms, 0.95))


def paired_ratio(slow_ms: Sequence[float], fast_ms: Sequence[float]) -> tuple[float, float, float]:
    """(median, 5th, 95th percentile) of ``slow / fast``, pair by pair: it holds when the machine's speed drifts."""
    ratios = [slow / fast for slow, fast in zip(slow_ms, fast_ms, strict=True)]
    return statistics.median(ratios), percentile(ratios, 0.05), percentile(ratios, 0.95)

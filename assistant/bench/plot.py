"""Bars and curves as self-contained SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

BAR_WIDTH = 420
ROW_HEIGHT = 26
LABEL_WIDTH = 300
VALUE_WIDTH = 110
COLOURS = ("#2a7f62", "#b3541e", "#3b5ba9", "#8a3b8f", "#6b6b6b")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar; ``text`` instead of the value beside it."""

    label: str
    value: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve."""

    label: str
    points: tuple[tuple[float, float], ...]


def bars(rows: Sequence[Bar], unit: str = "", full: float | None = None, title: str = "") -> str:
    """Horizontal bars. ``full``: the value of a whole bar, else the largest.

    With large spans the lengths are logarithmic, and it is said so below them.
    """
    top = 36 if title else 10
    height = top + ROW_HEIGHT * len(rows) + 26
    parts = _begin(LABEL_WIDTH + BAR_WIDTH + VALUE_WIDTH, height)
    if title:
        parts.append(f'<text x="10" y="22" font-weight="bold">{escape(title)}</text>')
    values = [row.value for row in rows if row.value > 0]
    most, least = full or max(values, default=1.0), min(values, default=1.0)
    logarithmic = full is None and most / least > 50
    for place, row in enumerate(rows):
        y = top + place * ROW_HEIGHT
        share = row.value / most
        if logarithmic and row.value > 0:
            share = math.log(row.value / least * 2) / math.log(most / least * 2)
        text = row.text or " ".join((shown(row.value, apart=","), unit)).strip()
        parts.append(f'<text x="{LABEL_WIDTH - 8}" y="{y + 16}" text-anchor="end">{escape(row.label)}</text>')
        parts.append(f'<rect x="{LABEL_WIDTH}" y="{y + 3}" width="{BAR_WIDTH}" height="18" fill="#e8eaed"/>')
        parts.append(
            f'<rect x="{LABEL_WIDTH}" y="{y + 3}" width="{BAR_WIDTH * share:.1f}" height="18" fill="{COLOURS[0]}"/>'
        )
        parts.append(f'<text x="{LABEL_WIDTH + BAR_WIDTH + 8}" y="{y + 16}">{escape(text)}</text>')
    if logarithmic:
        parts.append(f'<text x="{LABEL_WIDTH}" y="{height - 8}" fill="#666">lengths are logarithmic</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def shown(value: float, apart: str = "") -> str:
    """A number with three significant digits; ``apart``: what stands between its thousands."""
    return f"{value:{apart}.0f}" if abs(value) >= 100 else f"{value:.3g}"


def curves(series: Sequence[Series], across: str, up: str, width: int = 640, height: int = 360) -> str:
    """Curves over a logarithmic horizontal axis, from zero upwards."""
    points = [point for one in series for point in one.points]
    left, bottom, right, top = 70, height - 50, width - 20, 20 + 18 * len(series)
    low, high = min(x for x, _ in points), max(x for x, _ in points)
    most = max(y for _, y in points) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        share = math.log(x / low) / math.log(high / low) if high > low else 0.5
        return left + (right - left) * share, bottom - (bottom - top) * y / most

    parts = _begin(width, height)
    parts.append(f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="#888"/>')
    for x in sorted({x for x, _ in points}):
        at = place(x, 0)[0]
        parts.append(f'<text x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{x:,.0f}</text>')
    for share in (0.0, 0.5, 1.0):
        at = place(low, most * share)[1]
        parts.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{most * share:.3g}</text>')
    parts.append(f'<text x="{(left + right) / 2}" y="{height - 8}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text x="12" y="{top - 6}">{escape(up)}</text>')
    for number, one in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in one.points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
            for x, y in (place(*point) for point in one.points)
        ]
        parts.append(
            f'<text x="{right}" y="{18 + 18 * number}" text-anchor="end" fill="{colour}">{escape(one.label)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _begin(width: int, height: int) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]

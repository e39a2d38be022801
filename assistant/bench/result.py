"""What a benchmark found: a table, targets that it meets or not, and what can be drawn of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.bench.plot import Bar, Series, bars, curves, shown
from assistant.bench.stats import paired_ratio, summarise

Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class Target:
    """What was to be reached. ``at_least``: else at most ``limit``."""

    what: str
    value: float
    limit: float
    at_least: bool = True

    @property
    def met(self) -> bool:
        """Whether it is."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def line(self) -> str:
        """One line for people."""
        sign, said = (">=" if self.at_least else "<="), ("met" if self.met else "falls short")
        return f"{self.what}: {self.value:.2f} ({sign} {self.limit:g}, {said})"


@dataclass(frozen=True, slots=True)
class Measured:
    """One benchmark's result. ``rows`` have a cell for each of ``columns``; ``series`` are curves, else bars are drawn of

    the columns named in ``drawn``.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    targets: tuple[Target, ...] = ()
    series: tuple[Series, ...] = ()
    axes: tuple[str, str] = ("", "")
    drawn: tuple[str, ...] = ()
    note: str = ""

    def markdown(self) -> str:
        """The table, the targets, the note."""
        lines = [f"## {self.title}", "", _row(self.columns), _row("---" for _ in self.columns)]
        lines += [_row(cell_text(cell) for cell in row) for row in self.rows]
        lines += ["", *(f"- {target.line()}" for target in self.targets), *([self.note] if self.note else [])]
        return "\n".join(lines).rstrip() + "\n"

    def picture(self) -> str:
        """An SVG."""
        if self.series:
            return curves(self.series, *self.axes)
        title = f"{self.title} ({', '.join(self.drawn)})"
        return bars([bar for row in self.rows for bar in self._bars(row)], self.axes[1], title=title)

    def _bars(self, row: tuple[Cell, ...]) -> list[Bar]:
        values = dict(zip(self.columns, row, strict=True))
        label = ", ".join(str(cell) for cell in itertools.takewhile(lambda cell: isinstance(cell, str), row))
        return [
            Bar(label if len(self.drawn) == 1 else f"{label}, {column}", float(value))
            for column in self.drawn
            if isinstance(value := values[column], int | float)
        ]

    def write(self, folder: Path) -> None:
        """``NAME.json``, ``NAME.md`` and ``NAME.svg`` in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        document = {**asdict(self), "targets": [{**asdict(t), "met": t.met} for t in self.targets]}
        (folder / f"{self.name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        (folder / f"{self.name}.md").write_text(self.markdown(), encoding="utf-8")
        (folder / f"{self.name}.svg").write_text(self.picture(), encoding="utf-8")


def cell_text(cell: Cell) -> str:
    """A cell as text, with three significant digits."""
    if cell is None:
        return ""
    return shown(cell) if isinstance(cell, float) else str(cell)


TIMES = ("times", "p50 ms", "p95 ms")


def times(values_ms: Sequence[float]) -> tuple[int, float, float]:
    """The cells under ``TIMES``."""
    summary = summarise(values_ms)
    return summary.count, summary.p50_ms, summary.p95_ms


def ratio_text(slow_ms: Sequence[float], fast_ms: Sequence[float]) -> tuple[float, str]:
    """(median of the paired ratios, their 5th to 95th percentile as text)."""
    median, low, high = paired_ratio(slow_ms, fast_ms)
    return median, f"{low:.2f} to {high:.2f}"


def _row(cells: object) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"  # type: ignore[call-overload]  # any iterable of cells

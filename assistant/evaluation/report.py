"""The evaluation's report: a Markdown table and a bar chart as SVG, both from the same results."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from assistant.bench.stats import percentile
from assistant.evaluation.sets import SetResult, noise_means

BAR_WIDTH = 420
ROW_HEIGHT = 26
LABEL_WIDTH = 190


def markdown(results: Sequence[SetResult]) -> str:
    """One row a set, then one row a category of each."""
    lines = ["| set | cases | right | word error rate | understanding p50 / p95 ms |", "|---|---|---|---|---|"]
    for result in results:
        times = [mark.nlu_ms for mark in result.marks]
        wer = "" if result.wer is None else f"{result.wer:.2f} %"
        share = f"{result.share:.1f} %" if any(m.why != "" for m in result.marks) else ""
        lines.append(
            f"| {result.name} | {len(result.marks)} | {share} | {wer} "
            f"| {percentile(times, 0.5):.1f} / {percentile(times, 0.95):.1f} |"
        )
    mean = noise_means(results)
    if mean is not None:
        lines.append(f"| coffee, mean over noise | | {mean:.1f} % | | |")
    lines += ["", "| set | category | right |", "|---|---|---|"]
    lines += [
        f"| {result.name} | {name} | {share:.1f} % |"
        for result in results
        for name, share in result.by_category().items()
    ]
    return "\n".join(lines) + "\n"


def picture(results: Sequence[SetResult]) -> str:
    """Horizontal bars of the share right, as a self-contained SVG."""
    height = ROW_HEIGHT * len(results) + 20
    width = LABEL_WIDTH + BAR_WIDTH + 80
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for row, result in enumerate(results):
        y = 10 + row * ROW_HEIGHT
        length = BAR_WIDTH * result.share / 100
        parts.append(f'<text x="{LABEL_WIDTH - 8}" y="{y + 16}" text-anchor="end">{escape(result.name)}</text>')
        parts.append(f'<rect x="{LABEL_WIDTH}" y="{y + 3}" width="{BAR_WIDTH}" height="18" fill="#e8eaed"/>')
        parts.append(f'<rect x="{LABEL_WIDTH}" y="{y + 3}" width="{length:.1f}" height="18" fill="#2a7f62"/>')
        parts.append(f'<text x="{LABEL_WIDTH + BAR_WIDTH + 8}" y="{y + 16}">{result.share:.1f} %</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"

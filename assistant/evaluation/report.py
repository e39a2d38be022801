"""The evaluation's report: a Markdown table and a bar chart as SVG, both from the same results."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.bench.plot import Bar, bars
from assistant.bench.stats import percentile
from assistant.evaluation.sets import SetResult, noise_means


def markdown(results: Sequence[SetResult]) -> str:
    """One row a set, one a way of understanding, then one row a category of each."""
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
    lines += ["", *_by_route(results)]
    lines += ["", "| set | category | right |", "|---|---|---|"]
    lines += [
        f"| {result.name} | {name} | {share:.1f} % |"
        for result in results
        for name, share in result.by_category().items()
    ]
    return "\n".join(lines) + "\n"


def _by_route(results: Sequence[SetResult]) -> list[str]:
    """How long understanding took by what understood: the templates (``match``), the model's part (``model``), a skill."""
    times: dict[str, list[float]] = {}
    for mark in (mark for result in results for mark in result.marks):
        times.setdefault(mark.route or "none", []).append(mark.nlu_ms)
    rows = [
        f"| {route} | {len(found)} | {percentile(found, 0.5):.1f} | {percentile(found, 0.95):.1f} |"
        for route, found in sorted(times.items())
    ]
    return ["| understood by | cases | p50 ms | p95 ms |", "|---|---|---|---|", *rows]


def picture(results: Sequence[SetResult]) -> str:
    """Horizontal bars of the share right, as a self-contained SVG."""
    return bars([Bar(result.name, result.share, f"{result.share:.1f} %") for result in results], full=100.0)

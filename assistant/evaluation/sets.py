"""The evaluation sets: which case files are run, and the noisy copies of the spoken ones."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigError
from assistant.evaluation.cases import Case, read_cases
from assistant.evaluation.scoring import judge, word_errors

if TYPE_CHECKING:
    from assistant.evaluation.batch import BatchRunner

NOISE_STEPS_DB = (24, 21, 18, 15, 12, 9, 6)
SPOKEN_EVERY = 3
"""Of the written sets each third case is also spoken: hearing costs a second where reading costs milliseconds."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One case's outcome: ``why`` is ``None`` where it is right."""

    case_id: str
    category: str
    said: str
    why: str | None
    route: str | None
    nlu_ms: float


@dataclass(frozen=True, slots=True)
class SetResult:
    """All marks of one set; ``wer`` in per cent where its cases have transcripts."""

    name: str
    marks: tuple[Mark, ...]
    wer: float | None = None

    @property
    def share(self) -> float:
        """Per cent right."""
        return 100.0 * sum(mark.why is None for mark in self.marks) / max(1, len(self.marks))

    def by_category(self) -> dict[str, float]:
        """Per cent right of each category."""
        groups: dict[str, list[bool]] = defaultdict(list)
        for mark in self.marks:
            groups[mark.category].append(mark.why is None)
        return {name: 100.0 * sum(marks) / len(marks) for name, marks in sorted(groups.items())}


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """A named case file. ``snr_db`` mixes room noise into its recordings; ``spoken``: voices say its texts.

    ``every``: only each so manyth case is run.
    """

    name: str
    path: Path
    snr_db: float | None = None
    spoken: bool = False
    every: int = 1


def find_sets(project: Path, shared: Path, *, noise: bool, spoken: bool = True) -> list[EvaluationSet]:
    """The sets that are there: the public ones in ``shared``, the project's own in ``tests/understanding``."""
    own = project / "tests" / "understanding"
    places = [(name, shared / "dev" / f"{name}.jsonl") for name in ("intents", "speech", "coffee")]
    places += [(f"own-{path.stem}", path) for path in sorted(own.glob("*.jsonl"))]
    sets = [EvaluationSet(name, path) for name, path in places if path.is_file()]
    if spoken:
        sets += [
            EvaluationSet(f"spoken-{which.name}", which.path, spoken=True, every=SPOKEN_EVERY)
            for which in sets
            if which.name not in ("speech", "coffee")
        ]
    coffee = shared / "dev" / "coffee.jsonl"
    if noise and coffee.is_file():
        sets += [EvaluationSet(f"coffee-{snr:02d}dB", coffee, snr) for snr in NOISE_STEPS_DB]
    if not sets:
        raise ConfigError(f"no case files in {own} or {shared}", mend="name case files on the command line")
    return sets


def run_set(runner: BatchRunner, which: EvaluationSet, advance: Callable[[], object]) -> SetResult:
    """Run and mark one set; ``advance`` is called after each of its cases."""
    rows = {str(row["id"]): row for row in _rows(which.path)}
    marks: list[Mark] = []
    errors = words = 0
    for plain in list(read_cases(which.path))[:: which.every]:
        case = replace(plain, snr_db=which.snr_db, spoken=which.spoken)
        result = runner.run_case(case)
        row = rows[case.id]
        counted = word_errors(row, result)
        if counted is not None:
            errors, words = errors + counted.errors, words + counted.words
        marks.append(_mark(case, row, result))
        advance()
    return SetResult(which.name, tuple(marks), 100.0 * errors / words if words else None)


def noise_means(results: Sequence[SetResult]) -> float | None:
    """Mean per cent over the noisy copies, ``None`` without any."""
    shares = [result.share for result in results if result.name.endswith("dB")]
    return math.fsum(shares) / len(shares) if shares else None


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield json.loads(line)


def _mark(case: Case, row: Mapping[str, Any], result: Mapping[str, Any]) -> Mark:
    times = result.get("ms")
    nlu_ms = float(times.get("nlu", 0.0)) if isinstance(times, Mapping) else 0.0
    heard = str(result.get("transcript", ""))
    said = f"{case.text} (heard: {heard})" if case.spoken else case.text or heard
    route = result.get("route")
    return Mark(case.id, case.category, said, judge(row, result), str(route) if route else None, nlu_ms)

"""One process that loads the product's parts one after the other, and prints what each took and holds, as JSON.

Run as ``python -m assistant.bench.probe`` by the benchmarks of start and memory: both need a process of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.parts import Parts
    from assistant.types import AudioClip

STARTED_S = time.perf_counter()


def memory_mb() -> dict[str, float]:
    """Resident and proportional memory, and what of it is the process's own, in MB."""
    text = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    fields = {line.split(":")[0]: line.split()[1] for line in text.splitlines()[1:]}
    own = int(fields["Anonymous"])
    return {"rss": int(fields["Rss"]) / 1024, "pss": int(fields["Pss"]) / 1024, "own": own / 1024}


def peak_mb() -> float:
    """The most that was resident at any moment."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    """Load everything in the order in which the daemon does."""
    from assistant.config import load_config
    from assistant.parts import Parts
    from assistant.parts.prepared import warm_model

    config = load_config(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    rows: list[dict[str, object]] = []

    def step(name: str, work: Callable[[], object]) -> None:
        began_s = time.perf_counter()
        work()
        now_s = time.perf_counter()
        rows.append(
            {"step": name, "ms": (now_s - began_s) * 1000, "since_start_ms": (now_s - STARTED_S) * 1000, **memory_mb()}
        )

    with Parts(config) as parts:
        step("python, configuration", lambda: None)
        step("house and sentences", lambda: parts.mind.foresee("turn on the light", parts.context(), deep=False))
        step("hearing", lambda: parts.hearing.ears_for(parts.mind))
        step("voice", lambda: parts.voices.plain.warm_up())
        step("nearest phrasings", lambda: parts.mind.foresee("it is rather gloomy here", parts.context(), deep=True))
        step("language model", lambda: parts.model.engine)
        step("its prompts' states", lambda: warm_model(parts))
        step("a first answer", lambda: list(_answer(parts)))
        sys.stdout.write(json.dumps({"steps": rows, "peak_mb": peak_mb()}) + "\n")


def _answer(parts: Parts) -> Iterator[AudioClip]:
    return parts.voice.speak(parts.talk().answer("who wrote hamlet", parts.context(), lambda: False))


if __name__ == "__main__":
    main()

"""Sentences spoken in pieces, and by the same network run as a whole: the first sound, all of it, and memory on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from assistant.bench.pace import Pace
from assistant.bench.probe import memory_mb, peak_mb
from assistant.bench.result import TIMES, Cell, Measured, Target, ratio_text, times
from assistant.config import Config
from assistant.machine.memory import bound_pools, trim
from assistant.models.installed import resolve
from assistant.tts.piper import PiperVoiceEngine

SENTENCES = (
    "The kitchen light is on.",
    "It is seven twenty, and there will be rain until about eleven.",
    "Plants use the energy of sunlight to turn water and carbon dioxide into sugar, and give off the oxygen that we breathe.",
)
RESET_PEAK = "5"


def measure(config: Config, pace: Pace) -> Measured:
    """Both in turn, sentence by sentence."""
    bound_pools()
    directory = resolve(config.tts.voice, config.paths.models).directory
    voices = {name: PiperVoiceEngine(directory, in_pieces=name == "in pieces") for name in ("whole", "in pieces")}
    for voice in voices.values():
        voice.warm_up()
    first: dict[tuple[str, str], list[float]] = {(name, said): [] for said in SENTENCES for name in voices}
    last: dict[tuple[str, str], list[float]] = {key: [] for key in first}
    for _ in pace.rounds():
        for (name, said), firsts in first.items():
            begun_s = time.perf_counter()
            ends = [time.perf_counter() - begun_s for _clip in voices[name].synthesize(said)]
            firsts.append(ends[0] * 1000)
            last[name, said].append(ends[-1] * 1000)
    rows: list[tuple[Cell, ...]] = []
    for name, said in first:
        seconds = sum(clip.duration_s for clip in voices[name].synthesize(said))
        sooner, spread = ratio_text(first["whole", said], first[name, said])
        shorter, _ = ratio_text(last["whole", said], last[name, said])
        rise = _rise_mb(lambda voice=voices[name], said=said: list(voice.synthesize(said)))  # type: ignore[misc]
        rows.append((f"{seconds:.1f} s", name, *times(first[name, said]), sooner, spread, shorter, rise))
    longest, _ = ratio_text(first["whole", SENTENCES[-1]], first["in pieces", SENTENCES[-1]])
    return Measured(
        "speech",
        "A sentence's first sound",
        ("sentence", "way", *TIMES, "x sooner", "5-95 %", "x as fast in all", "MB more on the way"),
        tuple(rows),
        (Target("the longest sentence: times as soon", longest, 2.0),),
        drawn=("p50 ms",),
        axes=("", "ms"),
    )


def _rise_mb(work: Callable[[], object]) -> float | None:
    """How many MB more than before were resident at most during the work; ``None`` where the system does not tell."""
    trim()
    try:
        Path("/proc/self/clear_refs").write_text(RESET_PEAK, encoding="ascii")
    except OSError:
        return None
    before = memory_mb()["rss"]
    work()
    return peak_mb() - before

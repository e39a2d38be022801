"""The command that finds wake words in sound files."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.config import Config, load_config

if TYPE_CHECKING:
    from assistant.audio.wake import WakeEngine
    from assistant.types import AudioClip

TAIL_S = 1.5
"""What is heard after a file's end, so that a word that ends with it can still be recognised."""


def add_parser(commands: Any) -> None:
    """Declare the command on argparse's sub-parsers."""
    wake = commands.add_parser("wake", help="find wake words in sound files; one JSON object a file")
    wake.add_argument("files", nargs="+", type=Path)
    wake.add_argument(
        "--word",
        action="append",
        metavar="WORD",
        help="a built-in word, a .tflite file or a phrase; repeatable (default: all built-in and configured words)",
    )
    wake.add_argument("--sensitivity", type=float, metavar="0-1", help="instead of the configured one")
    wake.set_defaults(run=run_wake)


def run_wake(args: argparse.Namespace) -> int:
    """Print what each file holds."""
    from assistant.audio.files import load_clip
    from assistant.audio.openwakeword import BUILT_IN

    config = load_config(args.config)
    words = args.word or list(dict.fromkeys((*BUILT_IN, *config.wake.words)))
    sensitivity = config.wake.sensitivity if args.sensitivity is None else min(max(args.sensitivity, 0.0), 1.0)
    engine = build_engine(words, sensitivity, config)
    for path in args.files:
        print(json.dumps({"file": str(path), "detections": detections(engine, load_clip(path))}), flush=True)
    return 0


def build_engine(words: list[str], sensitivity: float, config: Config) -> WakeEngine:
    """The wake words' detector; with the speech recogniser's help where its model is there."""
    from assistant.service.waking import load_recogniser, wake_engine

    return wake_engine(words, sensitivity, config, load_recogniser(config))


def detections(engine: WakeEngine, clip: AudioClip) -> list[dict[str, str | float]]:
    """The wake words in ``clip`` (16 kHz), with the seconds at which they end."""
    import numpy as np

    engine.reset()
    silence = np.random.default_rng(1).normal(0, 4, int(TAIL_S * clip.rate_hz)).astype(np.int16)
    found = [*engine.process(clip.samples), *engine.process(silence)]
    return [
        {"name": hit.name, "at_s": round(min(hit.at_s, clip.duration_s), 2), "score": hit.score}
        for hit in sorted(found, key=lambda hit: hit.end_sample)
    ]

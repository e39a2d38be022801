"""Measure wake words on the public recordings, alone and spoken into the assistant's own voice.

Usage: scripts/eval-listening [--clips N]

Alone: missed and false of all recordings in ../shared/eval/dev/wake.jsonl. Into a reply: N of them are mixed into the
voice's echo in a simulated room (50 ms late, 125 ms of tail), which is so many decibels louder than the speaker, with
echo cancellation and without. A false one is a wake word where none was said.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from assistant.audio.echo import EchoSuppressor, PassThrough  # noqa: E402
from assistant.audio.files import load_clip, to_mono_16k  # noqa: E402
from assistant.audio.noise import active_level_db  # noqa: E402
from assistant.commands.wake import build_engine, detections  # noqa: E402
from assistant.config import Config  # noqa: E402
from assistant.parts import Parts  # noqa: E402
from assistant.types import AudioClip  # noqa: E402

EVAL = ROOT.parent / "shared" / "eval" / "dev"
RATE_HZ = 16_000
FRAME = 320
LEAD_S = 3.0
"""The canceller has heard the assistant for so long before the word: it knows the room then."""
REPLY = (
    "I switch and set the devices of this home, keep timers, alarms, reminders, lists and notes, calculate and convert "
    "units, tell times and dates, translate, and talk. For example, set a timer for ten minutes, or ask about the moon."
)


def room(played: np.ndarray) -> np.ndarray:
    """``played`` as the microphone hears it."""
    tail = np.random.default_rng(7).normal(0, 0.06, 2000) * np.exp(-np.arange(2000) / 500)
    return np.convolve(played, np.concatenate([np.zeros(800), [0.6], tail]))[: len(played)]


def into_reply(reply: np.ndarray, clip: AudioClip | None, louder_db: float, *, cancelled: bool) -> AudioClip:
    """What the listener hears of a word spoken into a reply."""
    echo = room(reply)
    rate = AudioClip(np.clip(echo, -32768, 32767).astype(np.int16), RATE_HZ)
    heard = echo
    if clip is not None:
        heard = echo * 10 ** ((active_level_db(clip) + louder_db - active_level_db(rate)) / 20)
        start = int(LEAD_S * RATE_HZ)
        end = min(len(heard), start + len(clip.samples))
        heard[start:end] += clip.samples[: end - start]
    scale = min(1.0, 32000 / max(1.0, float(np.abs(heard).max())))
    near = (heard * scale).astype(np.int16)
    suppressor = EchoSuppressor(None if cancelled else PassThrough())
    parts = []
    for begin in range(0, len(near) - FRAME, FRAME):
        suppressor.played(AudioClip(reply[begin : begin + FRAME], RATE_HZ))
        parts.append(suppressor.clean(near[begin : begin + FRAME]))
    return AudioClip(np.concatenate(parts), RATE_HZ)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=int, default=40, help="words spoken into a reply (default 40)")
    args = parser.parse_args()
    cases = [json.loads(line) for line in (EVAL / "wake.jsonl").read_text().splitlines()]
    names = sorted({case["wake"] for case in cases if case["wake"]})
    engine = build_engine(names, 0.5, Config())
    words = [case for case in cases if case["wake"]]
    others = [case for case in cases if not case["wake"]]
    missed = sum(not detections(engine, load_clip(EVAL / case["audio"])) for case in words)
    false = sum(len(detections(engine, load_clip(EVAL / case["audio"]))) for case in others)
    print(f"alone: {missed} of {len(words)} missed ({100 * missed / len(words):.1f} %), {false} false in {len(others)}")
    with Parts(Config()) as parts:
        reply = to_mono_16k(parts.say(REPLY)).samples
    chosen = [load_clip(EVAL / case["audio"]) for case in words[:: max(1, len(words) // args.clips)][: args.clips]]
    print("echo louder by | heard with cancellation | without")
    for louder_db in (0.0, 6.0, 12.0, 18.0):
        found = [
            sum(bool(detections(engine, into_reply(reply, clip, louder_db, cancelled=way))) for clip in chosen)
            for way in (True, False)
        ]
        print(f"{louder_db:>3.0f} dB | {found[0]} of {len(chosen)} | {found[1]} of {len(chosen)}", flush=True)
    own = [len(detections(engine, into_reply(reply, None, 0.0, cancelled=way))) for way in (True, False)]
    print(f"its own reply alone: {own[0]} false with cancellation, {own[1]} without")


if __name__ == "__main__":
    main()

"""Earcons: short sounds that say "I hear you", "understood", "that failed" and "look here" without words, made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from assistant.types import AudioClip

Earcon = Literal["heard", "understood", "failed", "ring"]
RATE_HZ = 22_050
LOUDNESS = 0.25
FADE_S = 0.008


@dataclass(frozen=True, slots=True)
class _Note:
    hz: float
    seconds: float
    loudness: float = 1.0


# Rising asks, falling closes, low and twice regrets.
NOTES: dict[Earcon, tuple[_Note, ...]] = {
    "heard": (_Note(659.3, 0.06), _Note(987.8, 0.09)),
    "understood": (_Note(987.8, 0.05), _Note(1318.5, 0.08, 0.8)),
    "failed": (_Note(311.1, 0.12), _Note(233.1, 0.18)),
    "ring": (_Note(784.0, 0.14), _Note(1046.5, 0.14), _Note(784.0, 0.14), _Note(1046.5, 0.2)),
}


@lru_cache(maxsize=8)
def earcon(name: Earcon, rate_hz: int = RATE_HZ) -> AudioClip:
    """The sound as mono int16 at ``rate_hz``; under a third of a second, but for ``ring``."""
    return AudioClip(_sound(NOTES[name], rate_hz), rate_hz)


def _sound(notes: Sequence[_Note], rate_hz: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    parts = []
    for note in notes:
        seconds = np.arange(round(note.seconds * rate_hz)) / rate_hz
        tone = np.sin(2 * np.pi * note.hz * seconds) + 0.3 * np.sin(4 * np.pi * note.hz * seconds)
        # A soft beginning and end, so that nothing clicks; in between it dies away like something struck.
        edge = np.minimum(seconds, seconds[::-1]) / FADE_S
        parts.append(note.loudness * tone * np.minimum(edge, 1.0) * np.exp(-4 * seconds / note.seconds * 0.4))
    return np.rint(np.concatenate(parts) * LOUDNESS / 1.3 * 32767).astype(np.int16)

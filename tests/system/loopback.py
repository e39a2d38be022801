"""Sound through ALSA's loopback cards (snd-aloop): what is played into one end of a card is recorded at its other end.

Used inside of the machines that scripts/test-alsa and scripts/test-image boot, with nothing but Python and alsa-utils.
"""

from __future__ import annotations

import signal
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RATE_HZ = 16_000
PATIENCE_S = 1200.0
HEAD_BYTES = 44
FORMAT = ("-f", "S16_LE", "-r", str(RATE_HZ), "-c", "1")


def play(device: str, source: Path) -> None:
    """Play a file to its end."""
    subprocess.run(("aplay", "-q", "-D", device, str(source)), check=True, timeout=PATIENCE_S)


@contextmanager
def recording(device: str, target: Path) -> Iterator[None]:
    """Record into a file (16 kHz, one channel) as long as the block lasts."""
    with subprocess.Popen(("arecord", "-q", "-D", device, *FORMAT, str(target))) as recorder:
        try:
            yield
        finally:
            recorder.send_signal(signal.SIGINT)
            recorder.wait(PATIENCE_S)
    _complete(target)


def _complete(target: Path) -> None:
    """Note the lengths in the file's head: who is interrupted in the middle of reading leaves that undone."""
    size = target.stat().st_size
    with target.open("r+b") as file:
        for place, length in ((4, size - 8), (40, size - HEAD_BYTES)):
            file.seek(place)
            file.write(struct.pack("<I", length))


def through_the_card(card: int, source: Path, target: Path) -> None:
    """Play a file into one end of a card, and record its other end; nobody else may have it open."""
    with recording(f"plughw:{card},1,7", target):
        time.sleep(1)
        play(f"plughw:{card},0,7", source)
        time.sleep(1)

"""What scripts/test-alsa puts into the shared folder: a spoken command, with a room's silence around it."""

import sys
from pathlib import Path

import numpy as np

from assistant.audio.files import save_clip, to_mono_16k
from assistant.config import Config
from assistant.parts import Parts
from assistant.types import AudioClip

RATE_HZ = 16_000

silence = np.random.default_rng(1).normal(0, 4, 2 * RATE_HZ).astype(np.int16)
with Parts(Config()) as parts:
    command = to_mono_16k(parts.say("Hey Jarvis, turn on the kitchen light."))
save_clip(AudioClip(np.concatenate([silence, command.samples, silence]), RATE_HZ), Path(sys.argv[1]) / "command.wav")

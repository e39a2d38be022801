"""What scripts/test-alsa puts into the shared folder: spoken commands, with a room's silence around them."""

import sys
from pathlib import Path

import numpy as np

from assistant.audio.files import save_clip, to_mono_16k
from assistant.config import Config
from assistant.parts import Parts
from assistant.types import AudioClip

RATE_HZ = 16_000

COMMANDS = {"on.wav": "Hey Jarvis, turn on the kitchen light.", "off.wav": "Hey Jarvis, turn off the kitchen light."}

silence = np.random.default_rng(1).normal(0, 4, RATE_HZ).astype(np.int16)
with Parts(Config()) as parts:
    for name, text in COMMANDS.items():
        command = to_mono_16k(parts.say(text)).samples
        clip = AudioClip(np.concatenate([silence, command, silence, silence]), RATE_HZ)
        save_clip(clip, Path(sys.argv[1]) / name)

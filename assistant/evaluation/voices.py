"""Voices that say a written case, so that hearing and understanding are measured together over whole homes."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.audio.files import SPEECH_RATE_HZ, load_clip, resample
from assistant.errors import AssistantError
from assistant.types import AudioClip

FLITE_VOICES = ("slt", "rms", "awb", "kal16")
"""Of flite, which is used where it is installed: one voice alone says little about hearing."""
PIPER_SHARE = 2
PEAK = 12_000
TIMEOUT_S = 30.0


class Voices:
    """Says texts: a third in Piper's voice, the rest in flite's. The same text of the same case sounds always the same."""

    def __init__(self, piper: Callable[[str], AudioClip]) -> None:
        self._piper = piper
        self._flite = shutil.which("flite")

    def say(self, text: str, case_id: str) -> AudioClip:
        """``text`` at 16 kHz and at one loudness; the voice is the case's."""
        number = zlib.crc32(case_id.encode()) % (PIPER_SHARE + len(FLITE_VOICES))
        clip = self._piper(text) if number < PIPER_SHARE or self._flite is None else self._by_flite(text, number)
        clip = resample(clip, SPEECH_RATE_HZ)
        samples = clip.samples * (PEAK / max(1.0, float(np.abs(clip.samples.astype(np.int32)).max(initial=0))))
        return AudioClip(np.rint(samples).astype(np.int16), SPEECH_RATE_HZ)

    def _by_flite(self, text: str, number: int) -> AudioClip:
        voice = FLITE_VOICES[number - PIPER_SHARE]
        with tempfile.TemporaryDirectory(prefix="assistant-voice-") as folder:
            path = Path(folder) / "said.wav"
            command = [self._flite or "flite", "-voice", voice, "-t", text, "-o", str(path)]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
            except (OSError, subprocess.SubprocessError) as error:
                raise AssistantError(f"flite cannot say '{text}': {error}") from error
            return load_clip(path)

"""espeak-ng as a voice: for languages without a Piper voice. A process for each sentence, its sound read as WAV."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Iterator

import numpy as np

from assistant.errors import ModelError
from assistant.types import AudioClip

PROGRAM = "espeak-ng"
WORDS_A_MINUTE = 160
TIMEOUT_S = 20.0
_VOICES = {"zh": "cmn", "en": "en-us", "pt": "pt-br", "no": "nb"}


def espeak_available() -> bool:
    """Whether the program is installed."""
    return shutil.which(PROGRAM) is not None


class EspeakVoiceEngine:
    """Speaks one language. Raises ModelError where the program is missing or does not know the language."""

    def __init__(self, language: str, speed: float = 1.0) -> None:
        self.language = language
        self.name = f"espeak-ng {language}"
        self.speed = speed

    def synthesize(self, text: str) -> Iterator[AudioClip]:
        """One clip of ``text``."""
        voice = _VOICES.get(self.language.partition("-")[0], self.language)
        command = [PROGRAM, "-v", voice, "-s", str(round(WORDS_A_MINUTE * self.speed)), "--stdout", "--stdin"]
        try:
            run = subprocess.run(command, input=text.encode(), capture_output=True, timeout=TIMEOUT_S, check=True)
            with wave.open(io.BytesIO(_with_length(run.stdout))) as sound:
                samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
                rate = sound.getframerate()
        except FileNotFoundError as error:
            raise ModelError("espeak-ng is not installed", mend="install the package espeak-ng") from error
        except (OSError, subprocess.SubprocessError, wave.Error, EOFError) as error:
            raise ModelError(f"espeak-ng cannot speak {self.language!r}") from error
        yield AudioClip(samples.copy(), rate)


def _with_length(sound: bytes) -> bytes:
    """The WAV with its true length: a pipe's writer could not know it when it began."""
    size = len(sound)
    return sound[:4] + (size - 8).to_bytes(4, "little") + sound[8:40] + (size - 44).to_bytes(4, "little") + sound[44:]

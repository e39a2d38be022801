"""The voices of one process: the assistant's own, and those of other languages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.errors import ModelError
from assistant.models.installed import resolve
from assistant.models.manifest import load_manifest

if TYPE_CHECKING:
    from assistant.tts.piper import PiperVoiceEngine
    from assistant.tts.speaker import Speaker


class VoiceParts:
    """``quiet`` keeps the model's lesser users away while speech is made. ``config`` is replaced when it is read again."""

    def __init__(self, config: Config, quiet: Callable[[], AbstractContextManager[None]]) -> None:
        self.config = config
        self._quiet = quiet
        self._foreign: dict[str, tuple[Speaker, str]] = {}

    @cached_property
    def plain(self) -> PiperVoiceEngine:
        """Piper alone: whole texts in, sound out."""
        from assistant.tts.piper import PiperVoiceEngine

        directory = resolve(self.config.tts.voice, self.config.paths.models).directory
        return PiperVoiceEngine(directory, speed=self.config.tts.speed)

    @cached_property
    def own(self) -> Speaker:
        """Piper behind spoken forms, sentence splitting and the phrase cache.

        Where the configured voice does not speak the assistant's language, an installed one that does, or espeak-ng.
        """
        from assistant.tts.speaker import Speaker

        language = self.config.assistant.language.partition("-")[0]
        if voice_language(self.config.tts.voice) not in (language, None):
            return self._other_voice(language)[0]
        return Speaker(
            self.plain,
            language=language,
            cache_dir=self.config.paths.state / "phrases",
            while_synthesising=self._quiet,
        )

    def foreign(self, language: str) -> tuple[Speaker, str]:
        """The voice of another language: an installed Piper voice, else espeak-ng's, else the assistant's own."""
        if language == self.config.assistant.language.partition("-")[0]:
            return self.own, self.config.tts.voice
        if language not in self._foreign:
            self._foreign[language] = self._other_voice(language)
        return self._foreign[language]

    def _other_voice(self, language: str) -> tuple[Speaker, str]:
        from assistant.tts.espeak import EspeakVoiceEngine, espeak_available
        from assistant.tts.piper import PiperVoiceEngine
        from assistant.tts.speaker import Speaker

        speed = self.config.tts.speed
        installed = installed_voice(language, self.config.paths.models)
        if installed is not None:
            return Speaker(PiperVoiceEngine(installed, speed=speed), language=language), installed.name
        if espeak_available():
            engine = EspeakVoiceEngine(language, speed)
            return Speaker(engine, language=language), engine.name
        own = Speaker(self.plain, language=language)
        return own, f"{self.plain.name}, for want of one for {language}"


def installed_voice(language: str, models_dir: Path) -> Path | None:
    """The folder of an installed Piper voice of a language such as ``fr``."""
    for name in voices_of(language):
        try:
            return resolve(name, models_dir).directory
        except ModelError:
            continue
    return None


def voices_of(language: str) -> tuple[str, ...]:
    """The manifest's voices of a language such as ``fr``."""
    voices = (model for model in load_manifest().models if model.role == "tts")
    return tuple(model.name for model in voices if _plain(model.language) == language)


def voice_language(name: str) -> str | None:
    """The language of a voice of the manifest, such as ``en``; ``None`` for one that it does not list."""
    models = (model for model in load_manifest().models if model.role == "tts" and model.name == name)
    found = next(models, None)
    return _plain(found.language) if found is not None else None


def _plain(language: str) -> str:
    return language.replace("_", "-").partition("-")[0]

"""What the assistant says of itself (that it is ready, that its microphone is gone), from the language's file of notices."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

DEFAULT_LANGUAGE = "en"


class Telling:
    """Words notices in one language; one without a file of them hears English. ``language`` may change meanwhile."""

    def __init__(self, language: str = DEFAULT_LANGUAGE) -> None:
        self.language = language

    def say(self, key: str, **values: object) -> str:
        """The notice of ``key`` with its places filled in; values that this language has no place for are left out."""
        return _notices(self.language)[key].format(**values)


@cache
def _notices(language: str) -> Mapping[str, str]:
    folder = resources.files("assistant") / "data" / "notices"
    file = folder / f"{language}.toml"
    if not file.is_file():
        file = folder / f"{DEFAULT_LANGUAGE}.toml"
    return {key: str(text) for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items()}

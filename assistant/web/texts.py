"""The panel's words in its languages: one file each, with the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = {"en": "English", "zh": "中文"}


@cache
def texts(language: str) -> Mapping[str, str]:
    """All texts of a language."""
    raw = files("assistant.web").joinpath("texts", f"{language}.toml").read_text(encoding="utf-8")
    return {key: str(value) for key, value in tomllib.loads(raw).items()}


def choose_language(chosen: str, accepted: str) -> str:
    """The language that was chosen, else the first of the browser's that there is, else English."""
    if chosen in LANGUAGES:
        return chosen
    for entry in accepted.lower().split(","):
        code = entry.partition(";")[0].strip().partition("-")[0]
        if code in LANGUAGES:
            return code
    return "en"

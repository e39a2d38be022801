"""What the first start would otherwise compute, made where an image is made: prompt states, phrasings' vectors, set phrases."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.llm.queue import Priority
from assistant.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterable

PREPARED = ("llm", "phrases", "phrasings-*.npy")
"""What is taken of a state folder; each is named by a hash of all that it was made from, so that what does not fit is not used."""


def warm_model(parts: Parts, priority: Priority = Priority.BACKGROUND) -> None:
    """Have the heads of the language model's prompts evaluated, or read back."""
    from assistant.llm.chat import system_prompt

    parts.understanding.chooser.warm()
    parts.model.client("chat", priority).warm([("system", system_prompt(parts.config))])


def prepare(config: Config, folder: Path, phrases: Iterable[str]) -> list[Path]:
    """Make it under ``config`` and put it into ``folder``, a state folder; the files, relative to it."""
    with tempfile.TemporaryDirectory() as temporary:
        state = Path(temporary)
        with Parts(replace(config, paths=replace(config.paths, state=state))) as parts:
            parts.mind.warm()
            warm_model(parts)
            parts.voice.prepare(phrases)
        found = sorted(path for pattern in PREPARED for path in state.glob(pattern))
        folder.mkdir(parents=True, exist_ok=True)
        for path in found:
            if path.is_dir():
                shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
            else:
                shutil.copyfile(path, folder / path.name)
        files = [file for path in found for file in (path.rglob("*") if path.is_dir() else (path,)) if file.is_file()]
        return sorted(file.relative_to(state) for file in files)

"""Judges the words so far of an utterance: whether they are a whole command already, so that nobody has to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from assistant.audio.endpointing import Completeness, completeness
from assistant.types import NoIntent, TurnContext, Understanding


class Reader(Protocol):
    """Reads a sentence without the model's part; its own memory is not that of any conversation."""

    def read(self, text: str, context: TurnContext) -> Understanding: ...


class Judge:
    """``complete`` where the house's sentences understand the words, else what the last word tells.

    ``reader`` gives whoever reads now (it is replaced when names change), or ``None`` while nobody does.
    """

    def __init__(self, reader: Callable[[], Reader | None], context: Callable[[], TurnContext]) -> None:
        self._reader = reader
        self._context = context

    def __call__(self, text: str) -> Completeness:
        """See ``endpointing.Completeness``."""
        by_words = completeness(text)
        reader = self._reader()
        if by_words == "unfinished" or reader is None:
            return by_words
        return by_words if isinstance(reader.read(text, self._context()), NoIntent) else "complete"

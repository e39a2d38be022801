"""What understanding needs of each language: the dialogue that reads it, and what stands in for phrasings it has none of."""

from __future__ import annotations

from assistant.han import has_no_spaces
from assistant.nlu.dialogue import Dialogue
from assistant.nlu.han_dialogue import HanConcern, HanDialogue
from assistant.nlu.mind import Memory, ModelPart
from assistant.types import Home


def dialogue_for(language: str) -> Memory:
    """A fresh conversation in a language."""
    return HanDialogue() if has_no_spaces(language) else Dialogue()


def concern_for(language: str, home: Home) -> ModelPart | None:
    """The model's part for a language without phrasings; ``None`` where it has some."""
    return HanConcern(home, language) if has_no_spaces(language) else None

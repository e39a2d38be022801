"""What the skills share: how a handler answers, and how it asks back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.skills.templates import Reading
from assistant.types import Action, TurnContext


@dataclass(frozen=True, slots=True)
class Said:
    """A handler's answer. ``text``: whole, or in pieces as it is generated.

    ``question``: reads the next sentence as an answer; it gives ``None`` where it is none. ``language``: of the text,
    where it is another than the assistant's. ``notes``: for the record only. ``acted``: whether something was done.
    """

    text: str | Iterable[str]
    question: Callable[[str, TurnContext], Said | None] | None = None
    language: str | None = None
    notes: tuple[str, ...] = ()
    acted: bool = False
    actions: tuple[Action, ...] = ()
    """What the house did of it."""


Handler = Callable[[Reading, TurnContext], Said | None]
"""Answers a reading; ``None`` where the sentence is not the skill's after all."""

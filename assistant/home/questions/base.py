"""What the answers share."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.types import Action, Device, Handled, Intent


def answered(intent: Intent, devices: Iterable[Device], reply: str) -> Handled:
    """An answer; ``devices`` are those that it was made of."""
    return Handled(Action(intent.name, dict(intent.slots), tuple(d.id for d in devices)), reply, is_question=True)

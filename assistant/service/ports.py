"""What the core asks of its neighbours: the stages, the microphone's side, and who keeps what was heard."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from assistant.turn.turn import Turn
from assistant.types import AudioClip, TurnContext


class Stages(Protocol):
    """What makes conversations; ``stages.LoadedStages`` does."""

    def conversation(self, name: str) -> Turn:
        """A turn over the configured house, with a memory of its own. ``name``: ``voice``, or whose it is."""
        ...

    def context(self, *, area: str | None = None) -> TurnContext: ...

    def speak(self, text: str) -> Iterable[AudioClip]:
        """``text`` as sound."""
        ...


class Microphone(Protocol):
    """What the core asks of the hearing side; there may be none."""

    def mute(self, on: bool) -> None: ...

    def push_to_talk(self) -> None: ...

    def saying(self, text: str) -> None:
        """A piece of what is about to be said: these words are the assistant's own."""
        ...

    def sounding(self, on: bool) -> None:
        """Something besides a reply is being played (or no longer): phrases that stop it work."""
        ...


class Keeper(Protocol):
    """Keeps what was heard; ``recordings.Recordings`` does."""

    def keep(self, turn_id: str, clip: AudioClip) -> None: ...

    def find(self, turn_id: str) -> Path | None: ...

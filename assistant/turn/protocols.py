"""The stages as a turn knows them: one small Protocol each. Who builds them is ``parts``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from assistant.types import (
    Action,
    Ask,
    AudioClip,
    DeviceState,
    Home,
    Intent,
    Outcome,
    SkillReply,
    Transcript,
    TurnContext,
    TurnResult,
    Understanding,
)

Sink = Callable[[AudioClip], None]
Cancelled = Callable[[], bool]


class Ears(Protocol):
    """Speech recognition over a whole utterance."""

    def transcribe(self, clip: AudioClip) -> Transcript: ...

    @property
    def last_wait_ms(self) -> float:
        """Time that the last transcript took after its last audio was handed over."""
        ...


class Mind(Protocol):
    """Understanding: sentence templates, the language model's part, and the dialogue's memory."""

    def understand(self, text: str, context: TurnContext) -> Understanding: ...

    def read(self, text: str, context: TurnContext) -> Understanding:
        """The same without the model's part and without repairs: what is plain."""
        ...

    def remember(
        self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None
    ) -> None: ...


class HouseLike(Protocol):
    """The home: carries out intents and answers questions about states."""

    def snapshot(self) -> Home: ...

    def carry_out(self, intent: Intent, context: TurnContext, *, confirmed: bool = False) -> Outcome: ...

    def changed_since(self, before: Home) -> dict[str, DeviceState]: ...


class Talk(Protocol):
    """The chat model: an answer in pieces, as they are generated."""

    def answer(self, text: str, context: TurnContext, cancelled: Cancelled) -> Iterator[str]: ...


class Skills(Protocol):
    """What is done without a device and without a guess: timers, arithmetic, lists, knowledge, translation …"""

    def claim(self, text: str, context: TurnContext) -> SkillReply | None:
        """What is a skill's before anybody else reads it: an answer to its question, "stop" while it rings."""
        ...

    def answer(self, text: str, context: TurnContext, cancelled: Cancelled) -> SkillReply | None:
        """A sentence that is plainly a skill's and no command to a device; ``None`` where it is not."""
        ...

    def reads(self, text: str) -> bool:
        """Whether ``text`` is a skill's sentence; does nothing."""
        ...

    def unclear(self, text: str, context: TurnContext) -> str | None:
        """What is said to a sentence about a skill's things that nobody understood; ``None`` where it is not about them."""
        ...

    def carry_out(self, intent: Intent, context: TurnContext, *, confirmed: bool = False) -> Outcome | None:
        """An understood intent that is a skill's (``AssistDelayed``); ``None`` where it is the house's."""
        ...

    def note(self, result: TurnResult) -> None:
        """A turn has ended: for "what did you hear" and "why did you do that"."""
        ...


class Ahead(Protocol):
    """Thinking while somebody still speaks: prepares what a turn would do, and does nothing. See ``ahead.py``."""

    def words(self, text: str, context: TurnContext, *, settled: bool = False, cancelled: Cancelled) -> None: ...

    def over(self) -> None: ...


class Voice(Protocol):
    """Speech synthesis: pieces of text in, clips out, the first as early as possible."""

    def speak(self, pieces: Iterable[str]) -> Iterator[AudioClip]: ...


Voices = Callable[[str], tuple[Voice, str]]
"""The voice of another language, and which one it is, for the record."""

Phase = Callable[[str, str], None]
"""Told of each stage as it ends: (``transcript`` | ``understood`` | ``reply``, text), and of each ``piece`` of the reply
before it is spoken."""

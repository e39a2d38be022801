"""What the listener tells: its states, and the events of a conversation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from assistant.audio.endpointing import EndReason

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Trigger = Literal["wake", "push", "follow_up", "barge_in"]


class State(StrEnum):
    """What the listener does."""

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    SPEAKING = "speaking"
    FOLLOW_UP = "follow-up"


@dataclass(frozen=True, slots=True)
class UtteranceBegun:
    """A turn begins; an utterance that was open is given up. ``word``: the wake word that was said, if any.

    ``turn`` counts the utterances; who works on one says which, so that a late word of an old one changes nothing.
    """

    turn: int
    trigger: Trigger
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Attending:
    """Who woke the assistant is silent: a sign that it listens is in its place, and disturbs no words."""

    turn: int


@dataclass(frozen=True, slots=True)
class UtteranceAudio:
    """More of the utterance: int16, 16 kHz, shape (n,)."""

    samples: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class UtteranceEnded:
    """The utterance is over. ``reason`` ``nothing``: nobody said anything, and there is no turn."""

    turn: int
    reason: EndReason
    trigger: Trigger
    duration_s: float


@dataclass(frozen=True, slots=True)
class UtteranceDropped:
    """The utterance will not be finished: the microphone was muted or lost."""


@dataclass(frozen=True, slots=True)
class StopReply:
    """Whatever is being said, or worked on, must stop now."""

    cause: str


@dataclass(frozen=True, slots=True)
class Interjected:
    """One of the phrases that work during a reply was said."""

    phrase: str


@dataclass(frozen=True, slots=True)
class FollowUpOver:
    """Nobody went on; the wake word is needed again."""


Event = (
    UtteranceBegun
    | Attending
    | UtteranceAudio
    | UtteranceEnded
    | UtteranceDropped
    | StopReply
    | Interjected
    | FollowUpOver
)

"""The listener: a state machine over 16 kHz frames that says when a turn begins, what belongs to it, and when it ends.

    idle -> listening -> processing -> speaking -> follow-up -> idle

It knows no device, no clock and no recogniser: time is counted in samples, and whoever owns the recogniser tells it the
words so far (``words``) and how the turn goes on (``reply_begins``, ``saying``, ``turn_over``). Methods may be called
from any thread; events come from ``process`` alone.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from assistant.audio.endpointing import Completeness, Endpointer, EndReason, Pauses, completeness
from assistant.audio.listener_events import (
    Attending,
    Event,
    FollowUpOver,
    Interjected,
    State,
    StopReply,
    Trigger,
    UtteranceAudio,
    UtteranceBegun,
    UtteranceDropped,
    UtteranceEnded,
)
from assistant.audio.recent import RATE_HZ, RecentSound
from assistant.audio.vad import VoiceActivity
from assistant.audio.wake import WakeEngine
from assistant.types import WakeDetection

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PRE_ROLL_S = 0.5
"""What a follow-up keeps of the sound before speech was noticed."""
FOLLOW_UP_SPEECH_S = 0.2
ATTENDING_S = 0.25
OWN_WORDS_S = 1.5
"""For so long after a reply its own words, which the room repeats, wake nothing."""


class Echo(Protocol):
    """Takes what is played out of what is heard."""

    @property
    def playing(self) -> bool: ...

    def clean(self, frame: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """How the listener behaves; times in seconds of audio. ``stopping``: phrases that end a reply."""

    pauses: Pauses = field(default_factory=Pauses)
    follow_up_s: float = 5.0
    answer_s: float = 8.0
    barge_in: bool = True
    stopping: frozenset[str] = frozenset(("stop", "never mind", "cancel"))


class Listener:
    """Follows one microphone."""

    def __init__(
        self,
        wake: WakeEngine,
        voice: VoiceActivity,
        *,
        manners: Manners | None = None,
        echo: Echo | None = None,
        interjections: WakeEngine | None = None,
        judge: Callable[[str], Completeness] = completeness,
    ) -> None:
        self._wake = wake
        self._voice = voice
        self._manners = manners or Manners()
        self._echo = echo
        self._interjections = interjections
        self._judge = judge
        self._endpointer = Endpointer(self._manners.pauses, judge)
        self._lock = threading.RLock()
        self._state = State.IDLE
        self._muted = False
        self._turn = 0
        self._trigger: Trigger = "wake"
        self._asked: list[Event] = []
        self._recent = RecentSound()
        self._begun = 0
        self._said = ""
        self._own_words = ""
        self._own_words_until: int | None = None
        self._sounding = False
        self._quiet: int | None = None
        self._waiting_s = 0.0
        self._waited = 0
        self._spoken = 0

    # --- what others tell it -------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """What it does now."""
        with self._lock:
            return self._state

    @property
    def muted(self) -> bool:
        """Whether the microphone is switched off."""
        with self._lock:
            return self._muted

    def mute(self, on: bool) -> None:
        """Switch the microphone off, or on again. What was being said is dropped."""
        with self._lock:
            if on and not self._muted:
                self._drop()
            self._muted = on

    def gap(self) -> None:
        """Sound is missing: the microphone was lost, or frames were. What was being said is dropped."""
        with self._lock:
            self._drop()

    def push_to_talk(self) -> None:
        """Listen now, without a wake word. A reply is stopped."""
        with self._lock:
            if not self._muted:
                self._asked += self._begin("push", None, self._recent.samples)

    def release(self) -> None:
        """The button was let go, or no more is wanted: what was said until now is the utterance."""
        with self._lock:
            if self._state is State.LISTENING:
                self._asked += self._end("silence" if self._endpointer.heard else "nothing")

    def words(self, text: str) -> None:
        """The words that were recognised so far in the open utterance."""
        with self._lock:
            self._endpointer.words(text)

    def reply_begins(self, turn: int) -> None:
        """The reply's first sound is about to be played."""
        with self._lock:
            if turn == self._turn and self._state is State.PROCESSING:
                self._state = State.SPEAKING
                if self._interjections is not None:
                    self._interjections.reset()

    def saying(self, text: str) -> None:
        """A piece of what is said, before it is played: wake words and phrases in it are the assistant's own."""
        with self._lock:
            self._said += text
            self._own_words = f" {_plain(self._said)} "
            self._own_words_until = None

    def sounding(self, on: bool) -> None:
        """Something besides a reply is being played (or no longer): the phrases that stop it work."""
        with self._lock:
            if on and not self._sounding and self._interjections is not None:
                self._interjections.reset()
            if self._sounding and not on:
                self._own_words_until = self._recent.samples + int(OWN_WORDS_S * RATE_HZ)
            self._sounding = on

    def behave(self, manners: Manners) -> None:
        """Other manners from the next utterance on."""
        with self._lock:
            self._manners = manners
            self._endpointer = Endpointer(manners.pauses, self._judge)
            if self._state is State.LISTENING:
                self._endpointer.start()

    def turn_over(self, turn: int, *, follow_up: bool = True, expects_answer: bool = False) -> None:
        """The reply was heard (or there is none): wait for a follow-up, longer where something was asked."""
        with self._lock:
            if turn != self._turn or self._state not in (State.PROCESSING, State.SPEAKING):
                return
            self._own_words_until = self._recent.samples + int(OWN_WORDS_S * RATE_HZ)
            self._waiting_s = self._manners.answer_s if expects_answer else self._manners.follow_up_s
            self._waited = self._spoken = 0
            waits = expects_answer or (follow_up and self._waiting_s > 0)
            self._state = State.FOLLOW_UP if waits else State.IDLE

    # --- sound ---------------------------------------------------------------------------------------

    def process(self, frame: npt.NDArray[np.int16]) -> list[Event]:
        """Take the next frame (int16, 16 kHz, shape (n,)); returns what follows from it, in order."""
        with self._lock:
            events, self._asked = self._asked, []
            if self._muted:
                return events
            if self._echo is not None:
                frame = self._echo.clean(frame)
            if not len(frame):
                return events
            speech = self._voice.process(frame)
            self._recent.keep(frame, speech)
            woken = [hit for hit in self._wake.process(frame) if not self._own(hit.name)]
            if woken and (begun := self._woken(woken[0])):
                return events + begun
            return events + self._advance(frame, speech)

    def _advance(self, frame: npt.NDArray[np.int16], speech: bool) -> list[Event]:
        match self._state:
            case State.LISTENING:
                reason = self._endpointer.audio(len(frame), speech)
                audio: list[Event] = [UtteranceAudio(frame), *self._attending(len(frame), speech)]
                return audio + self._end(reason) if reason is not None else audio
            case State.SPEAKING:
                return self._interjected(frame)
            case State.FOLLOW_UP if not self._sounding:
                return self._follow_up(frame, speech)
            case _:
                return self._interjected(frame) if self._sounding else []

    def _attending(self, count: int, speech: bool) -> list[Event]:
        """Once in an utterance: nobody goes on speaking after the wake word, so they wait for a sign."""
        if self._quiet is None:
            return []
        self._quiet = 0 if speech else self._quiet + count
        if self._endpointer.heard:
            self._quiet = None
        elif self._quiet >= ATTENDING_S * RATE_HZ:
            self._quiet = None
            return [Attending(self._turn)]
        return []

    def _woken(self, hit: WakeDetection) -> list[Event]:
        busy = self._state in (State.PROCESSING, State.SPEAKING)
        if busy and not self._manners.barge_in:
            return []
        return self._begin("barge_in" if busy else "wake", hit.name, self._recent.quietest(hit.end_sample))

    def _begin(self, trigger: Trigger, word: str | None, from_sample: int) -> list[Event]:
        events: list[Event] = []
        if self._state in (State.PROCESSING, State.SPEAKING):
            events.append(StopReply(word or trigger))
            self._own_words_until = self._recent.samples + int(OWN_WORDS_S * RATE_HZ)
        self._state = State.LISTENING
        self._turn += 1
        self._trigger = trigger
        self._quiet = None if trigger == "follow_up" else 0
        self._endpointer.start()
        events.append(UtteranceBegun(self._turn, trigger, word))
        self._begun = from_sample
        for samples, speech in self._recent.since(from_sample):
            self._endpointer.audio(len(samples), speech)
            events.append(UtteranceAudio(samples))
        return events

    def _end(self, reason: EndReason) -> list[Event]:
        self._state = State.IDLE if reason == "nothing" else State.PROCESSING
        self._said = self._own_words = ""
        return [UtteranceEnded(self._turn, reason, self._trigger, (self._recent.samples - self._begun) / RATE_HZ)]

    def _drop(self) -> None:
        if self._state is State.LISTENING:
            self._asked.append(UtteranceDropped())
        if self._state in (State.LISTENING, State.FOLLOW_UP):
            self._state = State.IDLE
        self._wake.reset()
        self._voice.reset()
        self._recent.clear()  # as the wake engine does, it counts its samples from here on
        if self._own_words_until is not None:
            self._own_words_until = int(OWN_WORDS_S * RATE_HZ)

    def _interjected(self, frame: npt.NDArray[np.int16]) -> list[Event]:
        if self._interjections is None or not self._manners.barge_in:
            return []
        events: list[Event] = []
        for hit in self._interjections.process(frame):
            if self._own(hit.name):
                continue
            if hit.name in self._manners.stopping:
                events.append(StopReply(hit.name))
            events.append(Interjected(hit.name))
        return events

    def _follow_up(self, frame: npt.NDArray[np.int16], speech: bool) -> list[Event]:
        if self._echo is not None and self._echo.playing:
            return []  # the reply's own echo is no follow-up, and its time does not count
        self._waited += len(frame)
        self._spoken = self._spoken + len(frame) if speech else 0
        if self._spoken >= FOLLOW_UP_SPEECH_S * RATE_HZ:
            return self._begin("follow_up", None, self._recent.samples - self._spoken - int(PRE_ROLL_S * RATE_HZ))
        # Who has just begun is not cut off by the window's end.
        if self._waited >= self._waiting_s * RATE_HZ and not self._spoken:
            self._state = State.IDLE
            return [FollowUpOver()]
        return []

    def _own(self, name: str) -> bool:
        """Whether the assistant itself says (or has just said) the word."""
        if self._own_words_until is not None and self._recent.samples > self._own_words_until:
            self._said = self._own_words = ""
            self._own_words_until = None
        return f" {_plain(name)} " in self._own_words


def _plain(text: str) -> str:
    """Words only, in lower case, with one space between."""
    return " ".join("".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split())

"""One turn: audio -> transcript -> intents -> actions -> reply -> audio.

The stages are known here only by the small Protocols below; who builds them is ``parts.py``. A turn changes the
house only through ``House.carry_out``, and what it says of an action is what the house read back.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from assistant.errors import AssistantError
from assistant.types import (
    Action,
    Ask,
    AudioClip,
    DeviceState,
    Handled,
    Home,
    Intent,
    NoIntent,
    Outcome,
    Route,
    Transcript,
    TurnContext,
    TurnResult,
    Understanding,
    Understood,
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


class Voice(Protocol):
    """Speech synthesis: pieces of text in, clips out, the first as early as possible."""

    def speak(self, pieces: Iterable[str]) -> Iterator[AudioClip]: ...


Phase = Callable[[str, str], None]
"""Told of each stage as it ends: (``transcript`` | ``understood`` | ``reply``, text)."""


@dataclass(slots=True)
class Stopwatch:
    """Milliseconds since the turn began, by stage. ``clock_ns`` is injected in tests."""

    clock_ns: Callable[[], int] = time.perf_counter_ns
    started_ns: int = 0
    ms: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.started_ns = self.clock_ns()

    def now_ms(self) -> float:
        """Milliseconds since the start."""
        return (self.clock_ns() - self.started_ns) / 1e6

    def stage(self, name: str, since_ms: float) -> float:
        """Note that stage ``name`` ran from ``since_ms`` until now; returns now."""
        now = self.now_ms()
        self.ms[name] = self.ms.get(name, 0.0) + now - since_ms
        return now


def new_turn_id() -> str:
    """A short identifier that the journal, the reply's record and the panel share."""
    return uuid.uuid4().hex[:12]


class Turn:
    """Runs turns over one set of stages. Not reentrant: one turn at a time."""

    def __init__(
        self,
        *,
        ears: Ears | None,
        mind: Mind,
        house: HouseLike,
        talk: Talk | None,
        voice: Voice | None,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._ears = ears
        self._mind = mind
        self._house = house
        self._talk = talk
        self._voice = voice
        self._clock_ns = clock_ns

    def run(
        self,
        utterance: str | AudioClip,
        context: TurnContext,
        *,
        sink: Sink | None = None,
        confirmed: bool = False,
        cancelled: Cancelled = lambda: False,
        phase: Phase = lambda _name, _text: None,
    ) -> TurnResult:
        """Carry one utterance through all stages.

        ``sink`` gets the reply's clips as they are made; without one only the first clip is synthesised (for its
        time) and dropped. ``confirmed``: risky acts count as confirmed. Failures of a stage are reported in
        ``TurnResult.error``, with everything that was done until then.
        """
        watch = Stopwatch(self._clock_ns)
        result = TurnResult(turn_id=context.turn_id or new_turn_id(), transcript="")
        before = self._house.snapshot()
        try:
            result = replace(result, transcript=self._hear(utterance, watch))
            phase("transcript", result.transcript)
            result, pieces = self._decide(result, context, confirmed, cancelled, watch)
            phase("understood", " ".join(intent.name for intent in result.intents))
            reply = self._say(pieces, sink, cancelled, watch)
            phase("reply", reply)
            result = replace(result, reply=reply)
        except AssistantError as error:
            result = replace(result, error=str(error))
        watch.ms["total"] = watch.now_ms()
        return replace(result, states=self._house.changed_since(before), ms=dict(watch.ms))

    def _hear(self, utterance: str | AudioClip, watch: Stopwatch) -> str:
        if isinstance(utterance, str):
            watch.ms["asr"] = 0.0
            return utterance
        if self._ears is None:
            raise AssistantError("there is no speech recogniser to hear with")
        transcript = self._ears.transcribe(utterance)
        # While a person speaks, recognition keeps pace; what is felt is the time after the last sample.
        watch.ms["asr"] = self._ears.last_wait_ms
        watch.started_ns = watch.clock_ns() - int(watch.ms["asr"] * 1e6)
        return transcript.text

    def _decide(
        self, result: TurnResult, context: TurnContext, confirmed: bool, cancelled: Cancelled, watch: Stopwatch
    ) -> tuple[TurnResult, Iterable[str]]:
        """What was understood and done, and the reply's text in pieces (lazily, where the model talks)."""
        if not result.transcript.strip():
            return result, ["Sorry, I didn't hear anything."]
        start = watch.now_ms()
        understanding = self._mind.understand(result.transcript, context)
        start = watch.stage("nlu", start)
        match understanding:
            case Understood(intents=intents, route=route):
                result, reply = self._act(replace(result, intents=intents, route=route), intents, context, confirmed)
                watch.stage("act", start)
                return result, [reply]
            case Ask() as ask:
                self._mind.remember(result.transcript, (), (), ask)
                watch.stage("act", start)
                return replace(result, route="match", expects_answer=True), [ask.question]
            case NoIntent():
                watch.stage("act", start)
                return self._chat(result, context, cancelled)

    def _act(
        self, result: TurnResult, intents: tuple[Intent, ...], context: TurnContext, confirmed: bool
    ) -> tuple[TurnResult, str]:
        actions: list[Action] = []
        replies: list[str] = []
        question: Ask | None = None
        for intent in intents:
            outcome = self._house.carry_out(intent, context, confirmed=confirmed)
            match outcome:
                case Handled(action=action, reply=reply):
                    actions.append(action)
                    replies.append(reply)
                case Ask() as ask:
                    question = ask
                    break  # what follows may depend on the answer
                case _:
                    replies.append(outcome.reply)
        if question is not None:
            replies.append(question.question)
        self._mind.remember(result.transcript, intents, tuple(actions), question)
        reply = " ".join(dict.fromkeys(r for r in replies if r))
        return replace(result, actions=tuple(actions), expects_answer=question is not None), reply

    def _chat(self, result: TurnResult, context: TurnContext, cancelled: Cancelled) -> tuple[TurnResult, Iterable[str]]:
        if self._talk is None:
            return result, ["Sorry, I didn't understand that."]
        route: Route = "model"
        return replace(result, route=route), self._talk.answer(result.transcript, context, cancelled)

    def _say(self, pieces: Iterable[str], sink: Sink | None, cancelled: Cancelled, watch: Stopwatch) -> str:
        """Speak the pieces as they come; returns the whole text."""
        said: list[str] = []

        def kept() -> Iterator[str]:
            for piece in pieces:
                said.append(piece)
                yield piece

        stream = kept()
        if self._voice is not None:
            for clip in self._voice.speak(stream):
                watch.ms.setdefault("tts_first", watch.now_ms())
                if cancelled():
                    break
                if sink is None:
                    break
                sink(clip)
        if not cancelled():
            for _rest in stream:  # without a listener the text is still wanted whole
                pass
        return "".join(said).strip()

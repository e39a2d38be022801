"""One turn: audio -> transcript -> intents -> actions -> reply -> audio.

The stages are known here only by the small Protocols of ``protocols.py``. A turn changes the
house only through ``House.carry_out``, and what it says of an action is what the house read back.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from assistant.errors import AssistantError
from assistant.turn.protocols import Ahead, Cancelled, Ears, HouseLike, Mind, Phase, Sink, Skills, Talk, Voice, Voices
from assistant.types import (
    HEARD_NOTHING,
    NOT_UNDERSTOOD,
    UNCLEAR,
    Action,
    Ask,
    AudioClip,
    Handled,
    Intent,
    NoIntent,
    Outcome,
    Route,
    SkillReply,
    TurnContext,
    TurnResult,
    Understanding,
    Understood,
    Utterance,
)


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
        skills: Skills | None = None,
        voices: Voices | None = None,
        ahead: Ahead | None = None,
        clock_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        """``ahead``: what may be told the words so far before a turn; each turn ends it."""
        self._ears = ears
        self._mind = mind
        self._house = house
        self._talk = talk
        self._voice = voice
        self._skills = skills
        self._voices = voices
        self.ahead = ahead
        self._clock_ns = clock_ns

    def run(
        self,
        utterance: str | AudioClip | Utterance,
        context: TurnContext,
        *,
        sink: Sink | None = None,
        confirmed: bool = False,
        cancelled: Cancelled = lambda: False,
        phase: Phase = lambda _name, _text: None,
        talk: bool = True,
        speak: bool = True,
    ) -> TurnResult:
        """Carry one utterance through all stages.

        ``sink`` gets the reply's clips as they are made; without one only the first clip is synthesised (for its
        time) and dropped. ``confirmed``: risky acts count as confirmed. Without ``talk``, what is
        no command and no question about the house is passed over in silence (people may be talking to each other).
        Without ``speak`` the reply is text alone.
        Failures of a stage are reported in ``TurnResult.error``, with everything that was done until then.
        """
        watch = Stopwatch(self._clock_ns)
        result = TurnResult(turn_id=context.turn_id or new_turn_id(), transcript="")
        before = self._house.snapshot()
        try:
            result = replace(result, transcript=self._hear(utterance, watch))
            phase("transcript", result.transcript)
            result, pieces, language = self._decide(result, context, confirmed, cancelled, watch, talk)
            phase("understood", " ".join(intent.name for intent in result.intents) or result.skill or "")
            voice, result = self._voice_of(language, result)
            reply = self._say(_told(pieces, phase), voice if speak else None, sink, cancelled, watch)
            phase("reply", reply)
            result = replace(result, reply=reply)
        except AssistantError as error:
            result = replace(result, error=str(error))
        watch.ms["total"] = watch.now_ms()
        if self.ahead is not None:
            self.ahead.over()
        result = replace(result, states=self._house.changed_since(before), ms=dict(watch.ms))
        if self._skills is not None:
            self._skills.note(result)
        return result

    def _hear(self, utterance: str | AudioClip | Utterance, watch: Stopwatch) -> str:
        if isinstance(utterance, str):
            watch.ms["asr"] = 0.0
            return utterance
        if isinstance(utterance, Utterance):
            watch.ms["asr"] = utterance.wait_ms
            watch.started_ns -= int(utterance.wait_ms * 1e6)
            return utterance.transcript.text
        if self._ears is None:
            raise AssistantError("there is no speech recogniser to hear with")
        transcript = self._ears.transcribe(utterance)
        # While a person speaks, recognition keeps pace; what is felt is the time after the last sample.
        watch.ms["asr"] = self._ears.last_wait_ms
        watch.started_ns = watch.clock_ns() - int(watch.ms["asr"] * 1e6)
        return transcript.text

    def _decide(
        self,
        result: TurnResult,
        context: TurnContext,
        confirmed: bool,
        cancelled: Cancelled,
        watch: Stopwatch,
        talk: bool,
    ) -> tuple[TurnResult, Iterable[str], str | None]:
        """What was understood and done, the reply's text in pieces (lazily, where the model talks), its language."""
        if not result.transcript.strip():
            return result, [self._respond(HEARD_NOTHING, context)] if talk else [], None
        start = watch.now_ms()
        understanding = self._understand(result.transcript, context, cancelled)
        start = watch.stage("nlu", start)
        language: str | None = None
        pieces: Iterable[str]
        match understanding:
            case SkillReply() as done:
                pieces, language = done.pieces, done.language
                result = replace(
                    result, route="skill", skill=done.skill, actions=done.actions, notes=done.notes,
                    expects_answer=done.expects_answer,
                )  # fmt: skip
            case Understood(intents=intents) if not talk and any(intent.slots.get("offered") for intent in intents):
                pieces = []  # what is only likely to be a wish is not asked about where people may speak to each other
            case Understood(intents=intents, route=route):
                result, reply = self._act(replace(result, intents=intents, route=route), intents, context, confirmed)
                pieces = [reply]
            case Ask() as ask:
                self._mind.remember(result.transcript, (), (), ask)
                result, pieces = replace(result, route="match", expects_answer=True), [ask.question]
            case NoIntent(about_home=True):
                # The chat model would make up how the house is, or claim to have done what was said.
                pieces = [self._respond(NOT_UNDERSTOOD, context)] if talk else []
            case NoIntent() if (unclear := self._unclear(result.transcript, context)) is not None:
                pieces = [unclear] if talk else []
            case NoIntent():
                result, pieces = self._chat(result, context, cancelled) if talk else (result, [])
        watch.stage("act", start)
        return result, pieces, language

    def _understand(self, text: str, context: TurnContext, cancelled: Cancelled) -> Understanding | SkillReply:
        """What is plain first, the house before the skills; the model's part for what is left."""
        if self._skills is None:
            return self._mind.understand(text, context)
        claimed = self._skills.claim(text, context)
        if claimed is not None:
            return claimed
        plain = self._mind.read(text, context)
        if not isinstance(plain, NoIntent):
            return plain
        answered = self._skills.answer(text, context, cancelled)
        return answered if answered is not None else self._mind.understand(text, context)

    def _act(
        self, result: TurnResult, intents: tuple[Intent, ...], context: TurnContext, confirmed: bool
    ) -> tuple[TurnResult, str]:
        actions: list[Action] = []
        replies: list[str] = []
        question: Ask | None = None
        for place, intent in enumerate(intents):
            outcome = self._carry_out(intent, context, confirmed)
            match outcome:
                case Handled(action=action, reply=reply):
                    actions.append(action)
                    replies.append(reply)
                case Ask() as ask:
                    rest = intents[place + 1 :]  # what follows may depend on the answer
                    question = replace(ask, then=rest) if rest else ask
                    break
                case _:
                    replies.append(outcome.reply)
        if question is not None:
            replies.append(question.question)
        self._mind.remember(result.transcript, intents, tuple(actions), question)
        reply = " ".join(dict.fromkeys(r for r in replies if r))
        return replace(result, actions=tuple(actions), expects_answer=question is not None), reply

    def _unclear(self, text: str, context: TurnContext) -> str | None:
        return self._skills.unclear(text, context) if self._skills is not None else None

    def _respond(self, intent: Intent, context: TurnContext) -> str:
        """A fixed answer, in the house's language."""
        said = self._house.carry_out(intent, context)
        return said.reply if isinstance(said, Handled) else ""

    def _carry_out(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        own = self._skills.carry_out(intent, context, confirmed=confirmed) if self._skills is not None else None
        return own if own is not None else self._house.carry_out(intent, context, confirmed=confirmed)

    def _voice_of(self, language: str | None, result: TurnResult) -> tuple[Voice | None, TurnResult]:
        """The voice for a reply in ``language``, said in the result's record where it is not the assistant's own."""
        if language is None or self._voice is None or self._voices is None:
            return self._voice, result
        voice, name = self._voices(language)
        return voice, replace(result, notes=(*result.notes, f"voice: {name}"))

    def _chat(self, result: TurnResult, context: TurnContext, cancelled: Cancelled) -> tuple[TurnResult, Iterable[str]]:
        if self._talk is None:
            return result, [self._respond(UNCLEAR, context)]
        route: Route = "model"
        return replace(result, route=route), self._talk.answer(result.transcript, context, cancelled)

    def _say(
        self, pieces: Iterable[str], voice: Voice | None, sink: Sink | None, cancelled: Cancelled, watch: Stopwatch
    ) -> str:
        """Speak the pieces as they come; returns the whole text."""
        said: list[str] = []

        def kept() -> Iterator[str]:
            for piece in pieces:
                said.append(piece)
                yield piece

        stream = kept()
        if voice is not None:
            for clip in voice.speak(stream):
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


def _told(pieces: Iterable[str], phase: Phase) -> Iterator[str]:
    for piece in pieces:
        phase("piece", piece)
        yield piece

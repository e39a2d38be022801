"""The queue of turns: each is carried out in the thread that thinks for its source, noted, and told to whoever follows."""

from __future__ import annotations

import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from assistant.events import EventBus, Heard, TurnFinished, TurnRecord, TurnStarted
from assistant.service.conversations import VOICE, Conversations
from assistant.service.ports import Stages
from assistant.service.sounds import Sounds
from assistant.service.speech import Speech
from assistant.service.worker import Urgency, Worker
from assistant.turn.protocols import Sink
from assistant.turn.turn import new_turn_id
from assistant.types import AudioClip, TurnContext, TurnResult, Utterance

log = logging.getLogger(__name__)

KEPT_TURNS = 50


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One utterance and what is known around it; the first lines of ``core.py`` say what the fields do."""

    utterance: str | AudioClip | Utterance
    source: str = "api"
    area: str | None = None
    conversation: str | None = None
    confirmed: bool = False
    speak: bool = False
    sink: Sink | None = None
    on_piece: Callable[[str], object] | None = None
    talk: bool = True
    """Without it, what is no command and no question about the house gets no answer."""
    turn_id: str = ""


@dataclass(slots=True, eq=False)
class Ticket:
    """A turn on its way. ``future``: its record; ``cancel`` stops it where it is."""

    future: Future[TurnRecord]
    cancelled: bool = False

    def cancel(self) -> None:
        """Give the turn up."""
        self.cancelled = True
        self.future.cancel()


class Turns:
    """Spoken turns are thought about in ``spoken``, others in ``texts``. ``keep`` takes a turn's id and its sound."""

    def __init__(
        self,
        stages: Stages,
        sounds: Sounds,
        events: EventBus,
        *,
        spoken: Worker,
        texts: Worker,
        keep: Callable[[str, AudioClip], None],
    ) -> None:
        self.conversations = Conversations(stages, spoken)
        self.done: deque[TurnRecord] = deque(maxlen=KEPT_TURNS)
        self._stages = stages
        self._sounds = sounds
        self._events = events
        self._spoken = spoken
        self._texts = texts
        self._keep = keep
        self._aloud: set[Ticket] = set()
        """Turns on their way whose reply is said."""

    @property
    def answering(self) -> bool:
        """Whether a turn is on its way whose reply is said."""
        return any(not ticket.future.done() for ticket in tuple(self._aloud))

    def submit(self, request: TurnRequest, speech: Speech | None = None) -> Ticket:
        """See ``Core.submit``."""
        worker, urgency = (self._spoken, Urgency.VOICE) if request.source == VOICE else (self._texts, Urgency.TEXT)
        request = replace(request, turn_id=request.turn_id or new_turn_id())
        ticket = Ticket(Future())
        ticket.future = worker.submit(lambda: self._run(request, ticket, speech, worker), urgency)
        if speech is not None or request.speak:
            self._aloud.add(ticket)
            ticket.future.add_done_callback(lambda _future: self._aloud.discard(ticket))
        return ticket

    def give_up_spoken(self) -> None:
        """Stop every turn whose reply would be said."""
        for ticket in tuple(self._aloud):
            ticket.cancel()

    def _run(self, request: TurnRequest, ticket: Ticket, speech: Speech | None, worker: Worker) -> TurnRecord:
        at = dt.datetime.now().astimezone()
        context = replace(self._stages.context(area=request.area), turn_id=request.turn_id)
        self._events.publish(TurnStarted(request.turn_id, request.source, context.area))
        own = speech is None and request.speak
        if own:
            speech = self._sounds.reply()
        try:
            result = self._turn(request, context, ticket, speech, worker)
        except Exception as error:  # a defect in one turn must not end the assistant
            log.exception("a turn failed", extra={"TURN_ID": request.turn_id})
            result = TurnResult(request.turn_id, _text(request.utterance), error=f"{type(error).__name__}: {error}")
        if speech is not None:
            if result.error and not ticket.cancelled:
                self._sounds.say_error(result.error, speech)
            speech.end()
        record = TurnRecord(result, request.source, context.area, at)
        clip = _sound(request.utterance)
        if clip is not None:
            self._keep(request.turn_id, clip)
        self.done.append(record)
        _note(record)
        self._events.publish(TurnFinished(record))
        return record

    def _turn(
        self, request: TurnRequest, context: TurnContext, ticket: Ticket, speech: Speech | None, worker: Worker
    ) -> TurnResult:
        def cancelled() -> bool:
            worker.beat()
            return ticket.cancelled or (speech is not None and speech.cancelled)

        def phase(name: str, text: str) -> None:
            worker.beat()
            if name == "transcript":
                self._events.publish(Heard(request.turn_id, text, request.source))
            elif name == "understood" and not text and request.talk and speech is not None:
                self._sounds.earcon("understood")  # what follows has to be thought out: that takes a moment
            elif name == "piece":
                if speech is not None:
                    self._sounds.saying(text)
                if request.on_piece is not None:
                    request.on_piece(text)

        sink = speech if speech is not None else request.sink
        return self.conversations.of(request.conversation or request.source).run(
            request.utterance,
            context,
            sink=sink,
            confirmed=request.confirmed,
            cancelled=cancelled,
            phase=phase,
            talk=request.talk,
            speak=sink is not None,
        )


def _text(utterance: str | AudioClip | Utterance) -> str:
    match utterance:
        case str():
            return utterance
        case Utterance():
            return utterance.transcript.text
        case _:
            return ""


def _sound(utterance: str | AudioClip | Utterance) -> AudioClip | None:
    match utterance:
        case str():
            return None
        case Utterance():
            return utterance.sound
        case clip:
            return clip


def _note(record: TurnRecord) -> None:
    """The journal's line of a turn."""
    result = record.result
    fields: Mapping[str, object] = {
        "TURN_ID": result.turn_id,
        "ROUTE": result.route,
        "SOURCE": record.source,
        "MS": round(result.ms.get("total", 0.0)),
    }
    stages: Iterator[str] = (f"{name} {ms:.0f} ms" for name, ms in result.ms.items())
    text = f"{result.transcript!r} -> {result.reply!r} ({result.route}; {', '.join(stages)})"
    if result.error:
        log.error("%s: %s", text, result.error, extra=fields)
    else:
        log.info("%s", text, extra=fields)

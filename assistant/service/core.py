"""The running assistant as other parts see it: the small surface that sources of turns, panels and timers attach to.

Submit a turn          ``record = await core.turn(TurnRequest("turn on the light", source="panel", area="Kitchen"))``
                       Text, a whole ``AudioClip`` (16 kHz), or an ``Utterance`` that was recognised already. Spoken turns at
                       the assistant's own microphone go first. ``sink`` gets the reply's clips, ``on_piece`` its text, as
                       they are made (both in the thinking thread: hand them on and return). ``speak=True`` says the reply
                       through the assistant's own loudspeaker instead. Each ``conversation`` (by default each source) has
                       its own memory: a "yes" answers the question that was asked there. Cancelling the task stops the turn.
Follow what happens    ``core.events.subscribe(TurnFinished, StateChanged)`` or ``core.events.listen(callback)``: see ``events``.
Say something          ``await core.announce("The post is here")``. It waits while somebody speaks to the assistant or hears a
                       reply; True when it was heard to its end.
Ring                   ``core.ring("pasta", text="Your pasta timer is done")`` until ``core.stop_ring("pasta")``, the owner's
                       "stop", or ``longest_s``; ``Ringing`` events tell. Nothing rings or speaks at volume zero.
Controls               ``core.mute(True)``, ``core.muted``, ``core.set_volume(0.5)``, ``core.volume``, ``core.listen()`` (push to talk),
                       ``core.stop()`` (silence, give up), ``core.state``, ``core.turns`` (the last records), ``core.status()``.
Run beside it          ``core.add_service("mqtt", open_mqtt)`` where ``open_mqtt(core)`` is an asynchronous context manager. It is entered
                       when the daemon starts, left when it stops, and entered again, later and later, when it fails.
                       ``core.add_status("mqtt", lambda: {"connected": True})`` puts a part's own lines into ``assistant status``.
Do work in turn        ``core.work(function)``: in the thinking thread, when nobody waits for an answer (a future is returned).
Say what is wrong      ``core.trouble("mqtt", "the broker does not answer")``, and ``core.trouble("mqtt", "")`` when it is right again.

Where a part is attached: ``daemon.py``, ``attach_parts``. All of it may be called from any thread, but what is awaited is
awaited on the daemon's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import threading
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from assistant.ahead import Thinker
from assistant.audio.earcons import Earcon, earcon
from assistant.errors import AssistantError
from assistant.events import (
    Announced,
    EventBus,
    Heard,
    ListenState,
    Muted,
    Ringing,
    StateChanged,
    Trouble,
    TurnFinished,
    TurnRecord,
    TurnStarted,
    VolumeChanged,
)
from assistant.service.loudspeaker import Kind, Loudspeaker, Speech
from assistant.service.settings import LastingSettings
from assistant.service.worker import Urgency, Worker
from assistant.turn import Sink, Turn, new_turn_id
from assistant.types import AudioClip, JsonScalar, JsonValue, TurnContext, TurnResult, Utterance

log = logging.getLogger(__name__)

KEPT_TURNS = 50
KEPT_CONVERSATIONS = 16
VOICE = "voice"
RING_LONGEST_S = 600.0
FAILED = "Sorry, something went wrong."
LONGEST_SPOKEN_ERROR = 90

ServiceFactory = Callable[["Core"], AbstractAsyncContextManager[object]]
Command = Callable[[Mapping[str, JsonScalar]], Awaitable[JsonValue] | AsyncIterator[JsonValue]]
"""A command of the control socket; see ``api.control``."""


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """One utterance and what is known around it; the module's first lines say what the fields do."""

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


class Stages(Protocol):
    """What makes conversations; ``parts.Parts`` does."""

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


@dataclass(slots=True, eq=False)
class Ticket:
    """A turn on its way. ``future``: its record; ``cancel`` stops it where it is."""

    future: Future[TurnRecord]
    cancelled: bool = False

    def cancel(self) -> None:
        """Give the turn up."""
        self.cancelled = True
        self.future.cancel()


class Core:
    """See the module's first lines."""

    def __init__(
        self,
        stages: Stages,
        loudspeaker: Loudspeaker,
        worker: Worker,
        *,
        texts: Worker | None = None,
        settings: LastingSettings | None = None,
        events: EventBus | None = None,
        configured_volume: float = 0.8,
        earcons: bool = True,
    ) -> None:
        self.events = events or EventBus()
        self.loudspeaker = loudspeaker
        self.worker = worker
        """Where spoken turns are thought about; others go to ``texts``, if there is such a thread."""
        self.texts = texts or worker
        self.earcons = earcons
        self.configured_volume = configured_volume
        self.turns: deque[TurnRecord] = deque(maxlen=KEPT_TURNS)
        self.services: dict[str, ServiceFactory] = {}
        self.commands: dict[str, Command] = {}
        """Further commands of the control socket; parts add their own."""
        self.troubles: dict[str, str] = {}
        self.microphone: Microphone | None = None
        self.recordings: Keeper | None = None
        """Where turns' sound is kept, if it is."""
        self._stages = stages
        self._settings = settings or LastingSettings(None)
        self._conversations: OrderedDict[str, Turn] = OrderedDict()
        self._status: dict[str, Callable[[], JsonValue]] = {}
        self._state: ListenState = "idle"
        self._spoken: set[Ticket] = set()
        self._rings: dict[str, threading.Timer] = {}
        self._sounding: set[object] = set()
        self._lock = threading.RLock()
        self._thinker: Thinker | None = None
        loudspeaker.volume = self._settings.volume(configured_volume)

    # --- turns ---------------------------------------------------------------------------------------

    async def turn(self, request: TurnRequest) -> TurnRecord:
        """Carry a turn out; what went wrong in it is ``record.result.error``."""
        ticket = self.submit(request)
        try:
            return await asyncio.wrap_future(ticket.future)
        except asyncio.CancelledError:
            ticket.cancel()
            raise

    def submit(self, request: TurnRequest, *, speech: Speech | None = None) -> Ticket:
        """The same for threads. ``speech``: where the reply is to be said, if the caller has a way of its own."""
        worker, urgency = (self.worker, Urgency.VOICE) if request.source == VOICE else (self.texts, Urgency.TEXT)
        request = replace(request, turn_id=request.turn_id or new_turn_id())
        ticket = Ticket(Future())
        ticket.future = worker.submit(lambda: self._run(request, ticket, speech, worker), urgency)
        if speech is not None or request.speak:
            self._spoken.add(ticket)
            ticket.future.add_done_callback(lambda _future: self._spoken.discard(ticket))
        return ticket

    def words_so_far(self, text: str) -> None:
        """What who speaks at the microphone has said until now: thought about in a thread of its own, and never acted upon."""
        with self._lock:
            turn = self._conversations.get(VOICE)
            if turn is None:
                self.worker.submit(lambda: self._conversation(TurnRequest("", source=VOICE)), Urgency.IDLE)
                return
            if turn.ahead is None or any(not ticket.future.done() for ticket in self._spoken):
                return  # the model has an answer to give
            if self._thinker is None or self._thinker.ahead is not turn.ahead:
                self._end_thinking()
                self._thinker = Thinker(turn.ahead)
            thinker = self._thinker
        thinker.hear(text, self._stages.context())

    def said(self, text: str) -> None:
        """Who spoke has ended with ``text``; waits for thought about these very words."""
        if self._thinker is not None:
            self._thinker.ended(text)

    def end_thinking(self) -> None:
        """Before the model is freed: nobody thinks ahead any more when this returns."""
        self._end_thinking(wait=True)

    def _end_thinking(self, *, wait: bool = False) -> None:
        thinker, self._thinker = self._thinker, None
        if thinker is not None:
            thinker.close(wait=wait)

    def work(self, function: Callable[[], object]) -> Future[object]:
        """Do something in the thinking thread, when nobody waits for an answer."""
        return self.texts.submit(function, Urgency.IDLE)

    def forget_conversations(self) -> None:
        """Begin all conversations anew, after a change of the configuration."""
        with self._lock:
            self._conversations.clear()

    def _run(self, request: TurnRequest, ticket: Ticket, speech: Speech | None, worker: Worker) -> TurnRecord:
        at = dt.datetime.now().astimezone()
        context = replace(self._stages.context(area=request.area), turn_id=request.turn_id)
        self.events.publish(TurnStarted(request.turn_id, request.source, context.area))
        own = speech is None and request.speak
        if own:
            speech = self._reply_speech()
        try:
            result = self._turn(request, context, ticket, speech, worker)
        except Exception as error:  # a defect in one turn must not end the assistant
            log.exception("a turn failed", extra={"TURN_ID": request.turn_id})
            result = TurnResult(request.turn_id, _text(request.utterance), error=f"{type(error).__name__}: {error}")
        if speech is not None:
            if result.error and not ticket.cancelled:
                self._say_error(result.error, speech)
            speech.end()
        record = TurnRecord(result, request.source, context.area, at)
        self._keep(request)
        self.turns.append(record)
        _note(record)
        self.events.publish(TurnFinished(record))
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
                self.events.publish(Heard(request.turn_id, text, request.source))
            elif name == "understood" and not text and request.talk and speech is not None:
                self.earcon("understood")  # what follows has to be thought out: that takes a moment
            elif name == "piece":
                if speech is not None and self.microphone is not None:
                    self.microphone.saying(text)
                if request.on_piece is not None:
                    request.on_piece(text)

        sink = speech if speech is not None else request.sink
        return self._conversation(request).run(
            request.utterance,
            context,
            sink=sink,
            confirmed=request.confirmed,
            cancelled=cancelled,
            phase=phase,
            talk=request.talk,
            speak=sink is not None,
        )

    def _keep(self, request: TurnRequest) -> None:
        """The turn's sound, where that is kept; that it cannot be is no trouble of the turn's."""
        clip = _sound(request.utterance)
        if self.recordings is not None and clip is not None:
            try:
                self.recordings.keep(request.turn_id, clip)
            except (AssistantError, OSError) as error:
                self.trouble("recordings", str(error))

    def _conversation(self, request: TurnRequest) -> Turn:
        key = request.conversation or request.source
        with self._lock:
            return self._kept_conversation(key)

    def _kept_conversation(self, key: str) -> Turn:
        if key not in self._conversations:
            self._conversations[key] = self._stages.conversation(key)
            if len(self._conversations) > KEPT_CONVERSATIONS:
                self._conversations.popitem(last=False)
        self._conversations.move_to_end(key)
        return self._conversations[key]

    # --- sound ---------------------------------------------------------------------------------------

    async def announce(self, text: str) -> bool:
        """Say something that nobody asked for; True when it was heard to its end. Raises AssistantError without a voice."""
        return await asyncio.wrap_future(self.say(text))

    def say(self, text: str) -> Future[bool]:
        """The same for threads: the future is ready when it was heard, or will not be."""
        over: Future[bool] = Future()
        sounds = self._sounds_as(text)

        def done(heard: bool) -> None:
            sounds(False)
            if not over.done():
                over.set_result(heard)

        speech = self.loudspeaker.speech(Kind.NOTICE, on_first=lambda: sounds(True), on_over=done)

        def make() -> None:
            try:
                for clip in self._stages.speak(text):
                    self.texts.beat()
                    speech(clip)
            except AssistantError as error:
                over.set_exception(error)
            finally:
                speech.end()

        self.texts.submit(make, Urgency.VOICE).add_done_callback(lambda future: _pass_on(future, over))
        self.events.publish(Announced(text))
        return over

    def ring(
        self,
        name: str,
        *,
        text: str = "",
        sound: AudioClip | None = None,
        longest_s: float = RING_LONGEST_S,
    ) -> None:
        """Ring until it is stopped: ``sound`` (by default the assistant's own), then ``text`` spoken, again and again."""
        tone = sound if sound is not None else earcon("ring")
        self.loudspeaker.ring(name, (tone,))  # at once, and also where the voice is missing
        timer = threading.Timer(longest_s, self.stop_ring, (name, "timeout"))
        timer.daemon = True
        with self._lock:
            old = self._rings.pop(name, None)
            self._rings[name] = timer
        if old is not None:
            old.cancel()
        timer.start()
        self._sounds(name, True, text)
        self.events.publish(Ringing(name, True))
        if text:
            self.texts.submit(lambda: self._add_to_ring(name, tone, text), Urgency.VOICE)

    def stop_ring(self, name: str, by: str = "owner") -> bool:
        """End a ringing; whether there was one of that name."""
        with self._lock:
            timer = self._rings.pop(name, None)
        if timer is not None:
            timer.cancel()
        self.loudspeaker.stop_ring(name)
        if timer is None:
            return False
        self._sounds(name, False)
        self.events.publish(Ringing(name, False, by))
        return True

    @property
    def ringing(self) -> tuple[str, ...]:
        """What rings now."""
        with self._lock:
            return tuple(self._rings)

    def earcon(self, name: Earcon) -> None:
        """A short sound, unless they are turned off."""
        if self.earcons and self.loudspeaker.volume > 0:
            self.loudspeaker.sound(earcon(name))

    def stop(self, by: str = "owner") -> bool:
        """Silence: what is being said, worked on for speech, or ringing is given up; whether there was anything."""
        rang = [self.stop_ring(name, by) for name in self.ringing]
        busy = self.loudspeaker.busy
        for ticket in tuple(self._spoken):
            ticket.cancel()
        self.loudspeaker.silence()
        return busy or any(rang)

    def _add_to_ring(self, name: str, tone: AudioClip, text: str) -> None:
        with contextlib.suppress(AssistantError):  # without a voice the tone alone rings
            clips = tuple(self._stages.speak(text))
            if name in self.ringing:
                self.loudspeaker.ring(name, (tone, *clips))

    def _reply_speech(self) -> Speech:
        """A reply's way to the loudspeaker, for turns that did not come from the microphone."""
        sounds = self._sounds_as("")
        return self.loudspeaker.speech(Kind.REPLY, on_first=lambda: sounds(True), on_over=lambda _heard: sounds(False))

    def _sounds_as(self, text: str) -> Callable[[bool], None]:
        key = object()
        return lambda on: self._sounds(key, on, text)

    def _sounds(self, key: object, on: bool, text: str = "") -> None:
        """Note what sounds beside replies, and tell the microphone, so that "stop" is listened for."""
        with self._lock:
            (self._sounding.add if on else self._sounding.discard)(key)
            sounding = bool(self._sounding)
        if self.microphone is not None:
            if text and on:
                self.microphone.saying(text + " ")
            self.microphone.sounding(sounding)

    def _say_error(self, error: str, speech: Speech) -> None:
        if self.earcons:
            speech(earcon("failed"))
        try:
            for clip in self._stages.speak(spoken_error(error)):
                speech(clip)
        except AssistantError as broken:  # the voice itself is what is wrong: the sound must do
            self.trouble("voice", str(broken))

    # --- controls ------------------------------------------------------------------------------------

    @property
    def state(self) -> ListenState:
        """What the assistant at its own microphone does now."""
        return self._state

    def now_is(self, state: ListenState) -> None:
        """The hearing side tells of a change."""
        if state != self._state:
            self._state = state
            self.loudspeaker.hold(state in ("listening", "processing"))
            self.events.publish(StateChanged(state))

    @property
    def muted(self) -> bool:
        """Whether the microphone is switched off."""
        return self._settings.muted

    def mute(self, on: bool) -> None:
        """Switch the microphone off or on; that survives a restart."""
        changed = self._settings.muted != on
        self._settings.mute(on)
        if self.microphone is not None:
            self.microphone.mute(on)
        self.trouble("settings", self._settings.problem or "")
        if changed:
            self.events.publish(Muted(on))

    @property
    def volume(self) -> float:
        """0 to 1."""
        return self.loudspeaker.volume

    def set_volume(self, volume: float) -> float:
        """Set the loudspeaker's volume (0 to 1, else the nearest); that survives a restart. Returns it."""
        self.loudspeaker.volume = volume
        self._settings.set_volume(self.loudspeaker.volume, self.configured_volume)
        self.trouble("settings", self._settings.problem or "")
        self.events.publish(VolumeChanged(self.loudspeaker.volume))
        return self.loudspeaker.volume

    def listen(self) -> None:
        """Push to talk. Raises AssistantError where that cannot be."""
        if self.microphone is None:
            raise AssistantError("there is nothing to listen with", mend="see 'assistant status'")
        if self.muted:
            raise AssistantError("the microphone is switched off", mend="'assistant unmute' switches it on")
        self.microphone.push_to_talk()

    def trouble(self, subject: str, text: str) -> None:
        """Say what is wrong with a part, or ("") that it is right again; told once a change."""
        if self.troubles.get(subject, "") == text:
            return
        if text:
            self.troubles[subject] = text
            log.warning("%s: %s", subject, text, extra={"STAGE": subject})
        else:
            self.troubles.pop(subject, None)
            log.info("%s: right again", subject, extra={"STAGE": subject})
        self.events.publish(Trouble(subject, text))

    # --- parts ---------------------------------------------------------------------------------------

    def add_service(self, name: str, factory: ServiceFactory) -> None:
        """Run an asynchronous context manager beside the assistant, from its start to its end."""
        self.services[name] = factory

    def add_status(self, name: str, lines: Callable[[], JsonValue]) -> None:
        """A part's own lines in ``status``."""
        self._status[name] = lines

    def status(self) -> dict[str, JsonValue]:
        """Everything that ``assistant status`` shows."""
        status: dict[str, JsonValue] = {
            "state": self.state,
            "muted": self.muted,
            "volume": self.volume,
            "ringing": list(self.ringing),
            "troubles": dict(self.troubles),
        }
        for name, lines in self._status.items():
            status[name] = lines()
        return status


def spoken_error(error: str) -> str:
    """What is said of an error: itself where it is a short plain sentence, else that something went wrong."""
    first = error.partition(";")[0].strip()
    plain = first and len(first) <= LONGEST_SPOKEN_ERROR and not any(sign in first for sign in "/\\_={}[]<>:")
    return f"Sorry, that failed: {first}." if plain else FAILED


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


def _pass_on(made: Future[None], over: Future[bool]) -> None:
    """A sound that could not even be made is over."""
    error = None if made.cancelled() else made.exception()
    if over.done():
        return
    if made.cancelled():
        over.set_result(False)
    elif error is not None:
        over.set_exception(error)


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

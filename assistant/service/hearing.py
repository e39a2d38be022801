"""The hearing side of the running assistant: microphone -> listener -> recogniser -> a spoken turn, and its reply.

One thread takes the microphone's frames and asks the listener what follows from them; the recogniser has a thread of
its own, so that the wake word is heard while an utterance is still being recognised. What was lost is told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from assistant.audio.capture import (
    Capture,
    Frame,
    FramesDropped,
    MicrophoneLost,
    MicrophoneOpened,
    MicrophoneSilent,
)
from assistant.audio.capture import Microphone as Device
from assistant.audio.listener import Listener
from assistant.audio.listener_events import (
    Attending,
    Event,
    Interjected,
    StopReply,
    Trigger,
    UtteranceAudio,
    UtteranceBegun,
    UtteranceDropped,
    UtteranceEnded,
)
from assistant.audio.meter import LevelMeter
from assistant.errors import AudioError
from assistant.events import Interjection, PartialTranscript, TurnRecord, Woken
from assistant.service.conversations import VOICE
from assistant.service.core import Core
from assistant.service.recogniser import Ears, Recogniser
from assistant.service.speech import Kind, Speech
from assistant.service.turns import Ticket, TurnRequest
from assistant.service.worker import Pulse

if TYPE_CHECKING:
    from assistant.types import JsonValue, Utterance

log = logging.getLogger(__name__)

NAME = "microphone"
LIMIT_S = 15.0
"""The capture gives a sign of life five times a second, also where there is no microphone."""
TELL_AFTER_S = 3.0
"""A microphone that is back by then was only plugged over."""
GAP_S = 0.5
"""So much lost sound makes an open utterance worthless."""
LOUDER = {
    "louder": 0.1,
    "speak up": 0.1,
    "softer": -0.1,
    "quieter": -0.1,
    "大声": 0.1,
    "大声点": 0.1,
    "小声": -0.1,
    "小声点": -0.1,
}
ENDING = frozenset(("HassNevermind",))


class Stopped(Protocol):
    """Told when what was handed to the loudspeaker will not be heard."""

    def stopped(self) -> None: ...


class Hearing:
    """See the module's first lines. Implements ``ports.Microphone``."""

    def __init__(
        self,
        core: Core,
        device: Device,
        listener: Listener,
        ears: Ears,
        pulse: Pulse,
        *,
        echo: Stopped | None = None,
        think_ahead: Callable[[], bool] = lambda: True,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._core = core
        self._device = device
        self._listener = listener
        self._pulse = pulse
        self._echo = echo
        self._think_ahead = think_ahead
        self._clock_s = clock_s
        self._recogniser = Recogniser(
            ears, pulse, words=self._words, heard=self._heard, failed=self._not_recognised, clock_s=clock_s
        )
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._trigger: Trigger = "wake"
        self._reply: tuple[Ticket, Speech] | None = None
        self._last: TurnRecord | None = None
        self._name = ""
        self._lost_s: float | None = None
        self._told = False
        self._frames = 0
        self._meter = LevelMeter()
        pulse.watch(NAME, LIMIT_S)

    def start(self) -> None:
        """Begin to hear."""
        self._listener.mute(self._core.muted)
        self._core.microphone = self
        self._recogniser.start()
        self._thread.start()

    def close(self, wait_s: float) -> None:
        """Give the microphone back."""
        self._device.close()
        self._recogniser.close(wait_s)
        self._thread.join(wait_s)

    # --- core.Microphone -----------------------------------------------------------------------------

    def mute(self, on: bool) -> None:
        """See ``ports.Microphone``."""
        self._listener.mute(on)

    def push_to_talk(self) -> None:
        """See ``ports.Microphone``. Raises AudioError while there is no microphone."""
        if not self._is_open:
            raise AudioError("no microphone is heard", mend="plug one in, or see 'assistant status'")
        self._listener.push_to_talk()

    def saying(self, text: str) -> None:
        """See ``ports.Microphone``."""
        self._listener.saying(text)

    def sounding(self, on: bool) -> None:
        """See ``ports.Microphone``."""
        self._listener.sounding(on)

    @property
    def listener(self) -> Listener:
        """For new manners after a reload."""
        return self._listener

    def status(self) -> dict[str, JsonValue]:
        """The microphone's lines in ``assistant status``."""
        return {
            "microphone": self._name if self._is_open else None,
            "frames": self._frames,
            "dropped_s": round(self._device.dropped_s, 2),
        }

    @property
    def _is_open(self) -> bool:
        return bool(self._name) and self._lost_s is None

    # --- the microphone's thread ---------------------------------------------------------------------

    def _run(self) -> None:
        for event in self._device.events():
            self._pulse.beat(NAME)
            try:
                self._captured(event)
            except Exception:  # a defect in what follows from one frame must not make the assistant deaf
                log.exception("a frame could not be taken")
            self._core.now_is(self._listener.state.value)

    def _captured(self, event: Capture) -> None:
        match event:
            case Frame(samples=samples):
                self._frames += 1
                level = self._meter.take(samples)
                if level is not None:
                    self._core.events.publish(level)
                for happened in self._listener.process(samples):
                    self._happened(happened)
            case MicrophoneOpened(name=name):
                self._opened(name)
            case MicrophoneLost(reason=reason):
                self._listener.gap()
                self._lost_s = self._clock_s()
                self._core.trouble(NAME, reason)
            case MicrophoneSilent(on=on):
                self._core.trouble(NAME, f"{self._name}: gives nothing but silence; is it switched off?" if on else "")
            case FramesDropped(seconds=seconds):
                log.info("%.2f s of sound were lost", seconds, extra={"STAGE": NAME})
                if seconds >= GAP_S:
                    self._listener.gap()
            case _:
                self._still_lost()

    def _opened(self, name: str) -> None:
        self._name = name
        self._lost_s = None
        self._core.trouble(NAME, "")
        log.info("listening to %s", name, extra={"STAGE": NAME})
        if self._told:
            self._told = False
            self._core.tell("microphone_back")

    def _still_lost(self) -> None:
        if self._lost_s is None or self._told or self._clock_s() - self._lost_s < TELL_AFTER_S:
            return
        self._told = True
        self._core.tell("microphone_lost")

    def _happened(self, event: Event) -> None:
        match event:
            case UtteranceAudio(samples=samples):
                self._recogniser.feed(samples)
            case UtteranceBegun(turn=turn, trigger=trigger, word=word):
                self._trigger = trigger
                self._core.loudspeaker.silence(only=Kind.REPLY)  # also one to a panel, or to the command line
                self._core.now_is("listening")
                self._core.events.publish(Woken(trigger, word))
                self._recogniser.begin(turn)
            case Attending():
                self._core.earcon("heard")
            case UtteranceEnded(reason="nothing", trigger=trigger):
                self._recogniser.drop()
                if trigger in ("wake", "push"):
                    self._core.earcon("failed")
            case UtteranceEnded(turn=turn):
                self._recogniser.end(turn)
            case UtteranceDropped():
                self._recogniser.drop()
            case StopReply():
                self._stop_reply()
            case Interjected(phrase=phrase):
                self._interjected(phrase)
            case _:
                pass

    def _stop_reply(self) -> None:
        """Silence at once, whatever is said and however far the reply is thought out."""
        reply, self._reply = self._reply, None
        if reply is not None:
            ticket, speech = reply
            ticket.cancel()
            speech.cancel()
        if self._echo is not None:
            self._echo.stopped()

    def _interjected(self, phrase: str) -> None:
        self._core.events.publish(Interjection(phrase))
        if phrase in LOUDER:
            self._core.set_volume(self._core.volume + LOUDER[phrase])
        else:
            self._core.stop(VOICE)

    # --- the recogniser's thread ---------------------------------------------------------------------

    def _words(self, text: str) -> None:
        self._listener.words(text)
        if text:
            self._core.events.publish(PartialTranscript(text))
            if self._think_ahead():
                self._core.words_so_far(text)

    def _heard(self, turn: int, utterance: Utterance) -> None:
        self._core.said(utterance.transcript.text)
        self._core.trouble("recogniser", "")
        turn_over = _TurnOver(self._listener, turn)
        speech = self._core.loudspeaker.speech(
            Kind.REPLY, on_first=lambda: self._listener.reply_begins(turn), on_over=turn_over.heard
        )
        request = TurnRequest(utterance, source=VOICE, talk=self._may_talk())
        ticket = self._core.submit(request, speech=speech)
        self._reply = (ticket, speech)
        turn_over.follow(ticket, self._over)

    def _may_talk(self) -> bool:
        """After a command, people may turn to each other again: only what the house understands counts as a follow-up."""
        last = self._last
        return (
            self._trigger != "follow_up" or last is None or last.result.expects_answer or last.result.route == "model"
        )

    def _over(self, record: TurnRecord) -> None:
        self._last = record

    def _not_recognised(self, turn: int, reason: str) -> None:
        self._core.trouble("recogniser", reason)
        self._core.earcon("failed")
        self._listener.turn_over(turn, follow_up=False)


class _TurnOver:
    """Tells the listener that a turn is over: when it is done, and its reply was heard or will not be."""

    def __init__(self, listener: Listener, turn: int) -> None:
        self._listener = listener
        self._turn = turn
        self._ticket: Ticket | None = None
        self._sound_over = threading.Event()
        self._note: Callable[[TurnRecord], object] = lambda _record: None
        self._lock = threading.Lock()
        self._told = False

    def follow(self, ticket: Ticket, note: Callable[[TurnRecord], object]) -> None:
        """The turn is on its way."""
        self._ticket = ticket
        self._note = note
        ticket.future.add_done_callback(lambda _future: self._look())

    def heard(self, _to_its_end: bool) -> None:
        """The reply's sound is over."""
        self._sound_over.set()
        self._look()

    def _look(self) -> None:
        ticket = self._ticket
        if ticket is None or not ticket.future.done():
            return
        record = None if ticket.future.cancelled() or ticket.future.exception() else ticket.future.result()
        if record is not None and not self._sound_over.is_set():
            return
        with self._lock:
            told, self._told = self._told, True
        if told:
            return
        if record is None:
            self._listener.turn_over(self._turn, follow_up=False)
            return
        self._note(record)
        result = record.result
        done = not result.reply or ticket.cancelled or any(intent.name in ENDING for intent in result.intents)
        self._listener.turn_over(self._turn, follow_up=not done, expects_answer=result.expects_answer)

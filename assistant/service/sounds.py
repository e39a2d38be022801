"""What the assistant sounds by itself: announcements, ringing, short sounds, and what is said of an error."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future

from assistant.audio.earcons import Earcon, earcon
from assistant.errors import AssistantError
from assistant.events import Announced, EventBus, Ringing
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.ports import Microphone, Stages
from assistant.service.speech import Kind, Speech
from assistant.service.worker import Urgency, Worker
from assistant.telling import Telling
from assistant.types import AudioClip

RING_LONGEST_S = 600.0
LONGEST_SPOKEN_ERROR = 90


class Sounds:
    """Speech is made in the thread ``texts``; ``microphone`` (there may be none) is told what sounds. See ``Core``."""

    def __init__(
        self,
        stages: Stages,
        loudspeaker: Loudspeaker,
        events: EventBus,
        *,
        texts: Worker,
        microphone: Callable[[], Microphone | None],
        trouble: Callable[[str, str], None],
        earcons: bool,
        telling: Telling,
    ) -> None:
        self.earcons = earcons
        self._telling = telling
        self._stages = stages
        self._loudspeaker = loudspeaker
        self._events = events
        self._texts = texts
        self._microphone = microphone
        self._trouble = trouble
        self._rings: dict[str, threading.Timer] = {}
        self._sounding: set[object] = set()
        self._lock = threading.Lock()

    def say(self, text: str) -> Future[bool]:
        """The same for threads: the future is ready when it was heard, or will not be."""
        over: Future[bool] = Future()
        sounds = self._sounding_as(text)

        def done(heard: bool) -> None:
            sounds(False)
            if not over.done():
                over.set_result(heard)

        speech = self._loudspeaker.speech(Kind.NOTICE, on_first=lambda: sounds(True), on_over=done)

        def make() -> None:
            try:
                for clip in self._stages.speak(text):
                    self._texts.beat()
                    speech(clip)
            except AssistantError as error:
                over.set_exception(error)
            finally:
                speech.end()

        self._texts.submit(make, Urgency.VOICE).add_done_callback(lambda future: _pass_on(future, over))
        self._events.publish(Announced(text))
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
        self._loudspeaker.ring(name, (tone,))  # at once, and also where the voice is missing
        timer = threading.Timer(longest_s, self.stop_ring, (name, "timeout"))
        timer.daemon = True
        with self._lock:
            old = self._rings.pop(name, None)
            self._rings[name] = timer
        if old is not None:
            old.cancel()
        timer.start()
        self._note(name, True, text)
        self._events.publish(Ringing(name, True))
        if text:
            self._texts.submit(lambda: self._add_to_ring(name, tone, text), Urgency.VOICE)

    def stop_ring(self, name: str, by: str = "owner") -> bool:
        """End a ringing; whether there was one of that name."""
        with self._lock:
            timer = self._rings.pop(name, None)
        if timer is not None:
            timer.cancel()
        self._loudspeaker.stop_ring(name)
        if timer is None:
            return False
        self._note(name, False)
        self._events.publish(Ringing(name, False, by))
        return True

    @property
    def ringing(self) -> tuple[str, ...]:
        """What rings now."""
        with self._lock:
            return tuple(self._rings)

    def earcon(self, name: Earcon) -> None:
        """A short sound, unless they are turned off."""
        if self.earcons and self._loudspeaker.volume > 0:
            self._loudspeaker.sound(earcon(name))

    def reply(self) -> Speech:
        """A reply's way to the loudspeaker, for turns that did not come from the microphone."""
        sounds = self._sounding_as("")
        return self._loudspeaker.speech(Kind.REPLY, on_first=lambda: sounds(True), on_over=lambda _heard: sounds(False))

    def saying(self, text: str) -> None:
        """A piece of a reply that is said is known now: the microphone shall not take it for a command."""
        microphone = self._microphone()
        if microphone is not None:
            microphone.saying(text)

    def say_error(self, error: str, speech: Speech) -> None:
        """Tell who waits for a reply that there is none, and why."""
        if self.earcons:
            speech(earcon("failed"))
        try:
            for clip in self._stages.speak(spoken_error(error, self._telling)):
                speech(clip)
        except AssistantError as broken:  # the voice itself is what is wrong: the sound must do
            self._trouble("voice", str(broken))

    def _add_to_ring(self, name: str, tone: AudioClip, text: str) -> None:
        with contextlib.suppress(AssistantError):  # without a voice the tone alone rings
            clips = tuple(self._stages.speak(text))
            if name in self.ringing:
                self._loudspeaker.ring(name, (tone, *clips))

    def _sounding_as(self, text: str) -> Callable[[bool], None]:
        key = object()
        return lambda on: self._note(key, on, text)

    def _note(self, key: object, on: bool, text: str = "") -> None:
        """Note what sounds beside replies, and tell the microphone, so that "stop" is listened for."""
        with self._lock:
            (self._sounding.add if on else self._sounding.discard)(key)
            sounding = bool(self._sounding)
        microphone = self._microphone()
        if microphone is not None:
            if text and on:
                microphone.saying(text + " ")
            microphone.sounding(sounding)


def spoken_error(error: str, telling: Telling) -> str:
    """What is said of an error: itself where it is a short plain sentence, else that something went wrong."""
    first = error.partition(";")[0].strip()
    plain = first and len(first) <= LONGEST_SPOKEN_ERROR and not any(sign in first for sign in "/\\_={}[]<>:")
    return telling.say("failed_reason", reason=first) if plain else telling.say("failed")


def _pass_on(made: Future[None], over: Future[bool]) -> None:
    """A sound that could not even be made is over."""
    error = None if made.cancelled() else made.exception()
    if over.done():
        return
    if made.cancelled():
        over.set_result(False)
    elif error is not None:
        over.set_exception(error)

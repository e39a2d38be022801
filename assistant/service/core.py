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
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager

from assistant.audio.earcons import Earcon
from assistant.errors import AssistantError
from assistant.events import EventBus, ListenState, Muted, StateChanged, Trouble, TurnRecord, VolumeChanged
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.ports import Keeper, Microphone, Stages
from assistant.service.settings import LastingSettings
from assistant.service.sounds import RING_LONGEST_S, Sounds
from assistant.service.speech import Speech
from assistant.service.turns import Ticket, TurnRequest, Turns
from assistant.service.worker import Urgency, Worker
from assistant.telling import Telling
from assistant.types import AudioClip, JsonScalar, JsonValue

log = logging.getLogger(__name__)

ServiceFactory = Callable[["Core"], AbstractAsyncContextManager[object]]
Command = Callable[[Mapping[str, JsonScalar]], Awaitable[JsonValue] | AsyncIterator[JsonValue]]
"""A command of the control socket; see ``api.control``."""


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
        telling: Telling | None = None,
    ) -> None:
        """``worker``: where spoken turns are thought about; others go to ``texts``, if there is such a thread."""
        self.events = events or EventBus()
        self.loudspeaker = loudspeaker
        self.telling = telling or Telling()
        self.configured_volume = configured_volume
        self.services: dict[str, ServiceFactory] = {}
        self.commands: dict[str, Command] = {}
        """Further commands of the control socket; parts add their own."""
        self.troubles: dict[str, str] = {}
        self.microphone: Microphone | None = None
        self.recordings: Keeper | None = None
        """Where turns' sound is kept, if it is."""
        self._settings = settings or LastingSettings(None)
        self._status: dict[str, Callable[[], JsonValue]] = {}
        self._state: ListenState = "idle"
        self._texts = texts or worker
        self._sounds = Sounds(
            stages,
            loudspeaker,
            self.events,
            texts=self._texts,
            microphone=lambda: self.microphone,
            trouble=self.trouble,
            earcons=earcons,
            telling=self.telling,
        )
        self._turns = Turns(stages, self._sounds, self.events, spoken=worker, texts=self._texts, keep=self._keep)
        self._conversations = self._turns.conversations
        self.turns = self._turns.done
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
        return self._turns.submit(request, speech)

    def words_so_far(self, text: str) -> None:
        """What who speaks at the microphone has said until now: thought about in a thread of its own, and never acted upon."""
        self._conversations.words_so_far(text, answering=self._turns.answering)

    def said(self, text: str) -> None:
        """Who spoke has ended with ``text``; waits for thought about these very words."""
        self._conversations.said(text)

    def end_thinking(self) -> None:
        """Before the model is freed: nobody thinks ahead any more when this returns."""
        self._conversations.end_thinking()

    def work(self, function: Callable[[], object]) -> Future[object]:
        """Do something in the thinking thread, when nobody waits for an answer."""
        return self._texts.submit(function, Urgency.IDLE)

    def forget_conversations(self) -> None:
        """Begin all conversations anew, after a change of the configuration."""
        self._conversations.forget()

    def _keep(self, turn_id: str, clip: AudioClip) -> None:
        """A turn's sound, where that is kept; that it cannot be is no trouble of the turn's."""
        if self.recordings is not None:
            try:
                self.recordings.keep(turn_id, clip)
            except (AssistantError, OSError) as error:
                self.trouble("recordings", str(error))

    # --- sound ---------------------------------------------------------------------------------------

    async def announce(self, text: str) -> bool:
        """Say something that nobody asked for; True when it was heard to its end. Raises AssistantError without a voice."""
        return await asyncio.wrap_future(self.say(text))

    def say(self, text: str) -> Future[bool]:
        """The same for threads: the future is ready when it was heard, or will not be."""
        return self._sounds.say(text)

    def tell(self, key: str, **values: object) -> Future[bool]:
        """The same with a notice of the assistant's own (``telling.py``), in its language."""
        return self.say(self.telling.say(key, **values))

    def ring(
        self,
        name: str,
        *,
        text: str = "",
        sound: AudioClip | None = None,
        longest_s: float = RING_LONGEST_S,
    ) -> None:
        """Ring until it is stopped: ``sound`` (by default the assistant's own), then ``text`` spoken, again and again."""
        self._sounds.ring(name, text=text, sound=sound, longest_s=longest_s)

    def stop_ring(self, name: str, by: str = "owner") -> bool:
        """End a ringing; whether there was one of that name."""
        return self._sounds.stop_ring(name, by)

    @property
    def ringing(self) -> tuple[str, ...]:
        """What rings now."""
        return self._sounds.ringing

    @property
    def earcons(self) -> bool:
        """Whether there are short sounds."""
        return self._sounds.earcons

    @earcons.setter
    def earcons(self, on: bool) -> None:
        self._sounds.earcons = on

    def earcon(self, name: Earcon) -> None:
        """A short sound, unless they are turned off."""
        self._sounds.earcon(name)

    def stop(self, by: str = "owner") -> bool:
        """Silence: what is being said, worked on for speech, or ringing is given up; whether there was anything."""
        rang = [self.stop_ring(name, by) for name in self.ringing]
        busy = self.loudspeaker.busy
        self._turns.give_up_spoken()
        self.loudspeaker.silence()
        return busy or any(rang)

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

"""The one thread that sounds: replies, announcements, short sounds and ringing, one after the other, the urgent first.

A reply's clips are played while the next are still being made. Whoever begins to speak to the assistant is not talked
over: announcements and ringing wait meanwhile (``hold``). A loudspeaker that is missing or was lost is reported and
looked for again with the next sound; nothing waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from assistant.errors import AudioError
from assistant.service.output import Output, PlayerLike, told
from assistant.service.speech import Kind, Speech, nothing
from assistant.types import AudioClip

RING_PAUSE_S = 0.8


class Loudspeaker:
    """Plays on whatever ``open_player`` opens. ``report`` is told what is wrong with it ("" when it is right again)."""

    def __init__(
        self,
        open_player: Callable[[], PlayerLike],
        *,
        volume: float = 0.8,
        report: Callable[[str], object] = nothing,
        ring_pause_s: float = RING_PAUSE_S,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._output = Output(open_player, volume, report=report, clock_s=clock_s)
        self._ring_pause_s = ring_pause_s
        self._queue: list[Speech] = []
        self._current: Speech | None = None
        self._rings: dict[str, tuple[AudioClip, ...]] = {}
        self._held = False
        self._closed = False
        self._thread: threading.Thread | None = None

    # --- what others ask of it -----------------------------------------------------------------------

    def start(self) -> None:
        """Begin to play what there is."""
        self._thread = threading.Thread(target=self._run, name="loudspeaker", daemon=True)
        self._thread.start()

    def close(self, wait_s: float = 1.0) -> None:
        """Silence, and give the device back."""
        with self.changed:
            self._closed = True
            self._rings.clear()
            self.changed.notify_all()
        self.silence()
        if self._thread is not None:
            self._thread.join(wait_s)
        self._output.release()

    def speech(
        self, kind: Kind, *, on_first: Callable[[], object] = nothing, on_over: Callable[[bool], object] = nothing
    ) -> Speech:
        """Something to be said; it takes its place when its first clip is there."""
        return Speech(self, kind, on_first, on_over)

    def sound(self, clip: AudioClip) -> None:
        """Play a short sound, before anything that waits."""
        speech = self.speech(Kind.SOUND)
        speech(clip)
        speech.end()

    def silence(self, *, only: Kind | None = None) -> None:
        """Stop what is being said, and forget what waits to be said (or ``only`` one kind of it); what rings goes on."""
        with self.changed:
            waiting = [speech for speech in self._queue if only in (None, speech.kind)]
            self._queue = [speech for speech in self._queue if speech not in waiting]
            current = self._current if self._current is not None and only in (None, self._current.kind) else None
        for speech in waiting:
            speech.cancelled = True
            told(lambda speech=speech: speech.over(False))  # type: ignore[misc]
        if current is not None:
            self.cancel(current)

    def cancel(self, speech: Speech) -> None:
        """Stop one speech, or take it out of the queue."""
        with self.changed:
            speech.cancelled = True
            current = speech is self._current
            waited = speech in self._queue
            if waited:
                self._queue.remove(speech)
            self.changed.notify_all()
        if current:
            self._output.stop()
        elif waited:
            told(lambda: speech.over(False))

    def hold(self, on: bool) -> None:
        """Somebody speaks to the assistant (or no longer): announcements and ringing stop, and begin anew afterwards."""
        with self.changed:
            self._held = on
            current = self._current
            disturbs = on and current is not None and current.kind >= Kind.NOTICE
            if disturbs and current is not None:
                current.again = current.kind is Kind.NOTICE
                current.cancelled = current.kind is Kind.RING
            self.changed.notify_all()
        if disturbs:
            self._output.stop()

    def ring(self, name: str, clips: tuple[AudioClip, ...]) -> None:
        """Play ``clips`` again and again, until ``stop_ring``."""
        with self.changed:
            self._rings[name] = clips
            self.changed.notify_all()

    def stop_ring(self, name: str) -> bool:
        """End a ringing; whether there was one of that name."""
        with self.changed:
            rang = self._rings.pop(name, None) is not None
            current = self._current
        if rang and current is not None and current.kind is Kind.RING:
            self.cancel(current)
        return rang

    @property
    def rings(self) -> tuple[str, ...]:
        """What rings now."""
        with self.changed:
            return tuple(self._rings)

    @property
    def busy(self) -> bool:
        """Whether something is being played, or is about to be."""
        with self.changed:
            return self._current is not None or bool(self._queue)

    @property
    def volume(self) -> float:
        """0 to 1. What is being played follows at once."""
        return self._output.volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._output.volume = min(max(value, 0.0), 1.0)
        current = self._current
        if current is not None:
            self._output.as_loud_as(current.kind)

    def given_back(self) -> AbstractContextManager[None]:
        """The device is closed within the block, and is opened again with the next sound.

        PortAudio only sees new devices when all streams are closed.
        """
        return self._output.given_back()

    # --- its own thread ------------------------------------------------------------------------------

    def enqueue(self, speech: Speech) -> None:
        """Called by a speech, with ``changed`` held."""
        if self._closed or speech.cancelled:
            return
        place = next((i for i, other in enumerate(self._queue) if other.kind > speech.kind), len(self._queue))
        self._queue.insert(place, speech)

    def _run(self) -> None:
        while (speech := self._next()) is not None:
            heard = False
            try:
                heard = self._play(speech)
            except AudioError as error:
                self._output.lost(error)
            finally:
                with self.changed:
                    self._current = None
                    again = speech.again and not (speech.cancelled or heard or self._closed)
                    if again:
                        speech.rewind()
                        self.enqueue(speech)
                    self.changed.notify_all()
                if not again:
                    told(lambda speech=speech, heard=heard: speech.over(heard))  # type: ignore[misc]

    def _next(self) -> Speech | None:
        with self.changed:
            while not self._closed:
                for speech in self._queue:
                    if not (self._held and speech.kind >= Kind.NOTICE):
                        self._queue.remove(speech)
                        self._current = speech
                        return speech
                if self._rings and not self._held:
                    self._current = self._ring_once()
                    return self._current
                self.changed.wait()
            return None

    def _ring_once(self) -> Speech:
        name, clips = next(iter(self._rings.items()))
        self._rings[name] = self._rings.pop(name)  # several take turns

        def pause(_heard: bool) -> None:
            with self.changed:
                self.changed.wait_for(lambda: self._closed or bool(self._queue) or not self._rings, self._ring_pause_s)

        return Speech(self, Kind.RING, on_over=pause, clips=clips)

    def _play(self, speech: Speech) -> bool:
        first = fresh = True
        player: PlayerLike | None = None
        while (clip := speech.next_clip()) is not None:
            if first:
                first = False
                player = self._output.opened()
                if player is not None:
                    self._output.as_loud_as(speech.kind)
                    player.resume()
                told(speech.begins)
            if player is None or speech.cancelled or speech.again:
                continue
            try:
                heard = player.play(clip)
            except AudioError:
                if not fresh or (player := self._output.opened_again()) is None:
                    raise
                self._output.as_loud_as(speech.kind)
                heard = player.play(clip)
            fresh = False
            if not heard:
                return False
        if player is None or speech.cancelled or speech.again:
            return False
        player.drain()
        return not (speech.cancelled or speech.again)

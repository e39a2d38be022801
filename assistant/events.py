"""What happens in the running assistant, as typed values, and the bus that tells whoever wants to know.

Publishing is safe from any thread and never waits. Subscribers live on the daemon's event loop: either a callback, or
an asynchronous iterator with a bounded memory (who is too slow loses the oldest events, nobody is held up).

    async with bus.subscribe(TurnFinished, Muted) as events:
        async for event in events:
            ...
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from assistant.types import TurnResult

if TYPE_CHECKING:
    import datetime as dt

log = logging.getLogger(__name__)

ListenState = Literal["idle", "listening", "processing", "speaking", "follow-up"]
KEPT_EVENTS = 256


@dataclass(frozen=True, slots=True)
class StateChanged:
    """What the assistant at its own microphone does now."""

    state: ListenState


@dataclass(frozen=True, slots=True)
class Woken:
    """An utterance begins. ``trigger``: wake, push, follow_up or barge_in; ``word``: the wake word, if one was said."""

    trigger: str
    word: str | None = None


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The words so far of the utterance that is being spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class MicrophoneLevel:
    """How loud the microphone hears, five times a second: mean power and peak in dB below full scale (0 is the most)."""

    level_db: float
    peak_db: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, before it is understood."""

    turn_id: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """A turn is being worked on."""

    turn_id: str
    source: str
    area: str | None


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn that is over. ``source``: ``voice``, ``control``, ``api``, ``wyoming:NAME``, …"""

    result: TurnResult
    source: str
    area: str | None
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class TurnFinished:
    """A turn is over (its reply may still be playing)."""

    record: TurnRecord


@dataclass(frozen=True, slots=True)
class Muted:
    """The microphone was switched off, or on again."""

    on: bool


@dataclass(frozen=True, slots=True)
class VolumeChanged:
    """0 to 1."""

    volume: float


@dataclass(frozen=True, slots=True)
class Ringing:
    """Something rings (``on``), or was stopped. ``by``: who stopped it: ``voice``, ``owner``, ``timeout``."""

    name: str
    on: bool
    by: str = ""


@dataclass(frozen=True, slots=True)
class Interjection:
    """A phrase that works while something plays was said: "stop", "never mind", "louder", …"""

    phrase: str


@dataclass(frozen=True, slots=True)
class Announced:
    """A text was said that nobody had asked for."""

    text: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something is wrong (``text``), or right again (``text`` is empty). ``subject``: microphone, model, …"""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class PartReady:
    """A part was loaded: ``ears``, ``voice``, ``wake``, ``mind``, ``model``."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Configuration and inventory were read again; ``error`` says why they were not taken."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class Indexing:
    """A document is being read: so many of its passages are done. ``problem``: why it was not."""

    name: str
    done: int
    total: int
    problem: str = ""


Event = (
    StateChanged
    | Woken
    | PartialTranscript
    | MicrophoneLevel
    | Heard
    | TurnStarted
    | TurnFinished
    | Muted
    | VolumeChanged
    | Ringing
    | Interjection
    | Announced
    | Trouble
    | PartReady
    | Reloaded
    | Indexing
)


class EventBus:
    """Delivers events in the order in which they were published, on the loop that it was given with ``attach``.

    Without a loop (command line, tests) they are delivered in the publisher's thread.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[tuple[tuple[type, ...], Callable[[Event], object]]] = []

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Deliver on ``loop`` from now on."""
        self._loop = loop

    def publish(self, event: Event) -> None:
        """Tell everybody; from any thread."""
        if self._loop is None:
            self._deliver(event)
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self._loop.call_soon_threadsafe(self._deliver, event)

    def listen(self, callback: Callable[[Event], object], *kinds: type) -> Callable[[], None]:
        """Call ``callback`` for events of these kinds (without any: of all); returns what ends it.

        It must be quick, and not raise: what it raises is logged, and the others are told all the same.
        """
        entry = (kinds, callback)
        self._listeners.append(entry)

        def end() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)

        return end

    def subscribe(self, *kinds: type, limit: int = KEPT_EVENTS) -> Subscription:
        """Events of these kinds (without any: of all) as an asynchronous iterator; ``limit`` may wait to be taken."""
        return Subscription(self, kinds, limit)

    def _deliver(self, event: Event) -> None:
        for kinds, callback in tuple(self._listeners):
            if kinds and not isinstance(event, kinds):
                continue
            try:
                callback(event)
            except Exception:
                log.exception("a listener failed on %s", type(event).__name__)


class Subscription:
    """An asynchronous context manager over an asynchronous iterator."""

    def __init__(self, bus: EventBus, kinds: tuple[type, ...], limit: int) -> None:
        self._bus = bus
        self._kinds = kinds
        self._waiting: deque[Event] = deque(maxlen=limit)
        self._some = asyncio.Event()
        self._end: Callable[[], None] = lambda: None

    async def __aenter__(self) -> Self:
        self._end = self._bus.listen(self._take, *self._kinds)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _take(self, event: Event) -> None:
        self._waiting.append(event)
        self._some.set()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        while not self._waiting:
            self._some.clear()
            await self._some.wait()
        return self._waiting.popleft()

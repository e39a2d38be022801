"""The thread behind MQTT: keeps a connection, takes what comes, and tells the home what there is."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from assistant.home.backend import Sink
from assistant.home.backends.backoff import BackOff
from assistant.home.backends.following import StateBook
from assistant.home.backends.keeping import keep, read_kept
from assistant.home.backends.mqtt.entities import Entities
from assistant.home.backends.mqtt.entity import Message
from assistant.home.backends.mqtt.session import MOST_BYTES, Broker, Came, Down, Event, Session, Subscribed, Up

TICK_S = 0.05
QUIET_S = 0.25
"""Nothing more came for so long: what the broker had kept is here."""
BUSY_S = 5.0
"""Where it is never quiet, so long after the connection all counts as told."""
LONGEST_BATCH_S = 1.0
"""New devices are told together, but not later than this."""
GRACE_S = 5.0
"""For so long a lost connection leaves the states as they were."""
UNSEEN_S = 10.0
"""What was known from before and was not announced again by then is gone."""
REFUSED_BY_BROKER = ("not authori", "bad user", "password")

_log = logging.getLogger(__name__)


class Neighbour(Protocol):
    """What shares the connection: the assistant's own announcement."""

    @property
    def topics(self) -> Sequence[str]:
        """What it listens to."""
        ...

    def up(self, tell: Callable[[Message], None]) -> None:
        """The connection stands: ``tell`` sends without waiting, from any thread."""
        ...

    def came(self, topic: str, payload: bytes) -> None:
        """A message on one of its topics. Returns at once."""
        ...

    def last_words(self) -> Sequence[Message]:
        """What is sent before the connection is ended in order."""
        ...


class Worker:
    """``session`` is the connection while it stands; ``ready``: all that the broker had kept was told.

    ``own_topic``: where the assistant announces itself, which is no device of the home.
    """

    def __init__(
        self,
        broker: Broker,
        prefix: str,
        *,
        most: int,
        kept: Path | None,
        neighbour: Neighbour | None,
        own_topic: str | None = None,
        clock_s: Callable[[], float] = time.monotonic,
        back_off: BackOff | None = None,
    ) -> None:
        self.book = StateBook(clock_s)
        self._known = read_kept(kept)
        ids = self._known.get("ids")
        texts = {key: value for key, value in ids.items() if isinstance(value, str)} if isinstance(ids, dict) else {}
        self.entities = Entities(prefix, self.book, most=most, ids=texts)
        self.session: Session | None = None
        self.ready = threading.Event()
        self.detail = "not connected yet"
        self._broker = broker
        self._prefix = prefix
        self._kept = kept
        self._neighbour = neighbour
        self._own_topic = own_topic
        self._clock_s = clock_s
        self._back_off = back_off or BackOff()
        self._ending = threading.Event()
        self._sink: Sink | None = None
        self._thread: threading.Thread | None = None
        self._changed_s: float | None = None
        self._lost_s: float | None = None
        self._unsaved = False

    def start(self, sink: Sink) -> None:
        """Tell what is known from before, and begin to connect."""
        self._sink = sink
        announced = self._known.get("announced")
        for topic, payload in announced.items() if isinstance(announced, dict) else ():
            self.entities.announce(topic, str(payload).encode())
        sink.devices(self.entities.home(False))
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the connection and the thread."""
        if self._thread is not None:
            self._ending.set()
            self._thread.join()
            self._thread = None

    # --- connections, one after the other ----------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set():
            reason = self._live()
            self.session = None
            self.ready.clear()
            self.book.wake()
            if self._ending.is_set():
                return
            if reason != self.detail:
                host, port = self._broker.host, self._broker.port
                _log.warning("MQTT broker %s:%d: %s; it is tried again", host, port, reason)
            self.detail = reason
            if self._lost_s is None:
                self._lost_s = self._clock_s()
            self._pause(self._back_off.next_s())

    def _live(self) -> str:
        """One connection from its first event to its last; why it ended."""
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        try:
            session = Session(self._broker, events)
            session.open()
        except OSError as error:
            return _reason(error.strerror or str(error))
        life = _Life(session, self)
        while not self._ending.is_set():
            try:
                event = events.get(timeout=TICK_S)
            except queue.Empty:
                life.tick(self._clock_s())
                continue
            if isinstance(event, Down):
                session.close()
                return _reason(event.reason)
            life.take(event, self._clock_s())
        self._end(session)
        return "ended"

    def _pause(self, wait_s: float) -> None:
        """Wait for the next trial, or for the end."""
        end_s = self._clock_s() + wait_s
        while (left_s := end_s - self._clock_s()) > 0 and not self._ending.wait(min(left_s, 1.0)):
            self._fade()

    def _end(self, session: Session) -> None:
        for message in self._neighbour.last_words() if self._neighbour is not None else ():
            session.tell(message)
        session.close()
        self.save()

    def _fade(self) -> None:
        """After the grace, nothing is known any more of devices that cannot be heard."""
        if self._lost_s is not None and self._clock_s() - self._lost_s > GRACE_S:
            self._lost_s = None
            self.tell_home()

    # --- what a connection brings ------------------------------------------------------------------

    def up(self, session: Session) -> int:
        """The broker has accepted the connection; returns how many requests for topics were made."""
        self.session, self.detail, self._lost_s = session, "connected", None
        self._back_off.reset()
        _log.info("MQTT broker %s:%d: connected", self._broker.host, self._broker.port)
        prefix = self._prefix
        own = self._neighbour.topics if self._neighbour is not None else ()
        requests = session.subscribe([f"{prefix}/+/+/config", f"{prefix}/+/+/+/config", *own])
        if self._neighbour is not None:
            self._neighbour.up(session.tell)
        self.tell_home()
        return requests

    def message(self, came: Came, now_s: float) -> None:
        """Take one message."""
        if came.size > MOST_BYTES:
            self.entities.refuse(came.topic, f"is longer than {MOST_BYTES} bytes")
            return
        if self._neighbour is not None and came.topic in self._neighbour.topics:
            self._neighbour.came(came.topic, came.payload)
            return
        if came.topic == self._own_topic:
            return  # the assistant does not speak to itself
        if came.topic.startswith(f"{self._prefix}/") and self.entities.announce(came.topic, came.payload):
            self._changed_s = now_s if self._changed_s is None else self._changed_s
        self._tell(self.entities.message(came.topic, came.payload, now_s))

    def expire(self, now_s: float) -> None:
        """What was not told again in time is not known any more."""
        self._tell(self.entities.expire(now_s))

    def _tell(self, device_ids: Sequence[str]) -> None:
        for device_id in device_ids:
            state = self.entities.state(device_id, True)
            self.book.put(device_id, state)
            if self._sink is not None:
                self._sink.state(device_id, state)

    def settle(self, now_s: float, *, quiet: bool) -> None:
        """Tell the home of new devices, once they have all come or enough time has gone by."""
        if self._changed_s is not None and (quiet or now_s - self._changed_s > LONGEST_BATCH_S):
            self._changed_s = None
            self._unsaved = True
            self.tell_home()

    def tell_home(self) -> None:
        """Tell all devices with their states."""
        if self._sink is not None:
            self._sink.devices(self.entities.home(self.session is not None))

    def save(self) -> None:
        """Keep what was announced, for the next start."""
        if self._unsaved:
            self._unsaved = False
            announced = {
                topic: payload.decode("utf-8", "replace") for topic, payload in self.entities.announced.items()
            }
            keep(self._kept, {"ids": dict(self.entities.ids), "announced": dict(announced)})

    def changed(self, now_s: float) -> None:
        """The entities are others now."""
        self._changed_s = now_s


class _Life:
    """What is to be known of one connection: which topics it has, and what it has not heard of yet."""

    def __init__(self, session: Session, worker: Worker) -> None:
        self._session = session
        self._worker = worker
        self._unseen = set(worker.entities.announced)
        self._topics: set[str] = set()
        self._awaited: int | None = None
        self._up_s = 0.0
        self._last_s = 0.0
        self._ticked_s = 0.0
        self._ready_s: float | None = None

    def take(self, event: Event, now_s: float) -> None:
        """One event of the connection."""
        match event:
            case Up():
                self._awaited = self._worker.up(self._session)
                self._last_s = self._up_s = now_s
            case Subscribed():
                self._awaited = (self._awaited or 0) - 1
                self._last_s = now_s
            case Came():
                self._session.taken(event)
                self._unseen.discard(event.topic)
                self._last_s = now_s
                self._worker.message(event, now_s)
        if now_s - self._ticked_s > TICK_S:
            self.tick(now_s)

    def tick(self, now_s: float) -> None:
        """What is to be done from time to time."""
        self._ticked_s = now_s
        if self._awaited is None:
            return
        self._listen()
        quiet = self._awaited <= 0 and now_s - self._last_s > QUIET_S
        self._worker.settle(now_s, quiet=quiet)
        self._worker.expire(now_s)
        if quiet or now_s - self._up_s > BUSY_S:
            if self._ready_s is None:
                self._ready_s = now_s
                self._worker.ready.set()
            self._worker.save()
        if self._ready_s is not None and self._unseen and now_s - self._ready_s > UNSEEN_S:
            unseen, self._unseen = self._unseen, set()
            if self._worker.entities.forget(unseen):
                self._worker.changed(now_s)

    def _listen(self) -> None:
        """Ask for the topics of new entities, and let go of those of entities that are gone."""
        wanted = set(self._worker.entities.topics())
        if wanted == self._topics:
            return
        self._session.unsubscribe(self._topics - wanted)
        requests = self._session.subscribe(sorted(wanted - self._topics))
        self._awaited = (self._awaited or 0) + requests
        self._topics = wanted


def _reason(text: str) -> str:
    lowered = text.lower()
    if any(word in lowered for word in REFUSED_BY_BROKER):
        return "the broker refuses user or password"
    return text

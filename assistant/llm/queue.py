"""Who may use the language model now: voice first, everybody else in turn, by steps of one token.

The engine is one context that one thread at a time may drive. Everybody who wants it (a room's microphone, an API
client, the panel) opens a ``Ticket`` for a whole answer and enters the engine for one *step* at a time: a piece of the
prompt, or one token. Between two steps nobody holds it, so that a listener who is slow to read delays no one.

Who is next:

1. Lower ``Priority`` values go first, always: an API client's answer waits from one token to the next while a room speaks.
2. Among equals the older ticket goes first, until it has had ``SLICE_STEPS`` steps; then it stands behind its equals.
   Sixteen tokens are about one sentence, so that four rooms that ask at once are each answered sentence by sentence.
3. A ticket that has just stepped keeps its place for ``GRACE_S``: nobody slips in between two tokens of an answer.
4. While somebody synthesises speech (``with queue.quiet():``) everything but voice waits: the two would only take the
   processor's cores from each other.
5. While somebody speaks to the assistant (``queue.attend(True)``) everything but voice waits as well: the ear, and what is
   thought ahead, have the processor, and no other's step is under way when the room's question is complete.

```open`` refuses with ``EngineBusy`` where too many already wait; voice is never refused. A step raises ``EngineBusy``
where it was not reached in ``wait_s``, and is not entered where its owner has given up (``cancelled``).

    with queue.open("api:10.0.0.7", Priority.API, cancelled=gone) as ticket:
        for _ in range(max_tokens):
            with ticket.entered() as mine:
                if not mine:  # the owner has given up
                    break
                token = engine.…

``ModelClient`` (client.py) does all this around the engine; most callers want that.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from types import TracebackType
from typing import Self, TypeVar

from assistant.errors import EngineBusy

T = TypeVar("T")
SLICE_STEPS = 16
GRACE_S = 0.03
POLL_S = 0.05
"""How often one who waits looks whether its owner has given up."""
QUIET_LIMIT_S = 2.0
"""Nobody is kept waiting for synthesis longer than this at a stretch: playback must not stop the house's other users."""
ATTENTION_LIMIT_S = 20.0
"""Nor longer than this for somebody who speaks: a radio that goes on and on is no question."""


class Priority(IntEnum):
    """Who goes first."""

    VOICE = 0
    API = 1
    BACKGROUND = 2
    """Work that nobody waits for: warming, summaries."""


def _never() -> bool:
    return False


@dataclass(slots=True, eq=False)
class Ticket:
    """One answer's claim to the engine. A context manager: leaving it gives the place up."""

    queue: ModelQueue
    client: str
    priority: Priority
    cancelled: Callable[[], bool]
    wait_s: float
    number: int
    steps: int = 0
    waited_s: float = 0.0
    """Seconds spent waiting for others in all; what an answer's own time limit should not count."""
    waiting: bool = False
    last_step_s: float = field(default=float("-inf"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.queue.close(self)

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """The engine, for one step; gives ``False`` where the owner has given up, and the engine is not held then.

        Raises EngineBusy where the wait takes longer than ``wait_s``.
        """
        if not self.queue.enter(self):
            yield False
            return
        try:
            yield True
        finally:
            self.queue.leave(self)

    @property
    def key(self) -> tuple[int, int]:
        """The order in the queue."""
        return (self.priority, self.number)


class ModelQueue:
    """Shares one engine. All methods may be called from any thread; ``clock_s`` is monotonic seconds."""

    def __init__(
        self, *, max_open: int = 8, wait_s: float = 60.0, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        """``max_open``: so many answers at once besides voice; ``wait_s``: how long a step may wait for the others'."""
        self._max_open = max_open
        self._wait_s = wait_s
        self._clock_s = clock_s
        self._numbers = itertools.count()
        self._condition = threading.Condition()
        self._open: list[Ticket] = []
        self._inside: Ticket | None = None
        self._speaking = 0
        self._quiet_until_s = float("-inf")
        self._attends_until_s = float("-inf")

    def open(
        self,
        client: str,
        priority: Priority = Priority.API,
        *,
        cancelled: Callable[[], bool] = _never,
        wait_s: float | None = None,
    ) -> Ticket:
        """A place in the queue. Raises EngineBusy where it is full; voice always gets one."""
        with self._condition:
            others = sum(ticket.priority > Priority.VOICE for ticket in self._open)
            if priority > Priority.VOICE and others >= self._max_open:
                raise EngineBusy(f"the language model already answers {others} others", mend="try again in a moment")
            limit_s = self._wait_s if wait_s is None else wait_s
            ticket = Ticket(self, client, priority, cancelled, limit_s, next(self._numbers))
            self._open.append(ticket)
            return ticket

    def close(self, ticket: Ticket) -> None:
        """Give a place up; a second time does nothing."""
        with self._condition:
            if ticket in self._open:
                self._open.remove(ticket)
            self._condition.notify_all()

    def enter(self, ticket: Ticket) -> bool:
        """Wait for the engine; see ``Ticket.entered``."""
        begun_s = self._clock_s()
        with self._condition:
            ticket.waiting = True
            try:
                while not self._is_next(ticket):
                    if ticket.cancelled():
                        return False
                    if self._clock_s() - begun_s > ticket.wait_s:
                        raise EngineBusy("the language model is busy with others", mend="try again in a moment")
                    self._condition.wait(self._pause_s())
                if ticket.cancelled():
                    return False
                self._inside = ticket
                return True
            finally:
                ticket.waiting = False
                ticket.waited_s += self._clock_s() - begun_s
                self._condition.notify_all()

    def leave(self, ticket: Ticket) -> None:
        """The step is over."""
        with self._condition:
            self._inside = None
            ticket.last_step_s = self._clock_s()
            ticket.steps += 1
            if ticket.steps % SLICE_STEPS == 0:
                ticket.number = next(self._numbers)
            self._condition.notify_all()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Speech is being made: all but voice pause, for ``QUIET_LIMIT_S`` at most."""
        with self._condition:
            self._speaking += 1
            self._quiet_until_s = self._clock_s() + QUIET_LIMIT_S
        try:
            yield
        finally:
            with self._condition:
                self._speaking -= 1
                self._condition.notify_all()

    def attend(self, on: bool) -> None:
        """Somebody speaks to the assistant, or no longer: all but voice pause, for ``ATTENTION_LIMIT_S`` at most."""
        with self._condition:
            self._attends_until_s = self._clock_s() + ATTENTION_LIMIT_S if on else float("-inf")
            self._condition.notify_all()

    @property
    def clients(self) -> tuple[str, ...]:
        """Who has a place now, in the order in which they are served."""
        with self._condition:
            return tuple(ticket.client for ticket in sorted(self._open, key=lambda ticket: ticket.key))

    def _is_next(self, ticket: Ticket) -> bool:
        if self._inside is not None:
            return False
        now_s = self._clock_s()
        paused = now_s < self._attends_until_s or (self._speaking and now_s < self._quiet_until_s)
        if paused and ticket.priority > Priority.VOICE:
            return False
        return not any(
            other.key < ticket.key and (other.waiting or now_s - other.last_step_s < GRACE_S)
            for other in self._open
            if other is not ticket
        )

    def _pause_s(self) -> float:
        """Until something may have changed that nobody tells of: a grace that runs out, an owner who gives up."""
        return GRACE_S if any(not other.waiting for other in self._open) else POLL_S

"""The one thread that thinks: turns are done one after the other, those that were spoken first.

The language model, the dialogue and the house are driven from here alone. What is not urgent (warming the model,
compiling after a change) is done when nobody waits for an answer.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import Protocol, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[], None]


class Urgency(IntEnum):
    """Who goes first; jobs of one kind keep their order."""

    VOICE = 0
    TEXT = 1
    IDLE = 2


class Pulse(Protocol):
    """The part of ``service.Progress`` that a worker uses."""

    def watch(self, name: str, limit_s: float) -> None: ...

    def beat(self, name: str) -> None: ...

    def rest(self, name: str) -> None: ...


class Worker:
    """A thread that does jobs by urgency. ``limit_s``: for so long a job may go on without ``beat``."""

    def __init__(self, name: str, pulse: Pulse, *, limit_s: float) -> None:
        self._name = name
        self._pulse = pulse
        self._jobs: list[tuple[int, int, Job]] = []
        self._order = itertools.count()
        self._some = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        pulse.watch(name, limit_s)

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def close(self, wait_s: float) -> bool:
        """End after the present job, and drop the waiting ones; whether it ended within ``wait_s``."""
        with self._some:
            self._closed = True
            self._some.notify()
        if self._thread is None:
            return True
        self._thread.join(wait_s)
        return not self._thread.is_alive()

    def submit(self, job: Callable[[], T], urgency: Urgency = Urgency.TEXT) -> Future[T]:
        """Have ``job`` done; from any thread. What it raises is the future's exception."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = job()
            except BaseException as error:  # whoever waits for the future is told, whatever it is
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._some:
            if self._closed:
                future.cancel()
                return future
            heapq.heappush(self._jobs, (urgency, next(self._order), run))
            self._some.notify()
        return future

    def beat(self) -> None:
        """The present job moves; called from within it."""
        self._pulse.beat(self._name)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._jobs)

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._pulse.beat(self._name)
            try:
                job()
            except Exception:  # a job's callbacks failed: the thread must live on
                log.exception("a job of the %s thread failed", self._name)
            finally:
                self._pulse.rest(self._name)

    def _next(self) -> Job | None:
        with self._some:
            while not self._jobs and not self._closed:
                self._some.wait()
            return None if self._closed else heapq.heappop(self._jobs)[2]

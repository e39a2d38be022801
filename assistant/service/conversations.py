"""Each source's dialogue, with a memory of its own, and thinking ahead in the one at the microphone."""

from __future__ import annotations

import threading

from assistant.parts.kept import Kept
from assistant.service.ports import Stages
from assistant.service.worker import Urgency, Worker
from assistant.turn.ahead import Thinker
from assistant.turn.turn import Turn

KEPT_CONVERSATIONS = 16
VOICE = "voice"
"""Source and conversation of who speaks at the assistant's own microphone."""


class Conversations:
    """The last ``KEPT_CONVERSATIONS``, made when they are first needed. May be called from any thread.

    ``worker``: where spoken turns are thought about.
    """

    def __init__(self, stages: Stages, worker: Worker) -> None:
        self._stages = stages
        self._worker = worker
        self._kept: Kept[Turn] = Kept(KEPT_CONVERSATIONS)
        self._thinker: Thinker | None = None
        self._lock = threading.RLock()

    def of(self, name: str) -> Turn:
        """The conversation of that name."""
        with self._lock:
            return self._kept.get(name, lambda: self._stages.conversation(name))

    def forget(self) -> None:
        """Begin all anew."""
        with self._lock:
            self._kept.clear()

    def words_so_far(self, text: str, *, answering: bool) -> None:
        """See ``Core``. ``answering``: the model has an answer to give, so that it cannot think ahead."""
        with self._lock:
            turn = self._kept.peek(VOICE)
            if turn is None:
                self._worker.submit(lambda: self.of(VOICE), Urgency.IDLE)
                return
            if turn.ahead is None or answering:
                return
            if self._thinker is None or self._thinker.ahead is not turn.ahead:
                self.end_thinking(wait=False)
                self._thinker = Thinker(turn.ahead)
            thinker = self._thinker
        thinker.hear(text, self._stages.context())

    def said(self, text: str) -> None:
        """See ``Core``."""
        if self._thinker is not None:
            self._thinker.ended(text)

    def end_thinking(self, *, wait: bool = True) -> None:
        """Nobody thinks ahead any more; with ``wait``, when this returns."""
        thinker, self._thinker = self._thinker, None
        if thinker is not None:
            thinker.close(wait=wait)

"""Thinking while somebody still speaks: what would be done if the sentence ended here, prepared and never carried out.

From the words so far the reply is made ready: templates read them; what they would do is done on a copy of the house, and
the reply to it is put into the voice's memory; else the language model reads along, and once the words have settled it
chooses, or begins to answer. Nothing of it can be heard or seen before the end of speech, and nothing is acted upon: the
turn itself runs as ever, only that it finds its work done. What was prepared for other words is dropped.

How the owner of the microphone uses it (``ThinkAhead.words`` blocks, for as long as the thinking takes):

    ahead.words("turn on the", context, cancelled=ended)                 # with every partial transcript
    ahead.words("turn on the light", context, settled=True, cancelled=ended)   # it has not changed for SETTLED_S
    ahead.over()                                                         # after the turn

``Thinker`` does that in a thread of its own: ``hear`` takes partial transcripts and returns at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Protocol, Self

from assistant.errors import AssistantError
from assistant.turn.protocols import Ahead, Cancelled
from assistant.types import (
    NOT_UNDERSTOOD,
    Ask,
    Handled,
    Intent,
    NoIntent,
    Outcome,
    TurnContext,
    Understanding,
    Understood,
)

SETTLED_S = 0.15
"""Words that have not changed for so long are probably the last ones."""
SHORTEST_WORDS = 2
"""Of fewer words nothing is foretold but an answer that was asked for."""


class Foresees(Protocol):
    """The mind, asked without consequences."""

    def foresee(self, text: str, context: TurnContext, *, deep: bool) -> Understanding:
        """What ``text`` will be taken for; ``deep``: with the language model's part. Leaves the conversation as it is."""
        ...


class Rehearsal(Protocol):
    """A copy of the house that may be acted upon."""

    def carry_out(self, intent: Intent, context: TurnContext, *, confirmed: bool = False) -> Outcome: ...


class Begins(Protocol):
    """The chat model, before the end of the question."""

    def hear(self, text: str, cancelled: Cancelled) -> None:
        """Have the words so far evaluated."""
        ...

    def begin(self, text: str, context: TurnContext, cancelled: Cancelled) -> Iterator[str]:
        """Begin the answer to ``text``; what is taken from the iterator is kept for ``answer``."""
        ...

    def drop(self) -> None:
        """Nobody asked that."""
        ...


class Expects(Protocol):
    """The voice, before there is something to say."""

    def expect(self, pieces: Iterable[str]) -> None:
        """Have the first sentence of a text ready as sound, in memory."""
        ...

    def forget(self) -> None:
        """Drop what was expected and not said."""
        ...


class ThinkAhead:
    """One conversation's foresight. Safe to call from several threads: one at a time thinks."""

    def __init__(
        self,
        *,
        mind: Foresees,
        rehearse: Callable[[], Rehearsal],
        talk: Begins | None,
        voice: Expects | None,
        others: Callable[[str], bool] = lambda _text: False,
    ) -> None:
        """``others``: whether a sentence is somebody else's (a skill's), who is quick without this."""
        self._mind = mind
        self._rehearse = rehearse
        self._talk = talk
        self._voice = voice
        self._others = others
        self._prepared: object = None
        self._thinking = threading.Lock()

    def words(self, text: str, context: TurnContext, *, settled: bool = False, cancelled: Cancelled) -> None:
        """Think about the words so far. What goes wrong here shows again in the turn, and is told there."""
        text = text.strip()
        if not text or cancelled():
            return
        with self._thinking, suppress(AssistantError):
            self._think(text, context, settled, cancelled)

    def over(self) -> None:
        """The turn has had what it wanted; the rest is dropped, unless the next utterance is thought about already."""
        if not self._thinking.acquire(blocking=False):
            return
        try:
            self._prepared = None
            if self._talk is not None:
                self._talk.drop()
            if self._voice is not None:
                self._voice.forget()
        finally:
            self._thinking.release()

    def _think(self, text: str, context: TurnContext, settled: bool, cancelled: Cancelled) -> None:
        understanding = self._mind.foresee(text, context, deep=False)
        talk = isinstance(understanding, NoIntent)
        if talk and self._others(text):
            return
        if talk and len(text.split()) < SHORTEST_WORDS:
            return
        if talk and not settled:
            if self._talk is not None:
                self._talk.hear(text, cancelled)
            return
        if talk:
            understanding = self._mind.foresee(text, context, deep=True)
        if cancelled():
            return
        if isinstance(understanding, NoIntent) and understanding.about_home:
            understanding = Understood((NOT_UNDERSTOOD,), "none")
        if isinstance(understanding, NoIntent):
            self._begin_answer(text, context, cancelled)
        else:
            self._expect_reply(understanding, context)

    def _expect_reply(self, understanding: Understood | Ask, context: TurnContext) -> None:
        """The reply that the house will give, if nothing else happens to it meanwhile."""
        if understanding == self._prepared or self._voice is None:
            return
        self._prepared = understanding
        reply = understanding.question if isinstance(understanding, Ask) else self._rehearsed(understanding, context)
        if reply:
            self._voice.expect([reply])

    def _rehearsed(self, understanding: Understood, context: TurnContext) -> str:
        """The replies as the turn joins them."""
        replies: list[str] = []
        house = self._rehearse()
        for intent in understanding.intents:
            outcome = house.carry_out(intent, context)
            replies.append(outcome.question if isinstance(outcome, Ask) else outcome.reply)
            if not isinstance(outcome, Handled):
                break
        return " ".join(dict.fromkeys(reply for reply in replies if reply))

    def _begin_answer(self, text: str, context: TurnContext, cancelled: Cancelled) -> None:
        if self._talk is None or self._prepared == text:
            return
        self._prepared = text
        pieces = self._talk.begin(text, context, cancelled)
        if self._voice is not None:
            self._voice.expect(pieces)


class Thinker:
    """Thinks in a thread of its own about the latest words that it was given. A context manager: leaving it ends the thread.

    ``clock_s``: monotonic seconds.
    """

    def __init__(
        self, ahead: Ahead, *, settled_s: float = SETTLED_S, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.ahead = ahead
        self._settled_s = settled_s
        self._clock_s = clock_s
        self._condition = threading.Condition()
        self._words: _Words | None = None
        self._busy = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="thinking-ahead", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(wait=True)

    def close(self, *, wait: bool) -> None:
        """End the thread, as soon as it has let go of what it thinks about; ``wait`` for that."""
        with self._condition:
            self._closed = True
            self._words = None
            self._condition.notify_all()
        if wait:
            self._thread.join()

    def hear(self, text: str, context: TurnContext) -> None:
        """The words so far; returns at once."""
        with self._condition:
            if self._words is None or self._words.text != text:
                self._words = _Words(text, context, self._clock_s())
                self._condition.notify_all()

    def ended(self, text: str) -> None:
        """Speech has ended as ``text``: nothing more is begun. Waits for thought about these very words, which the turn
        would only do again; other thought stops between two tokens."""
        with self._condition:
            if self._words is not None and self._words.text == text:
                self._words.stage = _Stage.SETTLED
            else:
                self._words = None
            while self._busy:
                self._condition.wait()
            self._words = None

    def over(self) -> None:
        """The turn is over: drop what it did not use."""
        self.ended("")
        self.ahead.over()

    def _run(self) -> None:
        while (words := self._next()) is not None:
            settled = words.stage is _Stage.SETTLED
            self.ahead.words(words.text, words.context, settled=settled, cancelled=partial(self._gone, words))
            with self._condition:
                self._busy = False
                self._condition.notify_all()

    def _next(self) -> _Words | None:
        """The words to think about next, with what is to be done for them; ``None`` at the end."""
        with self._condition:
            while not self._closed:
                words, pause_s = self._words, None
                if words is not None and words.stage is not _Stage.SETTLED:
                    pause_s = words.heard_s + self._settled_s - self._clock_s()
                    if words.stage is _Stage.HEARD or pause_s <= 0:
                        words.stage = _Stage.READ if words.stage is _Stage.HEARD else _Stage.SETTLED
                        self._busy = True
                        return words
                self._condition.wait(pause_s)
        return None

    def _gone(self, words: _Words) -> bool:
        """Whether thought about ``words`` is in vain."""
        return self._words is not words


class _Stage(Enum):
    """How far the thinking about some words has come, or has been begun."""

    HEARD = 0
    READ = 1
    SETTLED = 2


@dataclass(slots=True, eq=False)
class _Words:
    text: str
    context: TurnContext
    heard_s: float
    stage: _Stage = _Stage.HEARD

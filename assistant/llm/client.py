"""The shared engine as one of its users sees it: safe to call from any thread, and in turn with the others (queue.py)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from assistant.llm.choice import choose
from assistant.llm.engine import Engine, Message
from assistant.llm.generation import Drafter, Generation
from assistant.llm.queue import ModelQueue, Priority, Ticket
from assistant.llm.sampling import Sampling

T = TypeVar("T")
PROMPT_STEP = 64
"""A prompt of others than the voice is evaluated by so many tokens at a time: half a second at most, for whom it delays."""
WHOLE = 1 << 20


def _never() -> bool:
    return False


class ModelClient:
    """One user of the engine. ``name`` tells conversations apart: what was evaluated for one is kept under it.

    ``engine`` is called at the first use, inside of the queue, so that the model is loaded once.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        queue: ModelQueue,
        name: str,
        priority: Priority = Priority.API,
        *,
        draft: Drafter | None = None,
    ) -> None:
        self._engine = engine
        self._queue = queue
        self.name = name
        self._priority = priority
        self._draft = draft

    def use(self, work: Callable[[Engine], T]) -> T:
        """One short piece of work with the engine: tokenising, warming, a choice. Raises EngineBusy."""
        with self._ticket() as ticket, ticket.entered():
            return work(self._engine())

    def chat(
        self,
        system: str,
        history: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: Callable[[], bool] = _never,
        sampling: Sampling | None = None,
        timeout_s: float = 60.0,
    ) -> Iterator[str]:
        """An answer to the last message in pieces of text. ``timeout_s`` counts the engine's time, not the waiting.

        Raises ContextOverflow, EngineBusy, or EngineError after ``timeout_s``.
        """
        messages: list[Message] = [("system", system), *history] if system else list(history)
        yield from self.answer(
            messages, max_tokens=max_tokens, cancelled=cancelled, sampling=sampling, timeout_s=timeout_s
        )

    def answer(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: Callable[[], bool] = _never,
        sampling: Sampling | None = None,
        timeout_s: float = 60.0,
        draft: Drafter | None = None,
        note: Callable[[Generation], None] = lambda _generation: None,
    ) -> Iterator[str]:
        """Like ``chat`` for any messages; ``note`` gets the Generation before it begins (its counts, why it ended)."""
        with self._ticket(cancelled) as ticket:
            with ticket.entered() as mine:
                if not mine:
                    return
                engine = self._engine()
                if messages and messages[0][0] == "system":
                    engine.ready(self.name, messages[:1])
                generation = self._generation(
                    ticket, engine, engine.prompt(messages), max_tokens, sampling, timeout_s, draft
                )
            note(generation)
            yield from generation

    def complete(
        self,
        prompt: str,
        *,
        max_tokens: int,
        cancelled: Callable[[], bool] = _never,
        sampling: Sampling | None = None,
        timeout_s: float = 60.0,
        note: Callable[[Generation], None] = lambda _generation: None,
    ) -> Iterator[str]:
        """The continuation of a text as it stands, without the chat's frame."""
        with self._ticket(cancelled) as ticket:
            with ticket.entered() as mine:
                if not mine:
                    return
                engine = self._engine()
                generation = self._generation(
                    ticket, engine, engine.tokenize(prompt), max_tokens, sampling, timeout_s, None
                )
            note(generation)
            yield from generation

    def choose(self, messages: Sequence[Message], choices: Sequence[str]) -> int:
        """Index of the choice that the model makes as its answer to ``messages``, of which all but the last stay evaluated."""

        def work(engine: Engine) -> int:
            engine.ready(self.name, messages[:-1])
            return choose(engine, engine.prompt(messages), choices, end=engine.end_token, purpose=self.name)

        return self.use(work)

    def warm(self, head: Sequence[Message]) -> bool:
        """Have the head of this client's prompts evaluated or restored; whether it was restored."""
        return self.use(lambda engine: engine.warm(self.name, engine.prompt(head, answer=False)))

    def prefill(self, messages: Sequence[Message], *, cancelled: Callable[[], bool] = _never) -> int:
        """Evaluate an unfinished prompt, whose last message is still being spoken; how many tokens that took.

        Its very last token is left out, because the next word may change it. What turns out otherwise is taken back by
        the next call, or by the answer.
        """

        def work(engine: Engine) -> int:
            if cancelled():
                return 0
            engine.ready(self.name, messages[:1])
            last_role, last_text = messages[-1]
            spoken = engine.tokenize(last_text)[:-1]
            tokens = [*engine.prompt(messages[:-1], answer=False), *engine.opening(last_role), *spoken]
            before = engine.counts.evaluated
            if engine.known(self.name, tokens) < len(tokens):
                engine.evaluate(self.name, tokens, outputs=0)
            return engine.counts.evaluated - before

        return self.use(work)

    def release(self) -> None:
        """Forget what was evaluated for this client; the next one has its place."""
        self.use(lambda engine: engine.release(self.name))

    def _ticket(self, cancelled: Callable[[], bool] = _never) -> Ticket:
        return self._queue.open(self.name, self._priority, cancelled=cancelled)

    def _generation(
        self,
        ticket: Ticket,
        engine: Engine,
        prompt: list[int],
        max_tokens: int,
        sampling: Sampling | None,
        timeout_s: float,
        draft: Drafter | None,
    ) -> Generation:
        return Generation(
            engine,
            prompt,
            purpose=self.name,
            max_tokens=max_tokens,
            sampling=sampling or Sampling(),
            step=ticket.entered,
            prompt_step=WHOLE if self._priority is Priority.VOICE else PROMPT_STEP,
            timeout_s=timeout_s,
            clock_s=lambda: time.monotonic() - ticket.waited_s,
            draft=draft or self._draft,
        )

"""One answer, generated token by token; between two tokens others may have the engine."""

from __future__ import annotations

import codecs
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

from assistant.errors import ContextOverflow, EngineError
from assistant.llm.sampling import Sampling

Step = Callable[[], AbstractContextManager[bool]]
"""Entered for each use of the engine; gives ``False`` where the owner has given up."""
Finish = Literal["", "stop", "length", "cancelled"]
Drafter = Callable[[list[int]], list[int]]
"""Guesses the tokens that follow; see ``drafting``."""


class Draws(Protocol):
    """Draws a token after one output of the last batch (-1: its last), and remembers it."""

    def draw(self, output: int = -1) -> int: ...


class GeneratingEngine(Protocol):
    """What an answer needs of the engine."""

    @property
    def context_tokens(self) -> int: ...

    def known(self, purpose: str, tokens: list[int]) -> int: ...

    def evaluate(self, purpose: str, tokens: list[int], *, outputs: int = 1) -> None: ...

    def sampler(self, sampling: Sampling) -> AbstractContextManager[Draws]: ...

    def ends(self, token: int) -> bool: ...

    def piece(self, token: int) -> bytes: ...


def alone() -> AbstractContextManager[bool]:
    """The step of somebody who does not share the engine."""
    return nullcontext(True)


class Generation:
    """Iterate once over it for pieces of text. Counts and ``finish`` hold while and after it runs.

    Raises ContextOverflow where prompt and answer do not fit, EngineError after ``timeout_s`` of ``clock_s``.
    """

    def __init__(
        self,
        engine: GeneratingEngine,
        prompt: list[int],
        *,
        purpose: str,
        max_tokens: int,
        sampling: Sampling,
        step: Step = alone,
        prompt_step: int = 512,
        timeout_s: float = 60.0,
        clock_s: Callable[[], float] = time.monotonic,
        draft: Drafter | None = None,
    ) -> None:
        if len(prompt) + max_tokens > engine.context_tokens:
            raise ContextOverflow(
                f"{len(prompt)} tokens of prompt and {max_tokens} of answer exceed {engine.context_tokens}",
                mend="raise llm.context",
            )
        self._engine = engine
        self.tokens = list(prompt)
        """Prompt and answer, as far as it has come: who stops here can go on from them in another way."""
        self._purpose = purpose
        self._max_tokens = max_tokens
        self._sampling = sampling
        self._step = step
        self._prompt_step = prompt_step
        self._timeout_s = timeout_s
        self._clock_s = clock_s
        self._draft = draft
        self.prompt_tokens = len(prompt)
        self.generated = 0
        self.steps = 0
        """How often the model was run for the answer; with a draft that is right, fewer than tokens."""
        self.first_token_s = 0.0
        """When the first token came, on ``clock_s``."""
        self.finish: Finish = ""

    def __iter__(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = _UntilStop(self._sampling.stop)
        for token in self._drawn():
            piece = text.add(decoder.decode(self._engine.piece(token)))
            if piece:
                yield piece
            if text.stopped:
                self.finish = "stop"
                return
        rest = text.add(decoder.decode(b"", final=True)) + text.rest()
        if rest:
            yield rest

    def _drawn(self) -> Iterator[int]:
        """The answer's tokens."""
        deadline_s = self._clock_s() + self._timeout_s
        with self._engine.sampler(self._sampling) as sampler:
            if not self._prefill():
                return
            while self.generated < self._max_tokens:
                with self._step() as mine:
                    if not mine:
                        self.finish = "cancelled"
                        return
                    new = self._advance(sampler)
                for token in new:
                    if self._engine.ends(token):
                        self.finish = "stop"
                        return
                    self.generated += 1
                    yield token
                if self._clock_s() > deadline_s:
                    raise EngineError("the language model took too long")
        self.finish = "length"

    def _prefill(self) -> bool:
        """Evaluate the prompt but for its last part, by steps; whether the owner still wants the answer."""
        begin = 0
        while True:
            with self._step() as mine:
                if not mine:
                    self.finish = "cancelled"
                    return False
                begin = max(begin, self._engine.known(self._purpose, self.tokens)) + self._prompt_step
                if begin >= len(self.tokens):
                    return True  # what is left is evaluated together with the first token's step
                self._engine.evaluate(self._purpose, self.tokens[:begin], outputs=0)

    def _advance(self, sampler: Draws) -> list[int]:
        """One run of the model: the next token, and those behind it that were guessed right."""
        room = self._max_tokens - self.generated - 1
        guess = self._draft(self.tokens)[:room] if self._draft is not None and self.generated else []
        self._engine.evaluate(self._purpose, [*self.tokens, *guess], outputs=1 + len(guess))
        self.steps += 1
        new: list[int] = []
        for place in range(1 + len(guess)):
            # Drawn as without a guess: the guess only decides whether the next one's logits are there already.
            token = sampler.draw(place - len(guess) - 1)
            new.append(token)
            if self._engine.ends(token) or place == len(guess) or token != guess[place]:
                break
        if not self.first_token_s:
            self.first_token_s = self._clock_s()
        self.tokens += new
        return new


class _UntilStop:
    """Passes text on up to the first of some stop texts; what may be the beginning of one is held back."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.stopped = False

    def add(self, piece: str) -> str:
        """What may be passed on now."""
        if not self._stops:
            return piece
        self._held += piece
        found = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            passed, self._held = self._held[: min(found)], ""
            return passed
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        passed, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return passed

    def rest(self) -> str:
        """What was held back and turned out to be no stop."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of ``text`` are a beginning of ``stop``."""
    for length in range(min(len(stop) - 1, len(text)), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0

"""The engine: prompts evaluated once and reused, choices by logits that stay in place, answers, prompt states on disk."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

from assistant.llm.builds import load_build
from assistant.llm.generation import Generation
from assistant.llm.native import NativeModel
from assistant.llm.sampling import Sampler
from assistant.llm.sampling import Sampling as Sampling
from assistant.llm.sequences import Counts, Sequences, common
from assistant.llm.states import StateFiles

Role = Literal["system", "user", "assistant"]
Message = tuple[Role, str]
Cancelled = Callable[[], bool]


def _never() -> bool:
    return False


class Engine:
    """One model over one context. Not thread-safe: one at a time drives it; ``client.ModelClient`` shares it.

    Each purpose (``chat``, ``intent``, one for each other client) has its own KV sequence, so that a question between two
    commands does not throw away what was evaluated for them; a common beginning is evaluated once for all.
    """

    def __init__(self, native: NativeModel, state_dir: Path | None) -> None:
        self.native = native
        self._sequences = Sequences(native)
        self._states = StateFiles(native, state_dir) if state_dir is not None else None

    @classmethod
    def open(cls, model_path: Path, context: int = 4096, threads: int = 0, state_dir: Path | None = None) -> Engine:
        """Load a model. ``threads`` 0: one for each core, four at most. Raises ModelError or EngineError."""
        import os

        load_build(model_path, state_dir)
        count = threads or min(4, os.cpu_count() or 1)
        return cls(NativeModel(model_path, context=context, threads=count), state_dir)

    @property
    def context_tokens(self) -> int:
        """How many tokens fit into the context."""
        return self.native.n_ctx

    @property
    def counts(self) -> Counts:
        """What was evaluated so far."""
        return self._sequences.counts

    def close(self) -> None:
        """Free the model."""
        self.native.close()

    def rest(self) -> None:
        """Nobody asks for now: what the system can read again need not be held. From any thread."""
        self.native.rest()

    # --- prompts -------------------------------------------------------------------------------------

    def prompt(self, messages: Sequence[Message], *, answer: bool = True) -> list[int]:
        """Tokens of a ChatML prompt. Only the frame is read for control tokens: a user cannot write any."""
        tokens: list[int] = []
        for role, text in messages:
            tokens += self.opening(role)
            tokens += self.native.tokenize(text, special=False)
            tokens += self.native.tokenize("<|im_end|>\n", special=True)
        if answer:
            tokens += self.opening("assistant")
        return tokens

    def opening(self, role: Role) -> list[int]:
        """Tokens that begin a message."""
        return self.native.tokenize(f"<|im_start|>{role}\n", special=True)

    def tokenize(self, text: str) -> list[int]:
        """Tokens of plain text; control tokens are not read."""
        return self.native.tokenize(text, special=False)

    def piece(self, token: int) -> bytes:
        """The bytes of one token; a character may be spread over several."""
        return self.native.piece(token)

    def evaluate(self, purpose: str, tokens: list[int], *, outputs: int = 1) -> None:
        """Make the sequence of ``purpose`` hold exactly ``tokens``; what is there already is not evaluated again.

        The logits of the last ``outputs`` tokens are ready afterwards. Raises ContextOverflow where they do not fit.
        """
        self._sequences.evaluate(purpose, tokens, outputs)

    def extend(self, purpose: str, tokens: Sequence[int]) -> None:
        """Evaluate more tokens behind those that the sequence holds."""
        self._sequences.extend(self._sequences.of(purpose), list(tokens))

    def cut(self, purpose: str, length: int) -> None:
        """Take everything after the first ``length`` tokens out of the sequence."""
        self._sequences.cut(self._sequences.of(purpose), length)

    def release(self, purpose: str) -> None:
        """Forget what was evaluated for ``purpose``."""
        self._sequences.release(purpose)

    def length(self, purpose: str) -> int:
        """How many tokens the sequence of ``purpose`` holds."""
        return len(self._sequences.of(purpose).tokens)

    def sequence(self, purpose: str) -> int:
        """The number of the KV sequence of ``purpose``."""
        return self._sequences.of(purpose).id

    def known(self, purpose: str, tokens: list[int]) -> int:
        """How many of ``tokens``, from the first on, the sequence of ``purpose`` holds."""
        return common(self._sequences.of(purpose).tokens, tokens)

    def best_of(self, legal: Sequence[int]) -> tuple[int, float]:
        """The likeliest of the ``legal`` tokens (two or more) after the last evaluated one, and by how much its logit leads.

        Only their logits are looked at.
        """
        logits = self.native.logits()
        best, second = heapq.nlargest(2, legal, key=lambda token: logits[token])
        return best, logits[best] - logits[second]

    @property
    def end_token(self) -> int:
        """The token that ends an answer."""
        return int(self.native.lib.llama_vocab_eot(self.native.vocab))

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer."""
        return self.native.ends(token)

    def sampler(self, sampling: Sampling) -> Sampler:
        """What draws the tokens of one answer. Raises EngineError for a grammar that cannot be used."""
        return Sampler(self.native, sampling)

    # --- answers -------------------------------------------------------------------------------------

    def chat(
        self,
        system: str,
        history: Sequence[Message],
        *,
        max_tokens: int = 160,
        cancelled: Cancelled = _never,
        sampling: Sampling | None = None,
        timeout_s: float = 60.0,
        purpose: str = "chat",
    ) -> Iterator[str]:
        """An answer to the last message of ``history`` in pieces of text, as they are generated.

        Raises ContextOverflow where prompt and answer do not fit; EngineError after ``timeout_s``.
        """
        self.ready(purpose, [("system", system)])
        yield from Generation(
            self,
            self.prompt([("system", system), *history]),
            purpose=purpose,
            max_tokens=max_tokens,
            sampling=sampling or Sampling(),
            step=lambda: nullcontext(not cancelled()),
            timeout_s=timeout_s,
            clock_s=time.monotonic,
        )

    # --- prompt states -------------------------------------------------------------------------------

    def ready(self, purpose: str, head: Sequence[Message]) -> None:
        """Have the head of a purpose's prompts evaluated, unless the sequence holds something already."""
        if not self.length(purpose):
            self.warm(purpose, self.prompt(head, answer=False))

    def warm(self, purpose: str, tokens: list[int]) -> bool:
        """Have a prompt's beginning evaluated, from disk where its state was kept; returns whether it was."""
        sequence = self._sequences.of(purpose)
        if self._states is not None and self._states.has(tokens):
            self._sequences.cut(sequence, 0)
            if self._states.restore(sequence.id, tokens):
                sequence.tokens = list(tokens)
                self.counts.reused += len(tokens)
                return True
        self.evaluate(purpose, tokens, outputs=0)
        if self._states is not None:
            self._states.save(sequence.id, tokens)
        return False

"""The engine: prompts evaluated once and reused, free generation by llama.cpp's sampler chain, prompt states on disk."""

from __future__ import annotations

import codecs
import ctypes
import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.errors import ContextOverflow, EngineError
from assistant.llm.native import BATCH_TOKENS, NativeModel

Role = Literal["system", "user", "assistant"]
Message = tuple[Role, str]
Cancelled = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Sampling:
    """How free text is drawn; the defaults are those published for the model."""

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 40
    repeat_penalty: float = 1.1
    repeat_last: int = 64
    seed: int = 0xFFFFFFFF
    min_p: float = 0.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0


@dataclass(slots=True)
class KvSequence:
    """One KV sequence and the tokens that it holds."""

    id: int
    tokens: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Counts:
    """What the engine has done: counts for regression checks."""

    evaluated: int = 0
    reused: int = 0
    decode_calls: int = 0


class Engine:
    """One model over one context. Not thread-safe: one thread drives it.

    Each purpose (``chat``, ``intent``) has its own KV sequence, so that a question between two commands does not
    throw away what was evaluated for them.
    """

    def __init__(self, native: NativeModel, state_dir: Path | None) -> None:
        self._native = native
        self._state_dir = state_dir
        self._sequences: dict[str, KvSequence] = {}
        self.counts = Counts()

    @classmethod
    def open(cls, model_path: Path, context: int = 4096, threads: int = 0, state_dir: Path | None = None) -> Engine:
        """Load a model. ``threads`` 0: one for each core, four at most. Raises ModelError or EngineError."""
        import os

        count = threads or min(4, os.cpu_count() or 1)
        return cls(NativeModel(model_path, context=context, threads=count), state_dir)

    @property
    def native(self) -> NativeModel:
        """llama.cpp's handles, for who draws tokens in another way."""
        return self._native

    @property
    def context_tokens(self) -> int:
        """How many tokens fit into the context."""
        return self._native.n_ctx

    def close(self) -> None:
        """Free the model."""
        self._native.close()

    # --- prompts -------------------------------------------------------------------------------------

    def prompt(self, messages: Sequence[Message], *, answer: bool = True) -> list[int]:
        """Tokens of a ChatML prompt. Only the frame is read for control tokens: a user cannot write any."""
        tokens: list[int] = []
        for role, text in messages:
            tokens += self._native.tokenize(f"<|im_start|>{role}\n", special=True)
            tokens += self._native.tokenize(text, special=False)
            tokens += self._native.tokenize("<|im_end|>\n", special=True)
        if answer:
            tokens += self._native.tokenize("<|im_start|>assistant\n", special=True)
        return tokens

    def tokenize(self, text: str) -> list[int]:
        """Tokens of plain text; control tokens are not read."""
        return self._native.tokenize(text, special=False)

    def evaluate(self, purpose: str, tokens: list[int]) -> None:
        """Make the sequence of ``purpose`` hold exactly ``tokens``; what it already begins with is not evaluated again.

        The logits of the last token are ready afterwards. Raises ContextOverflow where they do not fit.
        """
        sequence = self._sequence(purpose)
        kept = _common(sequence.tokens, tokens)
        kept = min(kept, len(tokens) - 1)  # the last token is evaluated, for its logits
        self._cut(sequence, kept)
        self._make_room(sequence, len(tokens) - kept)
        self.counts.reused += kept
        self.extend(purpose, tokens[kept:])

    def extend(self, purpose: str, tokens: Sequence[int]) -> None:
        """Evaluate more tokens behind those that the sequence holds."""
        sequence = self._sequence(purpose)
        for start in range(0, len(tokens), BATCH_TOKENS):
            chunk = list(tokens[start : start + BATCH_TOKENS])
            self._native.decode(chunk, len(sequence.tokens), sequence.id)
            sequence.tokens += chunk
            self.counts.decode_calls += 1
            self.counts.evaluated += len(chunk)

    def cut(self, purpose: str, length: int) -> None:
        """Take everything after the first ``length`` tokens out of the sequence."""
        self._cut(self._sequence(purpose), length)

    def length(self, purpose: str) -> int:
        """How many tokens the sequence of ``purpose`` holds."""
        return len(self._sequence(purpose).tokens)

    def best_of(self, legal: Sequence[int]) -> int:
        """The likeliest of the ``legal`` tokens after the last evaluated one: only their logits are looked at."""
        logits = self._native.logits()
        return max(legal, key=lambda token: logits[token])

    def log_probability(self, wanted: int, among: Sequence[int]) -> float:
        """Log probability of ``wanted`` with all but ``among`` ruled out."""
        import math

        logits = self._native.logits()
        values = [float(logits[token]) for token in among]
        top = max(values)
        return float(logits[wanted]) - top - math.log(sum(math.exp(value - top) for value in values))

    @property
    def end_token(self) -> int:
        """The token that ends an answer."""
        return int(self._native.lib.llama_vocab_eot(self._native.vocab))

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer."""
        return self._native.ends(token)

    # --- generation ----------------------------------------------------------------------------------

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
        tokens = self.prompt([("system", system), *history])
        if len(tokens) + max_tokens > self.context_tokens:
            raise ContextOverflow(
                f"{len(tokens)} tokens of prompt and {max_tokens} of answer exceed {self.context_tokens}",
                mend="raise llm.context",
            )
        if not self.length(purpose):
            self.warm(purpose, self.prompt([("system", system)], answer=False))
        self.evaluate(purpose, tokens)
        deadline = time.monotonic() + timeout_s
        yield from self._generate(purpose, max_tokens, cancelled, sampling or Sampling(), deadline)

    def _generate(
        self, purpose: str, max_tokens: int, cancelled: Cancelled, sampling: Sampling, deadline: float
    ) -> Iterator[str]:
        sampler = self._sampler(sampling)
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        lib, context = self._native.lib, self._native.context
        try:
            for _ in range(max_tokens):
                if cancelled():
                    return
                if time.monotonic() > deadline:
                    raise EngineError("the language model took too long")
                token = lib.llama_sampler_sample(sampler, context, -1)
                if self._native.ends(token):
                    return
                text = decoder.decode(self._native.piece(token))
                if text:
                    yield text
                self.extend(purpose, [token])
        finally:
            lib.llama_sampler_free(sampler)

    def _sampler(self, sampling: Sampling) -> Any:
        lib = self._native.lib
        chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        add = lib.llama_sampler_chain_add
        native = self._native
        add(
            chain,
            lib.llama_sampler_init_penalties(native.n_vocab, sampling.repeat_last, sampling.repeat_penalty, 0.0, 0.0),
        )
        if sampling.temperature <= 0:
            add(chain, lib.llama_sampler_init_greedy())
            return chain
        add(chain, lib.llama_sampler_init_top_k(sampling.top_k))
        add(chain, lib.llama_sampler_init_top_p(sampling.top_p, 1))
        add(chain, lib.llama_sampler_init_temp(sampling.temperature))
        add(chain, lib.llama_sampler_init_dist(sampling.seed))
        return chain

    # --- prompt states -------------------------------------------------------------------------------

    def warm(self, purpose: str, tokens: list[int]) -> bool:
        """Have a prompt's beginning ready, from disk where its state was kept; returns whether it was.

        The state's name is a hash of model, library and tokens, and its tokens are compared: another's is never used,
        and a file that cannot be read is made anew.
        """
        path = self._state_path(tokens)
        if path is not None and path.is_file() and self._restore(purpose, tokens, path):
            return True
        self.evaluate(purpose, tokens)
        if path is not None:
            self._save(purpose, path)
        return False

    def _state_path(self, tokens: Sequence[int]) -> Path | None:
        if self._state_dir is None:
            return None
        import llama_cpp

        stat = self._native.path.stat()
        key = f"{self._native.path.name} {stat.st_size} {stat.st_mtime_ns} {llama_cpp.__version__} {list(tokens)}"
        return self._state_dir / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.kv"

    def _restore(self, purpose: str, tokens: list[int], path: Path) -> bool:
        sequence = self._sequence(purpose)
        self._cut(sequence, 0)
        lib = self._native.lib
        buffer = (lib.llama_token * len(tokens))()
        count = ctypes.c_size_t(0)
        read = lib.llama_state_seq_load_file(
            self._native.context, str(path).encode(), sequence.id, buffer, len(tokens), ctypes.byref(count)
        )
        if read and list(buffer[: count.value]) == tokens:
            sequence.tokens = list(tokens)
            self.counts.reused += len(tokens)
            return True
        lib.llama_memory_seq_rm(self._native.memory, sequence.id, -1, -1)
        path.unlink(missing_ok=True)
        return False

    def _save(self, purpose: str, path: Path) -> None:
        sequence = self._sequence(purpose)
        lib = self._native.lib
        buffer = (lib.llama_token * len(sequence.tokens))(*sequence.tokens)
        temporary = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            written = lib.llama_state_seq_save_file(
                self._native.context, str(temporary).encode(), sequence.id, buffer, len(sequence.tokens)
            )
            if written:
                temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)  # a state that cannot be kept is only slower the next time

    # --- sequences -----------------------------------------------------------------------------------

    def _sequence(self, purpose: str) -> KvSequence:
        if purpose not in self._sequences:
            self._sequences[purpose] = KvSequence(len(self._sequences))
        return self._sequences[purpose]

    def _cut(self, sequence: KvSequence, length: int) -> None:
        if length < len(sequence.tokens):
            self._native.lib.llama_memory_seq_rm(self._native.memory, sequence.id, length, -1)
            del sequence.tokens[length:]

    def _make_room(self, wanting: KvSequence, tokens: int) -> None:
        """Let other sequences go, longest first, where the context has no room for ``tokens`` more."""
        used = sum(len(sequence.tokens) for sequence in self._sequences.values())
        others = sorted(self._sequences.values(), key=lambda s: len(s.tokens), reverse=True)
        for sequence in others:
            if used + tokens <= self.context_tokens:
                return
            if sequence is not wanting:
                used -= len(sequence.tokens)
                self._cut(sequence, 0)
        if used + tokens > self.context_tokens:
            raise ContextOverflow(
                f"{used + tokens} tokens exceed the context of {self.context_tokens}", mend="raise llm.context"
            )


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """Length of the longest common beginning."""
    count = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        count += 1
    return count

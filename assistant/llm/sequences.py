"""KV sequences by purpose: what was evaluated is kept, shared between purposes, and let go when room is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.errors import ContextOverflow
from assistant.llm.native import BATCH_TOKENS, MAX_SEQUENCES, NativeModel

WORTH_SHARING = 16
"""A common beginning of fewer tokens is evaluated again rather than taken from another sequence."""
HOUSE = ("chat", "intent")
"""Purposes of the house's own voice; other clients' sequences are let go before these."""


@dataclass(slots=True)
class Counts:
    """What the engine has done: counts for regression checks."""

    evaluated: int = 0
    reused: int = 0
    decode_calls: int = 0


@dataclass(slots=True)
class KvSequence:
    """One KV sequence and the tokens that it holds. ``used``: a number that grows with each use."""

    id: int
    tokens: list[int] = field(default_factory=list)
    used: int = 0


class Sequences:
    """The context's sequences. Not thread-safe."""

    def __init__(self, native: NativeModel) -> None:
        self._native = native
        self._held: dict[str, KvSequence] = {}
        self._uses = 0
        self.counts = Counts()

    def of(self, purpose: str) -> KvSequence:
        """The sequence of ``purpose``: its own, a free one, or that of the least recently used purpose, emptied."""
        if purpose not in self._held:
            if len(self._held) >= MAX_SEQUENCES:
                self.release(min(self._held, key=self._worth))
            taken = {sequence.id for sequence in self._held.values()}
            self._held[purpose] = KvSequence(next(i for i in range(MAX_SEQUENCES) if i not in taken))
        sequence = self._held[purpose]
        self._uses += 1
        sequence.used = self._uses
        return sequence

    def release(self, purpose: str) -> None:
        """Forget a purpose and what was evaluated for it."""
        sequence = self._held.pop(purpose, None)
        if sequence is not None:
            self._native.remove(sequence.id, 0)

    def evaluate(self, purpose: str, tokens: list[int], outputs: int = 1) -> None:
        """Make the sequence of ``purpose`` hold exactly ``tokens``; what it, or another, begins with is not evaluated again.

        The logits of the last ``outputs`` tokens are ready afterwards. Raises ContextOverflow where they do not fit.
        """
        sequence = self.of(purpose)
        most = max(0, len(tokens) - outputs)  # the last ones are evaluated, for their logits
        kept = common(sequence.tokens, tokens)
        if kept < most:
            kept = self._shared(sequence, tokens, kept)
        kept = min(kept, most)
        self.cut(sequence, kept)
        self._make_room(sequence, len(tokens) - kept)
        self.counts.reused += kept
        self.extend(sequence, tokens[kept:], outputs)

    def extend(self, sequence: KvSequence, tokens: list[int], outputs: int = 1) -> None:
        """Evaluate more tokens behind those that the sequence holds; ``outputs`` is at most ``BATCH_TOKENS``."""
        end = 0
        while end < len(tokens):
            # The first batch is the short one, so that all outputs fall into the last.
            start, end = end, end + ((len(tokens) - end - 1) % BATCH_TOKENS + 1)
            last = end == len(tokens)
            self._native.decode(tokens[start:end], len(sequence.tokens), sequence.id, outputs=outputs if last else 0)
            sequence.tokens += tokens[start:end]
            self.counts.decode_calls += 1
            self.counts.evaluated += end - start

    def cut(self, sequence: KvSequence, length: int) -> None:
        """Take everything after the first ``length`` tokens out of the sequence."""
        if length < len(sequence.tokens):
            self._native.remove(sequence.id, length)
            del sequence.tokens[length:]

    def _shared(self, wanting: KvSequence, tokens: list[int], kept: int) -> int:
        """Take the beginning of ``tokens`` from the sequence that has most of it; how many tokens are there then."""
        others = [sequence for sequence in self._held.values() if sequence is not wanting]
        best = max(others, key=lambda other: common(other.tokens, tokens), default=None)
        length = common(best.tokens, tokens) if best is not None else 0
        if best is None or length < kept + WORTH_SHARING:
            return kept
        self.cut(wanting, 0)
        self._native.share(best.id, wanting.id, length)
        wanting.tokens = tokens[:length]
        return length

    def _make_room(self, wanting: KvSequence, tokens: int) -> None:
        """Let other sequences go where the context has no room for ``tokens`` more."""
        total = self._native.n_ctx
        used = sum(len(sequence.tokens) for sequence in self._held.values())  # what is shared is counted twice
        for purpose in sorted(self._held, key=self._worth):
            if used + tokens <= total:
                return
            sequence = self._held[purpose]
            if sequence is not wanting:
                used -= len(sequence.tokens)
                self.cut(sequence, 0)
        if used + tokens > total:
            raise ContextOverflow(f"{used + tokens} tokens exceed the context of {total}", mend="raise llm.context")

    def _worth(self, purpose: str) -> tuple[bool, int]:
        """How late a purpose's sequence is let go."""
        return (purpose.partition(":")[0] in HOUSE, self._held[purpose].used)


def common(a: list[int], b: list[int]) -> int:
    """Length of the longest common beginning."""
    shorter = min(len(a), len(b))
    if a[:shorter] == b[:shorter]:
        return shorter
    return next(i for i in range(shorter) if a[i] != b[i])

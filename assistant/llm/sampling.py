"""How free text is drawn: llama.cpp's sampler chain, so that no logits reach Python."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from assistant.errors import EngineError
from assistant.llm.native import NativeModel


@dataclass(frozen=True, slots=True)
class Sampling:
    """How free text is drawn; the defaults are those published for the model. ``temperature`` 0: always the likeliest.

    ``stop``: texts that end an answer and are not part of it. ``grammar``: a GBNF grammar that it must follow.
    """

    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 40
    min_p: float = 0.0
    repeat_penalty: float = 1.1
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repeat_last: int = 64
    seed: int = 0xFFFFFFFF
    stop: tuple[str, ...] = ()
    grammar: str | None = None

    @property
    def penalised(self) -> bool:
        """Whether what was said lately is made less likely."""
        return self.repeat_penalty != 1.0 or self.presence_penalty != 0.0 or self.frequency_penalty != 0.0


class Sampler:
    """One answer's sampler chain. A context manager: leaving it frees the chain. Raises EngineError for a bad grammar."""

    def __init__(self, native: NativeModel, sampling: Sampling) -> None:
        self._native = native
        self._lib = native.lib
        self._chain = self._lib.llama_sampler_chain_init(self._lib.llama_sampler_chain_default_params())
        self._grammar = self._open_grammar(sampling.grammar) if sampling.grammar else None
        self._candidates: Any = None
        for link in _links(native, sampling):
            self._lib.llama_sampler_chain_add(self._chain, link)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lib.llama_sampler_free(self._chain)
        if self._grammar is not None:
            self._lib.llama_sampler_free(self._grammar)

    def draw(self, output: int = -1) -> int:
        """The next token after one output of the last batch (-1: its last); the chain remembers it."""
        if self._grammar is None:
            return int(self._lib.llama_sampler_sample(self._chain, self._native.context, output))
        token = self._draw_allowed(output)
        self._lib.llama_sampler_accept(self._grammar, token)
        self._lib.llama_sampler_accept(self._chain, token)
        return token

    def _open_grammar(self, text: str) -> Any:
        grammar = self._lib.llama_sampler_init_grammar(self._native.vocab, text.encode(), b"root")
        if not grammar:
            self._lib.llama_sampler_free(self._chain)
            raise EngineError("the grammar of the answer cannot be used")
        return grammar

    def _draw_allowed(self, output: int) -> int:
        """Draw freely first: only where the grammar forbids what came out is it asked about every token."""
        token = self._choose(output, constrained=False)
        lib = self._lib
        one = (lib.llama_token_data * 1)(lib.llama_token_data(token, 1.0, 0.0))
        array = lib.llama_token_data_array(one, 1, -1, False)
        lib.llama_sampler_apply(self._grammar, array)
        return token if one[0].logit > float("-inf") else self._choose(output, constrained=True)

    def _choose(self, output: int, *, constrained: bool) -> int:
        import ctypes

        import numpy as np

        lib, size = self._lib, self._native.n_vocab
        if self._candidates is None:
            self._candidates = (lib.llama_token_data * size)()
        fields = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        view = np.frombuffer(self._candidates, fields)
        view["id"] = np.arange(size, dtype=np.int32)
        view["logit"] = np.ctypeslib.as_array(self._native.logits(output), shape=(size,))
        view["p"] = 0.0
        array = lib.llama_token_data_array(
            ctypes.cast(self._candidates, ctypes.POINTER(lib.llama_token_data)), size, -1, False
        )
        if constrained:
            lib.llama_sampler_apply(self._grammar, array)
        lib.llama_sampler_apply(self._chain, array)
        return int(array.data[array.selected].id)


def _links(native: NativeModel, sampling: Sampling) -> list[Any]:
    """The chain's samplers, in order.

    Penalties look every candidate up, and the vocabulary has 150,000 of them. They only ever lower a token, and at most
    ``repeat_last`` tokens: so the ``top_k`` best after them are among the ``top_k + repeat_last`` best before. Cutting to
    those first gives the same draw for a fraction of the work.
    """
    lib = native.lib
    greedy = sampling.temperature <= 0
    keep = 1 if greedy else sampling.top_k
    links = []
    if sampling.penalised:
        lowers = sampling.repeat_penalty >= 1 and min(sampling.presence_penalty, sampling.frequency_penalty) >= 0
        if lowers and keep > 0:
            links.append(lib.llama_sampler_init_top_k(keep + sampling.repeat_last))
        links.append(
            lib.llama_sampler_init_penalties(
                native.n_vocab,
                sampling.repeat_last,
                sampling.repeat_penalty,
                sampling.frequency_penalty,
                sampling.presence_penalty,
            )
        )
    if greedy:
        return [*links, lib.llama_sampler_init_greedy()]
    if sampling.top_k > 0:
        links.append(lib.llama_sampler_init_top_k(sampling.top_k))
    links.append(lib.llama_sampler_init_top_p(sampling.top_p, 1))
    if sampling.min_p > 0:
        links.append(lib.llama_sampler_init_min_p(sampling.min_p, 1))
    return [*links, lib.llama_sampler_init_temp(sampling.temperature), lib.llama_sampler_init_dist(sampling.seed)]

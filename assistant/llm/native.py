"""llama.cpp's model and context by their handles: opened with a reason where they cannot be, and freed in order."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from assistant.errors import EngineError, ModelError
from assistant.llm.pages import anonymous, drop_mapped, drop_zeros

GGUF_MAGIC = b"GGUF"
MAX_SEQUENCES = 12
BATCH_TOKENS = 512
STEP_TOKENS = 128
"""So many of a batch's tokens are worked on at once: more is not faster on a processor, and takes 30 MB at 512."""
MAX_OUTPUTS = 16
"""So many tokens of one batch can have logits."""


class NativeModel:
    """One model file with one context. Not thread-safe."""

    def __init__(self, path: Path, *, context: int, threads: int) -> None:
        """Raises ModelError where the file is missing, truncated or no GGUF; EngineError where memory does not do."""
        _check_header(path)
        from llama_cpp import llama_cpp as lib

        self.lib = lib
        self.path = path
        self.threads = threads
        self._log = LogKeeper(lib)
        params = lib.llama_model_default_params()
        params.n_gpu_layers = 0
        params.load_mode = lib.LLAMA_LOAD_MODE_MMAP
        self.model = lib.llama_model_load_from_file(os.fsencode(path), params)
        if not self.model:
            raise ModelError(
                f"{path}: llama.cpp cannot load it ({self._log.reason()})", mend="run 'assistant models verify'"
            )
        self.rest()
        self.vocab = lib.llama_model_get_vocab(self.model)
        self.context = self._open_context(context, threads)
        self.memory = lib.llama_get_memory(self.context)
        self.n_ctx = int(lib.llama_n_ctx(self.context))
        self.n_vocab = int(lib.llama_vocab_n_tokens(self.vocab))
        self._batch = lib.llama_batch_init(BATCH_TOKENS, 0, 1)

    def _open_context(self, size: int, threads: int) -> Any:
        params = self.lib.llama_context_default_params()
        params.n_ctx = size
        params.n_batch = BATCH_TOKENS
        params.n_ubatch = STEP_TOKENS
        params.n_outputs_max = MAX_OUTPUTS  # else a batch's worth of logits is set aside: 300 MB
        params.n_seq_max = MAX_SEQUENCES
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True  # else every sequence would get only its share of the context
        params.no_perf = True
        before = anonymous()
        context = self.lib.llama_init_from_model(self.model, params)
        if not context:
            self.lib.llama_model_free(self.model)
            raise EngineError(
                f"{self.path}: no context of {size} tokens ({self._log.reason()})", mend="lower llm.context"
            )
        drop_zeros(self._cells_bytes(int(self.lib.llama_n_ctx(context))), before)
        return context

    def _cells_bytes(self, cells: int) -> int:
        """The size of the memory of keys and values: 16 bits for each of a layer's."""
        lib = self.lib
        width = lib.llama_model_n_embd(self.model) // lib.llama_model_n_head(self.model)
        return int(lib.llama_model_n_layer(self.model) * cells * 2 * width * lib.llama_model_n_head_kv(self.model) * 2)

    def rest(self) -> None:
        """Let go of the weights' pages, while any thread may use them: the next token maps them again, in 10 ms here."""
        drop_mapped(self.path)

    def set_threads(self, threads: int) -> None:
        """Use so many threads from now on, for tokens and for prompts."""
        self.threads = threads
        self.lib.llama_set_n_threads(self.context, threads, threads)

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Tokens of ``text``; ``special`` reads ``<|im_start|>`` and its like as control tokens (never for users' text)."""
        raw = text.encode("utf-8")
        size = len(raw) + 16
        buffer = (self.lib.llama_token * size)()
        count = self.lib.llama_tokenize(self.vocab, raw, len(raw), buffer, size, False, special)
        if count < 0:
            raise EngineError("the text cannot be cut into tokens")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of one token; a character may be spread over several."""
        buffer = ctypes.create_string_buffer(256)
        count = self.lib.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, count)]

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer."""
        return bool(self.lib.llama_vocab_is_eog(self.vocab, token))

    def decode(self, tokens: Sequence[int], start: int, sequence: int, *, outputs: int = 1) -> None:
        """Evaluate ``tokens`` (at most ``BATCH_TOKENS``) at positions from ``start``.

        Logits are made for the last ``outputs`` of them, 0 to all: the output layer is a third of this model's work.
        Raises EngineError; the sequence holds nothing of ``tokens`` then.
        """
        batch, count = self._batch, len(tokens)
        batch.n_tokens = count
        for i, token in enumerate(tokens):
            batch.token[i] = token
            batch.pos[i] = start + i
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = sequence
            batch.logits[i] = i >= count - outputs
        status = self.lib.llama_decode(self.context, batch)
        if status != 0:
            self.remove(sequence, start)
            raise EngineError(f"llama_decode failed with {status}")

    def remove(self, sequence: int, start: int) -> None:
        """Take a sequence's tokens from position ``start`` on out of the KV memory."""
        self.lib.llama_memory_seq_rm(self.memory, sequence, start, -1)

    def share(self, source: int, target: int, length: int) -> None:
        """Let ``target`` begin with the first ``length`` tokens of ``source``; the KV cells are shared, not copied."""
        self.lib.llama_memory_seq_cp(self.memory, source, target, 0, length)

    def logits(self, index: int = -1) -> Any:
        """The logits of one output as a float pointer into llama.cpp's memory (nothing is copied); -1: the last."""
        return self.lib.llama_get_logits_ith(self.context, index)

    def close(self) -> None:
        """Free everything; a second call does nothing."""
        if self.model:
            self.lib.llama_batch_free(self._batch)
            self.lib.llama_free(self.context)
            self.lib.llama_model_free(self.model)
            self.model = None
        self._log.release()


class LogKeeper:
    """Keeps llama.cpp's last complaints instead of printing them."""

    def __init__(self, lib: Any) -> None:
        self._lines: list[str] = []
        self._lib = lib

        def keep(level: int, text: bytes, _data: Any) -> None:
            if level >= 3:  # warnings and errors
                self._lines = [*self._lines[-4:], text.decode("utf-8", "replace").strip()]

        callback = lib.llama_log_callback(keep)
        _KEPT.append(callback)  # llama.cpp keeps only the pointer
        lib.llama_log_set(callback, ctypes.c_void_p(0))

    def reason(self) -> str:
        return next((line for line in self._lines if line), "no reason given")

    def release(self) -> None:
        self._lines = []


_KEPT: list[Any] = []  # the callback must outlive every model: llama.cpp also logs at exit


def _check_header(path: Path) -> None:
    mend = f"run 'assistant models fetch {path.parent.name}'"
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", mend=mend) from error
    if magic != GGUF_MAGIC:
        raise ModelError(f"{path}: is no GGUF model file", mend=mend)

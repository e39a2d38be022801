"""Weights in another format, made of a model's file by llama.cpp's own quantiser."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from assistant.errors import ModelError
from assistant.llm.native import LogKeeper


def requantise(source: Path, target: Path, kind: str) -> None:
    """Write ``target``: the weights of ``source`` in the format ``kind`` ("Q4_0", "Q5_K_M"). Raises ModelError.

    What ``source`` has lost already is not had back.
    """
    from llama_cpp import llama_cpp as lib

    params = lib.llama_model_quantize_default_params()
    params.ftype = getattr(lib, f"LLAMA_FTYPE_MOSTLY_{kind}")
    params.allow_requantize = True
    params.nthread = os.cpu_count() or 1
    log = LogKeeper(lib)
    try:
        if lib.llama_model_quantize(os.fsencode(source), os.fsencode(target), ctypes.byref(params)) != 0:
            raise ModelError(f"{source}: llama.cpp cannot make {kind} of it ({log.reason()}); is the disk full?")
    finally:
        log.release()

"""A trial of one build of llama.cpp's arithmetic in a process of its own, which may crash: ``builds.py`` starts it.

``python -m assistant.llm.build_trial MODEL LIBRARY`` evaluates a prompt with it; ``MODEL --scores LIBRARY…`` prints what each
thinks of this processor, as JSON.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

TOKENS = 64
"""Builds that crash were seen to do so on prompts, not on single tokens."""


def main() -> None:
    """Ends with status 0 where the build works."""
    import llama_cpp

    from assistant.llm.builds import load
    from assistant.llm.native import NativeModel

    model, *rest = sys.argv[1:]
    package = Path(llama_cpp.__file__).parent
    if rest[0] == "--scores":
        ctypes.CDLL(str(package / "lib" / "libggml-base.so.0"), ctypes.RTLD_GLOBAL)
        scores = {Path(path).name: int(ctypes.CDLL(path).ggml_backend_score()) for path in rest[1:]}
        sys.stdout.write(json.dumps(scores))
        return
    load(package, Path(rest[0]))
    native = NativeModel(Path(model), context=256, threads=2)
    tokens = (native.tokenize("The lamp in the kitchen is on. ", special=False) * TOKENS)[:TOKENS]
    native.decode(tokens, 0, 0)
    native.decode(tokens[:1], TOKENS, 0)
    native.close()


if __name__ == "__main__":
    main()

"""The model's weights in other formats: made of its file by llama.cpp's own quantiser, and compared in one run.

What a format loses is lost on top of what the file has lost already (``allow_requantize``): a file that is made of the
unquantised weights would lose less. Times are processor time of one thread, which other programs hardly disturb.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from assistant.bench.pace import Pace
from assistant.bench.result import TIMES, Cell, Measured, times
from assistant.bench.weights import read_per_token
from assistant.config import Config
from assistant.llm.native import MAX_OUTPUTS, NativeModel
from assistant.llm.requantising import requantise
from assistant.models.installed import resolve

FORMATS = ("Q4_0", "Q5_0", "Q5_K_M")
CONTEXT = 1024
ANSWER_TOKENS, PROMPT_TOKENS = 8, 128
UNCOUNTED = 64
"""So many tokens of the passage are read before the model's guesses count."""
PASSAGE = """The old house stood at the end of the lane, where the paved road gave way to gravel and the street lamps stopped.
Nobody had lived in it for years. In spring, when the apple trees flowered, children climbed over the wall and played in the
garden until somebody called them for dinner. The front door was locked, but one of the kitchen windows had never closed
properly, and those who were brave enough went inside and came back with stories. There was a clock in the hall, they said,
which still ticked although nobody wound it, and a piano whose lowest keys were silent. One evening in October a van stopped
in front of the gate. A woman of about forty got out, looked at the roof for a long time, and laughed. She had bought the house
at an auction without ever having seen it, because it was cheaper than a garage in the city, and because her grandmother had
been born in the next village. During the following winter the neighbours saw light in one window after the other. A carpenter
repaired the stairs, an electrician replaced all the cables, and in the cellar somebody installed a heat pump that hummed
quietly through the night. The woman painted the walls herself. When the snow melted she invited everybody to a party. The
children, who had grown a little shy, showed her the window that would not close, and she promised that she would never have it
mended. Later, when it was dark, an old man sat down at the piano. He had tuned it himself in the week before, without asking for
money, and now he played the songs to which people had danced here when he was young. The lowest keys were no longer silent."""


def measure(config: Config, pace: Pace) -> Measured:
    """Size, time of a token of an answer and of a prompt, and perplexity of each format."""
    path = resolve(config.llm.model, config.paths.models).path
    with tempfile.TemporaryDirectory(dir=path.parent.parent) as folder:
        files = {"as it is": path}
        for name in FORMATS:
            pace.say(f"making {name}")
            files[name] = Path(folder) / f"{name}.gguf"
            requantise(path, files[name], name)
        spans: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in files}
        perplexities: dict[str, float] = {}
        for _round in pace.rounds("formats"):
            for name, file in files.items():
                answer_ms, prompt_ms, perplexity = _measured(file, anew=name not in perplexities)
                spans[name][0].append(answer_ms)
                spans[name][1].append(prompt_ms)
                if perplexity is not None:
                    perplexities[name] = perplexity
        rows = tuple(_rows(files, spans, perplexities))
    return Measured(
        "formats",
        "The same weights in other formats (processor time of one thread, for each token)",
        ("format", "what", "MB", "read for a token, MB", "perplexity", *TIMES),
        rows,
        drawn=("p50 ms",),
        axes=("", "ms"),
    )


def _rows(
    files: dict[str, Path], spans: dict[str, tuple[list[float], list[float]]], perplexities: dict[str, float]
) -> Iterator[tuple[Cell, ...]]:
    for name, file in files.items():
        for what, values in zip(("an answer", "a prompt"), spans[name], strict=True):
            sizes = (file.stat().st_size / 1e6, read_per_token(file) / 1e6)
            yield (name, what, *sizes, perplexities[name], *times(values))


def _measured(file: Path, *, anew: bool) -> tuple[float, float, float | None]:
    """(ms a token of an answer, ms a token of a prompt, perplexity of the passage where ``anew``)."""
    model = NativeModel(file, context=CONTEXT, threads=1)
    try:
        tokens = model.tokenize(PASSAGE, special=False)
        perplexity = _perplexity(model, tokens) if anew else None
        model.remove(0, 0)
        model.decode(tokens[:1], 0, 0)  # the file's pages are mapped
        began_s = time.process_time()
        model.decode(tokens[1 : 1 + PROMPT_TOKENS], 1, 0)
        read_s = time.process_time()
        for place in range(1 + PROMPT_TOKENS, 1 + PROMPT_TOKENS + ANSWER_TOKENS):
            model.decode([tokens[place]], place, 0)
        ended_s = time.process_time()
        return (ended_s - read_s) * 1000 / ANSWER_TOKENS, (read_s - began_s) * 1000 / PROMPT_TOKENS, perplexity
    finally:
        model.close()


def _perplexity(model: NativeModel, tokens: list[int]) -> float:
    import numpy as np

    lost: list[float] = []
    for start in range(0, len(tokens) - 1, MAX_OUTPUTS):
        part = tokens[start : start + MAX_OUTPUTS]
        model.decode(part, start, 0, outputs=len(part))
        for index in range(len(part)):
            place = start + index
            if UNCOUNTED <= place < len(tokens) - 1:
                logits = np.ctypeslib.as_array(model.logits(index), (model.n_vocab,))
                top = float(logits.max())
                total = top + math.log(float(np.exp(logits - top, dtype=np.float64).sum()))
                lost.append(total - float(logits[tokens[place + 1]]))
    return math.exp(sum(lost) / len(lost))

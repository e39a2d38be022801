"""Piper's network in two halves: a sentence's frames at once, and sound from them piece by piece.

The second half is four fifths of the work, and needs memory for each second that it makes at once; a piece of it depends on
some neighbouring frames alone. So speech begins after the first piece, and memory does not grow with the sentence.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from assistant.onnx.halves import halved
from assistant.onnx.messages import Model
from assistant.onnx.session import open_edited, open_session
from assistant.tts.pace import AROUND, LONGEST, SHORTEST, Pace

log = logging.getLogger(__name__)

SOUND_NODES = "/dec/"
"""How the nodes of the second half are named, by whoever exported the voice with Piper's own tools."""


class Session(Protocol):
    """What is used of an ``onnxruntime.InferenceSession``."""

    def get_outputs(self) -> Sequence[Any]: ...

    def run(self, outputs: Sequence[str] | None, inputs: dict[str, Any]) -> Sequence[Any]: ...


class VitsNetwork:
    """A voice's network, by its halves' sessions; ``frames`` is ``None`` where it is one whole. Not thread-safe."""

    def __init__(self, frames: Session | None, sound: Session, rate_hz: int) -> None:
        self._frames_of = frames
        self._sound_of = sound
        self._pace = Pace(rate_hz)

    @classmethod
    def load(cls, path: Path, threads: int, rate_hz: int, *, in_pieces: bool = True) -> Self:
        """Raises OSError, ValueError and onnxruntime's own errors where it cannot be loaded."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, threads)
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it keeps what the longest sentence took, and saves no time that shows
        halves = halved(Model.read(path), SOUND_NODES) if in_pieces else None
        if halves is not None:
            try:
                frames, sound = (open_edited(half, options) for half in halves)
                return cls(frames, sound, rate_hz)
            except OSError as error:
                log.warning("%s: speaks whole sentences, there is no room for its halves: %s", path.name, error)
        return cls(None, open_session(path, options), rate_hz)

    def sound(
        self, inputs: Mapping[str, npt.NDArray[Any]], *, whole: bool = False
    ) -> Iterator[npt.NDArray[np.float32]]:
        """Samples (-1 to 1, shape (n,)) of one sentence in pieces; ``whole``: in one, though it is made in several."""
        if self._frames_of is None:
            yield self._sound_of.run(None, dict(inputs))[0].reshape(-1)
            return
        names = [value.name for value in self._frames_of.get_outputs()]
        between = dict(zip(names, self._frames_of.run(names, dict(inputs)), strict=True))
        if whole or not self._pace.keeps_up:
            yield np.concatenate(list(self._pieces(between, whole=True)))
        else:
            yield from self._pieces(between, whole=False)

    def _pieces(
        self, between: Mapping[str, npt.NDArray[np.float32]], *, whole: bool
    ) -> Iterator[npt.NDArray[np.float32]]:
        frames = max(value.shape[-1] for value in between.values())
        start = length = 0
        while start < frames:
            length = LONGEST if whole else self._pace.next_length(length)
            end = start + length if frames - start - length >= SHORTEST else frames
            first, last = max(0, start - AROUND), min(frames, end + AROUND)
            # What has a single frame is of all times: who speaks.
            cut = {
                name: np.ascontiguousarray(value[..., first:last]) if value.shape[-1] == frames else value
                for name, value in between.items()
            }
            begun_s = time.perf_counter()
            made = self._sound_of.run(None, cut)[0].reshape(-1)
            samples = len(made) // (last - first)
            self._pace.note(last - first, samples, time.perf_counter() - begun_s)
            yield made[(start - first) * samples : (end - first) * samples]
            start = end

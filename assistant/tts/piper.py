"""Piper: sentences to sound, in clips that follow one another without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import ModelError
from assistant.tts.level import Level
from assistant.tts.vits import VitsNetwork
from assistant.types import AudioClip

SPEED_RANGE = (0.5, 2.0)
WARM_UP = "Good morning, I am ready."


class PiperVoiceEngine:
    """One loaded voice. ``speed`` 1.0 is the voice's own; ``threads`` bounds the processor cores that it takes.

    Not ``in_pieces``, each sentence is one clip, made at once, as Piper itself does it: to compare with.
    Raises ModelError where the voice cannot be loaded. One thread at a time may synthesise.
    """

    def __init__(self, model_dir: Path, speed: float = 1.0, threads: int = 2, *, in_pieces: bool = True) -> None:
        slowest, fastest = SPEED_RANGE
        self.speed = min(max(speed, slowest), fastest)
        self.name = model_dir.name
        self._voice, self._network = _load(_model_file(model_dir), threads, in_pieces)
        self._level = Level()

    @property
    def rate_hz(self) -> int:
        """Sample rate of the clips."""
        return int(self._voice.config.sample_rate)

    def warm_up(self) -> None:
        """Synthesise once for nobody: the first reply does not pay for what is made on first use, and may come in pieces."""
        for _clip in self.synthesize(WARM_UP):
            pass

    def synthesize(self, text: str) -> Iterator[AudioClip]:
        """Clips of ``text`` (spoken form), each made when it is asked for: the first as early as what follows it allows."""
        for phonemes in self._voice.phonemize(text):
            if not phonemes:
                continue
            whole = not self._level.known
            gain = self._level.sentence()
            inputs = self._inputs(self._voice.phonemes_to_ids(phonemes))
            for sound in self._network.sound(inputs, whole=whole):
                yield AudioClip(gain.apply(sound), self.rate_hz)

    def _inputs(self, ids: list[int]) -> dict[str, npt.NDArray[Any]]:
        config = self._voice.config
        scales = (config.noise_scale, config.length_scale / self.speed, config.noise_w_scale)
        inputs: dict[str, npt.NDArray[Any]] = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array(scales, np.float32),
        }
        if config.num_speakers > 1:
            inputs["sid"] = np.array([config.default_speaker_id or 0], np.int64)
        return inputs


def _model_file(model_dir: Path) -> Path:
    models = sorted(model_dir.glob("*.onnx"))
    for model in models:
        if model.with_name(model.name + ".json").is_file():
            return model
    what = "its .onnx.json is missing" if models else "no .onnx file in it"
    raise ModelError(f"{model_dir}: is no Piper voice ({what})", mend=f"run 'assistant models fetch {model_dir.name}'")


def _load(model: Path, threads: int, in_pieces: bool) -> tuple[Any, VitsNetwork]:
    import json

    from onnxruntime.capi import onnxruntime_pybind11_state as failures
    from piper import PiperVoice
    from piper.config import PiperConfig

    try:
        document = json.loads(model.with_name(model.name + ".json").read_text(encoding="utf-8"))
        config = PiperConfig.from_dict(document)
        # Piper's own object writes phonemes; its session would run the network as a whole.
        return PiperVoice(session=None, config=config), VitsNetwork.load(
            model, threads, config.sample_rate, in_pieces=in_pieces
        )
    except (OSError, ValueError, KeyError, failures.Fail, failures.InvalidProtobuf, failures.InvalidGraph) as error:
        mend = f"run 'assistant models verify {model.parent.name}'"
        raise ModelError(f"{model}: Piper cannot load it ({error})", mend=mend) from error

"""Piper: sentences to sound, one clip a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.errors import ModelError
from assistant.types import AudioClip

SPEED_RANGE = (0.5, 2.0)


class PiperVoiceEngine:
    """One loaded voice. ``speed`` 1.0 is the voice's own; ``threads`` bounds the processor cores that it takes.

    Raises ModelError where the voice cannot be loaded. One thread at a time may synthesise.
    """

    def __init__(self, model_dir: Path, speed: float = 1.0, threads: int = 2) -> None:
        slowest, fastest = SPEED_RANGE
        self.speed = min(max(speed, slowest), fastest)
        self.name = model_dir.name
        self._voice: Any = _load(_model_file(model_dir), threads)

    @property
    def rate_hz(self) -> int:
        """Sample rate of the clips."""
        return int(self._voice.config.sample_rate)

    def warm_up(self) -> None:
        """Synthesise once for nobody, so that the first reply does not pay for what is made on first use."""
        for _clip in self.synthesize("Ready."):
            pass

    def synthesize(self, text: str) -> Iterator[AudioClip]:
        """Clips of ``text`` (spoken form), one a sentence, each made when it is asked for."""
        from piper.config import SynthesisConfig

        settings = SynthesisConfig(length_scale=self._voice.config.length_scale / self.speed)
        for chunk in self._voice.synthesize(text, settings):
            yield AudioClip(chunk.audio_int16_array, chunk.sample_rate)


def _model_file(model_dir: Path) -> Path:
    models = sorted(model_dir.glob("*.onnx"))
    for model in models:
        if model.with_name(model.name + ".json").is_file():
            return model
    what = "its .onnx.json is missing" if models else "no .onnx file in it"
    raise ModelError(f"{model_dir}: is no Piper voice ({what})", mend=f"run 'assistant models fetch {model_dir.name}'")


def _load(model: Path, threads: int) -> Any:
    import json

    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as failures
    from piper import PiperVoice
    from piper.config import PiperConfig

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it keeps what the longest sentence took: 80 MB, and saves no time that shows
    try:
        document = json.loads(model.with_name(model.name + ".json").read_text(encoding="utf-8"))
        session = onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
        return PiperVoice(session=session, config=PiperConfig.from_dict(document))
    except (OSError, ValueError, KeyError, failures.Fail, failures.InvalidProtobuf, failures.InvalidGraph) as error:
        mend = f"run 'assistant models verify {model.parent.name}'"
        raise ModelError(f"{model}: Piper cannot load it", mend=mend) from error

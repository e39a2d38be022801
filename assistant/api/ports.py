"""What the interfaces need of the assistant: small Protocols, so that each can be served from fakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from assistant.llm.requests import GenerateRequest, Output
from assistant.types import AudioClip, Transcript

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class TextModel(Protocol):
    """The language model. Blocking; called in threads of the caller's."""

    def generate(self, request: GenerateRequest, cancelled: Callable[[], bool]) -> Iterator[Output]: ...


class Hearing(Protocol):
    """Speech to text of whole recordings at 16 kHz. Blocking."""

    def transcribe(self, clip: AudioClip) -> Transcript: ...


class Speaking(Protocol):
    """Text to speech, clips as they are made. Blocking."""

    def speak(self, pieces: Iterable[str]) -> Iterator[AudioClip]: ...


class Embedding(Protocol):
    """Sentences as unit vectors. Blocking."""

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        """Shape (n, dimensions)."""
        ...

"""Sound files: any WAV or FLAC becomes a 16 kHz mono clip; a clip becomes a WAV, whole or not at all."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from assistant.errors import AudioError, StorageError
from assistant.types import AudioClip

if TYPE_CHECKING:
    import numpy.typing as npt

SPEECH_RATE_HZ = 16_000
MAX_DURATION_S = 600.0


def load_clip(path: Path, *, max_duration_s: float = MAX_DURATION_S) -> AudioClip:
    """Read a sound file of any rate, channel count and sample format as 16 kHz mono int16.

    Raises AudioError where the file is missing, unreadable, empty, no sound file, or longer than ``max_duration_s``.
    """
    if path.is_dir():
        raise AudioError(f"{path}: is a folder, not a sound file")
    try:
        with path.open("rb") as stream:
            return read_clip(stream, str(path), max_duration_s=max_duration_s)
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror or error}") from error


def read_clip(stream: BinaryIO, name: str, *, max_duration_s: float = MAX_DURATION_S) -> AudioClip:
    """The same from an open file or from memory; ``name`` is what errors call it. Raises AudioError, OSError."""
    import soundfile

    try:
        with soundfile.SoundFile(stream) as sound:
            rate_hz = sound.samplerate
            if len(sound) > max_duration_s * rate_hz:
                raise AudioError(
                    f"{name}: {len(sound) / rate_hz:.0f} s long; the longest that is taken is {max_duration_s:.0f} s"
                )
            samples = sound.read(dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        empty = not stream.seek(0) and not stream.read(1)
        reason = "is empty" if empty else "is no sound file that can be read (WAV, FLAC, Ogg and MP3 are)"
        raise AudioError(f"{name}: {reason}") from error
    if not len(samples):
        raise AudioError(f"{name}: holds no sound")
    if not np.isfinite(samples).all():
        raise AudioError(f"{name}: holds samples that are no numbers")
    return _speech_clip(samples.mean(axis=1), rate_hz)


def save_clip(clip: AudioClip, path: Path) -> None:
    """Write ``clip`` as a 16-bit WAV: to a temporary file first, then renamed, so that no half file is ever seen.

    Raises StorageError where that cannot be done (no such folder, no permission, full disk).
    """
    import soundfile

    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        with temporary.open("xb") as stream:
            soundfile.write(stream, clip.samples, clip.rate_hz, subtype="PCM_16", format="WAV")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error
    except soundfile.SoundFileError as error:  # libsndfile hides the system's reason, such as a full disk
        raise StorageError(f"{path}: cannot be written: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def to_mono_16k(clip: AudioClip) -> AudioClip:
    """The clip at the recogniser's rate; the same object where it already is."""
    if clip.rate_hz == SPEECH_RATE_HZ:
        return clip
    return _speech_clip(clip.samples.astype(np.float32) / 32768.0, clip.rate_hz)


def join_clips(clips: list[AudioClip]) -> AudioClip:
    """One clip of several of one rate; the rate is the first one's."""
    if not clips:
        return AudioClip(np.zeros(0, np.int16), SPEECH_RATE_HZ)
    rate_hz = clips[0].rate_hz
    return AudioClip(np.concatenate([resample(clip, rate_hz).samples for clip in clips]), rate_hz)


def resample(clip: AudioClip, rate_hz: int) -> AudioClip:
    """The clip at another rate; the same object where it already has it."""
    if clip.rate_hz == rate_hz:
        return clip
    import soxr

    samples = soxr.resample(clip.samples.astype(np.float32) / 32768.0, clip.rate_hz, rate_hz)
    return AudioClip(to_int16(samples), rate_hz)


def to_int16(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Floats in -1 to 1 as int16, clipped rather than wrapped around."""
    return np.asarray(np.clip(np.rint(samples * 32768.0), -32768, 32767), dtype=np.int16)


def _speech_clip(samples: npt.NDArray[np.float32], rate_hz: int) -> AudioClip:
    if rate_hz != SPEECH_RATE_HZ:
        import soxr

        samples = soxr.resample(samples, rate_hz, SPEECH_RATE_HZ)
    return AudioClip(to_int16(samples), SPEECH_RATE_HZ)

"""Plays clips to the sound card: the first sound at once, silence within 200 ms of ``stop`` from any thread."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from assistant.audio.devices import PORTAUDIO_LOCK
from assistant.audio.resampling import Resampler
from assistant.errors import AudioError
from assistant.types import AudioClip

BLOCK_S = 0.02
LATENCY_S = 0.1
"""What the device may hold ready; with one block it is the longest time between ``stop`` and silence."""
PUSHED_OUT_S = 0.12
"""What a sound server holds beyond the device's own latency."""

Tap = Callable[[AudioClip], None]


@dataclass(frozen=True, slots=True)
class OutputDevice:
    """A loudspeaker: PortAudio's index, its name, and the rate that it prefers."""

    index: int
    name: str
    rate_hz: int


def find_output(pattern: str | None = None) -> OutputDevice | None:
    """The output whose name has ``pattern`` in it, or the system's default one; ``None`` where there is no such.

    Raises AudioError where the sound system itself is not there.
    """
    sounddevice = _sounddevice()
    devices = [(index, device) for index, device in enumerate(sounddevice.query_devices())]
    outputs = [(index, device) for index, device in devices if device["max_output_channels"] > 0]
    if pattern is not None:
        outputs = [(index, device) for index, device in outputs if pattern.lower() in device["name"].lower()]
    default = sounddevice.default.device[1]
    outputs.sort(key=lambda entry: entry[0] != default)
    if not outputs:
        return None
    index, device = outputs[0]
    return OutputDevice(index, device["name"], int(device["default_samplerate"]))


class Player:
    """One open loudspeaker. ``play`` blocks while the clip is handed over; ``stop`` may come from any thread."""

    def __init__(self, stream: Any, rate_hz: int, volume: float, tap: Tap | None = None) -> None:
        self._stream = stream
        self._rate_hz = rate_hz
        self._resampler = Resampler(rate_hz)
        self._volume = volume
        self._tap = tap
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, pattern: str | None = None, *, volume: float = 1.0, tap: Tap | None = None) -> Self:
        """Open the loudspeaker whose name has ``pattern`` in it, or the best one there is.

        ``tap`` is given each block just before it is handed to the device (for echo suppression).
        Raises AudioError where there is no such device or it cannot be opened.
        """
        device = find_output(pattern)
        if device is None:
            wanted = f"no loudspeaker whose name has {pattern!r}" if pattern else "no loudspeaker"
            raise AudioError(f"{wanted} on this machine", mend="see 'assistant doctor'")
        try:
            stream = _open_stream(device, channels=1)
        except AudioError:
            stream = _open_stream(device, channels=2)  # many sound cards take stereo only
        return cls(stream, device.rate_hz, volume, tap)

    @property
    def volume(self) -> float:
        """Loudness between 0 and 1, of the samples' amplitude as it is heard: squared before it is applied."""
        return self._volume

    @volume.setter
    def volume(self, value: float) -> None:
        self._volume = min(max(value, 0.0), 1.0)

    def play(self, clip: AudioClip) -> bool:
        """Hand the clip to the device, block by block; False where it was stopped before its end.

        Clips between ``resume`` and ``drain`` are one stream of sound, without gaps or clicks.

        Raises AudioError where the device is lost.
        """
        return self._play(self._resampler.take(clip))

    def stop(self) -> None:
        """Silence now: what the device still holds is dropped, and what is being played is given up."""
        self._stopped.set()
        with self._lock, self._reported():
            self._stream.abort()

    def resume(self) -> None:
        """Begin a stream of clips; allow playing again after ``stop``. From the thread that plays."""
        self._resampler.forget()
        with self._lock, self._reported():
            self._stopped.clear()

    def drain(self) -> None:
        """Wait until everything that was handed over is heard. The device rests then, until the next sound."""
        self._play(self._resampler.rest())
        # Silence pushes it out: not every sound system waits for the rest when a stream is stopped.
        silence = np.zeros(math.ceil(BLOCK_S * self._rate_hz), np.int16)
        for _ in range(math.ceil((LATENCY_S + PUSHED_OUT_S) / BLOCK_S)):
            if self._stopped.is_set():
                return
            self._write(silence)
        with self._lock, self._reported():
            if not self._stopped.is_set() and not self._stream.stopped:
                self._stream.stop()

    def close(self) -> None:
        """Give the device back."""
        with self._lock, PORTAUDIO_LOCK:
            self._stream.close(ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _play(self, samples: npt.NDArray[np.int16]) -> bool:
        size = max(1, math.ceil(BLOCK_S * self._rate_hz))
        for start in range(0, len(samples), size):
            if self._stopped.is_set():
                return False
            self._write(self._louder(samples[start : start + size]))
        return not self._stopped.is_set()

    def _louder(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        return np.asarray(np.rint(samples * self._volume**2), dtype=np.int16)

    def _write(self, block: npt.NDArray[np.int16]) -> None:
        if self._tap is not None:
            self._tap(AudioClip(block, self._rate_hz))
        with self._lock, self._reported():
            if not self._stopped.is_set():
                if self._stream.stopped:
                    self._stream.start()
                self._stream.write(np.repeat(block.reshape(-1, 1), self._stream.channels, axis=1))

    def _reported(self) -> _Reported:
        return _Reported()


class _Reported:
    """PortAudio's errors inside the block become AudioError."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and isinstance(error, _sounddevice().PortAudioError):
            raise AudioError(f"the loudspeaker was lost: {error}") from error


def _open_stream(device: OutputDevice, channels: int) -> Any:
    sounddevice = _sounddevice()
    try:
        with PORTAUDIO_LOCK:
            stream = sounddevice.OutputStream(
                device=device.index, samplerate=device.rate_hz, channels=channels, dtype="int16", latency=LATENCY_S
            )
    except (sounddevice.PortAudioError, ValueError) as error:
        raise AudioError(f"the loudspeaker {device.name!r} cannot be opened: {error}") from error
    return stream


def _sounddevice() -> Any:
    try:
        import sounddevice
    except OSError as error:  # the PortAudio library itself is missing
        raise AudioError("PortAudio is not installed", mend="install libportaudio2") from error
    return sounddevice

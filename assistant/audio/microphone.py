"""Opens microphones through PortAudio for ``capture``: a thread of its own reads each one block by block.

Reading, and not PortAudio's callbacks: those are made by cffi in memory that is writable and executable, which the
hardened service is not allowed to have.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.audio.capture import Stream
from assistant.audio.devices import PORTAUDIO_LOCK, InputDevice, find_input, portaudio, rescan
from assistant.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

Give = Callable[["npt.NDArray[np.int16]", bool], None]

BLOCK_S = 0.02
LATENCY_S = 0.06
"""What the device may hold before it is read; one that is read late loses nothing up to here."""
MANY_CHANNELS = 16
"""A device with more is a plug-in that takes any number, and no microphone array."""
JOIN_S = 2.0


class SoundDeviceBackend:
    """Microphones of this machine. ``pattern``: a part of the wanted device's name."""

    def __init__(self, pattern: str | None = None) -> None:
        self._pattern = pattern

    def open(self, give: Give) -> tuple[Stream, InputDevice]:
        """Open the microphone at its own rate, with up to eight of its channels. Raises AudioError."""
        sounddevice = portaudio()
        device = find_input(self._pattern)
        try:
            with PORTAUDIO_LOCK:
                stream = sounddevice.InputStream(
                    device=device.index,
                    samplerate=device.rate_hz,
                    channels=min(device.channels, 8) if device.channels <= MANY_CHANNELS else 1,
                    dtype="int16",
                    latency=LATENCY_S,
                )
                stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise AudioError(f"the microphone {device.name!r} cannot be opened: {error}") from error
        return _Reader(stream, device, give), device

    def look_again(self) -> None:
        """Look for devices that were plugged in since."""
        rescan()


class _Reader:
    """Reads a PortAudio stream until it is closed, or its device is gone."""

    def __init__(self, stream: Any, device: InputDevice, give: Give) -> None:
        self._stream = stream
        self._give = give
        self._block = round(device.rate_hz * BLOCK_S)
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._read, name="microphone", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        error = portaudio().PortAudioError
        while not self._closed.is_set():
            try:
                data, overflowed = self._stream.read(self._block)
            except error:
                return  # the device is gone, or was closed; the capture notices that nothing comes
            self._give(data, bool(overflowed))

    def close(self) -> None:
        """Give the device back, whatever became of it."""
        self._closed.set()
        self._thread.join(JOIN_S)  # a block later at the most, unless the device hangs
        with PORTAUDIO_LOCK:
            self._stream.close(ignore_errors=True)

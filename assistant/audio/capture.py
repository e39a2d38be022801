"""The microphone as a stream of 16 kHz frames that outlives unplugging: it reports, waits, and comes back by itself."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from assistant.audio.devices import InputDevice
from assistant.errors import AudioError

if TYPE_CHECKING:
    import numpy.typing as npt

RATE_HZ = 16_000
FRAME_SAMPLES = 320
QUEUE_BLOCKS = 250
"""What may wait for the listener: 5 s; more than that is dropped, and counted."""
NO_SOUND_S = 2.0
"""A device that has given nothing for so long is lost."""
POLL_S = 0.2
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 8.0
SILENT_S = 10.0
"""Digital silence for so long: the microphone is switched off, or the wrong one."""

Block = tuple["npt.NDArray[np.int16]", bool]
"""What the device gave (shape (n, channels)), and whether it lost something before."""


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of sound: int16, 16 kHz, shape (320,)."""

    samples: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class MicrophoneOpened:
    """The microphone gives sound (again)."""

    name: str


@dataclass(frozen=True, slots=True)
class MicrophoneLost:
    """There is no microphone, it is busy, or it went away; it is tried again."""

    reason: str


@dataclass(frozen=True, slots=True)
class MicrophoneSilent:
    """The microphone gives nothing but zeros (``on``), or has begun to give sound after that."""

    on: bool


@dataclass(frozen=True, slots=True)
class FramesDropped:
    """So many seconds of sound were lost since the last frame."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is no sound now, but the capture is alive."""


Capture = Frame | MicrophoneOpened | MicrophoneLost | MicrophoneSilent | FramesDropped | Waiting


class Stream(Protocol):
    """An open microphone."""

    def close(self) -> None: ...


class Backend(Protocol):
    """Opens microphones; the real one is sounddevice, tests have another."""

    def open(self, give: Callable[[npt.NDArray[np.int16], bool], None]) -> tuple[Stream, InputDevice]:
        """Open the microphone and let it ``give`` its blocks. Raises AudioError."""
        ...

    def look_again(self) -> None:
        """Look for devices that were plugged in since."""
        ...


class Converter:
    """Blocks at the device's rate and channels -> 16 kHz mono frames of one length."""

    def __init__(self, rate_hz: int) -> None:
        self._resampler: Any = None
        if rate_hz != RATE_HZ:
            import soxr

            self._resampler = soxr.ResampleStream(rate_hz, RATE_HZ, 1, dtype="float32", quality="HQ")
        self._rest = np.zeros(0, np.int16)

    def convert(self, block: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.int16]]:
        """Take a block (int16, shape (n, channels)); yields the frames that are whole with it."""
        mono = loudest_channel(block)
        if self._resampler is not None:
            resampled = self._resampler.resample_chunk(mono.astype(np.float32))
            mono = np.clip(np.rint(resampled), -32768, 32767).astype(np.int16)
        joined = np.concatenate([self._rest, mono])
        whole = len(joined) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = joined[whole:]
        yield from joined[:whole].reshape(-1, FRAME_SAMPLES)


def loudest_channel(block: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Mono of several channels: their mean over those that carry sound, so that a dead one does not halve it."""
    if block.ndim == 1 or block.shape[1] == 1:
        return block.reshape(-1)
    alive = block.any(axis=0)
    if not alive.any():
        return np.zeros(len(block), np.int16)
    mono: npt.NDArray[np.int16] = np.rint(block[:, alive].mean(axis=1)).astype(np.int16)
    return mono


class Microphone:
    """Yields frames and what happens to the microphone, for as long as it is iterated over. One thread iterates.

    ``may_rescan`` says whether looking for new devices is harmless now: it closes the loudspeaker as well.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        may_rescan: Callable[[], bool] = lambda: True,
        clock_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        poll_s: float = POLL_S,
        queue_blocks: int = QUEUE_BLOCKS,
    ) -> None:
        self._backend = backend
        self._may_rescan = may_rescan
        self._clock_s = clock_s
        self._sleep = sleep
        self._poll_s = poll_s
        self._blocks: queue.Queue[Block] = queue.Queue(queue_blocks)
        self._closed = threading.Event()
        self._lost_blocks = 0
        self._silent_samples = 0
        self._failures = 0
        self.dropped_s = 0.0
        """Seconds of sound that were lost since the beginning."""

    def close(self) -> None:
        """End the iteration, from any thread."""
        self._closed.set()

    def events(self) -> Iterator[Capture]:
        """Frames and events until ``close``; never raises for what devices do."""
        self._failures = 0
        reported = ""
        while not self._closed.is_set():
            reason = ""
            for event in self._one_stream():
                if isinstance(event, MicrophoneOpened):
                    reported = ""
                if isinstance(event, MicrophoneLost):
                    reason = event.reason
                else:
                    yield event
            if self._closed.is_set():
                return
            if reason != reported:  # the same trouble is told once
                reported = reason
                yield MicrophoneLost(reason)
            self._failures += 1
            yield from self._wait(min(FIRST_RETRY_S * 2 ** (self._failures - 1), LONGEST_RETRY_S))
            # What was opened once is usually there again under its old number; looking anew costs more.
            if self._failures >= 2 and self._may_rescan():
                self._backend.look_again()

    def _one_stream(self) -> Iterator[Capture]:
        """Open the microphone once and tell what it gives; ends with MicrophoneLost, or when closed."""
        self._empty()
        try:
            stream, device = self._backend.open(self._give)
        except AudioError as error:
            yield MicrophoneLost(str(error))
            return
        heard = False
        try:
            for event in self._listen(device):
                if isinstance(event, Frame) and not heard:
                    heard = True
                    self._failures = 0
                    yield MicrophoneOpened(device.name)
                yield event
        finally:
            stream.close()
        yield MicrophoneLost(f"the microphone {device.name!r} gives no sound")

    def _listen(self, device: InputDevice) -> Iterator[Capture]:
        """What one open stream gives, until it gives nothing any more."""
        converter = Converter(device.rate_hz)
        last_s = self._clock_s()
        while not self._closed.is_set():
            try:
                block, overflowed = self._blocks.get(timeout=self._poll_s)
            except queue.Empty:
                if self._clock_s() - last_s >= NO_SOUND_S:
                    return
                yield Waiting()
                continue
            last_s = self._clock_s()
            if overflowed or self._lost_blocks:
                yield self._count_dropped(len(block) / device.rate_hz)
            yield from self._silence(block, device.rate_hz)
            for samples in converter.convert(block):
                yield Frame(samples)

    def _give(self, block: npt.NDArray[np.int16], overflowed: bool) -> None:
        """Called by the sound system's own thread: it must not wait."""
        try:
            self._blocks.put_nowait((block, overflowed))
        except queue.Full:
            self._lost_blocks += 1

    def _count_dropped(self, block_s: float) -> FramesDropped:
        # An overflow inside of PortAudio has no length; it is at least a block.
        lost, self._lost_blocks = max(1, self._lost_blocks), 0
        self.dropped_s += lost * block_s
        return FramesDropped(lost * block_s)

    def _silence(self, block: npt.NDArray[np.int16], rate_hz: int) -> Iterator[Capture]:
        was = self._silent_samples >= SILENT_S * rate_hz
        self._silent_samples = 0 if block.any() else self._silent_samples + len(block)
        now = self._silent_samples >= SILENT_S * rate_hz
        if now != was:
            yield MicrophoneSilent(now)

    def _wait(self, seconds: float) -> Iterator[Capture]:
        """Nothing for a while; who iterates is given the turn often enough to show that it lives, or to stop."""
        until_s = self._clock_s() + seconds
        while not self._closed.is_set() and self._clock_s() < until_s:
            self._sleep(min(self._poll_s, seconds))
            yield Waiting()

    def _empty(self) -> None:
        self._lost_blocks = 0
        while not self._blocks.empty():
            self._blocks.get_nowait()

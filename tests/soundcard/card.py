"""A real-time sound card without hardware: a PulseAudio of its own with two null sinks, ``mic`` and ``speaker``.

What is played into ``mic`` is heard by programs that record; what programs play into ``speaker`` is recorded here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


RATE_HZ = 16_000
NEEDED = ("pulseaudio", "pacat", "pactl")
SERVER_SCRIPT = """\
load-module module-null-sink sink_name=mic rate=48000 channels=1
load-module module-null-sink sink_name=speaker rate=48000 channels=1
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
set-default-sink speaker
set-default-source mic.monitor
"""
START_TIMEOUT_S = 60.0
"""For the server, and for each question to it, on a machine that others use as well."""


def missing() -> str | None:
    """Why there can be no such card here; ``None`` where there can."""
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    plug_in = any(Path("/").glob("usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so"))
    if not plug_in:
        lacking.append("libasound2-plugins")
    return f"not installed: {', '.join(lacking)}" if lacking else None


@dataclass
class Recording:
    """What a sink played, from ``started_s`` (monotonic) on; int16, 16 kHz."""

    process: subprocess.Popen[bytes]
    started_s: float = 0.0
    _parts: list[bytes] = field(default_factory=list)
    _bytes: int = 0
    _thread: threading.Thread | None = None

    def follow(self) -> None:
        """Read in a thread, until ``stop``."""

        def read() -> None:
            assert self.process.stdout is not None
            begun_s: deque[float] = deque(
                maxlen=250
            )  # some seconds: should sound be lost, the clock is right again then
            while block := self.process.stdout.read1(8192):  # type: ignore[union-attr]
                self._parts.append(block)
                self._bytes += len(block)
                # A block can only come late: the earliest beginning that any of them tells of is the true one.
                begun_s.append(time.monotonic() - self._bytes / 2 / RATE_HZ)
                self.started_s = min(begun_s)

        self._thread = threading.Thread(target=read, daemon=True)
        self._thread.start()

    @property
    def samples(self) -> np.ndarray:
        """What was recorded until now."""
        import numpy as np

        data = b"".join(self._parts)
        return np.frombuffer(data[: len(data) // 2 * 2], np.int16)

    @property
    def ends_s(self) -> float:
        """Up to when it goes now, on the monotonic clock."""
        return self.started_s + self._bytes / 2 / RATE_HZ

    def stop(self) -> np.ndarray:
        """End the recording and return it."""
        self.process.terminate()
        self.process.wait(10)
        if self._thread is not None:
            self._thread.join(10)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.samples


class SoundCard:
    """A context manager; ``environment`` makes a child process use this card."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "pulse.sock"
        self._server: subprocess.Popen[bytes] | None = None
        self._pacers: list[subprocess.Popen[bytes]] = []
        self.variables = {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_SINK": "speaker",
            "PULSE_SOURCE": "mic.monitor",
        }
        """What makes a program use this card."""
        own = {"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "PULSE_COOKIE": str(folder / "cookie")}
        self.environment = {**os.environ, **self.variables, **own}

    def __enter__(self) -> SoundCard:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the sound server, and wait until it answers."""
        script = self._folder / "server.pa"
        script.write_text(SERVER_SCRIPT.format(socket=self._socket))
        arguments = [
            "pulseaudio",
            "-n",
            "-F",
            str(script),
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
        ]
        arguments += ["--disallow-exit=no", "--log-target=stderr", "--log-level=error", "--realtime=no"]
        with (self._folder / "pulse.log").open("ab") as log:
            self._server = subprocess.Popen(arguments, env=self.environment, stderr=log, stdin=subprocess.DEVNULL)
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while self._control("info", check=False) != 0:
            if self._server.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"pulseaudio does not start: {(self._folder / 'pulse.log').read_text()[-500:]}")
            time.sleep(0.05)
        self._pacers = [self._pacer(sink) for sink in ("mic", "speaker")]

    @property
    def runs(self) -> bool:
        """Whether programs find the card."""
        return self._server is not None

    def _pacer(self, sink: str) -> subprocess.Popen[bytes]:
        """A null sink that nobody hurries takes sound two seconds at a time, and lets who plays into it run dry."""
        arguments = ["pacat", "--record", f"--device={sink}.monitor", "--raw", "--latency-msec=20"]
        return subprocess.Popen(arguments, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        """End the sound server: programs lose their devices."""
        for pacer in self._pacers:
            pacer.terminate()
            pacer.wait(10)
        self._pacers = []
        if self._server is not None:
            self._server.terminate()
            self._server.wait(10)
            self._server = None
        with contextlib.suppress(OSError):
            self._socket.unlink()

    def _control(self, *arguments: str, check: bool = True) -> int:
        return subprocess.run(
            ["pactl", *arguments], env=self.environment, capture_output=True, check=check, timeout=START_TIMEOUT_S
        ).returncode

    def say(self, samples: np.ndarray) -> float:
        """Play into the microphone in real time; returns (monotonic) when the last sample was heard.

        ``samples``: int16, 16 kHz.
        """
        arguments = ["pacat", "--playback", "--device=mic", "--raw", f"--rate={RATE_HZ}", "--format=s16le"]
        arguments += ["--channels=1", "--latency-msec=1000"]  # a player that is not let run for a while leaves no gap
        # The server reports when everything was played: pacat ends with it.
        subprocess.run(
            arguments,
            env=self.environment,
            input=samples.astype("<i2").tobytes(),
            check=True,
            timeout=len(samples) / RATE_HZ + START_TIMEOUT_S,
        )
        return time.monotonic()

    def record(self, sink: str = "speaker") -> Recording:
        """Record what a sink plays."""
        arguments = ["pacat", "--record", f"--device={sink}.monitor", "--raw", f"--rate={RATE_HZ}"]
        arguments += ["--format=s16le", "--channels=1", "--latency-msec=20"]
        recording = Recording(subprocess.Popen(arguments, env=self.environment, stdout=subprocess.PIPE))
        recording.follow()
        return recording

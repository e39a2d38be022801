"""The whole assistant as a process of its own on the sound card: spoken to, listened to, asked over its socket."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from card import RATE_HZ, SoundCard

from assistant.api.control_client import SOCKET_NAME, ControlClient
from assistant.config.environment import default_models_dir
from assistant.errors import AssistantError

LOUD = 300
LATE_S = 0.5
"""So much later than the last sample was heard a busy machine may tell that it was: the reply begins within it then."""
STEP = RATE_HZ // 100
PATIENCE_S = 120.0
"""Longer than anything takes on a machine that others use as well; who is quicker is not waited for."""
START_S = 300.0
SETTINGS = """\
[audio]
earcons = false
greeting = false
[listening]  # longer than an owner's: the next words begin when the test has looked at the turn before
follow_up_s = 8.0
nothing_said_s = 10.0
"""


def quiet(seconds: float) -> np.ndarray:
    """Silence as a room has it."""
    return np.random.default_rng(int(seconds * 100)).normal(0, 4, int(seconds * RATE_HZ)).astype(np.int16)


def loud_seconds(samples: np.ndarray) -> np.ndarray:
    """The times (s) of all hundredths of a second in which something is heard."""
    whole = len(samples) // STEP * STEP
    peaks = np.abs(samples[:whole].astype(np.int32)).reshape(-1, STEP).max(axis=1)
    return np.flatnonzero(peaks > LOUD) / 100


@dataclass
class Running:
    """A context manager: the daemon runs inside of it."""

    card: SoundCard
    folder: Path
    settings: str = SETTINGS
    waits_ms: list[float] = field(default_factory=list)
    """From the last spoken sample to the first one heard, of all turns."""

    def __enter__(self) -> Running:
        config = self.folder / "assistant.toml"
        config.write_text(self.settings)
        environment = {
            **self.card.environment,
            "ASSISTANT_CONFIG": str(config),
            "ASSISTANT_STATE_DIR": str(self.folder / "state"),
            "ASSISTANT_RUNTIME_DIR": str(self.folder / "run"),
            "ASSISTANT_MODELS_DIR": str(default_models_dir()),
        }
        self.log = self.folder / "daemon.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "assistant", "run"], env=environment, stdout=log, stderr=log
            )
        self.client = ControlClient(self.folder / "run" / SOCKET_NAME, timeout_s=60)
        self.wait_for(lambda: "model" in self.status()["milestones_s"] and self.microphone(), START_S, "ready")
        self.card.say(quiet(0.5))
        self.record()
        return self

    def record(self) -> None:
        """Listen to the loudspeaker from now on."""
        self.recording = self.card.record()
        self.wait_for(lambda: len(self.recording.samples) > 0, PATIENCE_S, "the recording runs")

    def lose_the_card(self) -> None:
        """Take the sound card away."""
        self.recording.stop()
        self.card.stop()

    def as_at_first(self) -> None:
        """With its card, its microphone open, doing nothing: also where a scene ended in the middle."""
        if not self.card.runs:
            self.card.start()
            self.record()
        self.client.call("unmute")
        self.client.call("stop")
        self.wait_for(self.microphone, PATIENCE_S, "the microphone is there")
        self.wait_for(lambda: self.status().get("state") == "idle", PATIENCE_S, "idle")

    def __exit__(self, *_error: object) -> None:
        with contextlib.suppress(Exception):
            self.recording.stop()
        self.process.terminate()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()

    def status(self) -> dict[str, Any]:
        """``assistant status``; empty while it does not answer."""
        try:
            status = self.client.call("status")
        except AssistantError:
            assert self.process.poll() is None, f"the daemon ended:\n{self.log.read_text()[-2000:]}"
            return {"milestones_s": {}}
        assert isinstance(status, dict)
        return status

    def microphone(self) -> str | None:
        """The microphone's name, while it is there."""
        hearing = self.status().get("hearing")
        return hearing["microphone"] if isinstance(hearing, dict) else None

    def turns(self) -> list[dict[str, Any]]:
        """All turns so far."""
        rows = self.client.call("turns", count=50)
        assert isinstance(rows, list)
        return rows  # type: ignore[return-value]

    def wait_for(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        """Wait until the condition holds."""
        end_s = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end_s:
                raise AssertionError(f"not within {seconds:g} s: {what}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def turn(self, *sound: np.ndarray, timed: bool = True) -> tuple[dict[str, Any], np.ndarray]:
        """Say something that makes one turn; returns its row, and what was heard afterwards until the reply's end."""
        before = len(self.turns())
        said_s = self.card.say(np.concatenate([quiet(0.3), *sound]))
        self.wait_for(lambda: len(self.turns()) > before, PATIENCE_S, "a turn")
        self.wait_for(lambda: self.status().get("state") in ("idle", "follow-up"), PATIENCE_S, "the reply's end")
        self.recorded_until(time.monotonic())
        times = loud_seconds(self.after(said_s))
        if timed and len(times):
            self.waits_ms.append(float(times[0]) * 1000)
        rows = self.turns()[before:]
        assert len(rows) == 1, rows
        return rows[0], self.after(said_s - LATE_S)

    def recorded_until(self, moment_s: float) -> None:
        """Wait until the recording, which is behind, has come to a moment of the monotonic clock."""
        self.wait_for(lambda: self.recording.ends_s >= moment_s, PATIENCE_S, "the recording goes on")

    def after(self, moment_s: float) -> np.ndarray:
        """What was played since a moment of the monotonic clock; it can be up to ``LATE_S`` late itself."""
        return self.recording.samples[max(0, int((moment_s - self.recording.started_s) * RATE_HZ)) :]

"""Run the assistant through hours of a room's life, and see that it does not grow.

Usage: scripts/soak [--hours H] [--minutes M]
  --hours H     so much of the room's time (default: 8)
  --minutes M   end after so much time of the clock, wherever it has come to (default: 20)

The room's hours pass as quickly as they are listened to: noise, talk of others, and every 90 s a spoken command. What takes
its time all the same (understanding, answering) is waited for. Every ten minutes of the room somebody types, too, settings are
read again, and the microphone is muted and opened. Microphone and loudspeaker are stand-ins; everything else is as it runs
under systemd. The first hour (at most a third) does not count: caches fill, and memory pools reach their size.
"""

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from assistant import daemon  # noqa: E402
from assistant.api.control_client import SOCKET_NAME, ControlClient  # noqa: E402
from assistant.audio.capture import FRAME_SAMPLES, Capture, Frame, MicrophoneOpened, Waiting  # noqa: E402
from assistant.audio.files import load_clip, to_mono_16k  # noqa: E402
from assistant.audio.noise import babble, room_noise  # noqa: E402
from assistant.bench.stats import percentile  # noqa: E402
from assistant.config.environment import default_models_dir  # noqa: E402
from assistant.errors import AssistantError  # noqa: E402
from assistant.events import TurnFinished  # noqa: E402
from assistant.machine.usage import own_use  # noqa: E402
from assistant.service import microphone  # noqa: E402
from assistant.types import AudioClip  # noqa: E402

RATE_HZ = 16_000
COMMAND_EVERY_S = 90
TYPED_EVERY_S = 600
ROW_EVERY_S = 600
ROW_FIRST_S = 900
"""Between two reloads: what was compiled before one, and what after it, is there together for a moment."""
SETTLED_S = 3600
SPOKEN = (
    "Hey Jarvis, turn on the kitchen light.", "Hey Jarvis, is the front door locked?", "Hey Jarvis, what time is it?",
    "Hey Jarvis, turn off the kitchen light.", "Hey Jarvis, how much is twelve percent of eighty?", "Hey Jarvis.",
)  # fmt: skip
TALK = ("They went to the lake.", "It was a long day at work.")
TYPED = (
    "set the bedroom lamp to fifty percent", "add milk to the shopping list", "what is on my shopping list",
    "set a timer for ten minutes", "cancel the timer", "who wrote hamlet",
)  # fmt: skip
GROWTH = {"own_mb": 30, "files": 2, "threads": 2}
"""More than that of any is growth. The files of the models do not count: their pages come with use, and go when others need room."""


class Room:
    """Stands for the microphone: gives its room's sound as quickly as it is taken."""

    dropped_s = 0.0

    def __init__(self, spoken: list[np.ndarray], talk: list[AudioClip]) -> None:
        self._spoken = spoken
        self._noise = [room_noise(30, seed=seed).samples for seed in range(3)]
        self._noise += [babble(talk, 30, seed=7).samples, np.zeros(30 * RATE_HZ, np.int16)]
        self._closed = False
        self.seconds = 0.0
        """How much of its time has passed."""
        self.busy = lambda: False
        """Whether the assistant thinks or speaks: the room waits for it."""
        self.is_idle = lambda: True
        """Whether no turn goes on."""

    def events(self) -> Iterator[Capture]:
        """What a microphone tells."""
        yield MicrophoneOpened("a room")
        for sound in self._sounds():
            for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
                if self._closed:
                    return
                while self.busy() and not self._closed:
                    time.sleep(0.01)
                    yield Waiting()  # a sign of life, no sound
                yield Frame(sound[start : start + FRAME_SAMPLES])
                self.seconds += FRAME_SAMPLES / RATE_HZ

    def _sounds(self) -> Iterator[np.ndarray]:
        number = 0
        while True:
            for _part in range(COMMAND_EVERY_S // 30):
                yield self._noise[number % len(self._noise)]
                number += 1
            yield self._spoken[number // 3 % len(self._spoken)]
            yield room_noise(2, seed=number).samples

    def close(self) -> None:
        """End."""
        self._closed = True


class Silent:
    """Stands for the loudspeaker: all is played at once."""

    volume = 1.0

    def play(self, _clip: AudioClip) -> bool:
        return True

    def stop(self) -> None: ...

    def resume(self) -> None: ...

    def drain(self) -> None: ...

    def close(self) -> None: ...


def spoken(texts: tuple[str, ...], folder: Path) -> list[AudioClip]:
    """The texts as sound, made by processes of their own: their memory does not count."""
    clips = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.wav"
        subprocess.run(
            [sys.executable, "-m", "assistant", "say", "--out", str(path), text], check=True, stdout=subprocess.DEVNULL
        )
        clips.append(to_mono_16k(load_clip(path)))
    return clips


class Life:
    """What happens beside the room's sound, and what the assistant takes of the machine meanwhile."""

    def __init__(self, room: Room, client: ControlClient, hours: float, minutes: float) -> None:
        self._room = room
        self._client = client
        self._hours = hours
        self._ends_s = time.monotonic() + minutes * 60
        self.rows: list[dict[str, float]] = []
        self.resident_mb: dict[str, list[float]] = {"in_turns": [], "between_turns": []}
        """Looked at five times a second; a turn begins with the wake word, and ends when all is said."""
        self.turns = 0

    def run(self) -> None:
        """Until the hours, or the minutes, are over; then the assistant is ended."""
        try:
            self._wait(lambda: "model" in self._status()["milestones_s"])
            typed_s, row_s = TYPED_EVERY_S, ROW_FIRST_S
            while self._room.seconds < self._hours * 3600 and time.monotonic() < self._ends_s:
                time.sleep(0.2)
                self.resident_mb["between_turns" if self._room.is_idle() else "in_turns"].append(own_use()["rss_mb"])
                if self._room.seconds >= typed_s:
                    typed_s += TYPED_EVERY_S
                    self._typed()
                if self._room.seconds >= row_s:
                    row_s += ROW_EVERY_S
                    self._note()
            self._note()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def _status(self) -> dict:
        try:
            return dict(self._client.call("status"))
        except AssistantError:
            return {"milestones_s": {}}

    @staticmethod
    def _wait(condition) -> None:
        while not condition():
            time.sleep(0.5)

    def _typed(self) -> None:
        for text in TYPED[: 6 if self.turns % 2 else 5]:
            self._client.call("ask", text=text, speak=False)
            self.turns += 1
        for command in ("mute", "unmute", "reload", "stop"):
            self._client.call(command)

    def _note(self) -> None:
        status = self._status()
        row = {"room_s": round(self._room.seconds), "typed": self.turns, **status["process"]}
        self.rows.append(row)
        print(json.dumps(row), flush=True)


def grown(rows: list[dict[str, float]]) -> dict[str, float]:
    """The median of the later half of the settled rows, less that of the earlier half.

    Not the last less the first: a decoder grows by some 4 MB an utterance until it is made anew, so that single rows lie
    up to 100 MB apart. Settled is what comes after the first hour (where it did not come to three: after the first third).
    """
    settled_s = min(SETTLED_S, rows[-1]["room_s"] / 3)
    settled = [row for row in rows if row["room_s"] >= settled_s]
    half = len(settled) // 2
    if not half:
        return dict.fromkeys(GROWTH, 0.0)
    earlier, later = settled[:half], settled[-half:]
    return {
        name: round(statistics.median(row[name] for row in later) - statistics.median(row[name] for row in earlier), 1)
        for name in GROWTH
    }


def main() -> int:
    """Print a line for every ten minutes of the room; exit status 1 where something grew."""
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--minutes", type=float, default=20.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        room = Room([clip.samples for clip in spoken(SPOKEN, folder)], spoken(TALK, folder))
        (folder / "assistant.toml").write_text("[audio]\ngreeting = false\n[api]\nport = 21434\nwyoming_port = 21300\n")
        os.environ |= {
            "ASSISTANT_MODELS_DIR": str(default_models_dir()),
            "ASSISTANT_STATE_DIR": str(folder / "state"),
            "ASSISTANT_RUNTIME_DIR": str(folder / "run"),
        }
        microphone.Microphone = lambda *_arguments, **_more: room  # type: ignore[misc,assignment]
        open_player = daemon.open_player
        daemon.open_player = lambda config: (open_player(config)[0], Silent)  # type: ignore[assignment]
        life = Life(room, ControlClient(folder / "run" / SOCKET_NAME, timeout_s=120), args.hours, args.minutes)
        spoken_turns = follow(room)
        threading.Thread(target=life.run, daemon=True).start()
        daemon.run(folder / "assistant.toml")
    if not life.rows:
        print("nothing was measured: the assistant ended before its first row; what it said is above", file=sys.stderr)
        return 1
    result = grown(life.rows)
    told = {
        "hours": round(room.seconds / 3600, 2),
        "spoken": spoken_turns(),
        "typed": life.turns,
        "grown": result,
        "resident_mb": {
            when: {
                "p50": round(percentile(found, 0.5)),
                "p95": round(percentile(found, 0.95)),
                "most": round(max(found)),
            }
            for when, found in life.resident_mb.items()
            if found
        },
        "rss_mb_p50": statistics.median(row["rss_mb"] for row in life.rows),
        "most_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps(told))
    return 1 if any(result[name] > limit for name, limit in GROWTH.items()) else 0


def follow(room: Room):
    """Have the room wait for the assistant; what counts the spoken turns is returned."""
    counted = [0]
    build = daemon.build_hearing

    def build_hearing(core, *arguments):
        room.busy = lambda: core.state in ("processing", "speaking")
        room.is_idle = lambda: core.state == "idle"
        core.events.listen(
            lambda event: counted.__setitem__(0, counted[0] + (event.record.source == "voice")), TurnFinished
        )
        return build(core, *arguments)

    daemon.build_hearing = build_hearing
    return lambda: counted[0]


if __name__ == "__main__":
    sys.exit(main())

"""Runs inside of the virtual machine that scripts/test-alsa boots: spoken commands through ALSA, to the installed service.

Two loopback cards stand for the sound card: the service listens at the first one's far end and speaks into the second.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loopback import play, recording

SHARE = Path("/mnt/share")
UNIT = "assistant.service"
MICROPHONE, LOUDSPEAKER = "plughw:0,0", "plughw:1,1"
PATIENCE_S = 120.0
"""All times are this machine's own, whose clock is slowed down."""
LOOKS_EVERY_S = 1.0
SETTINGS = """\
[assistant]
area = "Kitchen"
[audio]
input = "hw:0,1"
output = "hw:1,0"
greeting = false
"""


def run(*command: str, check: bool = True) -> str:
    """What a command prints. Raises AssertionError where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def status() -> dict[str, Any]:
    """What the running assistant says of itself; empty while it does not answer."""
    text = run("assistant", "status", "--json", check=False)
    return json.loads(text) if text.startswith("{") else {}


def turns() -> list[dict[str, Any]]:
    """All turns so far."""
    return [json.loads(line) for line in run("assistant", "turns", "--json").splitlines()]


def comes(condition: Callable[[], object], within_s: float) -> bool:
    """Whether it holds in time."""
    ends_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends_s:
            return False
        time.sleep(LOOKS_EVERY_S)
    return True


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Until it holds."""
    if not comes(condition, PATIENCE_S):
        raise AssertionError(f"not in time: {what}; {status()}")


def speak(recording_of: str) -> dict[str, Any]:
    """Play a recording into the microphone; returns the turn that it was, when its reply is over."""
    before = len(turns())
    play(MICROPHONE, SHARE / recording_of)
    wait_for(lambda: len(turns()) > before, f"a turn after {recording_of}")
    wait_for(lambda: status()["state"] in ("idle", "follow-up"), "the reply's end")
    time.sleep(1)
    turn = turns()[-1]
    tell(f"heard {turn['transcript']!r}, replied {turn['reply']!r}")
    assert turn["source"] == "voice", turn
    return turn


def is_recognised(reply: str, sound: Path) -> bool:
    """Whether at least half of the reply's words are heard in what the loudspeaker played."""
    said = json.loads(run("assistant", "transcribe", str(sound)).splitlines()[-1])["text"].split()
    tell(f"the reply as it is recognised: {' '.join(said)!r}")
    words = reply.lower().strip(".").split()
    return 2 * sum(word in said for word in words) >= len(words)


def tell(text: str) -> None:
    """One line for whoever started this, as soon as it is known."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Commands by voice. Raises AssertionError where something is not as it must be."""
    Path("/etc/assistant/assistant.toml").write_text(SETTINGS)
    begun_s = time.monotonic()
    tell("the machine is up")
    run("systemctl", "start", UNIT)
    wait_for(lambda: (status().get("hearing") or {}).get("microphone"), "the microphone is there")
    now = status()
    assert set(now["troubles"]) <= {"model", "microphone"}, now["troubles"]
    tell(f"READY after {time.monotonic() - begun_s:.0f} s; listens to {now['hearing']['microphone']!r}")
    heard = Path("/run/reply.wav")
    with recording(LOUDSPEAKER, heard):
        turn = speak("on.wav")
    assert turn["states"]["light.kitchen"]["state"] == "on", turn
    assert is_recognised(turn["reply"], heard), turn
    run("systemctl", "reload", UNIT)
    turn = speak("off.wav")
    assert turn["states"]["light.kitchen"]["state"] == "off", turn
    assert status()["hearing"]["dropped_s"] == 0, status()["hearing"]
    assert not run("systemctl", "--failed", "--plain", "--no-legend").strip()


if __name__ == "__main__":
    try:
        main()
    finally:
        (SHARE / "journal").write_text(run("journalctl", "-b", "--no-pager", "-o", "short-monotonic", check=False))
    sys.exit(0)

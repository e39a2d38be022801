"""Runs in the service's place, under its unit's restrictions: what must work works, and what must not does not.

Prints one JSON object: name -> "ok", or what went wrong.
"""

import ctypes
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

RESULTS: dict[str, str] = {}


def check(name: str) -> Callable[[Callable[[], object]], None]:
    """Run the function now and note what became of it."""

    def run(function: Callable[[], object]) -> None:
        try:
            function()
            RESULTS[name] = "ok"
        except BaseException:  # a probe reports whatever happens
            RESULTS[name] = traceback.format_exc(limit=3)

    return run


def refused(name: str) -> Callable[[Callable[[], object]], None]:
    """Run the function now; it must fail with OSError."""

    def run(function: Callable[[], object]) -> None:
        try:
            function()
            RESULTS[name] = "was allowed"
        except OSError:
            RESULTS[name] = "ok"

    return run


@check("wake words")
def _() -> None:
    import numpy as np

    from assistant.audio.openwakeword import built_in_models
    from assistant.audio.wake import load_detector

    load_detector(built_in_models()).process(np.zeros(16_000, np.int16))


@check("speech recognition")
def _() -> None:
    import numpy as np

    from assistant.asr.vosk_engine import VoskModel
    from assistant.config import Config
    from assistant.models.installed import resolve

    config = Config()
    decoder = VoskModel(resolve(config.asr.model, config.paths.models).directory).decoder()
    decoder.accept(np.zeros(16_000, np.int16))
    decoder.finish()


@check("voice")
def _() -> None:
    from assistant.config import Config
    from assistant.models.installed import resolve
    from assistant.tts.piper import PiperVoiceEngine

    config = Config()
    voice = PiperVoiceEngine(resolve(config.tts.voice, config.paths.models).directory)
    assert sum(clip.duration_s for clip in voice.synthesize("Hello.")) > 0.2


@check("language model")
def _() -> None:
    from assistant.config import Config
    from assistant.parts import Parts

    with Parts(Config()) as parts:
        assert parts.model.engine is not None


@check("embedding")
def _() -> None:
    from assistant.config import Config
    from assistant.parts import Parts

    with Parts(Config()) as parts:
        assert parts.understanding.embedder is not None


@check("voice activity and echo")
def _() -> None:
    import numpy as np

    from assistant.audio.echo import EchoSuppressor
    from assistant.audio.vad import SpeechDetector

    SpeechDetector().process(EchoSuppressor().clean(np.ones(3200, np.int16)))


@check("microphone")
def _() -> None:
    from assistant.audio.capture import Frame, Microphone, MicrophoneLost
    from assistant.audio.microphone import SoundDeviceBackend

    frames = 0
    for event in Microphone(SoundDeviceBackend("pulse")).events():
        assert not isinstance(event, MicrophoneLost), event
        frames += isinstance(event, Frame)
        if frames == 25:
            break


@check("loudspeaker")
def _() -> None:
    from assistant.audio.earcons import earcon
    from assistant.audio.playback import Player

    with Player.open("pulse") as player:
        assert player.play(earcon("heard"))
        player.drain()


@check("own directories")
def _() -> None:
    for variable in ("STATE_DIRECTORY", "CACHE_DIRECTORY", "RUNTIME_DIRECTORY"):
        path = Path(os.environ[variable]) / "probe"
        path.write_text("x")
        path.unlink()


@check("figures of the machine")
def _() -> None:
    assert "MemTotal" in Path("/proc/meminfo").read_text()
    assert Path("/proc/cpuinfo").read_text()
    assert Path("/proc/self/status").read_text()


@check("what the audio group may open")
def _() -> None:
    Path(sys.argv[2]).read_bytes()


refused("what another group may open")(lambda: Path(sys.argv[3]).read_bytes())
for folder in ("/etc/assistant", "/opt/assistant/models", "/usr/local/bin", "/var/lib", "/root", "/home", "/boot"):
    refused(f"writing to {folder}")(lambda folder=folder: (Path(folder) / "probe").write_text("x"))
refused("other processes' memory")(lambda: Path("/proc/1/environ").read_bytes())
refused("raw sockets")(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
refused("netlink")(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
refused("the clock")(lambda: __import__("time").clock_settime(0, 0))


@refused("writable and executable memory")
def _() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    address = libc.mmap(None, 4096, 7, 0x22, -1, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        raise OSError(ctypes.get_errno(), "mmap")


(Path(sys.argv[1])).write_text(json.dumps(RESULTS))

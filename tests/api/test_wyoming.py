"""Wyoming by its own client library: ear, voice, wake words, understanding; and who may connect."""

import asyncio
import contextlib

import numpy as np
import pytest
from api_server import CLIP, EveryEar
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize
from wyoming.wake import Detect, Detection, NotDetected

from assistant.api.wyoming_server import WyomingParts, may_connect, serving_wyoming
from assistant.testing import FakeVoice
from assistant.types import TurnResult, WakeDetection


class FakeWake:
    """Wakes at loud sound."""

    def __init__(self, names):
        self.names = names

    def process(self, samples):
        return [WakeDetection(self.names[0], 16_000, 1.0)] if len(samples) and np.abs(samples).max() > 20_000 else []

    def reset(self):
        """Nothing is kept."""


class FakeCore:
    """Handles one sentence."""

    def __init__(self):
        self.requests = []

    async def turn(self, request):
        self.requests.append(request)
        known = request.utterance == "lamp on"
        result = TurnResult(
            "t", request.utterance, reply="The lamp is on." if known else "What?", route="match" if known else "none"
        )
        return type("Record", (), {"result": result})()


@contextlib.asynccontextmanager
async def client_of(core=None, ear=None):
    parts = WyomingParts(
        hearing=lambda: ear or EveryEar(),
        speaking=lambda: FakeVoice(CLIP),
        wake=FakeWake,
        wake_words=("hey_jarvis",),
        core=core,
        asr_model="vosk",
        voice="joe",
    )
    async with serving_wyoming(parts, 0, ()) as port, AsyncTcpClient("127.0.0.1", port) as client:
        yield client


async def send(client, *events):
    for event in events:
        await client.write_event(event.event())


def sound(level=0, seconds=0.5, rate=16_000, channels=1):
    samples = np.full(int(seconds * rate) * channels, level, np.int16)
    return AudioChunk(rate, 2, channels, samples.tobytes())


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 20))


def test_it_describes_itself():
    async def scene():
        async with client_of(core=FakeCore()) as client:
            await send(client, Describe())
            info = Info.from_event(await client.read_event())
            assert info.asr[0].models[0].name == "vosk" and info.tts[0].voices[0].name == "joe"
            assert info.wake[0].models[0].phrase == "hey jarvis" and info.handle[0].installed
            await send(client, Ping("x"))
            assert Pong.from_event(await client.read_event()).text == "x"

    run(scene())


def test_a_recording_becomes_a_transcript_whatever_its_rate():
    async def scene():
        ear = EveryEar()
        async with client_of(ear=ear) as client:
            for _ in range(2):  # one connection serves again and again
                chunk = sound(rate=48_000, channels=2)
                await send(client, Transcribe(), AudioStart(48_000, 2, 2), chunk, chunk, AudioStop())
                assert Transcript.from_event(await client.read_event()).text == "turn it on"
        assert [clip.rate_hz for clip in ear.clips] == [16_000] * 2
        assert all(abs(clip.duration_s - 1.0) < 0.05 for clip in ear.clips)

    run(scene())


def test_a_text_becomes_sound():
    async def scene():
        async with client_of() as client:
            await send(client, Synthesize("One. Two."))
            events = []
            while not events or events[-1].type != "audio-stop":
                events.append(await client.read_event())
            assert AudioStart.from_event(events[0]).rate == CLIP.rate_hz
            sent = b"".join(AudioChunk.from_event(event).audio for event in events[1:-1])
            assert sent == CLIP.samples.tobytes() * 2

    run(scene())


def test_wake_words_are_found_or_not():
    async def scene():
        async with client_of() as client:
            await send(
                client, Detect(names=["hey_jarvis"]), AudioStart(16_000, 2, 1), sound(), sound(30_000), AudioStop()
            )
            assert Detection.from_event(await client.read_event()).name == "hey_jarvis"
            await send(client, Detect(), AudioStart(16_000, 2, 1), sound(), AudioStop())
            assert NotDetected.is_type((await client.read_event()).type)

    run(scene())


def test_a_sentence_is_handled_by_the_house():
    async def scene():
        core = FakeCore()
        async with client_of(core=core) as client:
            await send(client, Transcript("lamp on"))
            assert Handled.from_event(await client.read_event()).text == "The lamp is on."
            await send(client, Transcript("blah"))
            assert NotHandled.from_event(await client.read_event()).text == "What?"
        assert core.requests[0].source == "wyoming:127.0.0.1"

    run(scene())


def test_too_long_sound_and_text_are_refused_and_the_connection_lives():
    async def scene():
        async with client_of() as client:
            await send(client, Transcribe(), AudioStart(16_000, 2, 1), *[sound(seconds=10)] * 7)
            assert Error.is_type((await client.read_event()).type)
            await send(client, Synthesize("x" * 3000))
            assert Error.is_type((await client.read_event()).type)
            await send(client, Ping("still"))
            assert Pong.is_type((await client.read_event()).type)

    run(scene())


def test_garbage_ends_the_connection_only():
    async def scene():
        parts = WyomingParts(EveryEar, lambda: FakeVoice(CLIP), None, (), None)
        async with serving_wyoming(parts, 0, ()) as port:
            for garbage in (b"\x00\xff\n", b"{}\n", b"[1]\n", b'{"type": "audio-chunk", "data": {"rate": "x"}}\n'):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(garbage)
                await writer.drain()
                assert await reader.read(100) == b"", garbage
                writer.close()
            async with AsyncTcpClient("127.0.0.1", port) as client:
                await send(client, Ping("x"))
                assert Pong.is_type((await client.read_event()).type)

    run(scene())


@pytest.mark.parametrize(
    ("address", "allowed", "may"),
    [
        ("127.0.0.1", (), True),
        ("::1", (), True),
        ("192.168.1.5", (), False),
        ("192.168.1.5", ("192.168.1.0/24",), True),
        ("::ffff:192.168.1.5", ("192.168.1.0/24",), True),
        ("192.168.2.5", ("192.168.1.0/24", "fd00::/8"), False),
        ("fd00::5", ("fd00::/8",), True),
        ("", ("0.0.0.0/0",), False),
    ],
)
def test_who_may_connect(address, allowed, may):
    assert may_connect(address, allowed) is may

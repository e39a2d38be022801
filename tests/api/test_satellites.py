"""A satellite in another room: a stand-in that speaks the protocol as wyoming-satellite does, over its own TCP server."""

import asyncio
import contextlib

import numpy as np
import pytest
from api_server import CLIP
from wyoming.audio import AudioChunk
from wyoming.event import async_read_event, async_write_event
from wyoming.pipeline import PipelineStage, RunPipeline

from assistant.api.satellites import Ears, Place, follow, read_place
from assistant.audio.endpointing import Endpointer, Pauses
from assistant.errors import ConfigError
from assistant.types import Transcript, WakeDetection

LOUD = 20_000


class FakeStream:
    """Hears words as soon as something loud comes."""

    def __init__(self):
        self.loud = False

    def accept(self, samples):
        self.loud |= bool(np.abs(samples).max() >= LOUD)
        return "turn on the light" if self.loud else ""

    def abandon(self):
        """Nothing is held."""

    def finish(self):
        return Transcript("turn on the light" if self.loud else "")


class FakeWake:
    """Wakes at the loudest sound only."""

    def process(self, samples):
        return [WakeDetection("hey_jarvis", 1, 1.0)] if np.abs(samples).max() > 30_000 else []

    def reset(self):
        """Nothing is kept."""


class FakeCore:
    """Answers with two clips, as if from another thread."""

    def __init__(self):
        self.requests, self.troubles = [], {}

    def trouble(self, subject, text):
        self.troubles[subject] = text

    async def turn(self, request):
        self.requests.append(request)
        for _ in range(2):
            request.sink(CLIP)
        await asyncio.sleep(0)


EARS = Ears(
    stream=FakeStream,
    wake=FakeWake,
    speech=lambda: lambda samples: bool(np.abs(samples).max() >= LOUD),
    endpointer=lambda: Endpointer(Pauses(silence_s=0.3)),
)


def sound(level, seconds=0.1):
    return AudioChunk(16_000, 2, 1, np.full(int(seconds * 16_000), level, np.int16).tobytes())


@contextlib.asynccontextmanager
async def room(core, script):
    """A satellite that runs ``script(read, write)`` with whoever connects."""
    over = asyncio.Event()

    async def serve(reader, writer):
        async def read(*until):
            kinds = []
            while not kinds or kinds[-1] not in until:
                event = await async_read_event(reader)
                kinds.append(event.type)
            return kinds

        async def write(*events):
            for event in events:
                await async_write_event(event.event(), writer)

        await script(read, write)
        over.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    place = Place("127.0.0.1", server.sockets[0].getsockname()[1], "Bedroom")
    following = asyncio.create_task(follow(core, place, EARS, retry_s=0.01))
    try:
        yield over
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        server.close()


def run(core, script):
    async def live():
        async with room(core, script) as over:
            await over.wait()

    asyncio.run(asyncio.wait_for(live(), 20))


def test_after_its_own_wake_word_the_room_is_heard_and_answered():
    core = FakeCore()

    async def script(read, write):
        assert (await read("run-satellite"))[-1] == "run-satellite"
        await write(RunPipeline(PipelineStage.ASR, PipelineStage.TTS), sound(LOUD), *[sound(0)] * 6)
        kinds = await read("audio-stop")
        assert kinds[:3] == ["voice-started", "voice-stopped", "transcript"]
        assert kinds.count("audio-start") == 1 and kinds.count("audio-chunk") >= 2

    run(core, script)
    assert core.requests[0].area == "Bedroom" and core.requests[0].source == "wyoming:Bedroom"
    assert core.requests[0].utterance.transcript.text == "turn on the light"


def test_a_streaming_satellite_is_woken_here_again_and_again():
    core = FakeCore()

    async def script(read, write):
        await read("run-satellite")
        await write(RunPipeline(PipelineStage.WAKE, PipelineStage.TTS, restart_on_end=True))
        for _ in range(2):
            await write(sound(LOUD), sound(32_000))  # the first is no wake word
            assert (await read("voice-started"))[0] == "detection"
            await write(sound(LOUD), *[sound(0)] * 6)
            await read("audio-stop")
            await asyncio.sleep(0.05)

    run(core, script)
    assert len(core.requests) == 2


def test_silence_after_the_wake_word_is_no_turn():
    core = FakeCore()

    async def script(read, write):
        await read("run-satellite")
        await write(RunPipeline(PipelineStage.ASR, PipelineStage.TTS), *[sound(0, 1.0)] * 9)
        await read("transcript")

    run(core, script)
    assert core.requests == []


def test_a_satellite_that_is_away_is_a_trouble_until_it_is_back():
    core = FakeCore()

    async def scene():
        place = Place("127.0.0.1", 9, "Attic")  # nobody listens at the discard port
        following = asyncio.create_task(follow(core, place, EARS, retry_s=0.01))
        while not core.troubles.get("satellite Attic"):
            await asyncio.sleep(0.01)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    asyncio.run(asyncio.wait_for(scene(), 20))
    assert "127.0.0.1:9" in core.troubles["satellite Attic"]


def test_entries_of_the_configuration():
    assert read_place("192.168.1.20:10700 Living Room") == Place("192.168.1.20", 10700, "Living Room")
    for wrong in ("192.168.1.20 Bedroom", "x:99999 y", "10700", "a:1"):
        with pytest.raises(ConfigError, match="address, a port and a room"):
            read_place(wrong)

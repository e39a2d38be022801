"""Wyoming satellites: microphones and loudspeakers in other rooms, for which this box is the server.

For each satellite of the configuration a connection is kept up. It streams sound (after its own wake word, or always, and
then the wake word is looked for here); an utterance is a turn in that room, and the reply is played there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from wyoming.asr import Transcript as HeardText
from wyoming.audio import AudioChunk, AudioChunkConverter, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import RunSatellite
from wyoming.vad import VoiceStarted, VoiceStopped
from wyoming.wake import Detection

from assistant.api.wyoming_server import RATE_HZ, SOURCE, chunks_of
from assistant.audio.endpointing import Endpointer, EndReason
from assistant.errors import AssistantError, ConfigError
from assistant.service.turns import TurnRequest
from assistant.types import AudioClip, Transcript, Utterance

if TYPE_CHECKING:
    import numpy.typing as npt

    from assistant.audio.wake import WakeEngine
    from assistant.service.core import Core

log = logging.getLogger(__name__)
FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 60.0
_ENTRY = re.compile(r"^(?P<host>[\w.:-]+):(?P<port>\d{1,5})\s+(?P<room>\S.*)$")


@dataclass(frozen=True, slots=True)
class Place:
    """One satellite's address and room."""

    host: str
    port: int
    room: str


class Stream(Protocol):
    """An utterance being recognised."""

    def accept(self, samples: npt.NDArray[np.int16]) -> str: ...

    def finish(self) -> Transcript: ...

    def abandon(self) -> None: ...


@dataclass(slots=True)
class Ears:
    """What is needed to listen for a room; each call makes a fresh one."""

    stream: Callable[[], Stream]
    wake: Callable[[], WakeEngine]
    speech: Callable[[], Callable[[npt.NDArray[np.int16]], bool]]
    endpointer: Callable[[], Endpointer] = Endpointer


def read_place(entry: str) -> Place:
    """``"192.168.1.20:10700 Bedroom"``. Raises ConfigError."""
    found = _ENTRY.match(entry.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ConfigError(
            f"api.satellites: '{entry}' must be an address, a port and a room: \"192.168.1.20:10700 Bedroom\""
        )
    return Place(found["host"], int(found["port"]), found["room"].strip())


async def follow(core: Core, place: Place, ears: Ears, *, retry_s: float = FIRST_RETRY_S) -> None:
    """Keep the connection to a satellite up, until cancelled; what is wrong with it is among the troubles."""
    subject = f"satellite {place.room}"
    wait_s = retry_s
    while True:
        try:
            async with AsyncTcpClient(place.host, place.port) as client:
                core.trouble(subject, "")
                wait_s = retry_s
                await Satellite(core, place, ears, client).run()
            core.trouble(subject, f"{place.host}:{place.port} hung up")
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            core.trouble(subject, f"{place.host}:{place.port}: {error}")
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, LONGEST_RETRY_S)


class Satellite:
    """One connection."""

    def __init__(self, core: Core, place: Place, ears: Ears, client: AsyncTcpClient) -> None:
        self._core = core
        self._place = place
        self._ears = ears
        self._client = client
        self._converter = AudioChunkConverter(rate=RATE_HZ, width=2, channels=1)
        self._doing: Literal["nothing", "wake", "hear", "answer"] = "nothing"
        self._wake: WakeEngine | None = None
        self._hearing: _Hearing | None = None
        self._again = False
        self._answer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until it hangs up. Raises what a broken connection or message raises."""
        await self._client.write_event(RunSatellite().event())
        try:
            while (event := await self._client.read_event()) is not None:
                await self._take(event)
        finally:
            if self._hearing is not None:
                self._hearing.stream.abandon()
            if self._answer is not None:
                self._answer.cancel()
                await asyncio.gather(self._answer, return_exceptions=True)

    async def _take(self, event: Event) -> None:
        if RunPipeline.is_type(event.type):
            pipeline = RunPipeline.from_event(event)
            self._again = pipeline.restart_on_end and pipeline.start_stage is PipelineStage.WAKE
            if pipeline.start_stage is PipelineStage.WAKE:
                await self._watch()
            else:
                await self._listen()
        elif AudioChunk.is_type(event.type) and self._doing in ("wake", "hear"):
            chunk = self._converter.convert(AudioChunk.from_event(event))
            await self._heard(np.frombuffer(chunk.audio, "<i2").astype(np.int16))
        elif AudioStop.is_type(event.type) and self._hearing is not None:
            await self._over("silence")

    async def _watch(self) -> None:
        if self._wake is None:
            self._wake = await asyncio.to_thread(self._ears.wake)
        self._wake.reset()
        self._doing = "wake"

    async def _listen(self) -> None:
        self._hearing = await asyncio.to_thread(_Hearing, self._ears)
        self._doing = "hear"
        await self._client.write_event(VoiceStarted().event())

    async def _heard(self, samples: npt.NDArray[np.int16]) -> None:
        if self._doing == "wake" and self._wake is not None:
            found = await asyncio.to_thread(self._wake.process, samples)
            if found:
                await self._client.write_event(Detection(found[0].name).event())
                await self._listen()
        elif self._hearing is not None:
            reason = await asyncio.to_thread(self._hearing.take, samples)
            if reason is not None:
                await self._over(reason)

    async def _over(self, reason: EndReason) -> None:
        hearing, self._hearing = self._hearing, None
        self._doing = "answer"
        await self._client.write_event(VoiceStopped().event())
        assert hearing is not None
        transcript = await asyncio.to_thread(hearing.stream.finish)
        await self._client.write_event(HeardText(transcript.text).event())
        self._answer = asyncio.create_task(self._reply(transcript, reason != "nothing"))

    async def _reply(self, transcript: Transcript, said: bool) -> None:
        try:
            if said and transcript.text.strip():
                await self._turn(transcript)
        except AssistantError as error:
            await self._client.write_event(Error(str(error)).event())
        if self._again:
            await self._watch()
        else:
            self._doing = "nothing"

    async def _turn(self, transcript: Transcript) -> None:
        """The reply's sound goes out as it is made; the thinking thread only puts it down and goes on."""
        loop = asyncio.get_running_loop()
        clips: asyncio.Queue[AudioClip | None] = asyncio.Queue()

        def sink(clip: AudioClip) -> None:
            loop.call_soon_threadsafe(clips.put_nowait, clip)

        request = TurnRequest(Utterance(transcript), source=SOURCE + self._place.room, area=self._place.room, sink=sink)
        turn = asyncio.create_task(self._core.turn(request))
        turn.add_done_callback(lambda _turn: clips.put_nowait(None))
        begun = False
        try:
            while (clip := await clips.get()) is not None:
                if not begun:
                    await self._client.write_event(AudioStart(clip.rate_hz, 2, 1).event())
                    begun = True
                for chunk in chunks_of(clip):
                    await self._client.write_event(chunk.event())
            if begun:
                await self._client.write_event(AudioStop().event())
            await turn
        finally:
            turn.cancel()


class _Hearing:
    """One utterance of a room."""

    def __init__(self, ears: Ears) -> None:
        self.stream = ears.stream()
        self._speech = ears.speech()
        self._endpointer = ears.endpointer()

    def take(self, samples: npt.NDArray[np.int16]) -> EndReason | None:
        """More sound; why the utterance is over with it, if it is."""
        self._endpointer.words(self.stream.accept(samples))
        return self._endpointer.audio(len(samples), self._speech(samples))


@contextlib.asynccontextmanager
async def satellites(core: Core, places: list[Place], ears: Ears) -> AsyncIterator[None]:
    """Follow all of them while inside."""
    tasks = [asyncio.create_task(follow(core, place, ears), name=f"satellite {place.room}") for place in places]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

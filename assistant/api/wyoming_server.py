"""Wyoming: Home Assistant and others use this house's ear, voice, wake words and understanding.

The protocol knows no password: who may connect is decided by address. Wake words are looked for in the sound that a
client streams; a transcript that is sent for handling is a turn of the conversation of that client's address.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioChunkConverter, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.handle import Handled, NotHandled
from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    Describe,
    HandleModel,
    HandleProgram,
    Info,
    TtsProgram,
    TtsVoice,
    WakeModel,
    WakeProgram,
)
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize
from wyoming.wake import Detect, Detection, NotDetected

from assistant import __version__
from assistant.api.ports import Hearing, Speaking
from assistant.api.server import EVERYWHERE, LOOPBACK, listen
from assistant.errors import AssistantError
from assistant.types import AudioClip

if TYPE_CHECKING:
    from assistant.audio.wake import WakeEngine
    from assistant.service.core import Core

log = logging.getLogger(__name__)

RATE_HZ = 16_000
MAX_CLIENTS = 16
LONGEST_S = 60.0
LONGEST_TEXT = 2000
IDLE_S = 300.0
CHUNK_SAMPLES = 2048
SOURCE = "wyoming:"
_OWN = Attribution("the assistant's authors", "")


@dataclass(slots=True)
class WyomingParts:
    """What is offered. The callables load what they give, and are called in threads."""

    hearing: Callable[[], Hearing]
    speaking: Callable[[], Speaking]
    wake: Callable[[Sequence[str]], WakeEngine] | None
    wake_words: tuple[str, ...]
    core: Core | None
    language: str = "en"
    asr_model: str = ""
    voice: str = ""

    def info(self) -> Info:
        """What clients are told."""
        common: dict[str, Any] = {"attribution": _OWN, "installed": True, "version": __version__}
        asr = AsrModel(name=self.asr_model, description=None, languages=[self.language], **common)
        voice = TtsVoice(name=self.voice, description=None, languages=[self.language], **common)
        house = HandleModel(
            name="house", description="the house's commands, skills and talk", languages=[self.language], **common
        )
        words = [
            WakeModel(name=word, description=None, phrase=word.replace("_", " "), languages=[self.language], **common)
            for word in self.wake_words
        ]
        return Info(
            asr=[
                AsrProgram(
                    name="assistant", description="Vosk, helped by the house's sentences", models=[asr], **common
                )
            ],
            tts=[TtsProgram(name="assistant", description="Piper", voices=[voice], **common)],
            wake=[WakeProgram(name="assistant", description="wake words", models=words, **common)] if self.wake else [],
            handle=[HandleProgram(name="assistant", description="the house", models=[house], **common)]
            if self.core
            else [],
        )


def may_connect(address: str, allowed: Sequence[str]) -> bool:
    """Whether an address is this machine's, or in one of the ``allowed`` networks."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return parsed.is_loopback or any(
        parsed in network for network in map(ipaddress.ip_network, allowed) if network.version == parsed.version
    )


@contextlib.asynccontextmanager
async def serving_wyoming(parts: WyomingParts, port: int, allowed: Sequence[str]) -> AsyncIterator[int]:
    """Serve while inside; gives the port. Raises AssistantError where it is taken."""
    clients: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        address = str((writer.get_extra_info("peername") or ("",))[0])
        if len(clients) >= MAX_CLIENTS or not may_connect(address, allowed):
            log.info("wyoming: %s is not let in; see api.wyoming_from", address)
            writer.close()
            return
        clients.add(task)
        try:
            await _Client(parts, reader, writer, address).run()
        except (OSError, ValueError, TypeError, LookupError, AttributeError, asyncio.IncompleteReadError) as error:
            # the library reads what a client sends without looking at it: anything can be missing or of another kind
            log.debug("wyoming: client %s lost: %s", address, error)
        finally:
            clients.discard(task)
            writer.close()

    sockets = listen(EVERYWHERE if allowed else LOOPBACK, port)
    servers = [await asyncio.start_server(serve, sock=made, limit=1024 * 1024) for made in sockets]
    try:
        yield sockets[0].getsockname()[1]
    finally:
        for server in servers:
            server.close()
        for task in tuple(clients):
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)


class _Client:
    """One connection: one request after the other."""

    def __init__(
        self, parts: WyomingParts, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, address: str
    ) -> None:
        self._parts = parts
        self._reader = reader
        self._writer = writer
        self._address = address
        self._converter = AudioChunkConverter(rate=RATE_HZ, width=2, channels=1)
        self._sound: list[bytes] = []
        self._bytes = 0
        self._wake: WakeEngine | None = None
        self._detected = False

    async def run(self) -> None:
        """Until the client hangs up, or says nothing for a long time."""
        while True:
            async with asyncio.timeout(IDLE_S):
                event = await async_read_event(self._reader)
            if event is None:
                return
            try:
                await self._take(event)
            except AssistantError as error:
                await self._write(Error(str(error), type(error).__name__).event())

    async def _take(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self._write(self._parts.info().event())
        elif Ping.is_type(event.type):
            await self._write(Pong(Ping.from_event(event).text).event())
        elif Transcribe.is_type(event.type):
            self._begin()
        elif AudioStart.is_type(event.type):
            self._begin(keep_wake=True)
        elif AudioChunk.is_type(event.type):
            await self._heard(self._converter.convert(AudioChunk.from_event(event)))
        elif AudioStop.is_type(event.type):
            await self._stopped()
        elif Detect.is_type(event.type):
            await self._watch(Detect.from_event(event).names)
        elif Synthesize.is_type(event.type):
            await self._speak(Synthesize.from_event(event).text)
        elif Transcript.is_type(event.type):
            await self._handle(Transcript.from_event(event).text)

    def _begin(self, *, keep_wake: bool = False) -> None:
        self._sound, self._bytes, self._detected = [], 0, False
        if not keep_wake:
            self._wake = None

    async def _watch(self, names: Sequence[str] | None) -> None:
        if self._parts.wake is None:
            raise AssistantError("there is no wake word here")
        known = [name for name in names or self._parts.wake_words if name in self._parts.wake_words]
        make = self._parts.wake
        self._wake = await asyncio.to_thread(make, known or list(self._parts.wake_words))
        self._detected = False

    async def _heard(self, chunk: AudioChunk) -> None:
        if self._wake is None:
            self._bytes += len(chunk.audio)
            if self._bytes > LONGEST_S * RATE_HZ * 2:
                raise AssistantError(f"an utterance is at most {LONGEST_S:g} s long")
            self._sound.append(chunk.audio)
            return
        import numpy as np

        found = await asyncio.to_thread(self._wake.process, np.frombuffer(chunk.audio, "<i2"))
        for word in found:
            self._detected = True
            await self._write(Detection(word.name, round(word.at_s * 1000)).event())

    async def _stopped(self) -> None:
        if self._wake is not None:
            if not self._detected:
                await self._write(NotDetected().event())
            self._wake.reset()
            return
        import numpy as np

        clip = AudioClip(np.frombuffer(b"".join(self._sound), "<i2").astype(np.int16), RATE_HZ)
        self._begin()
        text = (
            (await asyncio.to_thread(lambda: self._parts.hearing().transcribe(clip))).text if len(clip.samples) else ""
        )
        await self._write(Transcript(text, language=self._parts.language).event())

    async def _speak(self, text: str) -> None:
        if len(text) > LONGEST_TEXT:
            raise AssistantError(f"a text is at most {LONGEST_TEXT} characters long")
        clips = iter(self._parts.speaking().speak([text]))
        begun = False
        while (clip := await asyncio.to_thread(next, clips, None)) is not None:
            if not begun:
                await self._write(AudioStart(clip.rate_hz, 2, 1).event())
                begun = True
            for piece in chunks_of(clip):
                await self._write(piece.event())
        if not begun:
            await self._write(AudioStart(RATE_HZ, 2, 1).event())
        await self._write(AudioStop().event())

    async def _handle(self, text: str) -> None:
        from assistant.service.turns import TurnRequest

        core = self._parts.core
        if core is None:
            raise AssistantError("there is no house here")
        record = await core.turn(TurnRequest(text[:LONGEST_TEXT], source=SOURCE + self._address))
        result = record.result
        done = result.route != "none" and not result.error
        reply = result.error or result.reply
        await self._write((Handled(reply) if done else NotHandled(reply)).event())

    async def _write(self, event: Event) -> None:
        async with asyncio.timeout(IDLE_S):
            await async_write_event(event, self._writer)


def chunks_of(clip: AudioClip) -> Iterator[AudioChunk]:
    """A clip in pieces of an eighth of a second or less."""
    for start in range(0, len(clip.samples), CHUNK_SAMPLES):
        samples = clip.samples[start : start + CHUNK_SAMPLES]
        yield AudioChunk(clip.rate_hz, 2, 1, samples.astype("<i2").tobytes())

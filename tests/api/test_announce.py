"""The announcement in the house, over real zeroconf on the loopback interface: found, connected to, and gone at the end."""

import asyncio

import pytest
from api_server import CLIP, EveryEar
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from zeroconf import ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

from assistant.api import announce
from assistant.api.announce import KIND, announced, own_address
from assistant.api.wyoming_server import WyomingParts, serving_wyoming
from assistant.errors import AssistantError
from assistant.testing import FakeVoice

LOOPBACK = ["127.0.0.1"]


class Seen:
    """What a browser on the network is told of."""

    def __init__(self, zeroconf):
        self.names, self.changed = set(), asyncio.Event()
        self._browser = AsyncServiceBrowser(zeroconf.zeroconf, KIND, handlers=[self.note])

    def note(self, zeroconf, service_type, name, state_change):
        (self.names.discard if state_change is ServiceStateChange.Removed else self.names.add)(name)
        self.changed.set()

    async def until(self, condition):
        while not condition(self.names):
            self.changed.clear()
            await self.changed.wait()


def run(coroutine):
    asyncio.run(asyncio.wait_for(coroutine, 60))


def test_who_looks_for_it_finds_it_and_can_use_it_until_it_ends():
    async def scene():
        parts = WyomingParts(
            hearing=EveryEar, speaking=lambda: FakeVoice(CLIP), wake=None, wake_words=(), core=None, voice="joe"
        )
        looker = AsyncZeroconf(interfaces=LOOPBACK)
        seen = Seen(looker)
        try:
            async with serving_wyoming(parts, 0, ()) as port:
                async with announced(port, "assistant-test", "127.0.0.1", interfaces=LOOPBACK) as name:
                    await seen.until(lambda names: name in names)
                    info = await looker.async_get_service_info(KIND, name, 20_000)
                    assert (info.parsed_addresses(), info.port) == (LOOPBACK, port)
                    async with AsyncTcpClient(info.parsed_addresses()[0], info.port) as client:
                        await client.write_event(Describe().event())
                        assert Info.from_event(await client.read_event()).tts[0].voices[0].name == "joe"
                await seen.until(lambda names: name not in names)
        finally:
            await looker.async_close()

    run(scene())


def test_a_second_assistant_of_the_same_name_gets_another():
    async def scene():
        async with (
            announced(1, "assistant-twin", "127.0.0.1", interfaces=LOOPBACK) as first,
            announced(2, "assistant-twin", "127.0.0.1", interfaces=LOOPBACK) as second,
        ):
            assert first != second and second.startswith("assistant-twin-")

    run(scene())


def test_without_a_network_nothing_wrong_is_announced(monkeypatch):
    async def scene():
        with pytest.raises(AssistantError, match="takes no announcement"):
            async with announced(1, "assistant-test", "127.0.0.1"):
                """It never comes so far."""

    def refuses(**_more):
        raise OSError(19, "No such device")

    monkeypatch.setattr(announce, "AsyncZeroconf", refuses)
    run(scene())

    class NoRoute:
        def __enter__(self):
            return self

        def __exit__(self, *_what):
            """Nothing is open."""

        def connect(self, _address):
            raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(announce.socket, "socket", lambda *_kind: NoRoute())
    with pytest.raises(AssistantError, match="no network yet"):
        own_address()

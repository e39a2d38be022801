"""What the running assistant gives back of its memory, and when."""

import asyncio
from types import SimpleNamespace

import pytest

from assistant.events import EventBus, Muted, StateChanged, TurnFinished
from assistant.machine import memory
from assistant.service.upkeep import Upkeep

SPEAKING = StateChanged("speaking")


@pytest.fixture
def trims(monkeypatch):
    made = []
    monkeypatch.setattr(memory, "trim", lambda: made.append(1))
    return made


@pytest.mark.parametrize(
    ("events", "times"),
    [
        ((), 0),
        ((StateChanged("listening"), StateChanged("processing"), Muted(True)), 0),
        ((SPEAKING,), 1),
        ((SPEAKING, TurnFinished(SimpleNamespace()), StateChanged("idle")), 2),
    ],
)
def test_memory_is_given_back_when_speech_begins_and_after_turns(trims, events, times):
    async def lived():
        bus = EventBus()
        bus.attach(asyncio.get_running_loop())
        upkeep = Upkeep(SimpleNamespace(events=bus), None, None)
        task = asyncio.create_task(upkeep.keep_small())
        await asyncio.sleep(0)
        for event in events:
            bus.publish(event)
        async with asyncio.timeout(10):
            while len(trims) < times:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)  # in which nothing more should happen
        task.cancel()

    asyncio.run(lived())
    assert len(trims) == times

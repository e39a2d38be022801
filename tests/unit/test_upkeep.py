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


@pytest.mark.parametrize("with_ears", [True, False])
def test_at_rest_decoders_are_made_ready_and_weights_let_go(trims, monkeypatch, with_ears):
    monkeypatch.setattr("assistant.service.upkeep.TIDY_EVERY_S", 0.01)
    made = []
    model = SimpleNamespace(rest=lambda: made.append("model"))
    ears = SimpleNamespace(prepare=lambda: made.append("ears")) if with_ears else None
    stages = SimpleNamespace(ears=ears, parts=SimpleNamespace(model=model))

    async def lived():
        bus = EventBus()
        bus.attach(asyncio.get_running_loop())
        core = SimpleNamespace(events=bus, state="speaking", loudspeaker=SimpleNamespace(busy=False))
        task = asyncio.create_task(Upkeep(core, stages, None).keep_tidy())
        bus.publish(TurnFinished(SimpleNamespace()))
        await asyncio.sleep(0.1)
        assert not made  # somebody is spoken to
        core.state = "idle"
        async with asyncio.timeout(10):
            while "model" not in made:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        task.cancel()

    asyncio.run(lived())
    assert made == (["ears", "model"] if with_ears else ["model"])
    assert len(trims) == 1

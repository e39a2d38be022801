"""Parts that could not be loaded are tried again while the assistant runs."""

import asyncio
import contextlib
from types import SimpleNamespace

import pytest

from assistant.errors import ConfigError, ModelError
from assistant.events import EventBus, PartReady
from assistant.service.retrying import FIRST_S, LONGEST_S, Retry
from assistant.service.stages import LoadedStages

NAMES = ("voice", "mind", "recogniser", "wake", "ears", "embedding", "model", "notices")


class Scene:
    """Stages whose parts fail as told, and a core that notes what it is told."""

    def __init__(self, **errors):
        self.errors = errors
        self.asked = []
        self.troubles = {}
        self.ready = []
        events = EventBus()
        events.listen(lambda event: self.ready.append(event.name), PartReady)
        self.core = SimpleNamespace(trouble=self._trouble, events=events)
        loaders = {name: lambda name=name: self._load(name) for name in NAMES}
        self.stages = LoadedStages(
            SimpleNamespace(understanding=SimpleNamespace(sentence_problems=())), loaders=loaders
        )

    def _load(self, name):
        self.asked.append(name)
        if name in self.errors:
            raise self.errors[name]

    def _trouble(self, name, text):
        self.troubles[name] = text
        if not text:
            del self.troubles[name]

    def start(self):
        self.stages.load(self.core)
        self.stages.warm(self.core)
        self.asked.clear()


def test_nothing_is_missing_while_it_is_still_being_loaded_for_the_first_time():
    scene = Scene(voice=ModelError("the voice is truncated"))
    assert scene.stages.missing == ()
    scene.stages.load(scene.core)
    assert scene.stages.missing == () and not scene.stages.warmed and not scene.stages.has_voice
    scene.stages.warm(scene.core)
    assert scene.stages.missing == ("voice", "notices") and scene.stages.warmed


def test_a_part_that_is_there_now_is_taken_up_with_those_that_need_it():
    scene = Scene(recogniser=ModelError("the recogniser is missing"))
    scene.start()
    assert scene.stages.missing == ("recogniser", "wake", "ears")
    assert scene.stages.load_missing(scene.core) == () and scene.asked == ["recogniser"]
    assert list(scene.troubles) == ["recogniser"]
    scene.errors.clear()
    scene.ready.clear()
    assert scene.stages.load_missing(scene.core) == ("recogniser", "wake", "ears")
    assert scene.stages.missing == () and scene.troubles == {} and scene.ready == ["recogniser", "wake", "ears"]


def test_what_is_there_is_not_loaded_again():
    scene = Scene(model=ModelError("the language model is missing"))
    scene.start()
    scene.errors.clear()
    scene.stages.load_missing(scene.core)
    scene.stages.load_missing(scene.core)
    assert scene.asked == ["model"] and scene.stages.warmed


def test_a_wrong_configuration_ends_the_start_but_not_an_assistant_that_runs():
    with pytest.raises(ConfigError):
        Scene(wake=ConfigError("'hey zxqv' is no phrase")).start()
    scene = Scene(recogniser=ModelError("missing"))
    scene.start()
    scene.errors = {"wake": ConfigError("'hey zxqv' is no phrase")}
    assert scene.stages.load_missing(scene.core) == ("recogniser", "ears")
    assert scene.troubles == {"wake": "'hey zxqv' is no phrase"} and scene.stages.missing == ("wake",)


def test_it_is_tried_again_later_and_later_and_sooner_after_a_success():
    scene = Scene(voice=ModelError("broken"), model=ModelError("missing"))
    scene.start()
    waits, found, told = [], [], []

    async def sleep(seconds):
        waits.append(seconds)
        told.append(retry.status())
        if len(waits) == 9:
            del scene.errors["model"]
        if len(waits) == 11:
            raise asyncio.CancelledError

    retry = Retry(scene.stages, found.append, sleep=sleep, clock_s=lambda: 100.0)

    async def run():
        with contextlib.suppress(asyncio.CancelledError):
            async with retry.beside(scene.core):
                await asyncio.Event().wait()

    async def bounded():
        task = asyncio.create_task(run())
        while len(waits) < 11:
            await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(bounded())
    assert waits[:4] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S, 8 * FIRST_S]
    assert waits[8] == LONGEST_S and waits[9] == FIRST_S
    assert found == [("model",)]
    assert told[0] == {"parts": ["voice", "model", "notices"], "again_in_s": 15}
    assert told[9]["parts"] == ["voice", "notices"]

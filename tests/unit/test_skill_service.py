"""The skills in the running assistant, on fakes: it rings by the loudspeaker, follows the folder, and tells what is wrong."""

import asyncio
from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from assistant.errors import StorageError
from assistant.events import EventBus, Ringing
from assistant.home.house import House
from assistant.home.inventory import load_inventory
from assistant.service.skills import LONGEST_S, CoreControls, CoreRinger, follow_documents, open_skills
from assistant.skills.agenda.agenda import Agenda
from assistant.skills.agenda.entries import Entry
from assistant.skills.language import language
from assistant.skills.store import Store
from assistant.testing import FakeTime


class Sounds:
    """The core, as far as the skills need it."""

    def __init__(self):
        self.rings = {}
        self.rung = []
        self.stopped = []
        self.said = []
        self.troubles = {}
        self.events = EventBus()
        self.volume = 0.5
        self.muted = None

    def ring(self, name, *, text="", longest_s=0.0):
        self.rings[name] = (text, longest_s)
        self.rung.append(text)

    def stop_ring(self, name, by="owner"):
        self.stopped.append((name, by))
        return self.rings.pop(name, None) is not None

    def say(self, text):
        future = Future()
        self.said.append((text, future))
        return future

    def trouble(self, name, text):
        self.troubles[name] = text

    def set_volume(self, volume):
        self.volume = min(1.0, volume)
        return self.volume

    def mute(self, on):
        self.muted = on


@pytest.fixture
def bench():
    time = FakeTime()
    agenda = Agenda(Store(None), time)
    core = Sounds()
    return SimpleNamespace(time=time, agenda=agenda, core=core, ringer=CoreRinger(core, agenda))


def ringing_timer(bench):
    entry = bench.agenda.add(Entry("timer", "tea", span_s=60.0))
    bench.time.advance(60)
    bench.agenda.due()
    return next(e for e in bench.agenda.ringing() if e.id == entry.id)


def test_it_rings_until_it_is_silenced_but_not_for_ever(bench):
    bench.ringer.ring("7", "Your tea timer is done.")
    assert bench.core.rings == {"agenda 7": ("Your tea timer is done.", LONGEST_S)}
    bench.ringer.silence("7")
    assert bench.core.stopped == [("agenda 7", "skill")]


def test_what_was_announced_counts_as_heard_only_when_it_was(bench):
    heard = []
    for number in range(4):
        bench.ringer.announce(f"missed {number}", lambda number=number: heard.append(number))
    (_, whole), (_, cut), (_, broken), (_, cancelled) = bench.core.said
    whole.set_result(True)
    cut.set_result(False)
    broken.set_exception(StorageError("no sound"))
    cancelled.cancel()
    assert heard == [0]


def test_what_is_stopped_at_the_loudspeaker_is_over(bench):
    entry = ringing_timer(bench)
    name = f"agenda {entry.id}"
    for event in (
        Ringing(name, True),
        Ringing(name, False, "skill"),
        Ringing("doorbell", False, "owner"),
        Ringing("agenda 999", False, "owner"),
    ):
        bench.ringer.heard(event)
    assert bench.agenda.ringing()
    bench.ringer.heard(Ringing(name, False, "voice"))
    assert not bench.agenda.ringing()


def test_the_knobs_are_the_cores(bench):
    controls = CoreControls(bench.core)
    assert controls.volume == 0.5 and controls.set_volume(0.7) == 0.7 and bench.core.volume == 0.7
    controls.mute(True)
    assert bench.core.muted is True


class Shelf:
    """A library that counts how often it was looked through."""

    def __init__(self, problems):
        self.problems = problems
        self.looked = 0

    def sync(self, _advance):
        self.looked += 1
        if isinstance(self.problems, Exception):
            raise self.problems
        return self.problems


@pytest.mark.parametrize(
    ("problems", "told"),
    [({}, ""), ({"a.pdf": "a.pdf is damaged"}, "a.pdf is damaged"), (StorageError("full"), "full")],
)
def test_documents_that_are_there_at_the_start_are_taken_up(bench, tmp_path, problems, told):
    (tmp_path / "a.pdf").write_bytes(b"x")
    shelf = Shelf(problems)
    knowledge = SimpleNamespace(folder=tmp_path)
    parts = SimpleNamespace(config=SimpleNamespace(knowledge=knowledge), skill_parts=SimpleNamespace(library=shelf))

    async def scene():
        following = asyncio.create_task(follow_documents(bench.core, parts))
        while not bench.core.troubles:
            await asyncio.sleep(0)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)

    asyncio.run(asyncio.wait_for(scene(), 20))
    assert shelf.looked == 1 and bench.core.troubles == {"documents": told}


def test_a_folder_that_cannot_be_made_is_told(bench, tmp_path):
    (tmp_path / "file").write_text("")
    knowledge = SimpleNamespace(folder=tmp_path / "file" / "documents")
    parts = SimpleNamespace(config=SimpleNamespace(knowledge=knowledge))
    asyncio.run(follow_documents(bench.core, parts))
    assert "documents" in bench.core.troubles["documents"]


def test_what_was_due_while_it_was_off_rings_once_it_runs_and_the_end_is_waited_for(bench, tmp_path):
    bench.agenda.add(Entry("timer", "tea", span_s=30.0))
    bench.time.advance(30)
    skills = SimpleNamespace(
        agenda=bench.agenda,
        clock=bench.time,
        language=language("en"),
        store=SimpleNamespace(warning="kept in memory", unkept=None),
    )
    knowledge = SimpleNamespace(folder=tmp_path)
    parts = SimpleNamespace(
        skill_parts=skills, house=House.from_home(load_inventory(None)), config=SimpleNamespace(knowledge=knowledge)
    )

    async def scene():
        async with open_skills(bench.core, parts):
            while not bench.core.rings or "timers" not in bench.core.troubles:
                await asyncio.sleep(0)
            (entry,) = bench.agenda.ringing()
            bench.core.events.publish(Ringing(f"agenda {entry.id}", False, "owner"))
            assert not bench.agenda.ringing()

    asyncio.run(asyncio.wait_for(scene(), 20))
    assert bench.core.rung == ["Your tea timer is done."]
    assert bench.core.troubles["timers"] == "kept in memory"
    bench.core.events.publish(Ringing("agenda 1", False, "owner"))  # nobody listens any more


def test_a_restart_ends_the_process_a_little_later(bench, monkeypatch):
    begun = []

    class Timer:
        def __init__(self, seconds, function, arguments):
            self.what = (seconds, function, arguments)

        def start(self):
            begun.append((self.what, self.daemon))

    monkeypatch.setattr("assistant.service.skills.threading.Timer", Timer)
    CoreControls(bench.core).restart()
    ((seconds, function, (pid, _signal)), daemon) = begun[0]
    import os

    assert seconds > 1 and function is os.kill and pid == os.getpid() and daemon

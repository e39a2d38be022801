"""What was heard is kept only where that is switched on, for so long and so many, and goes when it is switched off."""

import asyncio
import os

import numpy as np
import soundfile

from assistant.config.sections import RecordingsSection
from assistant.events import Reloaded
from assistant.service.core import Core
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.recordings import Recordings, open_recordings
from assistant.service.turns import TurnRequest
from assistant.service.worker import Worker
from assistant.testing import FakeHouse, FakeMind, FakePlayer, FakePulse, FakeStages, FakeTalk
from assistant.turn.turn import Turn
from assistant.types import AudioClip, Transcript, Utterance
from assistant.update.backup import Places, read_backup, write_backup

CLIP = AudioClip(np.arange(1600, dtype=np.int16), 16_000)


class Switch:
    """The configuration's section, changed while it runs."""

    def __init__(self, **values):
        self.section = RecordingsSection(**values)

    def __call__(self):
        return self.section


def names(folder):
    return sorted(path.stem for path in folder.glob("*.wav"))


def test_nothing_is_kept_by_default(tmp_path):
    Recordings(tmp_path / "r", Switch()).keep("a", CLIP)
    assert not (tmp_path / "r").exists()


def test_the_newest_are_kept_and_the_old_go(tmp_path):
    now = [1000.0]
    recordings = Recordings(tmp_path, Switch(keep=True, most=2, hours=1), clock_s=lambda: now[0])
    for turn in "abc":
        now[0] += 60
        recordings.keep(turn, CLIP)
        os.utime(tmp_path / f"{turn}.wav", (now[0], now[0]))
    assert names(tmp_path) == ["b", "c"]
    samples, rate = soundfile.read(recordings.find("c"), dtype="int16")
    assert rate == 16_000 and (samples == CLIP.samples).all()
    assert recordings.find("../c") is None and recordings.find("a") is None
    now[0] += 3590
    assert recordings.find("c") is not None and recordings.find("b") is None
    now[0] += 20
    assert recordings.find("c") is None and names(tmp_path) == []


def test_switching_it_off_deletes_what_there_is(tmp_path):
    switch = Switch(keep=True)
    recordings = Recordings(tmp_path, switch)
    recordings.keep("a", CLIP)
    core, worker = core_over()

    async def live():
        core.events.attach(asyncio.get_running_loop())
        async with open_recordings(core, recordings):
            assert core.recordings is recordings
            switch.section = RecordingsSection()
            while names(tmp_path):
                core.events.publish(Reloaded())
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(live(), 20))
    worker.close(5)
    assert core.recordings is None


def test_the_sound_of_a_spoken_turn_is_kept_under_its_id(tmp_path):
    core, worker = core_over()
    core.recordings = Recordings(tmp_path, Switch(keep=True))
    spoken = core.submit(TurnRequest(Utterance(Transcript("hello"), sound=CLIP), source="voice")).future.result(20)
    core.submit(TurnRequest("typed", source="panel")).future.result(20)
    worker.close(5)
    assert names(tmp_path) == [spoken.result.turn_id]


def test_a_disk_that_takes_nothing_is_told_and_does_not_cost_the_turn(tmp_path):
    core, worker = core_over()
    (tmp_path / "file").write_text("")
    core.recordings = Recordings(tmp_path / "file" / "r", Switch(keep=True))
    record = core.submit(TurnRequest(Utterance(Transcript("hello"), sound=CLIP), source="voice")).future.result(20)
    worker.close(5)
    assert record.result.error is None and "recordings" in core.troubles


def test_they_are_in_no_backup(tmp_path):
    state = tmp_path / "state"
    Recordings(state / "recordings", Switch(keep=True)).keep("a", CLIP)
    (state / "lists.txt").write_text("milk")
    (tmp_path / "etc").mkdir()
    write_backup(Places(tmp_path / "etc", state), tmp_path / "b", "1")
    assert list(read_backup(tmp_path / "b")) == ["state/lists.txt"]


def core_over():
    turn = Turn(ears=None, mind=FakeMind({}), house=FakeHouse([]), talk=FakeTalk(["Hi."]), voice=None)
    worker = Worker("thinking", FakePulse(), limit_s=60)
    worker.start()
    return Core(FakeStages(lambda: turn, CLIP), Loudspeaker(lambda: FakePlayer()), worker, earcons=False), worker

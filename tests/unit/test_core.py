"""The core: turns from several sources, announcements, ringing, controls, and the services beside it."""

import asyncio
import contextlib
import json
import threading

import numpy as np
import pytest

from assistant.errors import AssistantError, ConfigError, EngineError
from assistant.events import (
    Announced,
    EventBus,
    Heard,
    Muted,
    Ringing,
    StateChanged,
    Trouble,
    TurnFinished,
    TurnStarted,
    VolumeChanged,
)
from assistant.service.core import Core
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.settings import LastingSettings
from assistant.service.sounds import spoken_error
from assistant.service.supervisor import Supervisor, keep_running
from assistant.service.systemd import Progress
from assistant.service.turns import TurnRequest
from assistant.service.worker import Urgency, Worker
from assistant.telling import Telling
from assistant.testing import FakeEars, FakeHouse, FakeMind, FakePlayer, FakePulse, FakeStages, FakeTalk, FakeVoice
from assistant.turn.turn import Turn
from assistant.types import Ask, AudioClip, Device, Intent, Transcript, Understood, Utterance

CLIP = AudioClip(np.ones(10, np.int16), 16_000)
LAMP_ON = Intent("Set", {"device_id": "light.lamp", "state": "on"})
KNOWN = {"lamp on": Understood((LAMP_ON,), "match"), "unlock": Ask("Really?", (LAMP_ON,))}
WAIT_S = 5.0


class FakeMicrophone:
    def __init__(self):
        self.calls = []

    def mute(self, on):
        self.calls.append(("mute", on))

    def push_to_talk(self):
        self.calls.append(("push",))

    def saying(self, text):
        self.calls.append(("saying", text))

    def sounding(self, on):
        self.calls.append(("sounding", on))


class Scene:
    """A core over fakes."""

    def __init__(self, settings=None, talk=None):
        self.player = FakePlayer()
        self.house = FakeHouse([Device("light.lamp", "Lamp", state="off")])
        self.minds = []
        self.talk = talk or FakeTalk(["Hello ", "there."])
        self.stages = FakeStages(self._turn, CLIP)
        self.speaker = Loudspeaker(lambda: self.player, ring_pause_s=0.01)
        self.pulse = FakePulse()
        self.worker = Worker("thinking", self.pulse, limit_s=60)
        self.core = Core(self.stages, self.speaker, self.worker, settings=settings, earcons=False)
        self.events = []
        self.core.events.listen(self.events.append)

    def _turn(self):
        self.minds.append(FakeMind(KNOWN))
        return Turn(
            ears=FakeEars(["lamp on"]), mind=self.minds[-1], house=self.house, talk=self.talk, voice=FakeVoice(CLIP)
        )

    def __enter__(self):
        self.speaker.start()
        self.worker.start()
        return self

    def __exit__(self, *_error):
        self.worker.close(WAIT_S)
        self.speaker.close(WAIT_S)

    def run(self, *arguments, **options):
        return asyncio.run(self.core.turn(TurnRequest(*arguments, **options)))

    def of(self, *kinds):
        return [event for event in self.events if isinstance(event, kinds)]


@pytest.fixture
def scene():
    with Scene() as scene:
        yield scene


def test_a_typed_turn_acts_and_is_recorded(scene):
    record = scene.run("lamp on", source="panel", area="Kitchen")
    assert scene.house.devices["light.lamp"].state == "on"
    assert record.result.reply == "Lamp is on." and record.source == "panel" and record.area == "Kitchen"
    assert list(scene.core.turns) == [record]
    turn_id = record.result.turn_id
    assert scene.events == [
        TurnStarted(turn_id, "panel", "Kitchen"),
        Heard(turn_id, "lamp on", "panel"),
        TurnFinished(record),
    ]
    assert scene.player.played == []  # nobody asked for sound


def test_a_spoken_reply_goes_to_the_loudspeaker_or_to_the_callers_sink(scene):
    clips, pieces = [], []
    scene.run("lamp on", sink=clips.append, on_piece=pieces.append)
    assert len(clips) == 1 and pieces == ["Lamp is on."] and scene.player.played == []
    scene.core.microphone = FakeMicrophone()
    scene.run("lamp on", speak=True)
    wait_until(lambda: ("sounding", False) in scene.core.microphone.calls)
    assert len(scene.player.played) == 1
    assert scene.core.microphone.calls[0] == ("saying", "Lamp is on.")


def test_sound_and_what_was_recognised_already_are_utterances_as_well(scene):
    assert scene.run(CLIP, source="wyoming:kitchen").result.transcript == "lamp on"
    record = scene.run(Utterance(Transcript("lamp on"), 42.0))
    assert record.result.ms["asr"] == 42.0 and record.result.reply == "Lamp is on."


def test_each_source_has_a_memory_of_its_own_unless_it_names_one(scene):
    for options in ({"source": "a"}, {"source": "b"}, {"source": "a"}, {"source": "c", "conversation": "a"}):
        scene.run("unlock", **options)
    assert [len(mind.remembered) for mind in scene.minds] == [3, 1]


def test_spoken_turns_go_first(scene):
    began, go_on = threading.Event(), threading.Event()

    def busy():
        began.set()
        assert go_on.wait(WAIT_S)

    scene.core.work(busy)
    assert began.wait(WAIT_S)
    idle = scene.core.work(lambda: scene.events.append("idle"))
    tickets = [scene.core.submit(TurnRequest("lamp on", source=source)) for source in ("api", "voice")]
    go_on.set()
    idle.result(WAIT_S)
    assert all(ticket.future.done() for ticket in tickets)
    assert [event.source for event in scene.of(TurnStarted)] == ["voice", "api"] and scene.events[-1] == "idle"


def test_a_turn_whose_asker_went_away_is_stopped():
    class EndlessTalk:
        def answer(self, text, context, cancelled):
            began.set()
            while not cancelled():
                yield "and on "

    async def ask():
        task = asyncio.create_task(scene.core.turn(TurnRequest("tell me everything")))
        await asyncio.to_thread(began.wait, WAIT_S)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    began = threading.Event()
    with Scene(talk=EndlessTalk()) as scene:
        asyncio.run(ask())
        assert scene.run("lamp on").result.reply == "Lamp is on."
        assert ("beat", "thinking") in scene.pulse.calls


def test_a_failure_of_a_stage_is_said_and_a_defect_ends_nothing(scene, caplog):
    def refuse():
        raise EngineError("the language model took too long")

    scene.house.fail = refuse
    record = scene.run("lamp on", speak=True)
    assert record.result.error == "the language model took too long"
    assert scene.stages.spoken == ["Sorry, that failed: the language model took too long."]

    def break_down():
        raise KeyError("light.lamp")

    scene.house.fail = break_down
    assert "KeyError" in scene.run("lamp on", speak=True).result.error
    assert scene.stages.spoken[-1] == "Sorry, something went wrong."
    scene.house.fail = lambda: None
    assert scene.run("lamp on").result.error is None


@pytest.mark.parametrize("error", ["/var/lib/x.kv: cannot be read", "KeyError: 'x'", "", "a" * 200])
def test_what_is_no_sentence_is_not_read_out(error):
    assert spoken_error(error, Telling()) == "Sorry, something went wrong."


def test_a_short_reason_is_read_out_where_it_is_in_the_listeners_language():
    assert (
        spoken_error("the lamp did not answer; try again", Telling()) == "Sorry, that failed: the lamp did not answer."
    )
    assert spoken_error("the lamp did not answer", Telling("zh-CN")) == "抱歉，没有成功。"


def test_talk_that_is_not_for_the_assistant_gets_no_answer(scene):
    record = scene.run("did you see the match", talk=False)
    assert record.result.reply == "" and scene.talk.taken == 0
    assert scene.run("lamp on", talk=False).result.reply == "Lamp is on."


def test_an_announcement_is_heard(scene):
    assert asyncio.run(scene.core.announce("The post is here")) is True
    assert scene.stages.spoken == ["The post is here"] and len(scene.player.played) == 1
    assert scene.of(Announced) == [Announced("The post is here")]


def test_an_announcement_without_a_voice_is_an_error(scene):
    scene.stages.fail = AssistantError("no voice")
    with pytest.raises(AssistantError, match="no voice"):
        asyncio.run(scene.core.announce("The post is here"))


def test_ringing_says_what_for_and_ends_by_the_owners_stop(scene):
    scene.core.microphone = FakeMicrophone()
    scene.core.ring("pasta", text="Your pasta is done")
    wait_until(lambda: scene.stages.spoken and any(clip is CLIP for clip in scene.player.played))
    assert scene.core.ringing == ("pasta",)
    assert ("sounding", True) in scene.core.microphone.calls
    assert scene.core.stop("voice") is True
    assert scene.core.ringing == () and scene.core.microphone.calls[-1] == ("sounding", False)
    assert scene.of(Ringing) == [Ringing("pasta", True), Ringing("pasta", False, "voice")]
    assert scene.core.stop_ring("pasta") is False


def test_ringing_ends_by_itself_and_rings_without_a_voice(scene):
    scene.stages.fail = AssistantError("no voice")
    scene.core.ring("tea", text="Tea", longest_s=0.05)
    wait_until(lambda: scene.of(Ringing)[-1:] == [Ringing("tea", False, "timeout")])
    assert scene.player.played


def test_mute_and_volume_survive_a_restart(tmp_path):
    path = tmp_path / "state" / "settings.json"
    with Scene(LastingSettings(path)) as scene:
        scene.core.microphone = FakeMicrophone()
        scene.core.mute(True)
        scene.core.mute(True)
        assert scene.core.set_volume(1.4) == 1.0 and scene.core.set_volume(0.3) == 0.3
        assert scene.of(Muted) == [Muted(True)]
        assert scene.of(VolumeChanged)[-1] == VolumeChanged(0.3)
        assert scene.core.microphone.calls[0] == ("mute", True)
    with Scene(LastingSettings(path)) as scene:
        assert scene.core.muted and scene.core.volume == 0.3
        scene.core.microphone = FakeMicrophone()
        with pytest.raises(AssistantError, match="switched off"):
            scene.core.listen()
    assert LastingSettings(path).volume(0.5) == 0.5  # the configuration was edited since
    assert [p.name for p in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"muted": "yes", "volume": "loud"}', b'{"volume": 1e400}'])
def test_settings_that_cannot_be_used_hold_their_defaults(tmp_path, content):
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = LastingSettings(path)
    assert not settings.muted and settings.volume(0.8) == 0.8
    settings.mute(True)
    assert json.loads(path.read_text())["muted"] is True


def test_settings_that_cannot_be_kept_are_told(tmp_path):
    (tmp_path / "file").write_text("")
    with Scene(LastingSettings(tmp_path / "file" / "settings.json")) as scene:
        scene.core.mute(True)
        assert scene.core.muted
        assert "settings" in scene.core.troubles and scene.of(Trouble)


def test_push_to_talk_needs_a_microphone(scene):
    with pytest.raises(AssistantError, match="nothing to listen with"):
        scene.core.listen()
    scene.core.microphone = FakeMicrophone()
    scene.core.listen()
    assert scene.core.microphone.calls == [("push",)]


def test_states_are_told_once_and_status_shows_everything(scene):
    scene.core.now_is("listening")
    scene.core.now_is("listening")
    assert scene.of(StateChanged) == [StateChanged("listening")]
    scene.core.add_status("mqtt", lambda: {"connected": True})
    scene.core.trouble("mqtt", "away")
    scene.core.trouble("mqtt", "away")
    status = scene.core.status()
    assert status["state"] == "listening" and status["mqtt"] == {"connected": True}
    assert status["troubles"] == {"mqtt": "away"}
    scene.core.trouble("mqtt", "")
    assert scene.of(Trouble) == [Trouble("mqtt", "away"), Trouble("mqtt", "")]


def test_events_come_on_the_loop_in_order_and_the_slow_lose_the_oldest():
    async def main():
        bus = EventBus()
        bus.attach(asyncio.get_running_loop())
        bus.listen(lambda _event: 1 / 0)
        async with bus.subscribe(Muted, limit=2) as events:
            await asyncio.to_thread(
                lambda: [bus.publish(event) for event in (Muted(True), Announced("x"), Muted(False))]
            )
            bus.publish(Muted(True))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return [await anext(events), await anext(events)]

    assert asyncio.run(main()) == [Muted(False), Muted(True)]


def service(log, *failures):
    """A service that fails in turn by each of ``failures`` as it is entered, then runs."""
    left = list(failures)

    @contextlib.asynccontextmanager
    async def run(core):
        log.append("enter")
        if left:
            raise left.pop(0)
        try:
            yield
        finally:
            log.append("leave")

    return run


def test_services_run_until_the_end_and_those_that_fail_are_begun_again(scene, caplog):
    log, waits = [], []

    async def main():
        waited = asyncio.Event()

        async def pause(seconds):
            waits.append(seconds)

        task = asyncio.create_task(
            keep_running(scene.core, "mqtt", service(log, AssistantError("away"), RuntimeError("bug")), sleep=pause)
        )
        async with Supervisor(scene.core, {"panel": service(log)}):
            while log.count("enter") < 4:
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert not waited.is_set()

    asyncio.run(main())
    assert waits == [1.0, 2.0] and log.count("leave") == 2
    texts = [event.text for event in scene.of(Trouble)]
    assert texts == ["away", "failed: RuntimeError: bug", ""]


def test_a_service_that_cannot_be_helped_is_told_and_left(scene):
    log = []
    asyncio.run(keep_running(scene.core, "mqtt", service(log, ConfigError("line 3"))))
    assert log == ["enter"] and scene.core.troubles == {"mqtt": "line 3"}


def test_a_worker_counts_as_stuck_only_while_it_works():
    now = [0.0]
    progress = Progress(lambda: now[0])
    worker = Worker("thinking", progress, limit_s=10)
    began, go_on = threading.Event(), threading.Event()

    def job():
        began.set()
        assert go_on.wait(WAIT_S)

    worker.start()
    future = worker.submit(job, Urgency.IDLE)
    assert began.wait(WAIT_S)
    now[0] = 11.0
    assert progress.stuck() == ("thinking",)
    go_on.set()
    future.result(WAIT_S)
    assert worker.close(WAIT_S)
    assert progress.stuck() == ()
    assert worker.submit(job).cancelled()


def wait_until(condition):
    """Other threads get there in their own time."""
    event = threading.Event()
    for _ in range(500):
        if condition():
            return
        event.wait(0.01)
    raise AssertionError("it did not happen")


class FakeAhead:
    """Notes what it is given to think about."""

    def __init__(self):
        self.thought, self.entered, self.overs = [], threading.Semaphore(0), 0

    def words(self, text, context, *, settled=False, cancelled):
        self.thought.append(text)
        self.entered.release()

    def over(self):
        self.overs += 1


def test_words_are_thought_about_before_the_turn_and_never_acted_upon(scene):
    ahead = FakeAhead()
    make = scene._turn

    def with_ahead():
        turn = make()
        turn.ahead = ahead
        return turn

    scene.stages._turn = with_ahead
    scene.core.words_so_far("lamp")  # no conversation yet: one is made, and nothing else
    scene.worker.submit(lambda: None, Urgency.IDLE).result(WAIT_S)
    scene.core.words_so_far("lamp on")
    assert ahead.entered.acquire(timeout=WAIT_S)
    scene.core.said("lamp on")
    assert ahead.thought[0] == "lamp on"
    assert scene.house.calls == []
    scene.run("lamp on", source="voice")
    assert scene.house.devices["light.lamp"].state == "on"
    assert ahead.overs == 1
    scene.core.end_thinking()

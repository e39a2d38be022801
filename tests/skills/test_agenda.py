"""The agenda on a fake clock: spans, alarms, jumps of the clock, restarts, and what happens when something is due."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from assistant.skills.agenda.agenda import Agenda
from assistant.skills.agenda.entries import Entry, Rule
from assistant.skills.agenda.runner import AgendaRunner
from assistant.skills.moments import next_on
from assistant.skills.store import Store
from assistant.skills.wording import Wording
from assistant.testing import FakeRinger, FakeTime
from assistant.types import Action, Ask, Handled, Intent

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)


class Bench:
    """An agenda that can be started again over the same file."""

    def __init__(self, path, wall=None):
        self.path = path
        self.time = FakeTime(wall) if wall else FakeTime()
        self.done = []
        self.outcome = lambda intent: Handled(Action(intent.name, intent.slots), f"{intent.name} is done.")
        self.start()

    def start(self):
        self.store = Store(self.path)
        self.agenda = Agenda(self.store, self.time)
        self.ringer = FakeRinger()
        self.runner = AgendaRunner(self.agenda, self.ringer, self.carry_out, self.time, Wording())
        self.runner.step()

    def restart(self, off_s=30.0, **how):
        self.store.close()
        self.time.reboot(off_s, **how)
        self.start()

    def carry_out(self, intent, _context):
        self.done.append(intent)
        return self.outcome(intent)

    def pass_s(self, seconds):
        self.time.advance(seconds)
        self.runner.step()

    def alarm(self, hour, minute=0, days=(), **more):
        now = self.time.now()
        due = next_on(days or EVERY_DAY, hour, minute, now).timestamp()
        return self.agenda.add(Entry("alarm", due=due, rule=Rule(hour, minute, days) if days else None, **more))


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path / "skills.db")
    yield bench
    bench.store.close()


def test_a_timer_rings_until_it_is_stopped_and_not_before(bench):
    timer = bench.agenda.add(Entry("timer", "pasta", span_s=600))
    bench.pass_s(599)
    assert not bench.ringer.rang
    bench.pass_s(1)
    assert list(bench.ringer.ringing.values()) == ["Your pasta timer is done."]
    bench.pass_s(300)
    assert len(bench.ringer.rang) == 1 and bench.ringer.ringing, "one ringing, which the ringer keeps up"
    bench.agenda.stop(timer)
    bench.pass_s(1)
    assert not bench.ringer.ringing and not bench.agenda.entries()


def test_several_run_side_by_side_and_the_next_is_the_first(bench):
    for name, span in (("a", 30), ("b", 10), ("c", 20)):
        bench.agenda.add(Entry("timer", name, span_s=span))
    assert [entry.name for entry in bench.agenda.entries("timer")] == ["b", "c", "a"]
    assert bench.agenda.next_s() == 10
    for _ in range(3):
        bench.pass_s(10)
    assert [text.split()[1] for text in bench.ringer.rang] == ["b", "c", "a"]


def test_a_paused_timer_waits_however_long(bench):
    timer = bench.agenda.add(Entry("timer", span_s=100))
    bench.pass_s(40)
    paused = bench.agenda.pause(timer)
    bench.pass_s(5000)
    bench.restart(5000)
    assert not bench.ringer.rang and bench.agenda.left_s(bench.agenda.entries()[0]) == 60
    bench.agenda.resume(paused)
    bench.pass_s(59)
    assert not bench.ringer.rang
    bench.pass_s(1)
    assert bench.ringer.rang


@pytest.mark.parametrize("jump", [-7200, -30, 45, 3600, 400 * 86400])
def test_a_span_keeps_its_length_where_the_wall_clock_jumps(bench, jump):
    bench.agenda.add(Entry("timer", span_s=600))
    bench.pass_s(100)
    bench.time.jump(jump)
    bench.runner.step()
    assert not bench.ringer.rang
    bench.pass_s(499)
    assert not bench.ringer.rang
    bench.pass_s(1)
    assert len(bench.ringer.rang) == 1


def test_a_span_survives_a_jump_and_then_a_restart(bench):
    bench.agenda.add(Entry("timer", span_s=600))
    bench.time.jump(86400)  # the clock is set after the start
    bench.runner.step()
    bench.restart(60)
    bench.pass_s(539)
    assert not bench.ringer.rang
    bench.pass_s(1)
    assert bench.ringer.rang


def test_a_span_goes_on_after_a_restart(bench):
    bench.agenda.add(Entry("timer", span_s=600))
    bench.pass_s(100)
    bench.restart(50)
    assert bench.agenda.left_s(bench.agenda.entries()[0]) == pytest.approx(450)
    bench.pass_s(450)
    assert bench.ringer.rang


def test_without_a_battery_clock_the_span_is_right_once_the_clock_is_set(bench):
    bench.agenda.add(Entry("timer", span_s=600))
    bench.restart(300, clock_knows=False)
    assert not bench.ringer.rang
    bench.time.jump(300)  # the network tells the time
    bench.runner.step()
    assert bench.agenda.left_s(bench.agenda.entries()[0]) == pytest.approx(300)


def test_what_was_missed_is_told_on_start_and_not_rung(bench):
    bench.agenda.add(Entry("timer", "egg", span_s=60))
    bench.alarm(14, 30)
    bench.agenda.add(Entry("reminder", "call mum", due=bench.time.now().timestamp() + 120))
    bench.restart(3600)
    assert not bench.ringer.rang
    assert bench.ringer.announced == [
        "While I was off, your egg timer ended at 2:06 PM.",
        "I missed this reminder of 2:07 PM: call mum.",
        "I missed your alarm of 2:30 PM, because I was off.",
    ]
    bench.restart(10)
    assert not bench.ringer.announced, "it was heard"


def test_what_was_missed_is_told_again_until_somebody_could_hear_it(bench):
    bench.agenda.add(Entry("reminder", "pills", due=bench.time.now().timestamp() + 60))
    bench.store.close()
    bench.time.reboot(3600)
    bench.store = Store(bench.path)
    silent = FakeRinger(hears=False)
    agenda = Agenda(bench.store, bench.time)
    AgendaRunner(agenda, silent, bench.carry_out, bench.time, Wording()).step()
    assert silent.announced
    bench.restart(10)
    assert bench.ringer.announced == ["I missed this reminder of 2:06 PM: pills."]


def test_what_is_only_just_due_at_the_start_rings(bench):
    bench.agenda.add(Entry("timer", span_s=60))
    bench.restart(80)
    assert bench.ringer.rang and not bench.ringer.announced


def test_what_rang_at_the_power_cut_rings_on(bench):
    bench.agenda.add(Entry("timer", span_s=60))
    bench.pass_s(60)
    bench.restart(20)
    assert bench.ringer.rang


def test_an_alarm_follows_the_wall_clock(bench):
    bench.alarm(7)
    bench.time.jump(16 * 3600)  # 06:05 of the next day: the clock was set
    bench.runner.step()
    bench.pass_s(54 * 60)
    assert not bench.ringer.rang
    bench.pass_s(60)
    assert bench.ringer.rang == ["It is 7:00 AM."]


def test_a_recurring_alarm_rings_on_its_days_only(bench):
    bench.alarm(7, 0, (0, 1, 2, 3, 4))  # today is Monday the ninth
    days = []
    bench.pass_s(55 * 60)
    for _ in range(24 * 14):
        bench.pass_s(3600)
        if bench.ringer.ringing:
            days.append(bench.time.now().strftime("%a"))
            bench.agenda.stop(bench.agenda.ringing()[0])
            bench.runner.step()
    assert days == ["Tue", "Wed", "Thu", "Fri", "Mon", "Tue", "Wed", "Thu", "Fri", "Mon"]


def test_a_recurring_alarm_that_nobody_stopped_still_comes_the_next_day(bench):
    bench.alarm(7, 0, EVERY_DAY)
    bench.pass_s(17 * 3600 - 300)
    ringing = bench.agenda.ringing()[0]
    assert dt.datetime.fromtimestamp(ringing.due, BERLIN) == dt.datetime(2026, 3, 11, 7, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("day", "hour", "minute", "moments"),
    [
        # The night of 29 March 2026 has no 2:30; that of 25 October has two.
        (dt.datetime(2026, 3, 27, 12), 7, 0, ["28 07:00", "29 07:00", "30 07:00"]),
        (dt.datetime(2026, 3, 27, 12), 2, 30, ["28 02:30", "29 03:30", "30 02:30"]),
        (dt.datetime(2026, 10, 23, 12), 2, 30, ["24 02:30", "25 02:30", "26 02:30"]),
    ],
)
def test_daylight_saving(tmp_path, day, hour, minute, moments):
    bench = Bench(tmp_path / "skills.db", day.replace(tzinfo=BERLIN))
    bench.alarm(hour, minute, EVERY_DAY)
    rung = []
    for _ in range(3 * 24 * 12):
        bench.pass_s(300)
        if bench.ringer.ringing:
            rung.append(bench.time.now().strftime("%d %H:%M"))
            bench.agenda.stop(bench.agenda.ringing()[0])
            bench.runner.step()
    assert rung == moments
    bench.store.close()


def test_an_alarm_does_not_ring_twice_where_the_clock_is_set_back_a_little(bench):
    bench.alarm(15, 0, EVERY_DAY)
    bench.pass_s(55 * 60)
    bench.agenda.stop(bench.agenda.ringing()[0])
    bench.runner.step()
    bench.time.jump(-300)
    bench.runner.step()
    bench.pass_s(600)
    assert len(bench.ringer.rang) == 1


def test_a_recurring_alarm_is_not_left_in_a_future_that_was_none(bench):
    bench.time.jump(4 * 365 * 86400)  # a clock that stood in 2030 …
    bench.alarm(7, 0, EVERY_DAY)
    bench.runner.step()
    bench.time.jump(-4 * 365 * 86400)  # … is set right
    bench.runner.step()
    bench.pass_s(17 * 3600 - 300)
    assert bench.ringer.rang


def test_snooze(bench):
    bench.alarm(15, 0, EVERY_DAY)
    bench.pass_s(55 * 60)
    bench.agenda.snooze(bench.agenda.ringing()[0], 300)
    bench.pass_s(1)
    assert not bench.ringer.ringing
    bench.pass_s(299)
    assert len(bench.ringer.rang) == 2
    recurring = [entry for entry in bench.agenda.entries() if entry.rule]
    assert len(recurring) == 1, "the alarm of every day stays"


def test_a_reminder_every_two_hours(bench):
    bench.agenda.add(Entry("reminder", "drink", span_s=7200, rule=Rule(every_s=7200)))
    for _ in range(3):
        bench.pass_s(7200)
        assert list(bench.ringer.ringing.values()) == ["Reminder: drink."]
        bench.agenda.stop(bench.agenda.ringing()[0])
        bench.runner.step()
    assert len(bench.ringer.rang) == 3


COMMAND = ({"intent": "HassTurnOff", "slots": {"name": "heater"}},)


def test_a_command_for_later_is_carried_out_once_and_told(bench):
    bench.agenda.add(Entry("command", "turn off the heater", span_s=600, then=COMMAND))
    bench.pass_s(600)
    bench.pass_s(600)
    assert bench.done == [Intent("HassTurnOff", {"name": "heater"})]
    assert bench.ringer.announced == ["HassTurnOff is done."]
    assert not bench.agenda.entries()


def test_a_risky_command_is_not_carried_out_without_a_yes(bench):
    bench.outcome = lambda _intent: Ask("Really?", ())
    bench.agenda.add(Entry("command", "unlock the door", span_s=600, then=COMMAND))
    bench.pass_s(600)
    assert bench.ringer.announced[0].startswith("You asked me to do this now: unlock the door. It needs your yes")


def test_a_command_that_is_long_overdue_is_told_and_not_done(bench):
    bench.agenda.add(Entry("command", "turn on the oven", span_s=600, then=COMMAND))
    bench.restart(2 * 3600)
    assert not bench.done
    assert bench.ringer.announced == ["I was off at 2:15 PM, so this was not done: turn on the oven."]


def test_a_command_that_a_power_cut_interrupted_is_not_done_twice(bench):
    def power_cut(_intent):
        raise KeyboardInterrupt

    bench.outcome = power_cut
    bench.agenda.add(Entry("command", "toggle the lamp", span_s=10, then=COMMAND))
    with pytest.raises(KeyboardInterrupt):
        bench.pass_s(10)
    bench.restart(10)
    assert len(bench.done) == 1 and "toggle the lamp" in bench.ringer.announced[0]


def test_another_process_stops_the_ringing_and_adds_timers(bench):
    bench.agenda.add(Entry("timer", span_s=10))
    bench.pass_s(10)
    other_store = Store(bench.path)
    other = Agenda(other_store, bench.time)
    other.stop(other.ringing()[0])
    other.add(Entry("timer", "tea", span_s=60))
    bench.pass_s(1)
    assert not bench.ringer.ringing
    bench.pass_s(59)
    assert bench.ringer.rang[-1] == "Your tea timer is done."
    other_store.close()


def test_time_can_be_added_and_taken(bench):
    timer = bench.agenda.add(Entry("timer", span_s=100))
    bench.agenda.lengthen(timer, 60)
    assert bench.agenda.left_s(bench.agenda.entries()[0]) == 160
    bench.agenda.lengthen(timer, -1000)
    assert bench.agenda.left_s(bench.agenda.entries()[0]) == 1

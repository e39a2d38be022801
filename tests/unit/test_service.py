"""What is told to the service manager, and when the watchdog is no longer fed."""

import io
import logging
import socket

import pytest

from assistant.config.environment import ServiceEnvironment, service_environment
from assistant.service.systemd import JournalHandler, Notifier, Progress, set_up_logging


@pytest.fixture
def manager(tmp_path):
    """A notification socket as systemd's; reads what was sent."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield root
    root.handlers[:], _ = before
    root.setLevel(before[1])


def notifier(manager, **kwargs):
    return Notifier(ServiceEnvironment(notify_socket=manager.getsockname(), **kwargs), clock_ns=lambda: 7_000_000)


def test_ready_carries_a_status_line(manager):
    notifier(manager).ready("listening\nREADY=0")
    assert manager.recv(4096).decode().splitlines() == ["READY=1", "STATUS=listening READY=0"]


def test_reloading_carries_the_clock_that_systemd_asks_for(manager):
    notifier(manager).reloading()
    assert manager.recv(4096).decode().splitlines()[:2] == ["RELOADING=1", "MONOTONIC_USEC=7000"]


def test_watchdog_is_fed_at_half_of_its_limit(manager):
    told = notifier(manager, watchdog_usec=20_000_000)
    assert told.watchdog_interval_s == 10.0
    told.watchdog()
    assert manager.recv(4096) == b"WATCHDOG=1"


def test_without_a_manager_nothing_happens():
    told = Notifier(ServiceEnvironment())
    told.ready("x")
    told.watchdog()
    assert told.watchdog_interval_s is None


def test_a_manager_that_is_gone_is_a_warning_and_no_failure(tmp_path, caplog):
    Notifier(ServiceEnvironment(notify_socket=str(tmp_path / "gone"))).ready("x")
    assert "READY=1" in caplog.text


def test_environment_of_another_process_is_not_ours(monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "1000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert service_environment().watchdog_usec == 0
    monkeypatch.delenv("WATCHDOG_PID")
    assert service_environment().watchdog_usec == 1000
    monkeypatch.setenv("WATCHDOG_USEC", "soon")
    assert service_environment().watchdog_usec == 0


def test_progress_names_who_is_stuck_and_forgives_who_rests():
    now = [0.0]
    progress = Progress(clock_s=lambda: now[0])
    progress.watch("audio", 2.0)
    progress.watch("inference", 30.0)
    assert progress.stuck() == ()
    progress.beat("audio")
    progress.beat("inference")
    now[0] = 3.0
    assert progress.stuck() == ("audio",)
    progress.beat("audio")
    assert progress.stuck() == ()
    progress.rest("inference")
    now[0] = 4.0
    assert progress.stuck() == ()


def test_fields_of_a_turn_reach_the_journal():
    sent = []
    logger = logging.getLogger("assistant.test")
    handler = JournalHandler(lambda **fields: sent.append(fields))
    logger.addHandler(handler)
    try:
        logger.error("it took %d ms", 12, extra={"TURN_ID": "abc", "MS": 12})
    finally:
        logger.removeHandler(handler)
    entry = sent[0]
    assert entry["MESSAGE"] == "it took 12 ms"
    assert (entry["TURN_ID"], entry["MS"], entry["PRIORITY"], entry["LOGGER"]) == ("abc", "12", "3", "assistant.test")


def test_without_a_journal_binding_levels_are_prefixed(root_logger):
    out = io.StringIO()
    set_up_logging(stream=out, environment=ServiceEnvironment(stderr_is_journal=True), journal=lambda: None)
    logging.getLogger("x").warning("first\nsecond", extra={"STAGE": "nlu"})
    assert out.getvalue() == "<4>first\n<4>second [STAGE=nlu]\n"


def test_on_a_terminal_the_log_is_plain(root_logger):
    out = io.StringIO()
    set_up_logging(stream=out, environment=ServiceEnvironment())
    logging.getLogger("x").warning("hello")
    assert out.getvalue().endswith("WARNING x: hello\n")
    assert "<4>" not in out.getvalue()

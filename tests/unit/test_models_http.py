"""Downloads against a real server that breaks, lies, stalls, redirects or is not there."""

import errno
import hashlib
import random
import socket
import threading

import pytest
from file_server import file_server

from assistant.errors import ModelError
from assistant.models.http import Limits, SourceError, Wanted, download

BODY = random.Random(1).randbytes(300_000)
WANTED = Wanted(len(BODY), hashlib.sha256(BODY).hexdigest())


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with file_server() as running:
        yield running


@pytest.fixture
def get(tmp_path):
    """Download into ``part``; keeps the pauses and positions that were reported."""

    class Get:
        part = tmp_path / "file.part"
        pauses: list[float]
        positions: list[int]

        def __call__(self, url, *, reach_s=5.0, stall_s=5.0, tries=3):
            self.pauses, self.positions = [], []
            limits = Limits(reach_s, stall_s, tries, sleep=self.pauses.append)
            download(url, self.part, WANTED, limits, self.positions.append)

    return Get()


def test_a_file_comes_whole_and_its_progress_is_told(server, get):
    get(server.serve("model", BODY))
    assert get.part.read_bytes() == BODY
    assert get.positions[0] == 0
    assert get.positions[-1] == len(BODY)
    assert get.positions == sorted(get.positions)


def test_a_download_goes_on_from_where_an_earlier_one_ended(server, get):
    get.part.write_bytes(BODY[:100_000])
    get(server.serve("model", BODY))
    assert get.part.read_bytes() == BODY
    assert server.ranges("model") == ["bytes=100000-"]


def test_a_whole_part_is_not_asked_for_again(server, get):
    get.part.write_bytes(BODY)
    get(server.serve("model", BODY))
    assert server.requests == []


def test_a_connection_that_breaks_again_and_again_is_taken_up_where_it_broke(server, get):
    get(server.serve("model", BODY, breaks_after=[1_000, 50_000, 7, 100_000]))
    assert get.part.read_bytes() == BODY
    assert server.ranges("model") == [None, "bytes=1000-", "bytes=51000-", "bytes=51007-", "bytes=151007-"]
    assert len(get.pauses) == 4


def test_connections_that_bring_nothing_are_not_tried_forever(server, get):
    with pytest.raises(SourceError, match="broke"):
        get(server.serve("model", BODY, breaks_after=[0] * 50))
    assert len(server.requests) == 3
    assert get.pauses == sorted(get.pauses)


def test_a_server_that_ignores_the_range_is_taken_from_the_start(server, get):
    get.part.write_bytes(BODY[:100_000])
    get(server.serve("model", BODY, ignores_range=True))
    assert get.part.read_bytes() == BODY


def test_an_answer_with_another_range_is_not_appended(server, get):
    get.part.write_bytes(BODY[:100_000])
    get(server.serve("model", BODY, wrong_range=True))
    assert get.part.read_bytes() == BODY
    assert server.ranges("model") == ["bytes=100000-", None]


def test_a_part_that_is_too_long_is_dropped(server, get):
    get.part.write_bytes(BODY + b"more")
    get(server.serve("model", BODY))
    assert get.part.read_bytes() == BODY


def test_corrupt_bytes_are_refused_and_not_kept(server, get):
    with pytest.raises(SourceError, match="corrupt"):
        get(server.serve("model", b"x" + BODY[1:]))
    assert not get.part.exists()


def test_a_part_that_was_corrupt_is_replaced(server, get):
    get.part.write_bytes(b"x" * 100_000)
    get(server.serve("model", BODY))
    assert get.part.read_bytes() == BODY
    assert server.ranges("model") == ["bytes=100000-", None]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"status": 404}, "404"),
        ({"status": 503}, "503"),
        ({"length": 17}, "another"),
    ],
)
def test_an_answer_without_the_file_is_said(server, get, how, words):
    with pytest.raises(SourceError, match=words):
        get(server.serve("model", BODY, **how))
    assert len(server.requests) == 1


def test_a_shorter_file_than_the_part_is_said(server, get):
    get.part.write_bytes(BODY[:100_000])
    with pytest.raises(SourceError, match="another"):
        get(server.serve("model", BODY[:5_000]))
    assert not get.part.exists()


def test_a_closed_port_is_left_at_once(get):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(SourceError, match="cannot be reached"):
        get(f"http://127.0.0.1:{port}/model")
    assert get.pauses == []


def test_a_server_that_accepts_and_says_nothing_is_left_in_time(server, get):
    with pytest.raises(SourceError, match=r"no answer within 0\.1 s"):
        get(server.serve("model", BODY, silent=True), reach_s=0.1)
    assert len(server.requests) <= 1


def test_a_server_that_falls_silent_midway_is_left_but_what_came_is_kept(server, get):
    with pytest.raises(SourceError, match="silent"):
        get(server.serve("model", BODY, stalls_after=[1000, 0]), stall_s=0.5, tries=1)
    assert get.part.read_bytes() == BODY[:1000]
    get(f"{server.url}/model")
    assert get.part.read_bytes() == BODY
    assert server.ranges("model") == [None, "bytes=1000-", "bytes=1000-"]


def test_a_name_that_does_not_resolve_is_left_at_once(get, monkeypatch):
    def unknown(*_args, **_more):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(SourceError, match="Name or service not known"):
        get("https://models.example/model")
    assert get.pauses == []


def test_a_resolver_that_hangs_is_left_in_time(get, monkeypatch):
    over = threading.Event()

    def hangs(*_args, **_more):
        over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure")

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        with pytest.raises(SourceError, match="no answer"):
            get("https://models.example/model", reach_s=0.05)
    finally:
        over.set()


def test_redirections_are_followed(server, get):
    server.serve("real", BODY)
    server.serve("hop", status=302, location="/real")
    get(server.serve("model", status=307, location=f"{server.url}/hop"))
    assert get.part.read_bytes() == BODY


def test_a_redirection_keeps_the_range(server, get):
    get.part.write_bytes(BODY[:5])
    server.serve("real", BODY)
    get(server.serve("model", status=302, location="real"))
    assert server.ranges("real") == ["bytes=5-"]


@pytest.mark.parametrize("target", ["http://models.example/model", "file:///etc/hostname", "ftp://models.example/m"])
def test_a_redirection_away_from_https_is_refused(server, get, target):
    with pytest.raises(SourceError, match="no HTTPS address"):
        get(server.serve("model", status=302, location=target))


def test_redirections_without_end_are_left(server, get):
    with pytest.raises(SourceError, match="without end"):
        get(server.serve("model", status=302, location="/model"))


def test_a_full_disk_is_no_fault_of_the_source(server, get, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(ModelError, match=r"the disk is full.*free some space") as caught:
        get(server.serve("model", BODY))
    assert not isinstance(caught.value, SourceError)


def test_a_folder_that_may_not_be_written_is_named(server, get, monkeypatch):
    def refused(_descriptor):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("os.fsync", refused)
    with pytest.raises(ModelError, match=r"file\.part: cannot be written: Read-only.*ASSISTANT_MODELS_DIR"):
        get(server.serve("model", BODY))

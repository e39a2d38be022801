"""Backup and restore: what goes out comes back, a damaged file changes nothing, and a cut leaves all of one or the other."""

import contextlib
import os
import random
import shutil
import sqlite3
import tarfile

import pytest
from power import in_a_child

from assistant.errors import UpdateError
from assistant.update.backup import Places, finish_restore, read_backup, restore, unreadable, write_backup


@pytest.fixture(autouse=True)
def _quick_sync(monkeypatch):
    monkeypatch.setattr("os.sync", lambda: None)


def fill(places, mark):
    for folder in (places.config / "sentences", places.state / "lists", places.state / "llm"):
        folder.mkdir(parents=True, exist_ok=True)
    (places.config / "assistant.toml").write_text(f'[assistant]\nname = "{mark}"\n')
    (places.config / "sentences/own.yaml").write_text(mark)
    (places.state / "home.json").write_text(mark)
    (places.state / "lists/shopping.json").write_text(mark)
    (places.state / f"only-{mark}").write_text(mark)
    (places.state / "llm/prefix.state").write_text("made again")


def content(places):
    """Everything that a backup is about."""
    return {
        f"{name}/{path.relative_to(root)}": path.read_text()
        for name, root in places.items()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "llm" not in path.parts
    }


@pytest.fixture
def places(tmp_path):
    places = Places(tmp_path / "etc", tmp_path / "state")
    fill(places, "old")
    return places


def test_what_goes_out_comes_back_and_nothing_else_is_left(places, tmp_path):
    file = tmp_path / "a.backup"
    before = content(places)
    assert write_backup(places, file, "1") == len(before)
    assert file.stat().st_mode & 0o077 == 0, "it may hold passwords"
    assert not any("llm" in name for name in read_backup(file))
    (places.state / "only-old").unlink()
    fill(places, "new")
    assert restore(places, file) == len(before)
    assert content(places) == before
    assert (places.state / "llm/prefix.state").exists(), "what can be made again is not lost for nothing"
    assert not list(tmp_path.rglob(".restore*"))


def test_a_database_is_copied_whole_while_it_is_written(places, tmp_path):
    database = places.state / "knowledge.db"
    with contextlib.closing(sqlite3.connect(database)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE note (text)")
        live.execute("INSERT INTO note VALUES ('buy milk')")
        live.commit()
        assert database.with_name("knowledge.db-wal").exists()
        write_backup(places, tmp_path / "a.backup", "1")
    assert not any(name.endswith(("-wal", "-shm")) for name in read_backup(tmp_path / "a.backup"))
    database.unlink()
    restore(places, tmp_path / "a.backup")
    with contextlib.closing(sqlite3.connect(database)) as again:
        assert again.execute("SELECT text FROM note").fetchall() == [("buy milk",)]


def test_a_damaged_backup_changes_nothing(places, tmp_path):
    file = tmp_path / "a.backup"
    write_backup(places, file, "1")
    fill(places, "new")
    before, whole, moments = content(places), file.read_bytes(), random.Random(3)
    damaged = [whole[:length] for length in range(0, len(whole) - 1, max(1, len(whole) // 25))]
    for _ in range(40):
        at = moments.randrange(20, len(whole) - 8)
        damaged.append(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
    refused = 0
    for raw in damaged:
        file.write_bytes(raw)
        try:
            restore(places, file)
        except UpdateError:
            refused += 1
            assert content(places) == before
        else:  # the damage was in a file's time or in the padding: nothing of worth
            assert content(places)["state/home.json"] == "old"
            fill(places, "new")
            before = content(places)
    assert refused > 50


@pytest.mark.parametrize(
    "name", ["state/../../evil", "/state/evil", "elsewhere/evil", "state", "state/.restore/new/evil"]
)
def test_a_name_that_leads_elsewhere_is_refused(places, tmp_path, name):
    file = tmp_path / "a.backup"
    write_backup(places, file, "1")
    with tarfile.open(file) as tar:
        members = [(member, tar.extractfile(member).read()) for member in tar]
    import io

    with tarfile.open(file, "w:gz") as tar:
        for member, data in [*members, (tarfile.TarInfo(name), b"")]:
            tar.addfile(member, io.BytesIO(data))
    with pytest.raises(UpdateError):
        restore(places, file)


def test_a_folder_that_cannot_be_read_is_no_empty_backup(places, tmp_path):
    if os.geteuid() == 0:
        (places.state / "lists").rename(tmp_path / "away")
        missing = Places(places.config, places.state / "nowhere")
        with pytest.raises(UpdateError, match="cannot be written"):
            write_backup(missing, tmp_path / "a.backup", "1")
    else:
        (places.state / "lists").chmod(0)
        with pytest.raises(UpdateError, match="cannot be written"):
            write_backup(places, tmp_path / "a.backup", "1")
    assert not (tmp_path / "a.backup").exists()


def test_a_cut_at_every_single_step_leaves_all_of_the_old_or_all_of_the_new(places, tmp_path):
    file = tmp_path / "a.backup"
    write_backup(places, file, "1")
    wanted = content(places)
    outcomes = set()
    for step in range(1, 400):
        own = Places(tmp_path / f"{step}/etc", tmp_path / f"{step}/state")
        fill(own, "new")
        had = content(own)
        finished = in_a_child(lambda: restore(own, file), after_steps=step)  # noqa: B023
        decided = finish_restore(own)
        now = content(own)
        assert now == wanted if decided or finished else now in (wanted, had)
        assert not finish_restore(own)
        outcomes.add("new" if now == wanted else "old")
        if finished:
            break
    else:
        pytest.fail("it never came to its end")
    assert outcomes == {"old", "new"}


def test_what_the_service_may_not_read_is_left_out_and_stays(places, tmp_path):
    secret = places.config / "secrets"
    secret.mkdir()
    (secret / "mqtt").write_text("password")
    (secret / "readable").write_text("old")
    file = tmp_path / "a.backup"
    write_backup(places, file, "1", leave_out=[secret / "mqtt"])
    assert "config/secrets/mqtt" not in read_backup(file) and "config/secrets/readable" in read_backup(file)
    (secret / "mqtt").write_text("newer password")
    (secret / "readable").write_text("new")
    restore(places, file)
    assert (secret / "mqtt").read_text() == "newer password"
    assert (secret / "readable").read_text() == "old"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a user to become")
def test_what_a_user_may_not_read_is_named(places, tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o005 != 0o005 and folder.name.startswith(("pytest", "test")):
            folder.chmod(0o755)
    (places.config / "password").write_text("secret")
    (places.config / "password").chmod(0o600)
    (places.config / "closed").mkdir(mode=0o700)
    pid = os.fork()
    if pid == 0:
        os.setuid(65534)
        found = sorted(path.name for path in unreadable(places))
        os._exit(0 if found == ["closed", "password"] else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert unreadable(places) == []


def test_some_of_the_configuration_may_be_kept_as_it_is(places, tmp_path):
    keys = places.config / "update-keys"
    keys.mkdir()
    (keys / "a.pub").write_text("old")
    file = tmp_path / "a.backup"
    write_backup(places, file, "1")
    (keys / "a.pub").write_text("mine")
    (places.config / "assistant.toml").write_text("changed")
    restore(places, file, keep=["update-keys"])
    assert (keys / "a.pub").read_text() == "mine"
    assert "old" in (places.config / "assistant.toml").read_text()


@pytest.mark.parametrize("link", [".restore", ".restore/new", ".restore/old", ".restore.done"])
def test_links_that_the_service_has_planted_lead_nowhere(places, tmp_path, link):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("mine")
    if link != ".restore.done":
        (places.state / ".restore/new").mkdir(parents=True)
        (places.state / ".restore/decided").touch()
    if link == ".restore":
        (elsewhere / "decided").touch()
    shutil.rmtree(places.state / link, ignore_errors=True)
    (places.state / link).symlink_to(elsewhere)
    finish_restore(places)
    assert (elsewhere / "file").read_text() == "mine"
    assert (places.state / "home.json").read_text() == "old"
    file = tmp_path / "a.backup"
    write_backup(places, file, "1")
    restore(places, file)
    assert (elsewhere / "file").read_text() == "mine" and not (places.state / link).is_symlink()

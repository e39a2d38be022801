"""What the panel orders of root: once, copied, checked; whatever a hostile service puts into the folder does no harm."""

import json
import os

import pytest

from assistant.errors import UpdateError
from assistant.update.orders import ATTACHED, ORDER, carry_out, is_pending, last_outcome, leave, take


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state" / "orders"


@pytest.fixture
def scratch(tmp_path):
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def test_an_order_is_left_taken_once_and_its_outcome_told(folder, scratch, tmp_path):
    file = tmp_path / "state" / "upload"
    file.parent.mkdir()
    file.write_text("bundle")
    order_id = leave(folder, "update", file)
    assert is_pending(folder) and not file.exists()
    order = take(folder, scratch)
    assert (order.id, order.kind, order.file.read_text()) == (order_id, "update", "bundle")
    assert order.file.parent == scratch, "the service cannot change what root looks at"
    assert not is_pending(folder) and list(folder.iterdir()) == []
    assert take(folder, scratch) is None

    done = carry_out(
        order, {"update": lambda file: (True, f"installed {file.name}")}, scratch / "out", clock_s=lambda: 5
    )
    assert last_outcome(scratch / "out") == done and done.text == "installed panel.bundle"


def test_there_is_one_order_at_a_time(folder):
    leave(folder, "look")
    with pytest.raises(UpdateError, match="already"):
        leave(folder, "rollback")


def test_what_goes_wrong_is_the_outcome(folder, scratch):
    leave(folder, "rollback")

    def fails(_file):
        raise UpdateError("there is no earlier release on this machine")

    outcome = carry_out(take(folder, scratch), {"rollback": fails}, scratch / "out")
    assert not outcome.ok and last_outcome(scratch / "out").text == "there is no earlier release on this machine"


def test_no_order_and_no_outcome(folder, scratch):
    assert take(folder, scratch) is None and last_outcome(scratch) is None
    folder.mkdir(parents=True)
    assert take(folder, scratch) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": "a", "kind": "shell"}', '{"id": "a"}', "x" * 10_000])
def test_what_is_no_order_is_refused_and_gone(folder, scratch, text):
    folder.mkdir(parents=True)
    (folder / ORDER).write_text(text)
    with pytest.raises(UpdateError, match="cannot be read"):
        take(folder, scratch)
    assert not is_pending(folder)


@pytest.mark.parametrize("name", [ORDER, ATTACHED])
@pytest.mark.parametrize("how", ["link", "second name", "pipe", "folder"])
def test_only_plain_files_of_the_folder_itself_are_read(folder, scratch, tmp_path, name, how):
    secret = tmp_path / "shadow"
    secret.write_text(json.dumps({"id": "a", "kind": "look"}))
    folder.mkdir(parents=True)
    (folder / ORDER).write_text(json.dumps({"id": "a", "kind": "restore"}))
    (folder / ATTACHED).write_text("backup")
    (folder / name).unlink()
    match how:
        case "link":
            (folder / name).symlink_to(secret)
        case "second name":
            os.link(secret, folder / name)
        case "pipe":
            os.mkfifo(folder / name)
        case _:
            (folder / name).mkdir()
    with pytest.raises(UpdateError, match="cannot be read"):
        take(folder, scratch)
    assert secret.exists() and not any(scratch.iterdir())


def test_the_folder_itself_may_be_no_link(folder, scratch, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    leave(elsewhere, "look")
    folder.parent.mkdir()
    folder.symlink_to(elsewhere)
    with pytest.raises(UpdateError):
        take(folder, scratch)
    assert is_pending(elsewhere)

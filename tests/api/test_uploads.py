"""Files from the panel's forms: who may send them, how large, in what shape; nothing is left of those that are refused."""

import httpx
import pytest
from panel_scene import panel

from assistant.api.guard import COOKIE
from assistant.web import knowledge
from assistant.web.uploads import plain_name

PAPER = ("Notes.txt", b"The spare key hangs behind the clock.")


@pytest.fixture
def scene(tmp_path):
    with panel(tmp_path) as scene:
        yield scene


@pytest.fixture
def client(scene):
    cookie = scene.served.access.add_session("test")
    with httpx.Client(base_url=scene.url, cookies={COOKIE: cookie}) as client:
        page = client.get("/knowledge", headers={"Accept": "text/html"}).text
        client.csrf = page.split('name="csrf" content="', 1)[1].partition('"')[0]
        yield client


def documents(scene):
    return sorted(path.name for path in (scene.tmp_path / "state" / "documents").glob("*"))


def left_over(scene):
    return list((scene.tmp_path / "state" / "cache").glob(".upload-*"))


def send(client, file=PAPER, **fields):
    return client.post("/panel/knowledge", data={"csrf": client.csrf, **fields}, files={"file": file})


def test_a_document_arrives_whole(scene, client):
    big = b"one two three. " * 100_000  # 1.5 MB: more than a plain form may have
    assert send(client, ("a/b\\Big.txt", big)).status_code == 303
    assert (scene.tmp_path / "state" / "documents" / "Big.txt").read_bytes() == big
    assert left_over(scene) == []


def test_without_the_pages_word_nothing_is_taken(scene, client):
    assert send(client, csrf="wrong").status_code == 403
    assert client.post("/panel/knowledge", files={"file": PAPER}).status_code == 403
    # The word after the file is too late: the file would have been written by then.
    late = client.post("/panel/knowledge", files=[("file", PAPER), ("csrf", (None, client.csrf))])
    assert late.status_code == 403
    assert documents(scene) == [] and left_over(scene) == []


def test_what_is_too_large_is_cut_off(scene, client, monkeypatch):
    monkeypatch.setattr(knowledge, "MOST_BYTES", 1000)
    assert send(client, ("Big.txt", b"x" * 1001)).status_code == 413
    assert documents(scene) == [] and left_over(scene) == []


def test_so_many_documents_and_no_more(scene, client, monkeypatch):
    monkeypatch.setattr(knowledge, "MOST_DOCUMENTS", 0)
    assert send(client).status_code == 409


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"x" * 100, "multipart/form-data"),
        (b"x" * 100, "multipart/form-data; boundary=abc"),
        (b"x" * 100, f"multipart/form-data; boundary={'a' * 300}"),
        (b"--abc\r\nContent-Disposition: form-data; name=a\r\n\r\n" + b"x" * 3000, "multipart/form-data; boundary=abc"),
        (b"--abc\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n" * 30, "multipart/form-data; boundary=abc"),
        (b"--abc\r\n" + b"A: " + b"b" * 9000 + b"\r\n\r\n", "multipart/form-data; boundary=abc"),
    ],
)
def test_broken_forms_are_refused(scene, client, body, kind):
    assert client.post("/panel/knowledge", content=body, headers={"Content-Type": kind}).status_code == 400
    assert left_over(scene) == []


def test_a_full_disk_is_told(client, monkeypatch):
    monkeypatch.setattr("assistant.web.uploads.SPARE_BYTES", 1 << 60)
    assert send(client).status_code == 507


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\papers\\a.txt", "a.txt"),
        (".hidden", "hidden"),
        ("..", ""),
        ("a\x00\nb.txt", "ab.txt"),
        ("x" * 300 + ".txt", "x" * 117 + ".txt"),
    ],
)
def test_names_stay_in_their_folder(sent, kept):
    assert plain_name(sent) == kept

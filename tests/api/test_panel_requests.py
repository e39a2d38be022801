"""What a paired browser may send by mistake or malice: every page and form answers it, none ends in a 5xx."""

import dataclasses
import random

import httpx
import pytest
from panel_scene import panel
from starlette.routing import Route

from assistant.api.attach import house_of
from assistant.api.guard import COOKIE
from assistant.service.turns import TurnRequest
from assistant.web.panel import Panel

VALUES = (
    "",
    "x",
    "-1",
    "1e999",
    "NaN",
    "9" * 400,
    "\x00",
    "ä\u202e",
    "../../etc/passwd",
    "light.kitchen",
    "{{ 7*7 }}",
    "yes",
)
NAMES = (
    "text",
    "do",
    "value",
    "device",
    "act",
    "confirmed",
    "turn",
    "meant",
    "said",
    "name",
    "id",
    "language",
    "scope",
)
ENDLESS = ("/events",)
AWAY = ("/panel/leave",)


@pytest.fixture
def scene(tmp_path):
    with panel(tmp_path) as scene:
        yield scene


@pytest.fixture
def client(scene):
    cookie = scene.served.access.add_session("test")
    headers = {"Accept": "text/html"}
    with httpx.Client(base_url=scene.url, cookies={COOKIE: cookie}, headers=headers, timeout=30) as client:
        client.word = client.get("/").text.split('name="csrf" content="', 1)[1].partition('"')[0]
        yield client


def routes(scene, method):
    pages = Panel(scene.core, house_of(scene.parts), scene.served.access, scene.served.desk).routes()
    return sorted(
        r.path for r in pages if isinstance(r, Route) and method in (r.methods or ()) and r.path not in ENDLESS
    )


def test_no_page_ends_in_a_server_error(scene, client):
    turn = scene.core.submit(TurnRequest("turn on the kitchen light", source="test")).future.result(20).result.turn_id
    for path in routes(scene, "GET"):
        for turn_id in (turn, "nothing", "%00", "..%2f.."):
            reply = client.get(path.replace("{turn_id}", turn_id), params={"note": "<script>alert(1)</script>"})
            assert reply.status_code < 500, (path, turn_id)
            assert "<script>alert" not in reply.text


def test_where_releases_come_from_apt_no_bundle_is_asked_for(scene, client):
    shown = client.get("/system/upkeep").text
    assert 'action="/panel/update"' in shown
    scene.upkeep = dataclasses.replace(scene.upkeep, bundles=False)
    shown = client.get("/system/upkeep").text
    assert "apt-get install" in shown
    assert 'action="/panel/update"' not in shown
    assert 'action="/panel/restore"' in shown, "backups are restored there as well"


def test_no_form_ends_in_a_server_error(scene, client):
    turn = scene.core.submit(TurnRequest("turn on the kitchen light", source="test")).future.result(20).result.turn_id
    chance = random.Random(7)
    tried = 0
    for path in routes(scene, "POST"):
        if path in AWAY or path == "/pair":
            continue
        for _ in range(12):
            fields = {name: chance.choice((*VALUES, turn)) for name in chance.sample(NAMES, 6)}
            reply = client.post(path, data={"csrf": client.word, **fields})
            assert reply.status_code < 500, (path, fields, reply.text)
            assert "Traceback" not in reply.text
            tried += 1
        for body, kind in ((b"\xff\xfe", "application/x-www-form-urlencoded"), (b"{", "application/json"), (b"", "")):
            headers = {"Content-Type": kind, "X-CSRF-Token": client.word}
            assert client.post(path, content=body, headers=headers).status_code < 500, (path, kind)
    assert tried > 150

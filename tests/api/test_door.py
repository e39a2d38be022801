"""The door: who is let in, who is not, and what hostile requests get. docs/security.md's table names these tests."""

import http.client
import socket
import time

import httpx
import pytest
from api_server import MODEL, serve, served_of
from panel_scene import panel
from starlette.routing import Route

from assistant.api.access import Access, PairingDesk, Scope
from assistant.api.guard import host_names
from assistant.api.limits import RateLimit
from assistant.api.server import LimitedProtocol
from assistant.config.sections import ApiSection
from assistant.errors import StorageError
from assistant.testing import FakeTextModel

ASK = {"model": MODEL, "prompt": "Hi", "stream": False}


class From:
    """The application as a client at another address sees it; no socket is between."""

    def __init__(self, app, address):
        self._app, self._address = app, address

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            scope = {**scope, "client": (self._address, 4711)}
        await self._app(scope, receive, send)


def elsewhere(api_app, address="192.168.1.50"):
    return From(api_app, address)


@pytest.fixture
def server(tmp_path):
    with serve(served_of(tmp_path)) as server:
        yield server


def ask_from(server, method, path, address="192.168.1.50", **more):
    """One request as it comes from another host."""

    async def call():
        transport = httpx.ASGITransport(elsewhere(server.api.app, address), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://assistant.local") as client:
            return await client.request(method, path, **more)

    return server.call(call())


def test_every_route_without_a_token_from_another_host_is_refused(tmp_path):
    routes = []
    with panel(tmp_path) as scene:
        reply = httpx.get(f"{scene.url}/openapi.json")
        routes = [(path, method.upper()) for path, ops in reply.json()["paths"].items() for method in ops]

        def collect(more):
            routes.extend((r.path, m) for r in more if isinstance(r, Route) for m in r.methods or ())

        from assistant.api.attach import house_of
        from assistant.web.panel import Panel

        collect(Panel(scene.core, house_of(scene.parts), scene.served.access, scene.served.desk).routes())
        assert len(routes) > 40
        from assistant.api.app import build_api

        async def probe():
            api = build_api(
                scene.served, Panel(scene.core, house_of(scene.parts), scene.served.access, scene.served.desk).routes()
            )
            found = []
            for path, method in sorted(set(routes)):
                transport = httpx.ASGITransport(elsewhere(api.app), raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://assistant.local") as client:
                    for accept in ("application/json", "text/html"):
                        reply = await client.request(
                            method, path.replace("{", "").replace("}", ""), headers={"Accept": accept}
                        )
                        found.append((method, path, reply.status_code, reply.headers.get("location")))
            return found

        import asyncio

        found = asyncio.run(probe())
    refused = {401, 403}
    for method, path, status, location in found:
        public = path in ("/pair", "/", "/static") or (status == 303 and location == "/pair")
        assert public or status in refused, (method, path, status)
    assert ("GET", "/", 200, None) in found, "programs are told at the root that an Ollama runs, and nothing else"


def test_another_host_needs_a_token_of_the_right_scope(server, tmp_path):
    access = server.api.app._app.access
    text, house = access.add_token("one", [Scope.TEXT]), access.add_token("two", [Scope.HOUSE])
    assert ask_from(server, "POST", "/api/generate", json=ASK).status_code == 401
    wrong = ask_from(server, "POST", "/api/generate", json=ASK, headers={"Authorization": "Bearer nonsense"})
    assert wrong.status_code == 401 and wrong.headers["www-authenticate"].startswith("Bearer")
    assert (
        ask_from(server, "POST", "/api/generate", json=ASK, headers={"Authorization": f"Bearer {text}"}).status_code
        == 200
    )
    assert (
        ask_from(server, "POST", "/api/generate", json=ASK, headers={"Authorization": f"Bearer {house}"}).status_code
        == 403
    )
    assert ask_from(server, "GET", "/health", headers={"Authorization": f"Bearer {text}"}).status_code == 403
    assert access.revoke_token("one")
    assert (
        ask_from(server, "POST", "/api/generate", json=ASK, headers={"Authorization": f"Bearer {text}"}).status_code
        == 401
    )


def test_a_proxy_on_this_machine_does_not_make_its_clients_local(server):
    reply = httpx.get(f"{server.url}/api/tags", headers={"X-Forwarded-For": "203.0.113.7"})
    assert reply.status_code == 401


def test_guessing_tokens_is_slowed_down(server):
    replies = [
        ask_from(server, "GET", "/api/tags", headers={"Authorization": f"Bearer guess{n}"}).status_code
        for n in range(15)
    ]
    assert replies[:10] == [401] * 10 and 429 in replies[10:]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "assistant.local.evil.example", "", "a@localhost", "[::1"]
)
def test_foreign_host_names_are_refused(server, host):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.putrequest("GET", "/api/tags", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    assert connection.getresponse().status in (400, 403)
    connection.close()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "assistant.local", "ASSISTANT.LOCAL", "[::1]"])
def test_own_host_names_are_served(server, host):
    assert httpx.get(f"{server.url}/api/tags", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_other_sites_scripts_are_refused(server, headers):
    assert httpx.post(f"{server.url}/api/generate", json=ASK, headers=headers).status_code == 403


def test_an_origin_of_the_configuration_may_call_the_apis_but_not_act_as_the_panel(tmp_path):
    with serve(served_of(tmp_path, api=ApiSection(origins=("https://chat.example",)))) as server:
        headers = {"Origin": "https://chat.example"}
        preflight = httpx.options(f"{server.url}/api/generate", headers=headers)
        assert (
            preflight.status_code == 204 and preflight.headers["access-control-allow-origin"] == "https://chat.example"
        )
        reply = httpx.post(f"{server.url}/api/generate", json=ASK, headers=headers)
        assert reply.status_code == 200 and reply.headers["access-control-allow-origin"] == "https://chat.example"
        assert "access-control-allow-credentials" not in reply.headers


def test_a_change_without_the_pages_own_word_is_refused(tmp_path):
    with panel(tmp_path) as scene:
        cookie = scene.served.access.add_session("test")
        with httpx.Client(
            base_url=scene.url, cookies={"assistant_session": cookie}, headers={"Accept": "text/html"}
        ) as client:
            assert client.get("/devices").status_code == 200
            act = {"device": "light.kitchen", "act": "on"}
            for word in ({}, {"csrf": "guess"}, {"csrf": "ä"}):
                assert client.post("/panel/act", data={**act, **word}).status_code == 403
            assert scene.state("light.kitchen") == "off"
            assert client.post("/panel/act", data=act, headers={"Origin": "https://evil.example"}).status_code == 403


def test_every_answer_carries_the_headers(server):
    for path in ("/api/tags", "/nothing", "/api/generate"):
        headers = httpx.get(f"{server.url}{path}").headers
        assert (
            "default-src 'none'" in headers["content-security-policy"]
            and "unsafe" not in headers["content-security-policy"]
        )
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert "server" not in headers


def test_a_hundred_megabytes_are_refused_unread(server):
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(
            b"POST /api/generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857600\r\n\r\n" + b"x" * 1000
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_without_a_length_is_cut_off(server):
    def endless():
        for _ in range(40):
            yield b" " * 65536

    assert httpx.post(f"{server.url}/api/generate", content=endless()).status_code == 413


def test_slow_heads_and_bodies_are_given_up(tmp_path):
    from api_server import running

    from assistant.api.app import build_api

    class Hasty(LimitedProtocol):
        head_s = 0.3

    def make():
        api = build_api(served_of(tmp_path))
        api.app._app.body_s = 0.3
        return api

    with running(make, protocol=Hasty) as server:
        for sent in (b"", b"GET /api/tags HTTP/1.1\r\nHost: local"):
            with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
                connection.sendall(sent)
                assert connection.recv(100).startswith(b"HTTP/1.1 408")
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
            assert connection.recv(100).startswith(b"HTTP/1.1 408")
        with socket.create_connection(
            ("127.0.0.1", server.port), 10
        ) as connection:  # one byte at a time is no way around
            begun = time.monotonic()
            with pytest.raises(OSError):  # reset or broken pipe, as it comes
                for byte in b"GET / HTTP/1.1\r\nX: " + b"y" * 2000:
                    connection.sendall(bytes([byte]))
                    if connection in __import__("select").select([connection], [], [], 0.02)[0] and not connection.recv(
                        200
                    ):
                        raise ConnectionResetError
            assert time.monotonic() - begun < 5


def test_garbage_is_answered_with_400(server):
    for raw in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET  HTTP\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"X" * 40_000 + b"\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(raw)
            assert connection.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), raw[:20]


def test_a_defect_tells_nothing(tmp_path):
    with serve(served_of(tmp_path, text=FakeTextModel(error=RuntimeError("secret detail /etc/x")))) as server:
        reply = httpx.post(f"{server.url}/api/generate", json=ASK)
    assert reply.status_code == 500 and "secret" not in reply.text and "/etc" not in reply.text


def test_rates_are_limited_by_address():
    now = [0.0]
    limit = RateLimit(1.0, 2, clock_s=lambda: now[0])
    assert [limit.allows("a") for _ in range(3)] == [True, True, False]
    assert limit.allows("b")
    now[0] = 1.0
    assert [limit.allows("a") for _ in range(2)] == [True, False]


def test_a_pairing_code_holds_once_for_a_while_and_for_a_few_tries():
    told, now = [], [0.0]
    desk = PairingDesk(told.append, now_s=lambda: now[0])
    assert not desk.accepts("")
    desk.ask()
    desk.ask()
    assert len(told) == 1, "one code is told, however often it is asked for"
    assert desk.accepts(f" {told[0][:3]}-{told[0][3:]} ") and not desk.accepts(told[0])
    desk.ask()
    wrong = "000000" if told[1] != "000000" else "111111"
    assert not any(desk.accepts(wrong) for _ in range(5)) and not desk.accepts(told[1])
    desk.ask()
    now[0] = 301.0
    assert not desk.accepts(told[2])


def test_typing_codes_is_slowed_down(tmp_path):
    with panel(tmp_path) as scene:
        replies = [httpx.post(f"{scene.url}/pair", data={"code": "1"}).status_code for _ in range(7)]
        assert replies == [403] * 5 + [429] * 2
        asks = [httpx.post(f"{scene.url}/pair", data={"wish": "code"}).status_code for _ in range(5)]
        assert asks == [200] * 3 + [429] * 2 and len(scene.told) == 1


def test_only_hashes_are_kept_for_the_owners_eyes_only(tmp_path):
    path = tmp_path / "access.json"
    now = [1000.0]
    access = Access(path, now_s=lambda: now[0])
    secret, cookie = access.add_token("hub", [Scope.TEXT]), access.add_session("Firefox")
    assert secret not in path.read_text() and cookie not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    again = Access(path, now_s=lambda: now[0])
    assert again.token(secret).name == "hub" and again.session(cookie).name == "Firefox"
    assert again.token(cookie) is None and again.session(secret) is None
    now[0] += 91 * 86_400
    assert again.session(cookie) is None
    with pytest.raises(ValueError, match="already"):
        again.add_token("hub", [Scope.TEXT])
    path.write_text("{")
    with pytest.raises(StorageError, match="pair again"):
        Access(path)


def test_host_names_of_this_machine():
    assert {"localhost", "assistant.local", "pi", "pi.local", "voice.example"} <= host_names("Pi", ["voice.example."])


def test_the_service_listens_on_loopback_only_until_switched_on():
    from assistant.api.server import LOOPBACK, listen

    sockets = listen(LOOPBACK, 0)
    try:
        assert {made.getsockname()[0] for made in sockets} <= {"127.0.0.1", "::1"}
        assert ApiSection().listen == "local" and ApiSection().wyoming_from == ()
    finally:
        for made in sockets:
            made.close()

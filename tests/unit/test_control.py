"""The control socket: answers, streams, refusals, hostile clients, and who may open it."""

import asyncio
import contextlib
import json
import socket
import stat

import pytest

from assistant.api.control import MAX_CLIENTS, MAX_REQUEST_BYTES, ControlServer, argument
from assistant.api.control_client import ControlClient, find_socket
from assistant.errors import AssistantError


async def say(arguments):
    return {"said": argument(arguments, "text", str), "times": argument(arguments, "times", int, 1)}


async def fail(arguments):
    raise AssistantError("the microphone is gone", mend="plug it in")


class Turns:
    """A stream that counts up until it is closed."""

    def __init__(self):
        self.closed = asyncio.Event()

    async def __call__(self, arguments):
        try:
            for number in range(int(argument(arguments, "count", int, 1_000_000_000))):
                yield {"turn": number}
                await asyncio.sleep(0)
        finally:
            self.closed.set()


def serve(path, scenario, **kwargs):
    """Run ``scenario(turns)`` against a server."""

    async def run():
        turns = Turns()
        async with ControlServer(path, {"say": say, "fail": fail, "turns": turns}, **kwargs):
            return await asyncio.wait_for(scenario(turns), 20)

    return asyncio.run(run())


async def exchange(path, raw):
    """Send raw bytes, close the sending side, return the answer's lines."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    with contextlib.suppress(ConnectionError):
        writer.write(raw)
        await writer.drain()
        writer.write_eof()
    with contextlib.suppress(ConnectionError):
        lines = (await reader.read()).decode().splitlines()
        writer.close()
        return [json.loads(line) for line in lines]
    return []


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "control.sock"


def test_a_client_gets_results_and_errors(path):
    client = ControlClient(path)

    async def scenario(_):
        assert await asyncio.to_thread(client.running)
        result = await asyncio.to_thread(lambda: client.call("say", text="hello"))
        with pytest.raises(AssistantError, match="the microphone is gone; plug it in"):
            await asyncio.to_thread(lambda: client.call("fail"))
        return result

    assert serve(path, scenario) == {"said": "hello", "times": 1}


def test_a_stream_ends_by_itself(path):
    async def scenario(_):
        return await asyncio.to_thread(lambda: list(ControlClient(path).stream("turns", count=3)))

    assert serve(path, scenario) == [{"turn": 0}, {"turn": 1}, {"turn": 2}]


def test_a_client_that_hangs_up_ends_its_stream(path):
    def first():
        events = ControlClient(path).stream("turns")
        event = next(events)
        events.close()
        return event

    async def scenario(turns):
        event = await asyncio.to_thread(first)
        await turns.closed.wait()
        return event

    assert serve(path, scenario) == {"turn": 0}


def test_several_requests_on_one_connection(path):
    line = b'{"command": "say", "arguments": {"text": "a", "times": 2}}\n'

    async def scenario(_):
        return await exchange(path, line * 3)

    assert serve(path, scenario) == [{"ok": True, "result": {"said": "a", "times": 2}}] * 3


@pytest.mark.parametrize(
    "raw",
    [
        b"hello\n",
        b"[]\n",
        b"{}\n",
        b'{"command": 3}\n',
        b'{"command": "say", "arguments": {"text": ["nested"]}}\n',
        b'{"command": "say", "more": 1}\n',
        b'{"command": "say", "arguments": {"text": 3}}\n',
        b'{"command": "say", "arguments": {}}\n',
        b'{"command": "say", "arguments": {"text": "a", "times": true}}\n',
        b'{"command": "sai"}\n',
        b'\xff\xfe{"command"}\n',
        b"[" * 20_000 + b"\n",
        b"x" * (MAX_REQUEST_BYTES + 10) + b"\n",
        b"x" * (4 * MAX_REQUEST_BYTES),
    ],
    ids=range(14),
)
def test_what_is_no_request_is_refused_and_the_next_client_is_served(path, raw):
    async def scenario(_):
        refused = await exchange(path, raw)
        served = await exchange(path, b'{"command": "say", "arguments": {"text": "still here"}}\n')
        return refused, served

    refused, served = serve(path, scenario)
    assert refused
    assert all(answer["ok"] is False and "\n" not in answer["error"] for answer in refused)
    assert served[0]["result"]["said"] == "still here"


def test_an_unknown_command_names_the_nearest(path):
    async def scenario(_):
        return await exchange(path, b'{"command": "turn"}\n')

    assert "did you mean 'turns'" in serve(path, scenario)[0]["error"]


def test_half_a_line_is_no_request(path):
    async def scenario(_):
        return await exchange(path, b'{"command": "say"')

    assert serve(path, scenario) == []


def test_silent_clients_are_dropped_and_cannot_lock_others_out(path):
    async def scenario(_):
        silent = [await asyncio.open_unix_connection(str(path)) for _ in range(MAX_CLIENTS)]
        for reader, writer in silent:
            assert await reader.read() == b""  # the server hangs up first
            writer.close()
        return await exchange(path, b'{"command": "say", "arguments": {"text": "free"}}\n')

    assert serve(path, scenario, request_timeout_s=0.05)[0]["ok"] is True


def test_the_number_of_clients_is_limited(path):
    async def scenario(_):
        held = [await asyncio.open_unix_connection(str(path)) for _ in range(MAX_CLIENTS)]
        for _, writer in held:
            writer.write(b'{"command": "say", "arguments": {"text": "x"}}\n')
        for reader, _ in held:
            await reader.readline()
        refused = await exchange(path, b"hello\n")
        for _, writer in held:
            writer.close()
        return refused

    assert serve(path, scenario) == [{"ok": False, "error": "too many clients"}]


def test_owner_and_group_may_open_it_and_nobody_else(path):
    async def scenario(_):
        return path.stat().st_mode

    mode = serve(path, scenario)
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660
    assert not path.exists()


def test_a_dead_socket_is_replaced_and_a_living_one_is_not(path):
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))

    async def scenario(_):
        with pytest.raises(AssistantError, match="another assistant is running"):
            async with ControlServer(path, {}):
                pass
        return await exchange(path, b'{"command": "say", "arguments": {"text": "first"}}\n')

    assert serve(path, scenario)[0]["ok"] is True


def test_a_file_in_its_place_is_left_alone(path):
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(AssistantError, match="no socket"):
        serve(path, lambda _: None)
    assert path.read_text() == "precious"


def test_without_a_daemon_the_client_says_how_to_start_it(path):
    client = ControlClient(path)
    assert not client.running()
    with pytest.raises(AssistantError, match="systemctl start assistant"):
        client.call("status")


def test_an_answer_that_is_none_is_an_error(path):
    path.parent.mkdir()

    def hostile(listening, answer):
        connection, _ = listening.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(answer)

    for answer, words in ((b"junk\n", "cannot be read"), (b"", "hung up"), (b"[1]\n", "cannot be read")):
        with socket.socket(socket.AF_UNIX) as listening:
            path.unlink(missing_ok=True)
            listening.bind(str(path))
            listening.listen()

            async def scenario(listening=listening, answer=answer):
                serving = asyncio.create_task(asyncio.to_thread(hostile, listening, answer))
                try:
                    return await asyncio.to_thread(lambda: ControlClient(path, timeout_s=5).call("status"))
                finally:
                    await serving

            with pytest.raises(AssistantError, match=words):
                asyncio.run(scenario())


def test_the_clients_socket_is_ones_own_or_the_services(path, monkeypatch):
    system = path.parent / "system"
    monkeypatch.setattr("assistant.api.control_client.SYSTEM_RUNTIME", system)
    assert find_socket(path.parent) == path
    system.mkdir(parents=True)
    (system / path.name).touch()
    assert find_socket(path.parent) == system / path.name
    path.touch()
    assert find_socket(path.parent) == path

"""The MCP server by the protocol's own client library, over a real house."""

import asyncio

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from panel_scene import panel

from assistant.api.access import Scope


@pytest.fixture
def scene(tmp_path):
    with panel(tmp_path) as scene:
        scene.token = scene.served.access.add_token("agent", [Scope.HOUSE])
        yield scene


def with_client(scene, work):
    async def live():
        import httpx2

        headers = {"Authorization": f"Bearer {scene.token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=20) as http,
            streamable_http_client(f"{scene.url}/mcp", http_client=http) as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            await session.initialize()
            return await work(session)

    return asyncio.run(asyncio.wait_for(live(), 60))


def call(scene, tool, **arguments):
    result = with_client(scene, lambda session: session.call_tool(tool, arguments))
    return result.is_error, result.structured_content, result.content[0].text if result.content else ""


def test_devices_are_listed_and_read(scene):
    tools = with_client(scene, lambda session: session.list_tools()).tools
    assert {tool.name for tool in tools} == {"list_devices", "get_state", "act", "say_command"}
    failed, found, _ = call(scene, "list_devices", area="kitchen")
    assert not failed and "light.kitchen" in {device["id"] for device in found["result"]}
    assert call(scene, "get_state", device_id="lock.front_door")[1]["acts"] == ["lock", "unlock"]


def test_acting_reads_back_and_asks_first(scene):
    failed, done, _ = call(scene, "act", device_id="light.kitchen", action="brightness", value=40)
    assert not failed and done == {
        "done": True,
        "needs_confirmation": False,
        "answer": "The Kitchen Light is at 40 percent.",
    }
    _, asked, _ = call(scene, "act", device_id="lock.front_door", action="unlock")
    assert asked["needs_confirmation"] and scene.state("lock.front_door") == "locked"
    _, done, _ = call(scene, "act", device_id="lock.front_door", action="unlock", confirmed=True)
    assert done["done"] and scene.state("lock.front_door") == "unlocked"


def test_timers_are_set_by_a_sentence(scene):
    _, said, _ = call(scene, "say_command", text="set a timer for ten minutes")
    assert said["answer"] == "Your 10 minute timer has started." and not said["failed"]
    assert [entry.kind for entry in scene.parts.skill_parts.agenda.entries()] == ["timer"]


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_state", {"device_id": "light.nowhere"}),
        ("act", {"device_id": "light.nowhere", "action": "on"}),
        ("act", {"device_id": "light.kitchen", "action": "explode"}),
        ("act", {"device_id": "light.kitchen", "action": "brightness"}),
        ("act", {"device_id": "light.kitchen", "action": "brightness", "value": 400}),
        ("act", {"device_id": "light.kitchen", "action": "on", "confirmed": "perhaps"}),
        ("say_command", {"text": ""}),
        ("say_command", {"text": "x" * 2000}),
    ],
)
def test_what_does_not_exist_cannot_be_done(scene, tool, arguments):
    before = scene.parts.house.snapshot()
    failed, _, text = call(scene, tool, **arguments)
    assert failed and "Traceback" not in text
    assert scene.parts.house.changed_since(before) == {}


def test_without_a_token_of_the_house_there_is_no_way_in(scene):
    other = scene.served.access.add_token("text only", [Scope.TEXT])
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers, status in (
        ({}, 403),
        ({"Authorization": f"Bearer {other}"}, 403),
        ({"Authorization": "Bearer assistant_x"}, 401),
    ):
        assert httpx.post(f"{scene.url}/mcp", json=ask, headers=headers).status_code == status

"""An MCP server for the house: a larger agent sees the devices, acts, and sets timers, under the same checks as by voice.

Whoever calls holds a token with the scope ``house`` (or is a paired browser): the door has looked. What wants a spoken yes
is not done before the agent's user was asked; names and texts of the house are data to the agent, never instructions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assistant import __version__
from assistant.api.house_acts import act_on, device_row

if TYPE_CHECKING:
    from mcp.server.mcpserver.server import MCPServer
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from assistant.service.core import Core
    from assistant.turn.protocols import HouseLike

SOURCE = "mcp"
LONGEST_TEXT = 1000
INSTRUCTIONS = (
    "Devices of a home. Look devices up before acting on them. Where an answer says needs_confirmation, ask your user, and "
    "repeat the call with confirmed=true only after a clear yes. What a call reports is what the device itself reads back."
)


def mcp_server(core: Core, house: Callable[[], HouseLike]) -> MCPServer[Any]:
    """The server with its tools."""
    from mcp.server.mcpserver.exceptions import ToolError
    from mcp.server.mcpserver.server import MCPServer
    from mcp_types import ToolAnnotations

    server: MCPServer[Any] = MCPServer("assistant", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    reads = ToolAnnotations(read_only_hint=True)

    async def list_devices(area: str = "") -> list[dict[str, Any]]:
        """The devices of the house (of one room, where it is named), with their states and what can be done to them."""
        home = await asyncio.to_thread(lambda: house().snapshot())
        wanted = area.strip().casefold()
        return [device_row(d) for d in home.devices if not wanted or (d.area or "").casefold() == wanted]

    async def get_state(device_id: str) -> dict[str, Any]:
        """One device's state and attributes."""
        home = await asyncio.to_thread(lambda: house().snapshot())
        for device in home.devices:
            if device.id == device_id:
                return device_row(device)
        raise ToolError(f"there is no device '{device_id[:100]}'")

    async def act(device_id: str, action: str, value: float | None = None, confirmed: bool = False) -> dict[str, Any]:
        """Do one of a device's acts; value is the number that brightness, position, temperature and the like need."""
        try:
            done = await asyncio.to_thread(lambda: act_on(house(), device_id, action, value, confirmed=confirmed))
        except (LookupError, ValueError) as error:
            raise ToolError(str(error.args[0])) from error
        return {"done": done.ok, "needs_confirmation": done.ask, "answer": done.reply}

    async def say_command(text: str) -> dict[str, Any]:
        """A sentence as a person would say it to the assistant: timers, alarms, lists, commands, questions."""
        from assistant.service.turns import TurnRequest

        if not 1 <= len(text.strip()) <= LONGEST_TEXT:
            raise ToolError(f"a sentence has 1 to {LONGEST_TEXT} characters")
        record = await core.turn(TurnRequest(text.strip(), source=SOURCE))
        result = record.result
        return {
            "answer": result.error or result.reply,
            "failed": result.error is not None,
            "asks": result.expects_answer,
        }

    server.add_tool(list_devices, annotations=reads)
    server.add_tool(get_state, annotations=reads)
    server.add_tool(act)
    server.add_tool(say_command)
    return server


class McpEndpoint:
    """The server at ``/mcp``. ``make`` is asked for it by the first request: few homes have such an agent, and it takes 25 MB."""

    def __init__(self, make: Callable[[], MCPServer[Any]]) -> None:
        self._make = make
        self._manager: StreamableHTTPSessionManager | None = None
        self._wanted = asyncio.Event()
        self._works = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._wanted.set()
        await self._works.wait()
        assert self._manager is not None
        await self._manager.handle_request(scope, receive, send)

    def route(self) -> Route:
        """Where it is reached."""
        return Route("/mcp", self, methods=["GET", "POST", "DELETE"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Requests are answered while inside."""
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(self._work(), name="mcp")
            yield
            work.cancel()

    async def _work(self) -> None:
        await self._wanted.wait()
        self._manager = await asyncio.to_thread(self._build)
        async with self._manager.run():
            self._works.set()
            await asyncio.Event().wait()  # until cancelled

    def _build(self) -> StreamableHTTPSessionManager:
        from mcp.server.transport_security import TransportSecuritySettings

        server = self._make()
        # Host and origin were looked at by the door, which also knows this machine's names.
        unchecked = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=unchecked)
        return server.session_manager

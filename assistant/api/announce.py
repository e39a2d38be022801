"""The Wyoming server made known in the house by zeroconf, so that Home Assistant offers it by itself."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

from zeroconf import Error, InterfaceChoice
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from assistant.errors import AssistantError

KIND = "_wyoming._tcp.local."


@contextlib.asynccontextmanager
async def announced(
    port: int, name: str, address: str, *, interfaces: Sequence[str] | InterfaceChoice = InterfaceChoice.Default
) -> AsyncIterator[str]:
    """Announce ``address:port`` while inside; gives the whole name, which has a number where another one is called so.

    Raises AssistantError where the network takes no announcement.
    """
    host = f"{socket.gethostname().partition('.')[0]}.local."
    info = AsyncServiceInfo(KIND, f"{name}.{KIND}", port=port, parsed_addresses=[address], server=host)
    try:
        zeroconf = AsyncZeroconf(interfaces=interfaces)
    except (OSError, Error) as error:
        raise AssistantError(f"the network takes no announcement: {error}") from error
    try:
        try:
            await zeroconf.async_register_service(info, allow_name_change=True)
        except (OSError, Error) as error:
            raise AssistantError(f"'{name}' cannot be announced: {error}") from error
        try:
            yield info.name
        finally:
            told = await zeroconf.async_unregister_service(info)
            await told  # else the others' screens show it for an hour more
    finally:
        await zeroconf.async_close()


def own_address() -> str:
    """This machine's IPv4 address in the house; no packet is sent to find it. Raises AssistantError before there is one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("224.0.0.251", 1))
            return str(probe.getsockname()[0])
        except OSError as error:
            raise AssistantError("there is no network yet") from error

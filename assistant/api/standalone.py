"""The interfaces alone, until they are interrupted: for a machine that only lends its model, ear and voice."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from assistant.api.app import Served, build_api
from assistant.api.server import EVERYWHERE, LOOPBACK, listen, serving


async def serve(served: Served, port: int, say: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM. Raises AssistantError where the port is taken."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    config = served.config.api
    api = build_api(served)
    sockets = listen(EVERYWHERE if config.listen == "network" else LOOPBACK, port)
    tls = (config.certificate, config.certificate_key) if config.certificate and config.certificate_key else None
    async with serving(api.app, sockets, tls=tls):
        say(f"{api.catalog.text.name} at http://localhost:{sockets[0].getsockname()[1]}; end with Ctrl+C")
        await stop.wait()
    api.generator.close()

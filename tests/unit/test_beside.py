"""Work that an end does not wait for."""

from __future__ import annotations

import asyncio
import threading

import pytest

from assistant.service.beside import Beside


def test_work_gives_its_result_and_its_error():
    beside = Beside()

    async def both() -> int:
        with pytest.raises(ZeroDivisionError):
            await beside.run(lambda: 1 // 0)
        return await beside.run(lambda: 7)

    assert asyncio.run(both()) == 7
    assert beside.left == 0


def test_a_stop_leaves_work_behind_that_has_not_ended():
    beside, going = Beside(), threading.Event()

    async def stopped() -> bool:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_soon(stop.set)
        return await beside.run_until(stop, going.wait)

    assert asyncio.run(stopped()) is False  # the loop's end has not waited either
    assert beside.left == 1
    going.set()


def test_work_that_ends_first_was_done():
    async def done() -> tuple[bool, bool]:
        stop = asyncio.Event()
        finished = await Beside().run_until(stop, lambda: None)
        with pytest.raises(ZeroDivisionError):
            await Beside().run_until(stop, lambda: 1 // 0)
        return finished, stop.is_set()

    assert asyncio.run(done()) == (True, False)

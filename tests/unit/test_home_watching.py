"""Changes of the devices, followed in this process and by the running assistant."""

import asyncio
import datetime as dt
import threading

from assistant.home.house import open_house
from assistant.home.watching import follow
from assistant.service.home import device_changes
from assistant.types import Intent, TurnContext

CONTEXT = TurnContext(now=dt.datetime(2026, 1, 5, 7, 0, tzinfo=dt.UTC))
ON = Intent("HassTurnOn", {"device_id": "light.kitchen"})
DIM = Intent("HassLightSet", {"device_id": "light.kitchen", "brightness": 50})


def test_each_change_is_told_once_with_what_is_new():
    house = open_house(None, None)
    begun = []
    rows = follow(house, begun.append)
    acting = threading.Timer(0.0, lambda: [house.carry_out(intent, CONTEXT) for intent in (ON, ON, DIM)])
    first = []
    reading = threading.Thread(target=lambda: first.extend((next(rows), next(rows))), daemon=True)
    reading.start()
    while not begun:
        threading.Event().wait(0.001)
    acting.start()
    reading.join(10)
    assert [(row["id"], row["state"]) for row in first] == [("light.kitchen", "on"), ("light.kitchen", "on")]
    assert begun == [len(house.snapshot().devices)] and first[1]["changed"] == ["brightness"]


def test_the_running_assistant_tells_its_own_changes():
    house = open_house(None, None)

    async def watched():
        changes = device_changes(house)
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        house.carry_out(ON, CONTEXT)
        row = await asyncio.wait_for(waiting, 10)
        await changes.aclose()
        return row

    row = asyncio.run(watched())
    assert row["id"] == "light.kitchen" and row["state"] == "on" and row["source"] == "simulated"

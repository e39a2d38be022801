"""Houses of any size for benchmarks: rooms with the devices that rooms have."""

from __future__ import annotations

import json

from assistant.types import Area, Device, Home

ROOMS = (
    "kitchen", "living room", "bedroom", "bathroom", "hallway", "office", "nursery", "garage", "cellar", "attic",
    "dining room", "guest room", "laundry", "pantry", "studio", "library", "terrace", "workshop", "porch", "gym",
)  # fmt: skip
THINGS = (
    ("light", "lamp"), ("light", "ceiling light"), ("switch", "socket"), ("cover", "blind"), ("fan", "fan"),
    ("climate", "heating"), ("media_player", "speaker"), ("light", "reading light"), ("switch", "heater"), ("lock", "door"),
)  # fmt: skip


def home(devices: int) -> Home:
    """A home of so many devices, ten in a room; further floors repeat the rooms."""
    found: list[Device] = []
    areas: dict[str, Area] = {}
    for number in range(devices):
        floor, place = divmod(number // len(THINGS), len(ROOMS))
        room = (
            ROOMS[place] if not floor else f"{('', 'upper ', 'lower ', 'east ', 'west ', 'old ')[floor]}{ROOMS[place]}"
        )
        domain, thing = THINGS[number % len(THINGS)]
        areas.setdefault(room, Area(room))
        name = f"{room} {thing}"
        found.append(Device(f"{domain}.{name.replace(' ', '_')}", name, area=room, state="off"))
    return Home(areas=tuple(areas.values()), devices=tuple(found))


def intents(house: Home) -> list[str]:
    """The same as JSON, as an intent is usually asked of a model: two a device."""
    names = {
        "cover": ("HassOpenCover", "HassCloseCover"),
        "lock": ("HassLockDoor", "HassUnlockDoor"),
        "media_player": ("HassMediaPlay", "HassMediaPause"),
    }
    return [
        json.dumps({"intent": intent, "area": device.area, "name": device.name})
        for device in house.devices
        for intent in names.get(device.domain, ("HassTurnOn", "HassTurnOff"))
    ]


def acts(house: Home) -> list[str]:
    """What can be done in it, in plain words: two acts a device."""
    verbs = {
        "cover": ("open the", "close the"),
        "lock": ("lock the", "unlock the"),
        "media_player": ("play on the", "pause the"),
    }
    return [
        f"{verb} {device.name}"
        for device in house.devices
        for verb in verbs.get(device.domain, ("turn on the", "turn off the"))
    ]

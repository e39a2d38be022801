"""Commands to several devices at once: one lane for each device, and a script's steps one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from assistant.home.backend import SIMULATED, ServiceCall
from assistant.types import Device

MOST_AT_ONCE = 16

Call = tuple[Device, ServiceCall]
T = TypeVar("T")


def lanes_of(calls: Sequence[Call], steps: Sequence[Call]) -> list[list[Call]]:
    """The lanes of one planned call and of the steps that it brings about (a scene's, a script's)."""
    first = list(calls)
    if first and first[0][0].domain == "script":
        return [[*first, *steps]]
    by_device: dict[str, list[Call]] = {}
    for call in (*first, *steps):
        by_device.setdefault(call[0].id, []).append(call)
    return list(by_device.values())


def run_lanes(lanes: Sequence[Sequence[Call]], run: Callable[[Device, ServiceCall], T]) -> list[T]:
    """``run`` of every call, the results in the calls' order. ``run`` must not raise.

    Lanes run at the same time where anything but the simulated home is waited for, and no device is in two of them.
    """
    one_after_the_other = len(lanes) < 2 or _all_simulated(lanes) or _cross(lanes)
    if one_after_the_other:
        return [run(device, call) for lane in lanes for device, call in lane]
    with ThreadPoolExecutor(min(MOST_AT_ONCE, len(lanes)), thread_name_prefix="act") as pool:
        found = pool.map(lambda lane: [run(device, call) for device, call in lane], lanes)
        return [result for results in found for result in results]


def _all_simulated(lanes: Sequence[Sequence[Call]]) -> bool:
    return all(device.source == SIMULATED for lane in lanes for device, _call in lane)


def _cross(lanes: Sequence[Sequence[Call]]) -> bool:
    ids = [device_id for lane in lanes for device_id in {device.id for device, _call in lane}]
    return len(ids) != len(set(ids))

"""One home out of several: the inventory, and what each source has found, under the names that the inventory gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from assistant.home.backend import SIMULATED
from assistant.home.names import normalise
from assistant.types import Area, Attributes, Device, Floor, Home

HIDDEN_CATEGORIES = frozenset({"config", "diagnostic"})
"""Settings and diagnoses (link quality, firmware) are not for speaking to, unless the inventory names them."""


def compose(inventory: Home, found: Mapping[str, Home]) -> Home:
    """The whole home. Sources that come first keep an id that two of them have: a device is often known twice.

    A row of the inventory with the id of a found device gives it name, aliases, area, ``confirm`` and attributes; a row
    for a source that has not found its device stands there as unavailable.
    """
    rows = {row.id: row for row in inventory.devices}
    areas = _Places(inventory.areas)
    floors = _Places(inventory.floors)
    devices: dict[str, Device] = {}
    for source, home in found.items():
        for floor in home.floors:
            floors.add(floor)
        for area in home.areas:
            areas.add(dataclasses.replace(area, floor=floors.proper(area.floor)))
        for device in home.devices:
            row = rows.get(device.id)
            if device.id in devices or (row is not None and row.source not in (SIMULATED, source)):
                continue
            if row is None and device.attributes.get("entity_category") in HIDDEN_CATEGORIES:
                continue
            devices[device.id] = _named(device, row, areas)
    mine = [devices.pop(row.id) if row.id in devices else _missing(row) for row in inventory.devices]
    whole = (*mine, *devices.values())
    return Home(tuple(floors), tuple(areas), whole, inventory.revision)


def laid_over(inventory: Home) -> Mapping[str, Attributes]:
    """Device id -> attributes that the inventory's row sets whatever the source says."""
    return {row.id: row.attributes for row in inventory.devices if row.attributes}


def default_name(device_id: str) -> str:
    """The name of an inventory's device that gives none."""
    return device_id.partition(".")[2].replace("_", " ")


Place = TypeVar("Place", Area, Floor)


class _Places(Generic[Place]):
    """Areas or floors by name; "kitchen" and "Kitchen" are one, and so is an alias of it."""

    def __init__(self, places: Iterable[Place]) -> None:
        self._places: list[Place] = []
        self._known: dict[str, str] = {}
        for place in places:
            self._take(place)

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places)

    def proper(self, name: str | None) -> str | None:
        """The name that the place goes by; ``None`` for one that is not there."""
        return self._known.get(normalise(name)) if name else None

    def add(self, place: Place) -> None:
        """Take a place that is not there yet."""
        if self.proper(place.name) is None:
            self._take(place)

    def _take(self, place: Place) -> None:
        self._places.append(place)
        self._known |= {normalise(alias): place.name for alias in place.aliases if normalise(alias) not in self._known}
        self._known[normalise(place.name)] = place.name


def _named(device: Device, row: Device | None, areas: _Places[Area]) -> Device:
    """The found device as the inventory's row has it."""
    area = row.area if row is not None and row.area else device.area
    if area and areas.proper(area) is None:
        areas.add(Area(area))
    device = dataclasses.replace(device, area=areas.proper(area))
    if row is None:
        return device
    named = row.name != default_name(row.id)
    return dataclasses.replace(
        device,
        name=row.name if named else device.name,
        # What the device calls itself is still understood.
        aliases=tuple(dict.fromkeys((*row.aliases, *((device.name,) if named else ()), *device.aliases))),
        attributes={**device.attributes, **row.attributes},
        confirm=device.confirm if row.confirm is None else row.confirm,
    )


def _missing(row: Device) -> Device:
    return row if row.source == SIMULATED else dataclasses.replace(row, state="unavailable")

"""What is remembered of a Home Assistant while it is away: names and rooms, no states."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.errors import ConfigError
from assistant.home.backends.homeassistant.reading import SOURCE
from assistant.home.inventory import overlay
from assistant.types import Device, Home, JsonValue

_STATIC = ("device_class", "supported_color_modes", "supported_features", "hvac_modes", "options", "entity_category")


def table_of(home: Home) -> dict[str, JsonValue]:
    """The home as an inventory's table."""
    return {
        "floors": [{"name": floor.name, "aliases": list(floor.aliases)} for floor in home.floors],
        "areas": [{"name": area.name, "floor": area.floor, "aliases": list(area.aliases)} for area in home.areas],
        "devices": [_row(device) for device in home.devices],
    }


def home_from(table: Mapping[str, JsonValue]) -> Home:
    """The home of such a table, with nothing available; an empty one where it cannot be used."""
    try:
        return overlay(
            Home(),
            states={},
            add_floors=_rows(table.get("floors")),
            add_areas=_rows(table.get("areas")),
            add_devices=_rows(table.get("devices")),
        )
    except (ConfigError, TypeError, KeyError, AttributeError):
        return Home()


def _rows(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _row(device: Device) -> dict[str, JsonValue]:
    return {
        "id": device.id,
        "name": device.name,
        "aliases": list(device.aliases),
        "area": device.area,
        "state": "unavailable",
        "source": SOURCE,
        "attributes": {key: device.attributes[key] for key in _STATIC if key in device.attributes},
    }

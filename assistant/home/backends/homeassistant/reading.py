"""Home Assistant's registries and states, made into the home's floors, areas and devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.home.backends.plain import plain_name, plain_text
from assistant.home.kinds import KNOWN_DOMAINS
from assistant.home.names import words
from assistant.types import Area, Device, DeviceState, Floor, Home, JsonValue

SOURCE = "homeassistant"
MOST_DEVICES = 3000
LONGEST_LIST = 64
_KEPT = words("""
    assumed_state available_modes battery_level brightness color_temp_kelvin current_humidity current_position
    current_temperature device_class fan_mode fan_modes humidity hvac_action hvac_modes is_volume_muted
    max max_color_temp_kelvin max_humidity max_temp media_artist media_title min min_color_temp_kelvin min_humidity
    min_temp mode operation_list options percentage percentage_step position rgb_color source source_list step
    supported_color_modes supported_features target_temp_step temperature temperature_unit unit_of_measurement
    volume_level wind_speed pressure
    """)
# Read by nobody here, and there are many of them.
_UNSPOKEN = words("update event image tts stt conversation zone automation notify ai_task assist_satellite")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Registries:
    """What was asked for at the beginning of a connection; tables that were refused are empty."""

    floors: list[Row] = field(default_factory=list)
    areas: list[Row] = field(default_factory=list)
    devices: list[Row] = field(default_factory=list)
    entities: list[Row] = field(default_factory=list)
    exposed: frozenset[str] | None = None
    """Entities exposed to the voice assistant; ``None``: all."""
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def rows(value: JsonValue) -> list[Row]:
    """The tables of a list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def exposed_of(value: JsonValue) -> frozenset[str] | None:
    """The entities that are exposed to Home Assistant's own voice assistant; ``None`` where it does not tell."""
    table = value.get("exposed_entities") if isinstance(value, dict) else None
    if not isinstance(table, dict):
        return None
    return frozenset(key for key, row in table.items() if isinstance(row, dict) and row.get("conversation"))


def aliases_of(row: object) -> tuple[str, ...]:
    """The aliases that a registry's row gives, as plain words."""
    value = row.get("aliases") if isinstance(row, dict) else None
    names = [plain_name(alias) for alias in value[:16]] if isinstance(value, list) else []
    return tuple(name for name in names if name)


def state_of(row: Row) -> DeviceState:
    """State and those attributes that are of use, as plain values."""
    given = row.get("attributes")
    attributes: dict[str, JsonValue] = {}
    for key, value in given.items() if isinstance(given, dict) else ():
        if key in _KEPT and value is not None:
            attributes[key] = _plain(value)
    return DeviceState(plain_text(row.get("state", "unknown")), attributes)


def home_of(registries: Registries, states: Mapping[str, Row]) -> Home:
    """The whole home."""
    floors = {str(row.get("floor_id")): _place(row) for row in registries.floors}
    areas = {str(row.get("area_id")): row for row in registries.areas}
    area_names = {key: plain_name(row.get("name")) for key, row in areas.items()}
    device_areas = {str(row.get("id")): row.get("area_id") for row in registries.devices}
    entities = {str(row.get("entity_id")): row for row in registries.entities}
    devices = []
    for entity_id, state in states.items():
        row = entities.get(entity_id, {})
        if not _is_spoken(entity_id, row, registries.exposed):
            continue
        area = row.get("area_id") or device_areas.get(str(row.get("device_id")))
        device = _device(entity_id, row, state, area_names.get(str(area)) or None, registries.aliases)
        if device is not None:
            devices.append(device)
        if len(devices) == MOST_DEVICES:
            break
    return Home(
        floors=tuple(Floor(name, aliases) for name, aliases in floors.values() if name),
        areas=tuple(
            Area(area_names[key], floors.get(str(row.get("floor_id")), ("", ()))[0] or None, aliases_of(row))
            for key, row in areas.items()
            if area_names[key]
        ),
        devices=tuple(devices),
    )


def _place(row: Row) -> tuple[str, tuple[str, ...]]:
    return plain_name(row.get("name")), aliases_of(row)


def _is_spoken(entity_id: str, row: Row, exposed: frozenset[str] | None) -> bool:
    domain, _, rest = entity_id.partition(".")
    if not rest or domain not in KNOWN_DOMAINS or domain in _UNSPOKEN:
        return False
    if row.get("disabled_by") or row.get("hidden_by"):
        return False
    return exposed is None or entity_id in exposed


def _device(
    entity_id: str, row: Row, state: Row, area: str | None, aliases: Mapping[str, tuple[str, ...]]
) -> Device | None:
    read = state_of(state)
    given = state.get("attributes")
    friendly = given.get("friendly_name") if isinstance(given, dict) else None
    name = (
        plain_name(row.get("name")) or plain_name(friendly) or plain_name(entity_id.partition(".")[2].replace("_", " "))
    )
    if not name:
        return None
    attributes = dict(read.attributes)
    if row.get("entity_category") in ("config", "diagnostic"):
        attributes["entity_category"] = row["entity_category"]
    return Device(entity_id, name, aliases.get(entity_id, ()), area, read.state, attributes, source=SOURCE)


def _plain(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list):
        return [_plain(item) for item in value[:LONGEST_LIST] if not isinstance(item, list | dict)]
    return value if isinstance(value, int | float | bool) else None

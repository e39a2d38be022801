"""Inventories: a TOML file that people write, or the JSON of evaluation homes, read into a ``Home`` snapshot.

TOML is checked strictly, since a typing error in it should be told to its writer. JSON comes from programs: keys that
are not known are passed over there, and areas that only devices name are added.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from assistant.home.backend import SIMULATED, SOURCES
from assistant.home.compose import default_name
from assistant.home.kinds import KNOWN_DOMAINS
from assistant.home.names import normalise
from assistant.home.source import Source
from assistant.home.values import clean_attributes, clean_state, reconcile
from assistant.types import Area, Device, Floor, Home

DEFAULT = "home.toml"
_KEYS = {
    "floors": ("name", "aliases"),
    "areas": ("name", "floor", "aliases"),
    "devices": ("id", "name", "aliases", "area", "state", "attributes", "confirm", "source", "http", "gpio"),
}

Row = Mapping[str, Any]


def load_inventory(path: Path | None = None) -> Home:
    """Read an inventory; ``None`` reads the built-in one.

    Raises ConfigError naming file, line, entry and key, with the nearest known key or name.
    """
    if path is None:
        name, text = DEFAULT, (resources.files("assistant") / "data" / DEFAULT).read_text(encoding="utf-8")
    else:
        name = str(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    is_json = name.endswith(".json")
    try:
        document = json.loads(text) if is_json else tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{name}: an inventory has floors, areas and devices")
    return _Reader(Source(name, text), strict=not is_json).home(document)


def link_rows(path: Path | None, key: str) -> list[tuple[str, str, Row]]:
    """Of an inventory that ``load_inventory`` takes: the tables of ``key`` (``http``, ``gpio``) with the ids of their
    devices, and the place in the file for messages. Raises ConfigError where one is no table.
    """
    if path is None or path.suffix == ".json":
        return []
    text = path.read_text(encoding="utf-8")
    place = Source(str(path), text)
    found: list[tuple[str, str, Row]] = []
    for index, row in enumerate(tomllib.loads(text).get("devices", ())):
        table = row.get(key)
        if table is None:
            continue
        where = f"{place.place('devices', index, key)}: device {index + 1}: {row.get('id')}: {key}"
        if not isinstance(table, dict):
            raise ConfigError(f"{where} is a table: {key} = {{ … }}")
        found.append((str(row.get("id")), where, table))
    return found


def overlay(
    home: Home,
    *,
    states: Mapping[str, Row],
    add_devices: Iterable[Row] = (),
    add_areas: Iterable[Row | str] = (),
    add_floors: Iterable[Row | str] = (),
) -> Home:
    """``home`` with additions, and with states and attributes laid over its devices'.

    An added device takes the place of one with its id. States of devices that are not there are passed over.
    """
    reader = _Reader(Source("addition", ""), strict=False)
    devices = {device.id: device for device in home.devices}
    for index, row in enumerate(add_devices):
        added = reader.device(row, index)
        devices[added.id] = added
    for device_id, laid in states.items():
        if device_id in devices:
            devices[device_id] = _laid_over(devices[device_id], laid)
    floors = (*home.floors, *(reader.floor(row, i) for i, row in enumerate(add_floors)))
    areas = (*home.areas, *(reader.area(row, i) for i, row in enumerate(add_areas)))
    return dataclasses.replace(
        home, floors=floors, areas=_with_areas_of(areas, devices.values()), devices=tuple(devices.values())
    )


def _laid_over(device: Device, laid: Row) -> Device:
    given = clean_attributes(laid.get("attributes") or {})
    attributes = {**device.attributes, **given}
    state = device.state
    if laid.get("state") is not None:
        state = clean_state(laid["state"], device.domain)
        reconcile(device.domain, state, attributes, given)
    return dataclasses.replace(device, state=state, attributes=attributes)


def _with_areas_of(areas: tuple[Area, ...], devices: Iterable[Device]) -> tuple[Area, ...]:
    known = {normalise(area.name) for area in areas}
    named = dict.fromkeys(device.area for device in devices if device.area)
    return (*areas, *(Area(name) for name in named if normalise(name) not in known))


class _Reader:
    """Reads the rows of one inventory; messages name the place in ``source``."""

    def __init__(self, source: Source, *, strict: bool) -> None:
        self._place = source
        self._strict = strict

    def home(self, document: Row) -> Home:
        self._known(document, tuple(_KEYS), "an inventory", None, 0)
        floors = tuple(self.floor(row, i) for i, row in enumerate(self._rows(document, "floors")))
        areas = tuple(self.area(row, i) for i, row in enumerate(self._rows(document, "areas")))
        devices = tuple(self.device(row, i) for i, row in enumerate(self._rows(document, "devices")))
        self._check_unique(devices)
        if self._strict:
            self._check_places(floors, areas, devices)
        return Home(floors, _with_areas_of(areas, devices), devices)

    def floor(self, row: Row | str, index: int) -> Floor:
        row = self._table(row, "floors", index)
        return Floor(row["name"], self._aliases(row, "floors", index))

    def area(self, row: Row | str, index: int) -> Area:
        row = self._table(row, "areas", index)
        return Area(row["name"], self._text(row, "floor", "areas", index), self._aliases(row, "areas", index))

    def device(self, row: Row, index: int) -> Device:
        device_id = row.get("id") if isinstance(row, Mapping) else None
        if isinstance(device_id, str) and not row.get("name"):
            row = {**row, "name": default_name(device_id)}
        row = self._table(row, "devices", index)
        domain = self._domain(row, index)
        attributes = row.get("attributes") or {}
        if not isinstance(attributes, Mapping):
            raise self._error("devices", index, "attributes", f"attributes must be a table, not {attributes!r}")
        confirm = row.get("confirm")
        if confirm is not None and not isinstance(confirm, bool):
            raise self._error("devices", index, "confirm", f"confirm must be true or false, not {confirm!r}")
        return Device(
            id=row["id"],
            name=row["name"],
            aliases=self._aliases(row, "devices", index),
            area=self._text(row, "area", "devices", index),
            state=clean_state(row.get("state", "unknown"), domain),
            attributes=clean_attributes(attributes),
            confirm=confirm,
            source=self._source_of(row, index),
        )

    def _source_of(self, row: Row, index: int) -> str:
        reached = next((key for key in ("http", "gpio") if row.get(key) is not None), SIMULATED)
        source = self._text(row, "source", "devices", index) or reached
        if self._strict and source not in SOURCES:
            hint = _nearest(source, SOURCES)
            raise self._error("devices", index, "source", f"{row['name']}: there is no source {source!r}{hint}")
        return source

    def _domain(self, row: Row, index: int) -> str:
        device_id = row.get("id")
        if not isinstance(device_id, str) or not all(device_id.partition(".")[::2]):
            raise self._error(
                "devices", index, "id", f"{row['name']}: the id must be like 'light.kitchen', not {device_id!r}"
            )
        domain = device_id.partition(".")[0]
        if self._strict and domain not in KNOWN_DOMAINS:
            hint = _nearest(domain, KNOWN_DOMAINS)
            raise self._error("devices", index, "id", f"{device_id}: there is no kind of device {domain!r}{hint}")
        return domain

    def _rows(self, document: Row, table: str) -> list[Any]:
        rows = document.get(table)
        if rows is None:
            return []
        if not isinstance(rows, list):
            raise self._error(table, None, None, f"'{table}' is a list: write [[{table}]] before each")
        return rows

    def _table(self, row: Row | str, table: str, index: int) -> Row:
        if isinstance(row, str):
            row = {"name": row}
        if not isinstance(row, Mapping):
            raise self._error(table, index, None, f"is {row!r}, not a table")
        self._known(row, _KEYS[table], f"a {table[:-1]}", table, index)
        name = row.get("name")
        if not isinstance(name, str) or not normalise(name):
            raise self._error(table, index, "name", "has no name")
        return row

    def _known(self, row: Row, keys: tuple[str, ...], what: str, table: str | None, index: int) -> None:
        for key in row if self._strict else ():
            if key not in keys:
                raise self._error(table, index, key, f"unknown key '{key}' in {what}{_nearest(key, keys)}")

    def _aliases(self, row: Row, table: str, index: int) -> tuple[str, ...]:
        aliases = row.get("aliases") or ()
        if isinstance(aliases, str):
            aliases = [aliases]
        if not isinstance(aliases, list | tuple) or not all(isinstance(alias, str) for alias in aliases):
            raise self._error(table, index, "aliases", f"aliases must be a list of names, not {aliases!r}")
        return tuple(aliases)

    def _text(self, row: Row, key: str, table: str, index: int) -> str | None:
        value = row.get(key)
        if value is not None and not isinstance(value, str):
            raise self._error(table, index, key, f"{key} must be a name, not {value!r}")
        return value or None

    def _check_unique(self, devices: tuple[Device, ...]) -> None:
        seen: set[str] = set()
        for index, device in enumerate(devices):
            if device.id in seen:
                raise self._error("devices", index, "id", f"two devices have the id {device.id!r}")
            seen.add(device.id)

    def _check_places(self, floors: tuple[Floor, ...], areas: tuple[Area, ...], devices: tuple[Device, ...]) -> None:
        known_floors, known_areas = [floor.name for floor in floors], [area.name for area in areas]
        for index, area in enumerate(areas):
            if area.floor is not None and area.floor not in known_floors:
                hint = _nearest(area.floor, known_floors)
                raise self._error("areas", index, "floor", f"{area.name}: there is no floor {area.floor!r}{hint}")
        for index, device in enumerate(devices):
            if device.area is not None and device.area not in known_areas:
                hint = _nearest(device.area, known_areas)
                raise self._error("devices", index, "area", f"{device.name}: there is no area {device.area!r}{hint}")

    def _error(self, table: str | None, index: int | None, key: str | None, message: str) -> ConfigError:
        entry = f"{table[:-1]} {index + 1}: " if table and index is not None else ""
        return ConfigError(f"{self._place.place(table, index, key)}: {entry}{message}")


def _nearest(word: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known are: {', '.join(known)}" if known else ""

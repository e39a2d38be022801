"""Inventories: a TOML file that people write, or the JSON of evaluation homes, read into a ``Home`` snapshot."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from assistant.types import Area, Device, Floor, Home

DEFAULT = "home.toml"
_FLOOR_KEYS = {"name", "aliases"}
_AREA_KEYS = {"name", "floor", "aliases"}
_DEVICE_KEYS = {"id", "name", "aliases", "area", "state", "attributes", "confirm"}
_NUMERIC = {"brightness", "volume_level", "percentage", "current_position", "temperature", "current_temperature"}


def load_inventory(path: Path | None = None) -> Home:
    """Read an inventory; ``None`` reads the built-in one. Raises ConfigError naming the file and the entry."""
    if path is None:
        text, name = (resources.files("assistant") / "data" / DEFAULT).read_text(encoding="utf-8"), DEFAULT
    else:
        name = str(path)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error
    try:
        document = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{name}: an inventory has floors, areas and devices")
    return parse_inventory(document, name)


def parse_inventory(document: Mapping[str, Any], name: str) -> Home:
    """A ``Home`` from plain data; ``name`` is what messages call it."""
    _known(document, {"floors", "areas", "devices"}, name)
    home = Home(
        floors=tuple(_floor(row, f"{name}: floor {i + 1}") for i, row in enumerate(document.get("floors") or ())),
        areas=tuple(_area(row, f"{name}: area {i + 1}") for i, row in enumerate(document.get("areas") or ())),
        devices=tuple(_device(row, f"{name}: device {i + 1}") for i, row in enumerate(document.get("devices") or ())),
    )
    ids = [device.id for device in home.devices]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise ConfigError(f"{name}: two devices have the id {twice[0]!r}")
    return home


def overlay(
    home: Home,
    *,
    states: Mapping[str, Mapping[str, Any]],
    add_devices: Iterable[Mapping[str, Any]] = (),
    add_areas: Iterable[Mapping[str, Any] | str] = (),
    add_floors: Iterable[Mapping[str, Any] | str] = (),
) -> Home:
    """``home`` with additions, and with states and attributes laid over its devices'."""
    devices = [*home.devices, *(_device(row, "added device") for row in add_devices)]
    for i, device in enumerate(devices):
        laid = states.get(device.id)
        if laid:
            state = _state(laid["state"]) if laid.get("state") is not None else device.state
            attributes = {**device.attributes, **_attributes(laid.get("attributes") or {})}
            devices[i] = dataclasses.replace(device, state=state, attributes=attributes)
    return dataclasses.replace(
        home,
        floors=(*home.floors, *(_floor(row, "added floor") for row in add_floors)),
        areas=(*home.areas, *(_area(row, "added area") for row in add_areas)),
        devices=tuple(devices),
    )


def _known(row: Mapping[str, Any], keys: set[str], place: str) -> None:
    for key in row:
        if key not in keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(keys))}"
            raise ConfigError(f"{place}: unknown key {key!r}; {hint}")


def _table(row: Mapping[str, Any] | str, keys: set[str], place: str) -> Mapping[str, Any]:
    if isinstance(row, str):
        row = {"name": row}
    if not isinstance(row, Mapping):
        raise ConfigError(f"{place}: is no table")
    _known(row, keys, place)
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        raise ConfigError(f"{place}: has no name")
    return row


def _floor(row: Mapping[str, Any] | str, place: str) -> Floor:
    row = _table(row, _FLOOR_KEYS, place)
    return Floor(row["name"], tuple(row.get("aliases") or ()))


def _area(row: Mapping[str, Any] | str, place: str) -> Area:
    row = _table(row, _AREA_KEYS, place)
    return Area(row["name"], row.get("floor"), tuple(row.get("aliases") or ()))


def _device(row: Mapping[str, Any], place: str) -> Device:
    if isinstance(row, Mapping) and "name" not in row and isinstance(row.get("id"), str):
        row = {**row, "name": row["id"].partition(".")[2].replace("_", " ")}
    row = _table(row, _DEVICE_KEYS, place)
    device_id = row.get("id")
    if not isinstance(device_id, str) or "." not in device_id:
        raise ConfigError(f"{place} ({row['name']}): the id must be like 'light.kitchen', not {device_id!r}")
    attributes = _attributes(row.get("attributes") or {})
    if "confirm" in row:
        attributes["confirm"] = bool(row["confirm"])
    return Device(
        id=device_id,
        name=row["name"],
        aliases=tuple(row.get("aliases") or ()),
        area=row.get("area"),
        state=_state(row.get("state", "unknown")),
        attributes=attributes,
    )


def _state(value: object) -> str:
    """Home Assistant's state string. Some homes write ``{'in': 'closed', 'out': 'off'}``: the latter is the state."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            parsed = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return value
        return str(parsed.get("out", value)) if isinstance(parsed, dict) else value
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with numbers as numbers, whatever the file wrote."""
    attributes = dict(row)
    for key in _NUMERIC & attributes.keys():
        value = attributes[key]
        if isinstance(value, str):
            try:
                attributes[key] = float(value) if "." in value else int(value)
            except ValueError:
                continue
    volume = attributes.get("volume_level")
    if isinstance(volume, int | float) and not isinstance(volume, bool) and volume > 1:
        attributes["volume_level"] = volume / 100  # some homes count to 100
    return attributes

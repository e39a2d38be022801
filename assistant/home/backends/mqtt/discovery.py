"""Discovery messages: ``<prefix>/<component>/[<node>/]<object>/config``, and those of whole devices, made into entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.home.backends.mqtt import covers, lights, switches
from assistant.home.backends.mqtt.abbreviations import long_key
from assistant.home.backends.mqtt.entity import Availability, Entity, Shape
from assistant.home.backends.mqtt.fields import Fields, checked_topic
from assistant.home.backends.plain import Refused, parse_json, plain_name, slug
from assistant.home.backends.template import compile_template

CONFIG_BYTES = 128_000
"""The longest announcement that is looked at; whole devices have long ones."""
COMPONENTS = 200
"""The most entities of one device."""

KINDS: Mapping[str, Callable[[Fields], Shape]] = {
    "alarm_control_panel": switches.alarm,
    "binary_sensor": switches.binary_sensor,
    "button": switches.button,
    "climate": covers.climate,
    "cover": covers.cover,
    "device_tracker": switches.tracker,
    "fan": switches.fan,
    "humidifier": covers.humidifier,
    "lawn_mower": covers.lawn_mower,
    "light": lights.light,
    "lock": switches.lock,
    "number": switches.number_,
    "scene": switches.scene,
    "select": switches.select,
    "sensor": switches.sensor,
    "siren": switches.siren,
    "switch": switches.switch,
    "vacuum": covers.vacuum,
    "valve": covers.valve,
    "water_heater": covers.water_heater,
}
# Announced too, and nothing that a voice could do with it.
PASSED_OVER = frozenset(
    "camera date datetime device_automation event image notify remote tag text time update infrared".split()
)
_CATEGORIES = ("config", "diagnostic")


@dataclass(frozen=True, slots=True)
class Announced:
    """What one message announces. ``key``: its place; all entities of that place before are replaced by these.

    ``refused``: what of it could not be used, with the reasons.
    """

    key: str
    entities: tuple[Entity, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def place_of(topic: str, prefix: str) -> tuple[str, str] | None:
    """Component and the rest of the place; ``None`` where the topic is none of discovery."""
    parts = topic.removeprefix(f"{prefix}/").split("/")
    if not topic.startswith(f"{prefix}/") or len(parts) not in (3, 4) or parts[-1] != "config":
        return None
    return parts[0], "/".join(parts[1:-1])


def read_announcement(topic: str, payload: bytes, prefix: str) -> Announced | None:
    """What a message announces; ``None`` for topics that are none of discovery or of kinds that are passed over.

    An empty payload announces nothing, which takes away what was there. Raises Refused for a message that is no
    announcement at all.
    """
    place = place_of(topic, prefix)
    if place is None or place[0] in PASSED_OVER:
        return None
    component, rest = place
    key = f"{component}/{rest}"
    if not payload:
        return Announced(key)
    if component != "device" and component not in KINDS:
        raise Refused("is of a kind that is not known here")
    document = parse_json(payload, CONFIG_BYTES)
    if not isinstance(document, dict):
        raise Refused("is no table")
    table = _long(document)
    if component != "device":
        return Announced(key, (_entity(key, component, table, rest),))
    return _device(key, rest, table)


def _device(key: str, rest: str, table: Mapping[str, Any]) -> Announced:
    """A whole device: its components share what stands beside them."""
    components = table.get("components")
    if not isinstance(components, dict) or not components:
        raise Refused("it has no components")
    if len(components) > COMPONENTS:
        raise Refused(f"it has more than {COMPONENTS} components")
    shared = {name: value for name, value in table.items() if name not in ("components", "origin", "platform")}
    entities: list[Entity] = []
    refused: list[tuple[str, str]] = []
    for name, component in components.items():
        if not isinstance(component, dict):
            refused.append((f"{key} {name}", "is no table"))
            continue
        own = {**shared, **_long(component, shared.get("~"))}
        kind = str(own.get("platform"))
        if kind in PASSED_OVER or set(own) - set(shared) == {"platform"}:
            continue  # of no use to a voice; or with nothing but its kind, which takes it away
        try:
            if kind not in KINDS:
                raise Refused("is of a kind that is not known here")
            entities.append(_entity(f"{key}/{name}", kind, own, f"{rest}/{name}"))
        except Refused as error:
            refused.append((f"{key} {name}", str(error)))
    return Announced(key, tuple(entities), tuple(refused))


def _long(table: Mapping[str, Any], base: object = None) -> dict[str, Any]:
    """The message with its keys spelt out, and ``~`` in topics replaced by its base."""
    whole = {long_key(str(name)): value for name, value in table.items()}
    device = whole.get("device")
    if isinstance(device, dict):
        whole["device"] = {long_key(str(name), of_device=True): value for name, value in device.items()}
    availability = whole.get("availability")
    rows = availability if isinstance(availability, list) else [availability] if availability else []
    whole["availability"] = [{long_key(str(k)): v for k, v in row.items()} for row in rows if isinstance(row, dict)]
    if not whole["availability"]:
        del whole["availability"]
    base = whole.get("~", base)
    if isinstance(base, str):
        _put_base(whole, base)
        for row in whole.get("availability", ()):
            _put_base(row, base)
    return whole


def _put_base(table: dict[str, Any], base: str) -> None:
    for name, value in table.items():
        if name.endswith("topic") and isinstance(value, str) and value:
            if value[0] == "~":
                table[name] = f"{base}{value[1:]}"
            elif value[-1] == "~":
                table[name] = f"{value[:-1]}{base}"


def _entity(key: str, kind: str, table: Mapping[str, Any], rest: str) -> Entity:
    fields = Fields(table)
    device = table.get("device")
    described: Mapping[str, Any] = device if isinstance(device, dict) else {}
    device_name = _spoken(described.get("name"))
    own_name = _spoken(table.get("name"))
    name = _whole_name(device_name, own_name) or _spoken(rest.rpartition("/")[2])
    if not name:
        raise Refused("it has no name")
    shape = KINDS[kind](fields)
    device_class = slug(fields.text("device_class"))
    if device_class:
        shape.attributes["device_class"] = device_class
    if fields.text("entity_category") in _CATEGORIES:
        shape.attributes["entity_category"] = fields.text("entity_category")
    if not fields.flag("enabled_by_default", True):
        shape.attributes["entity_category"] = "diagnostic"
    wanted = fields.text("default_entity_id").partition(".")[2] or fields.text("object_id")
    return Entity(
        key=key,
        domain=kind,
        name=name,
        wanted_id=slug(wanted) or slug(name) or slug(rest),
        unique_id=fields.text("unique_id")[:255] or key,
        area=plain_name(described.get("suggested_area")) or None,
        shape=shape,
        availability=_availability(fields, table),
    )


def _spoken(value: object) -> str:
    """``kitchen_lamp`` and ``kitchen/lamp`` are said ``kitchen lamp``."""
    return plain_name(value.replace("_", " ").replace("/", " ")) if isinstance(value, str) else ""


def _whole_name(device: str, own: str) -> str:
    """Home Assistant's: the device's name before the entity's own, unless that begins with it."""
    if not own or not device:
        return own or device
    return own if own.casefold().startswith(device.casefold()) else plain_name(f"{device} {own}")


def _availability(fields: Fields, table: Mapping[str, Any]) -> Availability:
    rows = table.get("availability") or [table]
    found = []
    for row in rows[:8]:
        own = Fields(row)
        topic = own.topic("topic" if row is not table else "availability_topic")
        if topic is None:
            continue
        template = own.text("value_template" if row is not table else "availability_template")
        read = compile_template(template).of_payload if template else str
        there, away = own.text("payload_available", "online"), own.text("payload_not_available", "offline")
        found.append((checked_topic(topic, "availability"), _told(read, there, away)))
    mode = fields.text("availability_mode", "latest")
    return Availability(tuple(found), mode if mode in ("all", "any", "latest") else "latest")


def _told(read: Callable[[str], str], there: str, away: str) -> Callable[[str], bool | None]:
    def told(payload: str) -> bool | None:
        value = read(payload)
        return True if value == there else False if value == away else None

    return told

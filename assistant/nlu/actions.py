"""What a custom intent does: the ``action`` of the user's own sentences, as typed values.

Carrying them out is not done here. Texts in them may hold ``{slot}``, which is filled with what was understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from assistant.types import Intent, JsonValue

_SLOT = re.compile(r"\{\{\s*(?:slots\.)?(\w+)\s*\}\}|\{(\w+)\}")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class SetStates:
    """Device id -> Home Assistant's state (key ``state``) and attributes that it is to have."""

    states: Mapping[str, Mapping[str, JsonValue]]


@dataclass(frozen=True, slots=True)
class Say:
    """A text to be spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class Publish:
    """An MQTT message. ``payload``: text, or anything that is sent as JSON."""

    topic: str
    payload: JsonValue = ""
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request to a server that the owner names. ``body``: text, or anything that is sent as JSON."""

    url: str
    method: str = "POST"
    body: JsonValue = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Perform:
    """Another intent, as if it had been said."""

    intent: Intent


CustomAction = SetStates | Say | Publish | HttpCall | Perform


class ActionError(ValueError):
    """An action cannot be used as written; ``keys`` lead to the place inside it."""

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


def parse_action(row: Any) -> CustomAction:
    """One action as YAML gives it. Raises ActionError."""
    if not isinstance(row, dict) or len(row) != 1:
        raise ActionError(f"an action is one of {', '.join(_PARSERS)}, with what it needs")
    ((kind, value),) = row.items()
    parser = _PARSERS.get(str(kind))
    if parser is None:
        raise ActionError(f"unknown action {kind!r}; known are {', '.join(_PARSERS)}", str(kind))
    return parser(value)


def _set(value: Any) -> SetStates:
    if not isinstance(value, dict) or not value:
        raise ActionError("'set' needs device ids with their states", "set")
    states: dict[str, Mapping[str, JsonValue]] = {}
    for device, wanted in value.items():
        if not re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", str(device)):
            raise ActionError(f"{device!r} is no device id (domain.object_id)", "set", str(device))
        if isinstance(wanted, bool):
            wanted = {"state": "on" if wanted else "off"}
        elif not isinstance(wanted, dict):
            wanted = {"state": str(wanted)}
        if isinstance(wanted.get("state"), bool):
            wanted = {**wanted, "state": "on" if wanted["state"] else "off"}  # YAML reads a bare on as a truth
        states[str(device)] = wanted
    return SetStates(states)


def _say(value: Any) -> Say:
    if not isinstance(value, str) or not value.strip():
        raise ActionError("'say' needs a text", "say")
    return Say(value)


def _table(value: Any, kind: str, needed: str, known: tuple[str, ...]) -> dict[str, Any]:
    if isinstance(value, str):
        return {needed: value}
    if not isinstance(value, dict) or not isinstance(value.get(needed), str) or not value[needed]:
        raise ActionError(f"'{kind}' needs '{needed}'", kind)
    for key in value:
        if key not in known:
            raise ActionError(f"'{kind}' has no key {key!r}; known are {', '.join(known)}", kind, str(key))
    return value


def _mqtt(value: Any) -> Publish:
    table = _table(value, "mqtt", "topic", ("topic", "payload", "qos", "retain"))
    qos, retain = table.get("qos", 0), table.get("retain", False)
    if qos not in (0, 1, 2) or isinstance(qos, bool):
        raise ActionError("'qos' is 0, 1 or 2", "mqtt", "qos")
    if not isinstance(retain, bool):
        raise ActionError("'retain' is true or false", "mqtt", "retain")
    if any(sign in table["topic"] for sign in "#+"):
        raise ActionError("a topic to publish to has no '#' or '+'", "mqtt", "topic")
    return Publish(table["topic"], table.get("payload", ""), int(qos), retain)


def _http(value: Any) -> HttpCall:
    table = _table(value, "http", "url", ("url", "method", "body", "headers", "timeout_s"))
    method = str(table.get("method", "POST")).upper()
    if method not in METHODS:
        raise ActionError(f"'method' is one of {', '.join(METHODS)}", "http", "method")
    if not re.match(r"https?://[^/\s]", table["url"]):
        raise ActionError("'url' begins with http:// or https://", "http", "url")
    headers = table.get("headers", {})
    if not isinstance(headers, dict):
        raise ActionError("'headers' are names with values", "http", "headers")
    timeout = table.get("timeout_s", 5.0)
    if isinstance(timeout, bool) or not isinstance(timeout, int | float) or not 0 < timeout <= 60:
        raise ActionError("'timeout_s' is a number of seconds up to 60", "http", "timeout_s")
    spoken = {str(key): str(text) for key, text in headers.items()}
    return HttpCall(table["url"], method, table.get("body"), spoken, float(timeout))


def _intent(value: Any) -> Perform:
    table = _table(value, "intent", "name", ("name", "slots"))
    slots = table.get("slots", {})
    if not isinstance(slots, dict):
        raise ActionError("'slots' are names with values", "intent", "slots")
    return Perform(Intent(table["name"], slots))


_PARSERS: dict[str, Callable[[Any], CustomAction]] = {
    "set": _set,
    "say": _say,
    "mqtt": _mqtt,
    "http": _http,
    "intent": _intent,
}


def filled(action: CustomAction, slots: Mapping[str, JsonValue]) -> CustomAction:
    """The action with what was understood in the place of ``{slot}``."""
    match action:
        case SetStates(states):
            return SetStates({device: _table_of(fill(wanted, slots)) for device, wanted in states.items()})
        case Say(text):
            return Say(str(fill(text, slots)))
        case Publish():
            return replace(
                action, topic=str(fill(action.topic, _each(slots, _in_topic))), payload=fill(action.payload, slots)
            )
        case HttpCall():
            headers = {key: str(fill(text, slots)) for key, text in action.headers.items()}
            return replace(
                action, url=str(fill(action.url, _each(slots, _in_url))), body=fill(action.body, slots), headers=headers
            )
        case Perform(intent):
            return Perform(replace(intent, slots=_table_of(fill(intent.slots, slots))))


def _each(slots: Mapping[str, JsonValue], change: Callable[[str], str]) -> dict[str, JsonValue]:
    return {key: change(_spoken(value)) for key, value in slots.items()}


def _in_url(text: str) -> str:
    """What was said stays one part of the address, whatever signs are in it."""
    return quote(text, safe="")


def _in_topic(text: str) -> str:
    return re.sub(r"[#+/\x00]", " ", text).strip()


def _table_of(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def fill(value: Any, slots: Mapping[str, JsonValue]) -> JsonValue:
    """Texts inside ``value`` with their ``{slot}`` filled; a text that is nothing but one keeps the slot's type."""
    if isinstance(value, str):
        whole = _SLOT.fullmatch(value.strip())
        if whole is not None:
            return slots.get(whole[1] or whole[2])
        text = _SLOT.sub(lambda match: _spoken(slots.get(match[1] or match[2])), value)
        return re.sub(r" {2,}", " ", text)
    if isinstance(value, Mapping):
        return {str(key): fill(item, slots) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, slots) for item in value]
    return value  # type: ignore[no-any-return]  # numbers, truths and nothing


def _spoken(value: JsonValue) -> str:
    if isinstance(value, list):
        return " and ".join(map(str, value))
    return "" if value is None else str(value)

"""What the understanding has to know of intents: which ask and never act, what undoes one, and which devices one names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.types import Intent, JsonValue

QUESTIONS = frozenset(
    """
    HassGetState HassClimateGetTemperature HassGetWeather AssistListQuery AssistCompare HassGetCurrentTime HassGetCurrentDate
    """.split()
)

_PROPERTIES = {
    "volume": "volume", "loud": "volume", "position": "position", "far": "position", "wide": "position", "bright": "brightness",
    "brightness": "brightness", "speed": "speed", "fast": "speed", "battery": "battery", "charged": "battery", "charge": "battery",
    "juice": "battery", "humidity": "humidity", "humid": "humidity",
}  # fmt: skip

OPPOSITE = {
    "HassTurnOn": "HassTurnOff", "HassTurnOff": "HassTurnOn", "HassMediaPause": "HassMediaUnpause",
    "HassMediaPlayerMute": "HassMediaPlayerUnmute",
}  # fmt: skip


def ids_of(intents: Iterable[Intent]) -> tuple[str, ...]:
    """The devices that intents name."""
    ids: list[str] = []
    for intent in intents:
        named = intent.slots.get("device_id")
        ids += map(str, named) if isinstance(named, list) else [str(named)] if named is not None else []
    return tuple(dict.fromkeys(ids))


def chosen(ids: Sequence[str]) -> dict[str, JsonValue]:
    """Slots that mean just these devices."""
    return {"device_id": ids[0]} if len(ids) == 1 else {"device_id": list(ids), "all": True}


def property_of(tokens: Iterable[str]) -> str | None:
    """The property that a question is about: ``volume``, ``position``, ``brightness``, ``speed``, ``battery``, ``humidity``."""
    return next((_PROPERTIES[token] for token in tokens if token in _PROPERTIES), None)

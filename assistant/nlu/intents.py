"""What the understanding has to know of intents: which ask, and never act."""

from __future__ import annotations

from collections.abc import Iterable

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


def property_of(tokens: Iterable[str]) -> str | None:
    """The property that a question is about: ``volume``, ``position``, ``brightness``, ``speed``, ``battery``, ``humidity``."""
    return next((_PROPERTIES[token] for token in tokens if token in _PROPERTIES), None)

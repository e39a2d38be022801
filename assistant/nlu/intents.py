"""What the understanding has to know of intents: which ask, and never act."""

from __future__ import annotations

QUESTIONS = frozenset(
    """
    HassGetState HassClimateGetTemperature HassGetWeather AssistListQuery HassGetCurrentTime HassGetCurrentDate
    """.split()
)

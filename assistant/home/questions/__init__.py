"""Answers to questions about the house. Every one is made of a ``Home`` snapshot, a value: nothing here can act."""

from __future__ import annotations

from collections.abc import Callable

from assistant.home.questions import clock, comparing, lists, state, temperature, weather
from assistant.home.wording import Wording
from assistant.types import Home, Intent, Outcome, TurnContext

Answer = Callable[[Home, Intent, TurnContext, Wording], Outcome]

ANSWERS: dict[str, Answer] = {
    "HassGetState": state.answer,
    "HassClimateGetTemperature": temperature.answer,
    "AssistCompare": comparing.answer,
    "HassGetWeather": weather.answer,
    "HassGetCurrentTime": clock.time,
    "HassGetCurrentDate": clock.date,
    "AssistListQuery": lists.answer,
}
QUESTION_INTENTS = frozenset(ANSWERS)


def answer(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome | None:
    """The answer to a question intent; ``None`` where the intent is no question."""
    function = ANSWERS.get(intent.name)
    return function(home, intent, context, wording) if function else None

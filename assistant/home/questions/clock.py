"""Time and date of the turn."""

from __future__ import annotations

from assistant.home.questions.base import answered
from assistant.home.wording import Wording
from assistant.types import Home, Intent, Outcome, TurnContext


def time(_home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    """``HassGetCurrentTime``."""
    return answered(intent, (), wording.say("time", time=wording.clock(context.now.hour, context.now.minute)))


def date(_home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    """``HassGetCurrentDate``."""
    now = context.now
    parts = {
        "weekday": wording.weekday(now.weekday()),
        "month": wording.month(now.month),
        "day": now.day,
        "year": now.year,
    }
    return answered(intent, (), wording.say("date", **parts))

"""Whether what a question asks is so: for conditions of commands."""

from __future__ import annotations

from assistant.home.features import number
from assistant.home.lists import find_item, find_list, named_items, open_items
from assistant.home.questions import state, temperature
from assistant.home.targets import Targets
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent, TurnContext


def truth(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> bool | None:
    """``None`` where it cannot be told: no such device, several, no value, or an intent that asks nothing."""
    if intent.name == "HassGetState":
        found = state.examine(home, intent, context, wording)
        if not isinstance(found, state.Finding) or not (found.matching or found.others):
            return None
        return not found.others if intent.response == "all" else found.is_so
    if intent.name == "HassClimateGetTemperature":
        measured = temperature.find(home, intent, context)
        value = temperature.reading(temperature.best(measured.devices)) if isinstance(measured, Targets) else None
        return None if value is None else _within(value[0], intent)
    if intent.name == "AssistListQuery":
        device = find_list(home, intent)
        if not isinstance(device, Device):
            return None
        asked = named_items(intent)
        return all(find_item(device, i, open_only=True) for i in asked) if asked else bool(open_items(device))
    return None


def _within(value: float, intent: Intent) -> bool | None:
    above, below = number(intent.slots.get("above")), number(intent.slots.get("below"))
    if above is None and below is None:
        return None
    return (above is None or value > above) and (below is None or value < below)

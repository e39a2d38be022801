"""``AssistIf``: intents inside an intent, as plain slots.

``if`` is a question and ``then`` one intent or several, each a table of ``intent``, ``slots`` and ``response``;
``unless = true`` turns the condition round.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Intent, JsonValue


@dataclass(frozen=True, slots=True)
class Conditional:
    """What to do if ``condition`` is ``wanted``."""

    condition: Intent
    wanted: bool
    then: tuple[Intent, ...]


def conditional_of(intent: Intent) -> Conditional | None:
    """The parts of an ``AssistIf``; ``None`` where they are not as they must be."""
    condition, then = _inner(intent.slots.get("if")), intent.slots.get("then")
    acts = [_inner(row) for row in (then if isinstance(then, list) else [then])]
    inner = tuple(act for act in acts if act is not None and act.name != intent.name)
    if condition is None or not inner or len(inner) != len(acts):
        return None
    return Conditional(condition, intent.slots.get("unless") is not True, inner)


def _inner(row: JsonValue) -> Intent | None:
    if not isinstance(row, dict) or not isinstance(row.get("intent"), str):
        return None
    slots, response = row.get("slots"), row.get("response")
    return Intent(
        str(row["intent"]), slots if isinstance(slots, dict) else {}, response if isinstance(response, str) else None
    )

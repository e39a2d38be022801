"""Commands in an order that is told: "after you close the blind, turn on the lamp", "first the blinds, second mute the TV"."""

from __future__ import annotations

import re

from assistant.nlu.joints import starts_command

_DONE = {
    "turned": "turn", "switched": "switch", "closed": "close", "opened": "open", "locked": "lock", "unlocked": "unlock",
    "started": "start", "stopped": "stop", "dimmed": "dim", "muted": "mute", "paused": "pause", "lowered": "lower",
    "raised": "raise", "drawn": "draw", "turning": "turn", "switching": "switch", "closing": "close", "opening": "open",
    "locking": "lock", "starting": "start", "stopping": "stop", "dimming": "dim", "muting": "mute", "pausing": "pause",
    "lowering": "lower", "raising": "raise", "shutting": "shut", "setting": "set", "putting": "put",
}  # fmt: skip
_POLITE = r"(?:(?:please|then|also|now|go|and|next|you can|can you|could you)\b[, ]*)*"
_AFTER = re.compile(
    r"^(?:after|once|as soon as) (?:you(?:'ve| have|'re| are)?|having) (?:done |finished |finally )?"
    r"(?P<verb>\w+)(?P<first> .+?)(?:, *| (?=(?:please|also|then) ))" + _POLITE + r"(?P<second>.+)$",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"^before (?:you )?(?P<verb>\w+)(?P<last> .+?), *" + _POLITE + r"(?P<first>.+)$", re.IGNORECASE)
_FIRST = re.compile(
    r"^(?:first(?:ly| of all| off)?|one),? (?P<first>.+?),? (?:and )?(?:second(?:ly)?|two|then|next|after that),? (?P<second>.+)$",
    re.IGNORECASE,
)


def in_order(text: str) -> str:
    """The commands one after the other with a "then" between them, where both begin as commands do; else ``text``."""
    for pattern in (_AFTER, _BEFORE):
        told = pattern.match(text)
        if told is None:
            continue
        verb = told["verb"].lower()
        one = f"{_DONE.get(verb, verb)}{told['first' if pattern is _AFTER else 'last']}"
        other = told["second" if pattern is _AFTER else "first"]
        if starts_command(one) and starts_command(other):
            return f"{one} then {other}" if pattern is _AFTER else f"{other} then {one}"
    told = _FIRST.match(text)
    if told is not None and starts_command(told["first"]) and starts_command(told["second"]):
        return f"{told['first']} then {told['second']}"
    return text

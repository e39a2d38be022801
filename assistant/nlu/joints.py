"""How parts of a sentence are told: where it has joints, what begins as a command does, what is a reason or a report."""

from __future__ import annotations

import re
from collections.abc import Iterator

JOINT = re.compile(
    r"\s*,?\s+(?:as well as|and then|and also|and after that|after that|and afterwards|afterwards|and finally|and|then|also|plus|but)\s+|"
    r"\s*,(?!\d{3}\b)\s*",
    re.IGNORECASE,
)
STARTS_COMMAND = re.compile(
    r"^(?:please |then |also |now )*(?:turn|switch|set|make|open|close|shut|lock|unlock|start|stop|pause|play|add|put|dim|"
    r"brighten|change|increase|decrease|raise|lower|mute|unmute|activate|deactivate|enable|disable|is|are|what|which|how|"
    r"tell|remove|resume|skip|run|send|take|check|clear|vacuum|clean|mow|press|toggle|kill|cut|knock|shut|flip|power|what's|when|where|who|did|do|does)\b",
    re.IGNORECASE,
)
_NO_PREAMBLE = re.compile(
    r"\b(?:said|says|say|told|tell|asked|ask|asks|if|unless|when|before|after|until|don't|do not|never|why|who|what|should|"
    r"would|could|might|maybe|remember|yesterday|tomorrow|later|wish|dream|imagine|pretend|joke|story|song|movie)\b",
    re.IGNORECASE,
)
_TELLING = re.compile(
    r"\b(?:i|we|he|she|they|was|were|has|had|did|is|are|because)\b|'(?:m|re|ve|ll|d)\b", re.IGNORECASE
)
_RUN_ON_REASON = re.compile(
    r"\s+(?=(?:it's|it is|i'm|i am|we're|we are|there's|there is|i can't|that's) \w+)", re.IGNORECASE
)
_RUN_ON = re.compile(
    r"\s+(?=(?:(?:so|now) )?(?:(?:could|can|would|will) (?:you|someone|somebody) |please )?"
    r"(?:turn|switch|open|close|shut|lock|start|stop|pause|play|put|dim|mute|raise|lower|draw|get|pop|stick|kill|run|set)\b)",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"^(?:(?:i|we|it|there|everyone|everybody|nobody|someone|somebody)(?:'m|'s|'re|'ve| am| is| are| have| has| need| want| can't| cannot)|"
    r"(?:the|my|our) (?:\w+ ){1,2}?(?:'s|is|are|am|hurts?|needs?|has|have))\s+\w",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"\b(?:to|the|a|an|my|our|his|her|your|their|and|or|not|of|in|on|at|for|with|can|could|would|will|should|must|i|we|you|they|he|"
    r"she|it|that|which|who|is|are|was|were|be|am|always|never|often|called|let|just|only|then|please)$",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"^(?:because|since|as|cause|for)?\s*(?:i|i'm|i've|we|we're|we've|it|it's|there|there's|he|she|they|my|our|the|that's|this|nobody|somebody|someone)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(r",(?!\d{3}\b)\s*|\s+(?=(?:because|since|cause|as (?:it|i|we|the))\b)", re.IGNORECASE)


def starts_command(text: str) -> bool:
    """Whether a clause begins as commands do."""
    return STARTS_COMMAND.match(text) is not None


def is_imagined(text: str) -> bool:
    """Whether a text has words of reporting, asking or imagining, which no row of commands has."""
    return _NO_PREAMBLE.search(text) is not None


def goes_on(text: str) -> bool:
    """Whether the last word is one that more must follow on: a clause does not end there."""
    return _GOES_ON.search(text) is not None


def is_telling(text: str) -> bool:
    """Whether a text says how something is, or what somebody does."""
    return _TELLING.search(text) is not None


def preambles(text: str) -> Iterator[tuple[str, str]]:
    """(reason, command) of "it is stuffy in here, turn on the fan"; only commands that begin as one."""
    for comma in re.finditer(r",(?!\d{3}\b)\s*|\s+so\s+", text):
        preamble, command = text[: comma.start()].strip(), text[comma.end() :].strip()
        if STARTS_COMMAND.match(command) and not STARTS_COMMAND.match(preamble) and not _NO_PREAMBLE.search(preamble):
            yield preamble, command
    for joint in _RUN_ON.finditer(text):
        preamble, command = text[: joint.start()].strip(), text[joint.end() :].strip()
        if preamble.endswith(","):
            continue  # cut there already
        if _TELLS.match(preamble) and not _GOES_ON.search(preamble) and not _NO_PREAMBLE.search(preamble):
            yield preamble, command


def reasons(text: str) -> Iterator[tuple[str, str]]:
    """(command, reason) of "put the kettle on, I'm gasping" and "turn it off because nobody is there"."""
    for joint in _SINCE.finditer(text):
        command, reason = text[: joint.start()].strip(), text[joint.end() :].strip()
        goes_on = any(STARTS_COMMAND.match(part) for part in JOINT.split(reason))
        if _REASON.match(reason) and not _NO_PREAMBLE.search(reason) and not goes_on:
            yield command, reason
    for joint in _RUN_ON_REASON.finditer(text):
        command, reason = text[: joint.start()].strip(), text[joint.end() :].strip()
        if not (_GOES_ON.search(command) or _NO_PREAMBLE.search(text)):
            yield command, reason


def without_asides(text: str) -> Iterator[str]:
    """``arm the alarm, I'm going out, and lock up`` without the reason in its midst."""
    parts = re.split(r",(?!\d{3}\b)\s*", text)
    for place in range(1, len(parts) - 1):
        if _REASON.match(parts[place]) and not _NO_PREAMBLE.search(parts[place]):
            yield ", ".join([*parts[:place], *parts[place + 1 :]])

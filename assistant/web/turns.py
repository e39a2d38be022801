"""A turn as the panel shows it: its stages over time, and why it did what it did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from assistant.events import TurnRecord
from assistant.types import JsonValue

ORDER = ("asr", "nlu", "act", "llm_first", "llm", "tts_first", "total")
SINCE_BEGIN = ("tts_first", "total")
"""These are counted from the turn's begin; the others are spans, one after the other."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stage: where it begins and how long it is, in per mille of the turn, and its milliseconds."""

    name: str
    begin: int
    width: int
    ms: float


def waterfall(ms: Mapping[str, float]) -> list[Bar]:
    """The stages in their order."""
    total = max([*ms.values(), 0.001])
    bars: list[Bar] = []
    at = 0.0
    for name in sorted(ms, key=lambda key: (ORDER.index(key) if key in ORDER else len(ORDER), key)):
        if name == "total":
            continue
        begin, end = (at, ms[name]) if name in SINCE_BEGIN else (at, at + ms[name])
        begin = min(begin, end)
        bars.append(
            Bar(name, round(begin / total * 1000), max(3, round((end - begin) / total * 1000)), round(end - begin, 1))
        )
        if name not in SINCE_BEGIN:
            at = min(end, total)
    return bars


def why(record: TurnRecord) -> list[str]:
    """The ways that the turn took, as keys of the panel's texts."""
    result = record.result
    reasons = [f"why_{result.route}"]
    if result.expects_answer:
        reasons.append("why_asks")
    if result.error:
        reasons.append("why_error")
    if not result.states and result.intents:
        reasons.append("why_unchanged")
    return reasons


def intent_lines(record: TurnRecord) -> list[tuple[str, str]]:
    """Each intent's name and slots."""
    return [(intent.name, ", ".join(f"{k} = {v}" for k, v in intent.slots.items())) for intent in record.result.intents]


def turn_event(record: TurnRecord) -> dict[str, JsonValue]:
    """A turn for the live page."""
    result = record.result
    return {
        "id": result.turn_id,
        "heard": result.transcript,
        "reply": result.error or result.reply,
        "failed": result.error is not None,
        "source": record.source,
        "area": record.area,
        "at": record.at.strftime("%H:%M:%S"),
        "ms": round(result.ms.get("total", 0.0)),
        "route": result.route,
    }


def find(records: Iterable[TurnRecord], turn_id: str) -> TurnRecord | None:
    """The turn of this id."""
    return next((record for record in records if record.result.turn_id == turn_id), None)

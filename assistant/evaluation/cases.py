"""Evaluation cases and results: one JSON object a line, in the format of the public test material.

Sources: the case and result formats of the evaluation material (``id``, ``home``, ``text`` or ``audio``, ``state`` …).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.errors import ConfigError
from assistant.types import TurnResult


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a case file; paths are absolute. ``before``: sentences said earlier in the same conversation."""

    id: str
    home: Path | None
    text: str | None = None
    audio: Path | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    sentences: Path | None = None
    area: str | None = None
    add_devices: tuple[Mapping[str, Any], ...] = ()
    add_areas: tuple[Mapping[str, Any] | str, ...] = ()
    add_floors: tuple[Mapping[str, Any] | str, ...] = ()
    now: dt.datetime | None = None
    before: tuple[str, ...] = ()
    category: str = "all"
    ask: bool = False
    """Whether risky acts are asked about in this case, whatever the run says of them."""
    snr_db: float | None = None
    """Room noise to mix into the recording, this far below the speech."""
    spoken: bool = False
    """Whether ``text`` is said by a voice and heard, instead of being typed."""


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a JSONL file, in order. Raises ConfigError naming file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _case(json.loads(line), path.parent)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ConfigError(f"{path}:{number}: not a case: {error!r}") from error


def _case(row: Mapping[str, Any], folder: Path) -> Case:
    def place(key: str) -> Path | None:
        return folder / row[key] if row.get(key) else None

    if not row.get("audio") and row.get("text") is None:
        raise ValueError("neither 'text' nor 'audio'")
    return Case(
        id=str(row["id"]),
        home=place("home"),
        text=row.get("text"),
        audio=place("audio"),
        state=row.get("state") or {},
        sentences=place("sentences"),
        area=(row.get("context") or {}).get("area"),
        add_devices=tuple(row.get("add_devices") or ()),
        add_areas=tuple(row.get("add_areas") or ()),
        add_floors=tuple(row.get("add_floors") or ()),
        now=dt.datetime.fromisoformat(row["now"]) if row.get("now") else None,
        before=tuple(row.get("before") or ()),
        category=row.get("category", "all"),
        ask=row.get("confirm") == "ask",
    )


def result_row(case_id: str, result: TurnResult) -> dict[str, Any]:
    """``result`` in the result format; where the turn failed, ``error`` stands instead of the rest."""
    if result.error:
        return {"id": case_id, "transcript": result.transcript, "error": result.error}
    return {
        "id": case_id,
        "transcript": result.transcript,
        "actions": [
            {"intent": action.intent, "slots": dict(action.slots), "targets": list(action.targets)}
            for action in result.actions
            if action.intent != "HassNevermind"  # nothing is carried out
        ],
        "states": {
            device: {"state": state.state, "attributes": dict(state.attributes)}
            for device, state in result.states.items()
        },
        "reply": result.reply,
        "route": result.route,
        "ms": {stage: round(ms, 2) for stage, ms in result.ms.items()},
        **({"skill": result.skill} if result.skill else {}),
        **({"notes": list(result.notes)} if result.notes else {}),
    }

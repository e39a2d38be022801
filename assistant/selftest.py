"""``assistant selftest``: does this program, with this machine's models and settings, still hear, understand, act, answer?

It listens to recordings that were spoken when the release was built (``--record``; without any it speaks them itself),
over the built-in home in memory: nothing of the owner's is touched. An update is kept only where this passes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.audio.files import load_clip, save_clip, to_mono_16k
from assistant.config import Config
from assistant.config.sections import AsrSection, TtsSection
from assistant.errors import AssistantError
from assistant.home.house import open_house
from assistant.parts import Parts
from assistant.types import AudioClip, TurnContext, TurnResult

RECORDINGS = Path("share") / "assistant" / "selftest"
SHORTEST_REPLY_S = 0.2
MODEL_PATIENCE = 12.0
"""A question for the language model may take so many times a command's time: its prompt is evaluated from nothing here."""


@dataclass(frozen=True, slots=True)
class Case:
    """One spoken sentence, and what must have become of the home: device -> state, and the attributes given."""

    name: str
    text: str
    states: dict[str, str]
    attributes: tuple[tuple[str, str, int], ...] = ()
    by_model: bool = False


CASES = (
    Case("switch", "Turn on the kitchen light.", {"light.kitchen": "on"}),
    Case(
        "value",
        "Set the bedroom lamp to fifty percent.",
        {"light.bedroom": "on"},
        (("light.bedroom", "brightness", 128),),
    ),
    Case("ask", "Is the front door locked?", {}),
    Case("talk", "Why is the sky blue?", {}, by_model=True),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One check's outcome: ``reason`` is empty where it passed; ``wait_ms`` from the last sound heard to the first said."""

    name: str
    reason: str
    wait_ms: float = 0.0
    heard: str = ""


def installed_recordings() -> Path:
    """Where the running release keeps its recordings."""
    return Path(sys.prefix) / RECORDINGS


def record(config: Config, folder: Path) -> None:
    """Speak the sentences into ``folder``, one WAV a case."""
    folder.mkdir(parents=True, exist_ok=True)
    with Parts(in_english(config)) as parts:
        for case in CASES:
            save_clip(to_mono_16k(parts.say(case.text)), folder / f"{case.name}.wav")


def run_selftest(config: Config, recordings: Path | None, turn_limit_s: float) -> Iterator[Checked]:
    """Every check's outcome, as it ends. What is broken is an outcome, not an exception."""
    yield _guarded("settings", lambda: _own_settings(config))
    with tempfile.TemporaryDirectory(prefix="assistant-selftest-") as scratch:
        paths = dataclasses.replace(config.paths, state=Path(scratch))
        with Parts(dataclasses.replace(in_english(config), paths=paths)) as parts:
            for case in CASES:
                yield _guarded(case.name, lambda case=case: _run_case(parts, case, recordings, turn_limit_s))  # type: ignore[misc]


def in_english(config: Config) -> Config:
    """The same settings with the ear, the mind and the voice of the recordings, which are English on every machine.

    What the owner's own language understands is tried as far as ``_own_settings`` compiles it.
    """
    if config.assistant.language.partition("-")[0] == "en":
        return config
    return dataclasses.replace(
        config,
        assistant=dataclasses.replace(config.assistant, language="en"),
        asr=dataclasses.replace(config.asr, model=AsrSection().model),
        tts=dataclasses.replace(config.tts, voice=TtsSection().voice),
    )


def _guarded(name: str, check: Callable[[], Checked]) -> Checked:
    try:
        return check()
    except (AssistantError, ImportError, OSError) as error:
        return Checked(name, str(error))


def _own_settings(config: Config) -> Checked:
    """The owner's own inventory and sentences must still be read."""
    with tempfile.TemporaryDirectory(prefix="assistant-selftest-") as scratch:
        paths = dataclasses.replace(config.paths, state=Path(scratch))
        with Parts(dataclasses.replace(config, paths=paths)) as parts:
            house = open_house(config.home.inventory, None)
            parts.mind_for(house, sentences=config.home.sentences)
    return Checked("settings", "")


def _run_case(parts: Parts, case: Case, recordings: Path | None, turn_limit_s: float) -> Checked:
    path = recordings / f"{case.name}.wav" if recordings else None
    clip = load_clip(path) if path and path.is_file() else to_mono_16k(parts.say(case.text))
    house = open_house(None, None)
    mind = parts.mind_for(house)
    turn = parts.turn(house=house, mind=mind, ears=parts.hearing.ears_for(mind), talk=parts.talk(), speak=True)
    said: list[AudioClip] = []
    result = turn.run(clip, TurnContext(now=dt.datetime.now().astimezone()), sink=said.append)
    wait_ms = result.ms.get("tts_first", result.ms.get("total", 0.0))
    reason = _reason(case, result, sum(clip.duration_s for clip in said))
    limit_s = turn_limit_s * (MODEL_PATIENCE if case.by_model else 1.0)
    if not reason and wait_ms > limit_s * 1000:
        reason = f"took {wait_ms / 1000:.1f} s, more than {limit_s:g} s"
    return Checked(case.name, reason, wait_ms, result.transcript)


def _reason(case: Case, result: TurnResult, spoken_s: float) -> str:
    if result.error:
        return result.error
    states = {device: state.state for device, state in result.states.items()}
    if states != case.states:
        return f"heard '{result.transcript}', and changed {states or 'nothing'} instead of {case.states or 'nothing'}"
    for device, name, wanted in case.attributes:
        got = result.states[device].attributes.get(name)
        if not isinstance(got, int | float) or abs(got - wanted) > 1:
            return f"heard '{result.transcript}', and set {name} to {got} instead of {wanted}"
    if not result.reply.strip() or spoken_s < SHORTEST_REPLY_S:
        return f"heard '{result.transcript}', and gave no answer"
    return ""

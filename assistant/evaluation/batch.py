"""Runs evaluation cases over one set of models, each in a home of its own.

What is compiled from names (matcher, speech bias, grammar) is kept by the home's names and the sentence folder, so that
a thousand cases in one house compile once.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from assistant.audio.files import load_clip
from assistant.audio.noise import add_noise, room_noise
from assistant.config import Config
from assistant.errors import AssistantError, StorageError
from assistant.evaluation.cases import Case, result_row
from assistant.evaluation.voices import Voices
from assistant.home.house import House
from assistant.home.inventory import load_inventory, overlay
from assistant.nlu.learned import Learned
from assistant.nlu.mind import DialogueMind
from assistant.parts import Parts
from assistant.parts.skills import FixedClock, SkillParts
from assistant.skills.skills import SkillSet
from assistant.turn.turn import new_turn_id
from assistant.types import AudioClip, Home, TurnContext


class BatchRunner:
    """``with BatchRunner(config) as runner: runner.run(cases, out)``."""

    def __init__(self, config: Config, *, confirmed: bool = True, speak: bool = True, chat: bool = True) -> None:
        """``chat`` False leaves the answers to talk empty: what is marked is understanding, not small talk."""
        self._parts = Parts(config)
        # What this machine's owner has explained is no part of a measurement.
        self._parts.understanding.learned = Learned(None)
        self._confirmed = confirmed
        self._speak = speak
        self._chat = chat
        self._inventories: dict[Path, Home] = {}
        self._voices = Voices(self._parts.say)

    def __enter__(self) -> Self:
        self._parts.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.__exit__(kind, error, trace)

    def run(self, cases: Iterable[Case], out: Path, *, advance: Callable[[], object] = lambda: None) -> int:
        """Write one result line a case to ``out`` (renamed into place at the end); returns the number of errors."""
        errors = 0
        partial = out.with_name(out.name + ".part")
        try:
            with partial.open("w", encoding="utf-8") as file:
                for case in cases:
                    row = self.run_case(case)
                    errors += "error" in row
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()
                    advance()
                os.fsync(file.fileno())
            partial.replace(out)
        except OSError as error:
            raise StorageError(f"{out}: cannot write results: {error.strerror}") from error
        return errors

    def run_case(self, case: Case) -> dict[str, object]:
        """One case in its own home; what breaks is the row's ``error``."""
        try:
            house = House.from_home(self._home(case))
            mind = self._parts.mind_for(house, sentences=case.sentences)
            talk = self._parts.talk() if self._chat else SilentTalk()
            context = TurnContext(now=case.now or dt.datetime.now().astimezone(), area=case.area, turn_id=new_turn_id())
            utterance = self._utterance(case)
            ears = self._parts.hearing.ears_for(mind) if isinstance(utterance, AudioClip) else None
            skills = self._skills(context, house, mind)
            turn = self._parts.turn(house=house, mind=mind, ears=ears, talk=talk, skills=skills, speak=self._speak)
            confirmed = self._confirmed and not case.ask
            for earlier in case.before:
                turn.run(earlier, context, confirmed=confirmed)
            result = turn.run(utterance, context, confirmed=confirmed)
        except AssistantError as error:
            return {"id": case.id, "transcript": case.text or "", "error": str(error)}
        return result_row(case.id, result)

    def _utterance(self, case: Case) -> str | AudioClip:
        if case.audio is not None:
            clip = load_clip(case.audio)
        elif case.spoken:
            clip = self._voices.say(case.text or "", case.id)
        else:
            return case.text or ""
        return clip if case.snr_db is None else _noisy(clip, case.snr_db, seed=zlib.crc32(case.id.encode()))

    def _skills(self, context: TurnContext, house: House, mind: DialogueMind) -> SkillSet:
        """Skills of the case's own: its timers and lists are in memory, and its clock stands at the case's time.

        ``mind`` reads the steps of a request that are the house's, as in the running assistant.
        """
        own = SkillParts(self._parts.config, store_path=None, clock=FixedClock(context.now))
        own.share(self._parts.skill_parts)
        return own.conversation(house, mind)

    def _home(self, case: Case) -> Home:
        if case.home is None:
            home = Home()
        else:
            if case.home not in self._inventories:
                self._inventories[case.home] = load_inventory(case.home)
            home = self._inventories[case.home]
        return overlay(
            home,
            states=case.state,
            add_devices=case.add_devices,
            add_areas=case.add_areas,
            add_floors=case.add_floors,
        )


class SilentTalk:
    """Says nothing to talk."""

    def answer(self, _text: str, _context: TurnContext, _cancelled: Callable[[], bool]) -> Iterator[str]:
        """No pieces at all."""
        return iter(())


def _noisy(clip: AudioClip, snr_db: float, seed: int) -> AudioClip:
    """``clip`` in a noisy kitchen; the noise differs from case to case and is the same in every run."""
    return add_noise(clip, room_noise(clip.duration_s + 1.0, seed=seed), snr_db, seed=seed)

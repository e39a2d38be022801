"""Requests of several steps: each is read and carried out by itself, in order, and stops what follows where it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from assistant.skills.base import Handler, Said
from assistant.skills.language import Language
from assistant.skills.templates import Reading
from assistant.types import (
    Action,
    Ask,
    Handled,
    Intent,
    NoIntent,
    Outcome,
    SkillReply,
    TurnContext,
    Understanding,
    Understood,
)

MOST_STEPS = 5
MOST_WORDS = 80
"""What is longer is no request that somebody speaks, and would take seconds to be cut."""
ACTING = ("Set", "Add", "Cancel", "Pause", "Resume", "Change", "Create", "Remove", "Complete", "Clear", "Delete")
"""How the names of the skills' intents end that change something."""


class House(Protocol):
    """Carries an intent out, or asks back, or says why not."""

    def __call__(self, intent: Intent, context: TurnContext) -> Outcome: ...


class StepsSkill:
    """Takes a sentence apart at its "and" and "then" where every part is understood and one of them is a skill's.

    ``read`` understands a command to the house; ``carry_out`` does it; ``read_skill`` and ``answer`` are the skills' own.
    """

    def __init__(
        self,
        language: Language,
        read: Callable[[str, TurnContext], Understanding],
        carry_out: House,
        read_skill: Callable[[str], Reading | None],
        answer: Callable[[str, TurnContext], SkillReply | None],
    ) -> None:
        self._language = language
        self._read = read
        self._carry_out = carry_out
        self._read_skill = read_skill
        self._answer = answer
        joiners = sorted(language.table["steps"]["joiners"], key=len, reverse=True)
        self._joiner = re.compile(rf"(?:{'|'.join(joiners)})", re.I)
        self._say = language.wording.say
        self.handlers: dict[str, Handler] = {}

    def request(self, text: str, context: TurnContext) -> Said | None:
        """Carry out a request of several steps; ``None`` where it is none, or not understood as a whole."""
        steps = self._steps(text, context) if len(text.split()) <= MOST_WORDS else None
        if steps is None:
            return None
        if len(steps) > MOST_STEPS:
            return Said(self._say("too_many_steps", count=MOST_STEPS))
        replies: list[str] = []
        actions: list[Action] = []
        for number, step in enumerate(steps, 1):
            done, reply, more = self._do(step, steps[0], context)
            actions += more
            replies.append(reply)
            if not done:
                left = len(steps) - number
                if left:
                    replies.append(self._say("steps_left_out", steps=self._language.wording.counted("step", left)))
                break
        return Said(" ".join(reply for reply in replies if reply), acted=True, actions=tuple(actions))

    def half_understood(self, text: str, context: TurnContext) -> Said | None:
        """ "Set a timer and fly to the moon": nothing is done by halves, and the chat model must not say that it was."""
        joints = list(self._joiner.finditer(text))
        for joint in reversed(joints) if len(joints) < MOST_STEPS else ():
            parts = [part.strip(" ,") for part in (text[: joint.start()], text[joint.end() :])]
            known = [part for part in parts if self._acts(part, context)]
            if len(known) == 1 and all(parts):
                unknown = next(part for part in parts if part not in known)
                return Said(self._say("step_unknown", step=unknown))
        return None

    def _acts(self, step: str, context: TurnContext) -> bool:
        """Whether a step, or all of several, is plainly something to be done."""
        if self._steps(step, context) is not None:
            return True
        reading = self._read_skill(step)
        if reading is not None:
            return reading.intent.endswith(ACTING)
        understanding = self._read(step, context)
        return isinstance(understanding, Understood) and not any("Get" in i.name for i in understanding.intents)

    def _steps(self, text: str, context: TurnContext) -> list[str] | None:
        parts = [part for part in (p.strip(" ,") for p in self._joiner.split(text)) if part]
        if len(parts) < 2:
            return None
        steps: list[str] = []
        skills = 0
        while parts:
            for size in range(len(parts), 0, -1):  # "the hall and the kitchen light" is one step
                step = " and ".join(parts[:size])
                skill = self._read_skill(step) is not None
                house = not skill and isinstance(self._read(step, context), Understood)
                if (skill and size == 1) or house:
                    break
            else:
                return None
            skills += skill
            steps.append(step)
            parts = parts[size:]
        return steps if skills and len(steps) > 1 else None

    def _do(self, step: str, first: str, context: TurnContext) -> tuple[bool, str, Sequence[Action]]:
        """(whether the next step may follow, what is said, what was done)."""
        reading = self._read_skill(step)
        if reading is not None:
            if reading.intent == "ReminderSet" and not reading.text("what"):
                step = f"{step} {self._language.table['steps']['about'].format(what=self._bare(first))}"
            reply = self._answer(step, context)
            if reply is None:
                return False, self._say("step_not_done", step=step), ()
            return not reply.expects_answer, "".join(reply.pieces), reply.actions
        understanding = self._read(step, context)
        if isinstance(understanding, NoIntent | Ask):
            return False, self._say("step_not_done", step=step), ()
        said: list[str] = []
        actions: list[Action] = []
        for intent in understanding.intents:
            outcome = self._carry_out(intent, context)
            if isinstance(outcome, Ask):
                return False, " ".join([*said, self._say("step_needs_yes", step=step)]), actions
            said.append(outcome.reply)
            if not isinstance(outcome, Handled):
                return False, " ".join(said), actions
            actions.append(outcome.action)
        return True, " ".join(dict.fromkeys(said)), actions

    def _bare(self, step: str) -> str:
        """A conditional step without its condition, for the reminder about it."""
        for pattern in self._language.table["steps"]["conditions"]:
            step = re.sub(pattern, "", step, flags=re.I)
        return step.strip(" ,")

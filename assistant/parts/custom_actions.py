"""Carries out what the user's own sentences do: device states, something said, MQTT messages, HTTP calls, other intents.

The house asks here for intents that it does not know. What leaves the house goes through ``ActionRunner``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from assistant.errors import DeviceError
from assistant.home.house import House
from assistant.nlu.actions import HttpCall, Perform, Publish, Say, SetStates
from assistant.nlu.custom import CustomIntents
from assistant.telling import Telling
from assistant.types import Action, Ask, Handled, Intent, JsonValue, NotHandled, Outcome, TurnContext


class ActionRunner(Protocol):
    """Sends what an action sends. Raises DeviceError, with words for the speaker, where that fails or is not set up."""

    def publish(self, topic: str, payload: str, *, qos: int, retain: bool) -> None: ...

    def call(self, method: str, url: str, body: str | None, headers: Mapping[str, str], timeout_s: float) -> None: ...


class CustomActions:
    """``House.custom`` for the intents of one set of sentence files."""

    def __init__(self, own: CustomIntents, house: House, runner: ActionRunner, telling: Telling | None = None) -> None:
        self._own = own
        self._house = house
        self._runner = runner
        self._telling = telling or Telling()

    def __call__(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome | None:
        """Every action of the intent in order; ``None`` for an intent that the files say nothing of.

        The first that fails, or has to ask, ends it: what follows may depend on it.
        """
        actions, reply = self._own.actions_of(intent), self._own.reply_of(intent)
        if not actions and reply is None:
            return None
        said: list[str] = []
        targets: list[str] = []
        outcome: Outcome | None
        for action in actions:
            match action:
                case Say(text=text):
                    said.append(text)
                    continue
                case SetStates(states=states):
                    outcome = self._house.bring_about(intent, states, context, confirmed=confirmed)
                case Perform(intent=inner):
                    outcome = self._house.carry_out(inner, context, confirmed=confirmed)
                case _:
                    outcome = self._send(action)
            if isinstance(outcome, Ask):
                return Ask(outcome.question, (intent,)) if len(outcome.candidates) == 1 else outcome
            if isinstance(outcome, NotHandled):
                return NotHandled(" ".join([*said, outcome.reply]))
            said += [outcome.reply] if outcome is not None and reply is None else []
            targets += outcome.action.targets if outcome is not None else ()
        text = " ".join([*([reply] if reply else []), *said])
        slots = {key: value for key, value in intent.slots.items() if key not in ("confirmed", "here")}
        return Handled(Action(intent.name, slots, tuple(dict.fromkeys(targets))), text or self._telling.say("done"))

    def _send(self, action: Publish | HttpCall) -> NotHandled | None:
        try:
            if isinstance(action, Publish):
                self._runner.publish(action.topic, _text(action.payload), qos=action.qos, retain=action.retain)
            else:
                body = None if action.body is None else _text(action.body)
                headers = dict(action.headers)
                if not isinstance(action.body, str | None):
                    headers.setdefault("Content-Type", "application/json")
                self._runner.call(action.method, action.url, body, headers, action.timeout_s)
        except DeviceError as error:
            return NotHandled(self._telling.say("action_failed", reason=error))
        return None


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

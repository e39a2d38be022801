"""The conversation with the chat model itself: forgetting it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.skills.base import Handler, Said
from assistant.skills.language import Language
from assistant.skills.templates import Reading
from assistant.types import TurnContext


class TalkSkill:
    """``forget`` has the chat model begin a new conversation."""

    def __init__(self, language: Language, forget: Callable[[], None]) -> None:
        self._forget = forget
        self._say = language.wording.say
        self.handlers: Mapping[str, Handler] = {"ForgetTalk": self._forgotten}

    def _forgotten(self, _reading: Reading, _context: TurnContext) -> Said:
        self._forget()
        return Said(self._say("forgotten"), acted=True)

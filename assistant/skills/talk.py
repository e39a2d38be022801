"""The conversation with the chat model itself: forgetting it; and how a word is spelt, which a small model gets wrong."""

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
        self.handlers: Mapping[str, Handler] = {"ForgetTalk": self._forgotten, "Spell": self._spelled}

    def _forgotten(self, _reading: Reading, _context: TurnContext) -> Said:
        self._forget()
        return Said(self._say("forgotten"), acted=True)

    def _spelled(self, reading: Reading, _context: TurnContext) -> Said | None:
        word = (reading.text("word") or "").strip(" \"'.?")
        if not word.replace(" ", "").replace("-", "").replace("'", "").isalpha():
            return None
        letters = ", ".join(letter.upper() for letter in word if letter.isalpha())
        return Said(self._say("spelled", word=word, letters=letters))

"""Translation by a phrasebook and the language model: single sentences, and an interpreter until it is told to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol

from assistant.skills.base import Handler, Said
from assistant.skills.language import Language
from assistant.skills.phrasebook import translated
from assistant.skills.templates import Found, Reader, Reading
from assistant.skills.text import Words
from assistant.types import TurnContext

MOST_TOKENS = 160

Message = tuple[Literal["system", "user", "assistant"], str]


class Translator(Protocol):
    """A language model that answers to messages, in pieces."""

    def answer(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[str]: ...


class TranslationSkill:
    """One conversation's translations. ``model`` is opened when the first is asked for."""

    def __init__(self, language: Language, model: Callable[[], Translator] | None) -> None:
        self._language = language
        self._model = model
        self._say = language.wording.say
        self._table = language.table["translation"]
        self._names = {
            tuple(language.split(name)): code for code, names in self._table["names"].items() for name in names
        }
        self._into: str | None = None
        self.handlers: Mapping[str, Handler] = {
            "Translate": self._translate,
            "InterpreterOn": self._on,
            "InterpreterOff": lambda _r, _c: self._off(),
        }

    def readers(self) -> dict[str, Reader]:
        """Readers of the templates' lists."""
        return {"language": self._read_language}

    @property
    def interprets(self) -> bool:
        """Whether everything is translated now."""
        return self._into is not None

    def interpret(self, text: str, reading: Reading | None) -> Said | None:
        """While interpreting, whatever is said but the words that end it."""
        if self._into is None:
            return None
        if reading is not None and reading.intent == "InterpreterOff":
            return self._off()
        return self._translated(text, self._into)

    def _read_language(self, words: Words, start: int) -> Sequence[Found]:
        sizes = range(min(3, len(words.tokens) - start), 0, -1)
        return [
            (start + n, code) for n in sizes if (code := self._names.get(words.tokens[start : start + n])) is not None
        ]

    def _translate(self, reading: Reading, _context: TurnContext) -> Said:
        phrase = reading.text("phrase") or ""
        return self._translated(phrase.strip(" \"'“”"), str(reading.slots["language"]))

    def _on(self, reading: Reading, _context: TurnContext) -> Said:
        if self._model is None:
            return Said(self._say("no_model"))
        self._into = str(reading.slots["language"])
        return Said(self._say("interpreting", language=self._name(self._into)), acted=True)

    def _off(self) -> Said:
        was, self._into = self._into, None
        return Said(self._say("interpreting_over" if was else "interpreting_not"), acted=was is not None)

    def _translated(self, text: str, code: str) -> Said:
        known = translated(text, code)
        if known is not None:
            return Said(known[:1].upper() + known[1:], language=code, notes=("translated by the phrasebook",))
        if self._model is None:
            return Said(self._say("no_model"))
        target = self._table["for_the_model"][code]
        messages: list[Message] = [("system", self._table["system"])]
        for asked, answered in self._table["examples"]:
            messages += [("user", asked), ("assistant", answered)]
        messages.append(("user", self._table["ask"].format(language=target, text=text)))
        return Said(
            _first_line(self._model().answer(messages, max_tokens=MOST_TOKENS)), language=code,
            notes=(f"translated by the language model into: {code}",),
        )  # fmt: skip

    def _name(self, code: str) -> str:
        return str(self._table["names"][code][0])


def _first_line(pieces: Iterator[str]) -> Iterator[str]:
    """The translation alone: small models like to add remarks in lines of their own."""
    begun = False
    for piece in pieces:
        text = piece if begun else piece.lstrip(' \n"“')
        line, broken, _rest = text.partition("\n")
        begun = begun or bool(line)
        if line:
            yield line
        if broken and begun:
            return

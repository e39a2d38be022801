"""One language of the skills: how its words are cut, and the readers of its numbers, spans and moments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.skills.numbers import HanNumbers, NumberReader, SpelledNumbers
from assistant.skills.spans import SpanReader
from assistant.skills.templates import Found, Reader
from assistant.skills.text import Spelling, Words
from assistant.skills.when import Moments, WhenReader
from assistant.skills.when_han import HanWhenReader
from assistant.skills.wording import Wording, language_file

MOST_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that reading and answering needs of a language. ``table``: its ``words.toml``."""

    code: str
    table: Mapping[str, Any]
    spelling: Spelling
    numbers: NumberReader
    spans: SpanReader
    moments: Moments
    wording: Wording

    def words(self, text: str) -> Words:
        """The sentence's words without the politeness around them."""
        return self.spelling.core(self.spelling.words(text))

    def split(self, text: str) -> Sequence[str]:
        """A phrase as words."""
        return self.spelling.words(text).tokens

    def whole(self, read: Callable[[Sequence[str], int], Sequence[tuple[int, Any]]], text: str) -> Any | None:
        """What ``read`` finds in the whole of ``text``; ``None`` where it finds nothing that takes all of it."""
        words = self.words(text)
        return next((value for end, value in read(words.tokens, 0) if end == len(words.tokens)), None)

    def takes_back(self, text: str) -> bool:
        """Whether ``text`` calls off what was just planned: "cancel that"."""
        tokens = tuple(self.words(text).tokens)
        return any(tokens == tuple(self.split(phrase)) for phrase in self.table["answers"]["take_back"])

    def yes_or_no(self, text: str) -> bool | None:
        """Whether ``text`` agrees or refuses; ``None`` where it does neither."""
        tokens = self.words(text).tokens
        for key, meaning in (("no", False), ("yes", True)):
            for phrase in self.table["answers"][key]:
                words = tuple(self.split(phrase))
                if tokens[: len(words)] == words and len(tokens) <= len(words) + 4:
                    # "Yes but not now" is none.
                    return meaning and not set(tokens[len(words) :]) & set(self.table["answers"]["but"])
        return None

    def _short_name(self, words: Words, start: int) -> list[Found]:
        """A name of a few words, which does not go on into another clause."""
        most = self.table["text"].get("most_name_words", MOST_NAME_WORDS)
        ends = range(start + 1, min(len(words.tokens), start + most) + 1)
        no_names = self.table["text"]["no_names"]
        return [(e, words.said(start, e)) for e in ends if not any(w in no_names for w in words.tokens[start:e])]

    def readers(self) -> dict[str, Reader]:
        """Readers of the templates' lists."""
        return {
            "timer_name": self._short_name,
            "list_name": self._short_name,
            "duration": _of_tokens(self.spans.at),
            "when": _of_tokens(self.moments.at),
            "moment": lambda words, start: [
                (end, when) for end, when in self.moments.at(words.tokens, start) if not when.bare
            ],
            "number": _of_tokens(self.numbers.at),
        }


def _of_tokens(read: Callable[[Sequence[str], int], Sequence[Found]]) -> Reader:
    return lambda words, start: read(words.tokens, start)


@cache
def language(code: str) -> Language:
    """The language of a code such as ``en`` or ``zh-CN``; English where it has no files here."""
    table = language_file(code, "words.toml")
    text = table["text"]
    plain = Spelling(text["contractions"], text["spellings"])
    spelling = Spelling(
        text["contractions"],
        text["spellings"],
        tuple(sorted((plain.words(phrase).tokens for phrase in text["before"]), key=len, reverse=True)),
        tuple(sorted((plain.words(phrase).tokens for phrase in text["after"]), key=len, reverse=True)),
    )
    numbers: NumberReader
    moments: Moments

    def split(phrase: str) -> Sequence[str]:
        return plain.words(phrase).tokens

    if table["numbers"].get("characters"):
        numbers = HanNumbers.of(table["numbers"])
        spans = SpanReader.of(table["spans"], numbers, split)
        moments = HanWhenReader(table["when"], numbers, spans, split)
    else:
        numbers = SpelledNumbers.of(table["numbers"])
        spans = SpanReader.of(table["spans"], numbers, split)
        moments = WhenReader(table["when"], numbers, spans)
    return Language(code, table, spelling, numbers, spans, moments, Wording(code))

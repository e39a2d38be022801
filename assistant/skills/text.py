"""A sentence as canonical words, each with its place in the text: what templates and readers work on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:[.:]\d+)+|\d+"
_TOKEN = re.compile(
    rf"(?P<number>{_NUMBER})|(?P<own>(?<![^\W\d_])'s\b)|(?P<han>[\u3400-\u9fff])|(?P<word>[^\W\d_\u3400-\u9fff]+(?:['’][^\W\d_]+)*)"
    r"|(?P<mark>\*\*|[%°$€£+*/^=()×÷−√²³-])",
)
_MARKS = {"×": "*", "÷": "/", "−": "-", "**": "^"}


@dataclass(frozen=True, slots=True)
class Words:
    """``tokens[i]`` is canonical and stands at ``spans[i]`` (start, end) of ``text``."""

    text: str
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    def said(self, start: int, end: int) -> str:
        """What tokens ``start`` to ``end`` (exclusive) are in the text itself."""
        return self.text[self.spans[start][0] : self.spans[end - 1][1]] if start < end else ""

    def part(self, start: int, end: int) -> Words:
        """Tokens ``start`` to ``end`` (exclusive) alone."""
        return Words(self.text, self.tokens[start:end], self.spans[start:end])


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a language's words are made canonical, and the politeness around a sentence."""

    contractions: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, str] = field(default_factory=dict)
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()

    def words(self, text: str) -> Words:
        """The canonical words of ``text``: lower case, contractions spelt out, hyphens between words gone."""
        text = unicodedata.normalize("NFC", text).replace("’", "'")
        tokens: list[str] = []
        spans: list[tuple[int, int]] = []
        for match in _TOKEN.finditer(text):
            for token in self._canonical(match, text):
                tokens.append(token)
                spans.append(match.span())
        return Words(text, tuple(tokens), tuple(spans))

    def core(self, words: Words) -> Words:
        """Without the politeness before and after."""
        start, end = 0, len(words.tokens)
        changed = True
        while changed:
            changed = False
            for phrase in self.before:
                if end - start > len(phrase) and words.tokens[start : start + len(phrase)] == phrase:
                    start, changed = start + len(phrase), True
            for phrase in self.after:
                if end - start > len(phrase) and words.tokens[end - len(phrase) : end] == phrase:
                    end, changed = end - len(phrase), True
        return words.part(start, end)

    def _canonical(self, match: re.Match[str], text: str) -> Sequence[str]:
        token = match[0].casefold()
        if match["number"]:
            return (token.replace(",", ""),)
        if match["mark"]:
            token = _MARKS.get(token, token)
            return (token,) if token != "-" or _is_minus(match, text) else ()
        if match["own"]:
            return (token,)
        if token in self.contractions:
            return self.contractions[token].split()
        if token.endswith("'s"):
            return (self.spellings.get(token[:-2], token[:-2]), "'s")
        token = token.replace("'", "")
        return (self.spellings.get(token, token),)


def _is_minus(match: re.Match[str], text: str) -> bool:
    """A hyphen between words joins them; at a number, a bracket or between spaces it is a sign."""
    before, after = text[: match.start()], text[match.end() :]
    if not before.strip() or before[-1:].isspace():
        return bool(re.match(r"\s*[\d(√]", after)) or after[:1].isspace()
    return bool(re.search(r"[\d)²³]\s*$", before)) and bool(re.match(r"\s*[\d(√-]", after))


def phrases(texts: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Phrases as tuples of words, the longest first."""
    return tuple(sorted((tuple(text.split()) for text in texts), key=len, reverse=True))

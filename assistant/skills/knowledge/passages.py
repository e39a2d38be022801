"""Sections to passages: a few sentences each, short enough for the embedding, with one sentence of overlap."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.skills.knowledge.documents import Document

MOST_WORDS = 55
_SENTENCE = re.compile(r"(?<=[.!?。!?;;])[\"”’)]?\s+(?=[\"“(]?[A-Z0-9\u3400-\u9fff])|(?<=[。!?])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document; ``heading`` is that of its section."""

    heading: str
    text: str
    page: int | None = None


def sentences(text: str) -> list[str]:
    """A paragraph's sentences."""
    return [part.strip() for part in _SENTENCE.split(text) if part and part.strip()]


def passages(document: Document) -> Iterator[Passage]:
    """All passages of a document, in order; a heading alone says nothing and is none."""
    for section in document.sections:
        for group in _groups([s for paragraph in section.paragraphs for s in _short(sentences(paragraph))]):
            yield Passage(section.heading, " ".join(group), section.page)


def _short(parts: Sequence[str]) -> Iterator[str]:
    """Sentences, the very long ones (tables, missing full stops) cut by words."""
    for part in parts:
        words = part.split()
        if len(words) <= MOST_WORDS:
            yield part
        else:
            for start in range(0, len(words), MOST_WORDS):
                yield " ".join(words[start : start + MOST_WORDS])


def _groups(parts: Sequence[str]) -> Iterator[list[str]]:
    group: list[str] = []
    size = 0
    for part in parts:
        length = len(part.split())
        if group and size + length > MOST_WORDS:
            yield group
            last = group[-1]
            group, size = ([last], len(last.split())) if len(last.split()) + length <= MOST_WORDS else ([], 0)
        group.append(part)
        size += length
    if group:
        yield group

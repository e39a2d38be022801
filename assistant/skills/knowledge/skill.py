"""Questions that the owner's documents answer: quoted with their source, or by the model from a manual that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from assistant.skills.base import Handler, Said
from assistant.skills.knowledge.index import Hit
from assistant.skills.knowledge.library import Library
from assistant.skills.knowledge.passages import sentences
from assistant.skills.knowledge.vectors import Embedder
from assistant.skills.language import Language
from assistant.skills.templates import Reading
from assistant.types import TurnContext

SURE = 0.425
"""Below this score the documents do not say it (set by ``tests/knowledge/tuning.toml``)."""
MOST_WORDS = 65
HELD_TOKENS = 160

Message = tuple[Literal["system", "user", "assistant"], str]
Cancelled = Callable[[], bool]


class Reads(Protocol):
    """A language model that answers to messages, in pieces; what comes first in them is evaluated once and kept."""

    def answer(self, messages: Sequence[Message], *, max_tokens: int) -> Iterator[str]: ...


class KnowledgeSkill:
    """Answers from a library. ``library`` and ``model`` are opened when first needed; no model: quotes alone."""

    def __init__(
        self,
        library: Callable[[], Library],
        embedder: Callable[[], Embedder],
        language: Language,
        model: Callable[[], Reads] | None = None,
    ) -> None:
        self._library = library
        self._embedder = embedder
        self._language = language
        self._model = model
        self._say = language.wording.say
        self._table = language.table["knowledge"]
        self.handlers: Mapping[str, Handler] = {"KnowledgeAsk": self._asked}

    def question(self, text: str, _context: TurnContext) -> Said | None:
        """A question that nobody else has understood, if the documents answer it."""
        words = self._language.words(text).tokens
        if len(words) < 3 or not any(
            words[: len(w)] == w for w in map(tuple, map(self._language.split, self._table["asking"]))
        ):
            return None
        hit = self.find(text)
        return self._answer(text, hit) if hit is not None else None

    def find(self, question: str) -> Hit | None:
        """The passage that answers; ``None`` where no document does."""
        index = self._library().index
        if index.is_empty:
            return None
        hits = index.search(question)
        return hits[0] if hits and hits[0].score >= SURE else None

    def _asked(self, reading: Reading, _context: TurnContext) -> Said:
        question = reading.text("question") or ""
        hit = self.find(question)
        return self._answer(question, hit) if hit is not None else Said(self._say("not_in_documents"))

    def _answer(self, question: str, hit: Hit) -> Said:
        source = Path(hit.document).name + (f", page {hit.passage.page}" if hit.passage.page else "")
        held = self._library().held() if self._model is not None else None
        if held is not None and str(held[0]) == hit.document and self._model is not None:
            system = self._table["held"].format(text=held[1].text)
            pieces = self._model().answer([("system", system), ("user", question)], max_tokens=HELD_TOKENS)
            return Said(self._introduced(hit.title, pieces), notes=(f"source: {source}", "answered by: model"))
        quoted = self.quote(question, hit)
        return Said(self._say("from_document", title=hit.title, text=quoted), notes=(f"source: {source}",))

    def _introduced(self, title: str, pieces: Iterator[str]) -> Iterator[str]:
        yield self._say("from_document", title=title, text="")
        yield from pieces

    def quote(self, question: str, hit: Hit) -> str:
        """The sentences of the passage that answer: from the nearest one on for steps, else the nearest one."""
        parts = sentences(hit.passage.text)
        if len(parts) < 2:
            return hit.passage.text
        vectors = self._embedder().encode([question, *parts])
        likeness = vectors[1:] @ vectors[0]
        best = int(likeness.argmax())
        words = self._language.words(question).tokens
        steps = any(words[: len(w)] == w for w in map(tuple, map(self._language.split, self._table["steps"])))
        last = best
        while steps and last + 1 < len(parts) and len(" ".join(parts[best : last + 2]).split()) <= MOST_WORDS:
            last += 1
        return " ".join(parts[best : last + 1])

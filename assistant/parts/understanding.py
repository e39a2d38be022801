"""Understanding of one process: matchers over homes' names, the model's part in it, and what speakers have explained."""

from __future__ import annotations

import contextlib
from collections.abc import Hashable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.llm.queue import Priority
from assistant.parts.kept import Kept
from assistant.parts.model import ModelParts
from assistant.turn.protocols import HouseLike
from assistant.types import Home

if TYPE_CHECKING:
    from assistant.llm.chooser import ModelChooser
    from assistant.nlu.embedding import Embedder
    from assistant.nlu.learned import Learned
    from assistant.nlu.matcher import SentenceMatcher
    from assistant.nlu.mind import DialogueMind, ModelPart
    from assistant.nlu.vectors import Vectors

EMBEDDING_MODEL = "minilm-l6-v2-int8"
KEPT_HOMES = 8
KEPT_SENTENCES = 2
Source = tuple[str, Path | None, tuple[tuple[str, int, int], ...]]
"""What sentences are compiled from: the language, the owner's folder, and the files with their times and sizes."""


class UnderstandingParts:
    """``config`` is replaced when it is read again; what is loaded stays."""

    def __init__(self, config: Config, model: ModelParts) -> None:
        self.config = config
        self._model = model
        self.sentence_problems: tuple[str, ...] = ()
        """Files of the owner's sentences that are left out, and why."""
        self._sentences: Kept[SentenceMatcher] = Kept(KEPT_SENTENCES)
        self._matchers: Kept[SentenceMatcher] = Kept(KEPT_HOMES)
        self._models: Kept[ModelPart] = Kept(KEPT_HOMES)
        self._files: tuple[tuple[str, int, int], ...] | None = None

    def look_again(self) -> None:
        """Take the owner's sentences as they are on the disk now."""
        self._files = stamps(self._sentence_folders(self.config.home.sentences))

    def try_sentences(self, home: Home, config: Config) -> None:
        """Compile the owner's sentences of an edited configuration where they are others. Raises ConfigError."""
        from assistant.nlu.matcher import SentenceMatcher

        sentences = config.home.sentences
        if stamps(self._sentence_folders(sentences)) != self._files and sentences is not None:
            SentenceMatcher(home, config.assistant.language, [sentences])

    def keep_only(self, home: Home) -> None:
        """Let go of what was compiled for other homes than the present one."""
        source = self._source(self.config.home.sentences)
        self._sentences.only(source)
        self._matchers.only((names_of(home), source))
        self._models.only(names_of(home))

    @cached_property
    def embedder(self) -> Embedder:
        """The sentence embedding. It may not be there: then its use raises ModelError, and the templates do without."""
        from assistant.nlu.embedding import Embedder

        return Embedder(self.config.paths.models / EMBEDDING_MODEL)

    @cached_property
    def vectors(self) -> Vectors:
        """Vectors of the phrasings, kept beside the state."""
        from assistant.nlu.vectors import Vectors

        return Vectors(self.embedder, self.config.paths.state)

    @cached_property
    def learned(self) -> Learned:
        """Phrases that the speakers have explained."""
        from assistant.nlu.learned import Learned

        return Learned(self.config.paths.state / "learned.jsonl", self.vectors)

    @cached_property
    def chooser(self) -> ModelChooser:
        """The language model, choosing under a grammar."""
        from assistant.llm.chooser import ModelChooser

        return ModelChooser(self._model.client("intent", Priority.VOICE))

    def mind_for(self, house: HouseLike, *, sentences: Path | None = None) -> DialogueMind:
        """A fresh dialogue over ``house``; what is compiled from equal names is shared."""
        from assistant.nlu.languages import dialogue_for
        from assistant.nlu.mind import DialogueMind

        def matcher_for(home: Home) -> SentenceMatcher:
            matcher = self._matcher(home, sentences)
            if sentences is not None:
                self._give_actions(house, matcher)
            return matcher

        return DialogueMind(
            home=house.snapshot,
            matcher_for=matcher_for,
            memory=dialogue_for(self.config.assistant.language),
            learned=self.learned,
            model=lambda: self.model_for(house.snapshot()),
        )

    def _give_actions(self, house: HouseLike, matcher: SentenceMatcher) -> None:
        """Have the house carry out what the user's own sentences do."""
        from assistant.home.backends.sending import Sender
        from assistant.home.house import House
        from assistant.parts.custom_actions import CustomActions
        from assistant.telling import Telling

        if isinstance(house, House):
            telling = Telling(self.config.assistant.language)
            house.custom = CustomActions(matcher.own, house, Sender(house.connections.publisher), telling)

    def _matcher(self, home: Home, sentences: Path | None) -> SentenceMatcher:
        from assistant.nlu.matcher import SentenceMatcher

        def compiled() -> SentenceMatcher:
            problems: list[str] = []
            folders = self._sentence_folders(sentences)
            matcher = SentenceMatcher(home, self.config.assistant.language, folders, problems=problems)
            self.sentence_problems = tuple(problems)
            return matcher

        source = self._source(sentences)
        key = (names_of(home), source)
        return self._matchers.get(key, lambda: self._sentences.get(source, compiled).over(home))

    def _source(self, sentences: Path | None) -> Source:
        if self._files is None:
            self.look_again()
        return self.config.assistant.language, sentences, self._files or ()

    def fresh_matcher(self, home: Home) -> SentenceMatcher:
        """A matcher of ``home`` over the sentences as they are on the disk now."""
        from assistant.nlu.matcher import SentenceMatcher

        folders = self._sentence_folders(self.config.home.sentences)
        return SentenceMatcher(home, self.config.assistant.language, folders)

    def _sentence_folders(self, sentences: Path | None) -> list[Path]:
        """The owner's sentences, and those that corrections in the panel have added."""
        corrections = self.config.paths.state / "sentences"
        own = [sentences] if sentences is not None else []
        return [*own, corrections] if corrections.is_dir() else own

    def model_for(self, home: Home) -> ModelPart:
        """What understands by the model where the templates do not."""
        from assistant.nlu.languages import concern_for
        from assistant.nlu.model_parser import ModelUnderstander

        language = self.config.assistant.language

        def make() -> ModelPart:
            plain = concern_for(language, home)
            return plain or ModelUnderstander(home, self.vectors, lambda: self.chooser, language)

        return self._models.get(names_of(home), make)


def stamps(folders: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    """The files in ``folders`` with their times (ns) and sizes: others mean that something was edited."""
    found = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            with contextlib.suppress(OSError):  # it went away just now
                status = path.stat()
                found.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(found)


def names_of(home: Home) -> Hashable:
    """What matcher, bias and grammar are compiled from: two homes with equal names share them."""
    return (
        home.floors,
        home.areas,
        tuple((d.id, d.name, d.aliases, d.area, d.device_class) for d in home.devices),
    )

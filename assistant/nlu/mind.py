"""Understanding as a whole: the dialogue and the sentence templates first, the model's part for what they leave.

The templates answer in milliseconds and are exact; the model's part is asked only where they have nothing, and both
know only the names that the house has now.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from assistant.errors import ModelError
from assistant.nlu.intents import QUESTIONS
from assistant.nlu.joints import starts_command
from assistant.nlu.normalise import tidy
from assistant.nlu.partly import is_row, partly, wholly
from assistant.nlu.reading import ClauseReader
from assistant.types import Action, Ask, Home, Intent, NoIntent, TurnContext, Understanding, Understood

_MEANT = re.compile(
    r"^(?:no[,.]?\s+|sorry[,.]?\s+)?(?:(?:by that\s+)?i meant|that means|i mean|what i meant (?:was|is))[,:]?\s+(?P<means>.+)$",
    re.IGNORECASE,
)

MOST_WORDS = 80
"""What is longer is no command that somebody speaks, and would take seconds to be cut in all ways."""


def _too_long(text: str) -> NoIntent:
    return NoIntent("too much at once", about_home=starts_command(text))


class Matcher(ClauseReader, Protocol):
    """Sentence templates over the house's names."""

    def templates(self) -> Any: ...


class ModelPart(Protocol):
    """What understands paraphrases, over the same names."""

    def understand(self, text: str, context: TurnContext) -> Understanding: ...

    def warm(self) -> None: ...


class Memory(Protocol):
    """The last turns: resolves pronouns, ellipsis and answers to questions."""

    def resolve(
        self, text: str, context: TurnContext, matcher: ClauseReader, *, repair: bool = True, plain: bool = True
    ) -> Understanding: ...

    def remember(
        self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None
    ) -> None: ...


class Explained(Protocol):
    """Phrases that the speakers have explained; ``Learned`` is one."""

    def meant(self, text: str) -> str | None: ...

    def near(self, text: str) -> str | None: ...

    def learn(self, phrase: str, means: str) -> None: ...


class DialogueMind:
    """Implements the turn's ``Mind``. ``home`` gives the live snapshot, ``matcher_for`` the templates over its names;
    ``model`` gives the part for the names that it has now, built when first needed.
    """

    def __init__(
        self,
        *,
        home: Callable[[], Home],
        matcher_for: Callable[[Home], Matcher],
        memory: Memory,
        model: Callable[[], ModelPart | None] = lambda: None,
        learned: Explained | None = None,
    ) -> None:
        self._home = home
        self._matcher_for = matcher_for
        self._memory = memory
        self._open_model = model
        self._learned = learned
        self._puzzle: str | None = None
        """The last sentence, where the templates did not know it: what "I meant …" explains."""
        self._acted = False
        present = home()
        self.matcher = matcher_for(present)
        self._revision = present.revision
        self._unread: tuple[TurnContext, set[str]] | None = None
        """Sentences of one turn that were read in vain: they are not read a second time."""
        self._thought: tuple[tuple[str, str | None, int], Understanding] | None = None

    def read(self, text: str, context: TurnContext) -> Understanding:
        """Templates and dialogue alone, the words taken as they are: no slips are repaired."""
        if len(text.split()) > MOST_WORDS:
            return _too_long(text)
        self.follow_home()
        explained = self._explained(text, context)
        if explained is not None:
            return explained
        found = self._memory.resolve(self._known(text), context, self.matcher, repair=False)
        if isinstance(found, NoIntent):
            if self._unread is None or self._unread[0] is not context:
                self._unread = (context, set())
            self._unread[1].add(text)
        self._puzzle = text if isinstance(found, NoIntent) else None
        self._acted = False
        return found

    def understand(self, text: str, context: TurnContext) -> Understanding:
        """Templates and dialogue first; the model's part where they find no intent."""
        if len(text.split()) > MOST_WORDS:
            return _too_long(text)
        self.follow_home()
        understanding = self._explained(text, context)
        if understanding is None:
            plain = self._unread is None or self._unread[0] is not context or text not in self._unread[1]
            understanding = self._memory.resolve(self._known(text), context, self.matcher, plain=plain)
            self._puzzle = text if isinstance(understanding, NoIntent) else None
            self._acted = False
        return self._by_model(text, context) if isinstance(understanding, NoIntent) else understanding

    def _known(self, text: str) -> str:
        """The sentence, or what it was explained to mean."""
        return (self._learned.meant(text) if self._learned is not None else None) or text

    def _explained(self, text: str, context: TurnContext) -> Understanding | None:
        """ "I meant turn on the desk lamp", after a sentence that was not plain: done now, and known from then on."""
        said = _MEANT.match(text.strip())
        if said is None or self._puzzle is None or self._learned is None:
            return None
        found = self._memory.resolve(said["means"], context, self.matcher)
        if isinstance(found, Understood) and not any(intent.name in QUESTIONS for intent in found.intents):
            self._learned.learn(self._puzzle, said["means"])
            self._puzzle = None
            if self._acted:  # on a guess that was wrong
                return replace(found, intents=(Intent("AssistUndo"), *found.intents))
            return found
        return None

    def foresee(self, text: str, context: TurnContext, *, deep: bool) -> Understanding:
        """What ``text`` would be taken for, with the model's part where ``deep``. The conversation stays as it is."""
        self.follow_home()
        understanding = copy.copy(self._memory).resolve(self._known(text), context, self.matcher)
        return self._by_model(text, context) if deep and isinstance(understanding, NoIntent) else understanding

    def _by_model(self, text: str, context: TurnContext) -> Understanding:
        """The model's part, which says the same of the same words: thought ahead, it is not thought again."""
        key = (text, context.area, self._revision)
        if self._thought is not None and self._thought[0] == key:
            return self._thought[1]
        near = self._nearly_explained(text)
        found = self._memory.resolve(near, context, self.matcher) if near is not None else NoIntent()
        model = self._open_model() if isinstance(found, NoIntent) else None
        if isinstance(found, NoIntent):
            found = self._guessed(text, context, model)
        self._thought = (key, found)
        return found

    def _guessed(self, text: str, context: TurnContext, model: ModelPart | None) -> Understanding:
        """By the model's part, the commands of a sentence one by one where the templates know only some of them."""

        def read(piece: str) -> Understanding:
            return copy.copy(self._memory).resolve(piece, context, self.matcher)

        def wish(piece: str) -> Understanding:
            found = model.understand(piece, context) if model is not None else NoIntent()
            likely = isinstance(found, Understood) and any(intent.slots.get("offered") for intent in found.intents)
            return NoIntent("not sure") if likely else found

        sentence = tidy(text)
        several = wholly(sentence, read, wish)
        if several is not None:
            return several
        most = partly(sentence, read, wish)
        if most is not None and is_row(most):
            return most
        found = model.understand(text, context) if model is not None else NoIntent("no template matches")
        return most or found if isinstance(found, NoIntent) else found

    def _nearly_explained(self, text: str) -> str | None:
        if self._learned is None:
            return None
        try:
            return self._learned.near(text)
        except ModelError:  # without the embedding only the very words count
            return None

    def remember(self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None) -> None:
        """Keep what was done and asked, for the next sentence."""
        self._acted = bool(actions)
        self._unread = None
        self._memory.remember(text, intents, actions, ask)

    def warm(self) -> None:
        """Have ready what the model's part compares with."""
        model = self._open_model()
        if model is not None:
            model.warm()

    @property
    def revision(self) -> int:
        """The home's revision whose names are understood."""
        return self._revision

    def follow_home(self) -> None:
        """Take the names that the home has now, where they are others than before."""
        home = self._home()
        if home.revision != self._revision:
            self.matcher = self._matcher_for(home)
            self._unread = None
            self._revision = home.revision

"""Recognition of one process: the acoustic model, shared, and ears compiled for what a home understands."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from assistant.config import Config
from assistant.han import has_no_spaces
from assistant.models.installed import resolve
from assistant.parts.kept import Kept

if TYPE_CHECKING:
    from assistant.asr.bias import Bias
    from assistant.asr.decoders import Bound
    from assistant.asr.ears import HomeEars
    from assistant.asr.lexicon import Lexicon
    from assistant.asr.network import Sentences
    from assistant.asr.vosk_engine import VoskModel
    from assistant.nlu.mind import DialogueMind, Matcher

KEPT_EARS = 2
"""Decoders are large; what they are made of is on the disk."""
KEPT_KEYS = 8


class HearingParts:
    """``config`` is replaced when it is read again; what is loaded stays."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._ears: Kept[HomeEars] = Kept(KEPT_EARS)
        self._keys: Kept[tuple[Matcher, str]] = Kept(KEPT_KEYS)
        self._last = ""

    @cached_property
    def vosk(self) -> VoskModel:
        """The acoustic model and its dictionary, shared by all recognisers."""
        from assistant.asr.vosk_engine import VoskModel

        return VoskModel(resolve(self.config.asr.model, self.config.paths.models).directory)

    @cached_property
    def _bound(self) -> Bound:
        from assistant.asr.decoders import Bound

        return Bound()

    @cached_property
    def lexicon(self) -> Lexicon:
        """How written words are said; what it works out for one home's names is there for the next."""
        from assistant.asr.lexicon import Lexicon

        return Lexicon(self.vosk)

    @cached_property
    def open_ears(self) -> HomeEars:
        """Recognition with the open vocabulary alone."""
        from assistant.asr.ears import HomeEars

        return HomeEars(self.vosk, bound=self._bound)

    def release(self) -> None:
        """Free the recogniser; it is loaded again when it is next needed."""
        from assistant.machine.memory import give_back

        self._ears.clear()
        self._keys.clear()
        for name in ("open_ears", "lexicon", "vosk"):
            self.__dict__.pop(name, None)
        give_back()

    def keep_last(self) -> None:
        """Let go of all ears but those that were asked for last."""
        self._ears.only(self._last)
        self._keys.clear()

    def ears_for(self, mind: DialogueMind) -> HomeEars:
        """Recognition that is helped by the sentences that ``mind`` understands."""
        if not self.config.asr.bias or has_no_spaces(self.config.assistant.language):
            return self.open_ears
        from assistant.asr.ears import HomeEars

        mind.follow_home()
        matcher = mind.matcher
        # The matcher is kept with its key: another one could else get the same id.
        _matcher, key = self._keys.get(id(matcher), lambda: (matcher, self._key(matcher)))
        self._last = key
        return self._ears.get(key, lambda: HomeEars(self.vosk, self._bias(key, matcher), self._bound))

    def _key(self, matcher: Matcher) -> str:
        from assistant.asr.packing import key_of

        intents, lists = matcher.templates()
        return key_of(intents, lists, self.vosk.identity, self._of_skills())

    def _of_skills(self) -> list[Sentences]:
        from assistant.asr.network import Sentences
        from assistant.skills.heard import heard_sentences

        skills = heard_sentences(self.config.assistant.language)
        return [] if skills is None else [Sentences(skills.intents, skills.open)]

    def _bias(self, key: str, matcher: Matcher) -> Bias:
        from assistant.asr.bias import compile_template_bias
        from assistant.machine.memory import give_back
        from assistant.parts.ear_store import EarStore

        def compiled() -> Bias:
            intents, lists = matcher.templates()
            return compile_template_bias(intents, lists, self.lexicon, also=self._of_skills())

        bias = EarStore(self.config.paths.state / "ear").bias(key, compiled)
        self.lexicon.release()
        give_back()
        return bias

"""Builds the stages from the configuration, each when it is first needed, and closes what must be closed.

The command line and the daemon both take their parts from here, so that a turn is the same whoever runs it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from assistant.config import Config
from assistant.llm.queue import Priority
from assistant.parts.hearing import HearingParts
from assistant.parts.model import ModelParts
from assistant.parts.reply_sink import ReplySink
from assistant.parts.understanding import UnderstandingParts
from assistant.parts.voices import VoiceParts
from assistant.turn.protocols import Ears, HouseLike, Mind, Skills, Talk
from assistant.turn.turn import Turn, new_turn_id
from assistant.types import AudioClip, Transcript, TurnContext

if TYPE_CHECKING:
    from assistant.home.house import House
    from assistant.nlu.matcher import SentenceMatcher
    from assistant.nlu.mind import DialogueMind
    from assistant.parts.skills import SkillParts
    from assistant.tts.speaker import Speaker
    from assistant.turn.ahead import ThinkAhead

HOME_WAIT_S = 3.0
"""So long a command waits at its start for the home's devices to be found."""


class Parts:
    """The stages of one process. A context manager: leaving it frees the language model."""

    def __init__(
        self, config: Config, *, inventory: Path | None = None, home_wait_s: float = HOME_WAIT_S, announce: bool = False
    ) -> None:
        self.config = config
        self._home_wait_s = home_wait_s
        self._announce = announce
        self._house: House | None = None
        self._inventory = inventory or config.home.inventory
        self.model = ModelParts(config)
        self.hearing = HearingParts(config)
        self.voices = VoiceParts(config, self.model.queue.quiet)
        self.understanding = UnderstandingParts(config, self.model)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "skill_parts" in self.__dict__:
            self.skill_parts.close()
        if self._house is not None:
            self._house.connections.stop()
            self._house = None
        self.model.close()

    def reload(self, config: Config) -> None:
        """Take an edited configuration and inventory; what is loaded stays. Raises ConfigError, and changes nothing then."""
        from assistant.home.house import base_home

        home = base_home(config.home.inventory, bool(self.house.connections.status()))
        self.understanding.try_sentences(home, config)
        self.house.replace_home(home)
        self.config = self.model.config = self.hearing.config = self.voices.config = self.understanding.config = config
        self._inventory = config.home.inventory
        self.understanding.look_again()
        self.__dict__.pop("mind", None)

    def keep_present(self) -> None:
        """Let go of what was compiled for a home that has changed since."""
        self.understanding.keep_only(self.house.snapshot())
        self.hearing.keep_last()

    @cached_property
    def house(self) -> House:
        """The configured home, with its lasting state; what its devices are reached by is connected.

        It waits ``home_wait_s`` for them to tell what there is; what comes later is known from then on.
        """
        from assistant.home.house import open_house
        from assistant.home.sources import configured_sources

        own = self._inventory == self.config.home.inventory  # another one is for trying things out
        sources = configured_sources(self.config, self._inventory, announce=self._announce) if own else ()
        language = self.config.assistant.language
        house = open_house(self._inventory, self.config.paths.state, language, sources=sources)
        house.connections.start()
        house.connections.wait_ready(self._home_wait_s)
        self._house = house
        return house

    @cached_property
    def mind(self) -> DialogueMind:
        """Understanding over the configured home."""
        return self.mind_for(self.house, sentences=self.config.home.sentences)

    def mind_for(self, house: HouseLike, *, sentences: Path | None = None) -> DialogueMind:
        """A fresh dialogue over ``house``; what is compiled from equal names is shared."""
        return self.understanding.mind_for(house, sentences=sentences)

    def fresh_matcher(self) -> SentenceMatcher:
        """A matcher over the configured home and the sentences as they are on the disk now."""
        return self.understanding.fresh_matcher(self.house.snapshot())

    @property
    def voice(self) -> Speaker:
        """The assistant's voice."""
        return self.voices.own

    def talk(self, room: str | None = None, priority: Priority = Priority.VOICE) -> Talk:
        """A fresh conversation; each room has one of its own."""
        from assistant.llm.chat import ChatTalk

        client = self.model.client(f"chat:{room}" if room else "chat", priority)
        if self.config.llm.backend == "openai":
            from assistant.llm.remote import RemoteEngine

            remote = RemoteEngine(self.config.llm, client)
            return ChatTalk(lambda: remote, self.config)
        return ChatTalk(lambda: client, self.config)

    @cached_property
    def skill_parts(self) -> SkillParts:
        """Timers, arithmetic, lists and the other skills over their lasting store."""
        from assistant.parts.skills import STORE_FILE, SkillParts

        return SkillParts(
            self.config,
            store_path=self.config.paths.state / STORE_FILE,
            model=lambda name: self.model.client(name, Priority.VOICE, quoting=name == "manual"),
            embedder=lambda: self.understanding.embedder,
        )

    def turn(
        self,
        *,
        house: HouseLike | None = None,
        mind: Mind | None = None,
        ears: Ears | None = None,
        talk: Talk | None = None,
        skills: Skills | None = None,
        speak: bool = True,
    ) -> Turn:
        """A turn over the given stages, or over the configured home's."""
        own_mind = self.mind if mind is None else mind
        own_house = house or self.house
        own_talk = talk or self.talk()
        forget = own_talk.forget if isinstance(own_talk, Forgetful) else lambda: None
        own_skills = skills or self.skill_parts.conversation(own_house, own_mind, forget=forget)
        voice: Speaker | None = self.voice if speak else None
        return Turn(
            ears=ears or LazyEars(self),
            mind=own_mind,
            house=own_house,
            talk=own_talk,
            voice=voice,
            skills=own_skills,
            voices=self.voices.foreign,
            ahead=self._ahead(own_mind, own_house, own_talk, own_skills, voice),
        )

    def _ahead(
        self, mind: Mind, house: HouseLike, talk: Talk, skills: Skills, voice: Speaker | None
    ) -> ThinkAhead | None:
        """Thinking while somebody speaks, for stages that can be asked without consequences."""
        from assistant.home.house import House
        from assistant.llm.chat import ChatTalk
        from assistant.nlu.mind import DialogueMind
        from assistant.turn.ahead import ThinkAhead

        if voice is None or not isinstance(mind, DialogueMind):
            return None
        return ThinkAhead(
            mind=mind,
            rehearse=lambda: House.from_home(house.snapshot(), self.config.assistant.language),
            talk=talk if isinstance(talk, ChatTalk) else None,
            voice=voice,
            others=skills.reads,
        )

    def speak(self, text: str) -> Iterator[AudioClip]:
        """``text`` in the assistant's voice."""
        return self.voice.speak([text])

    def context(self, *, area: str | None = None) -> TurnContext:
        """Now, in the configured room."""
        return TurnContext(
            now=dt.datetime.now().astimezone(), area=area or self.config.assistant.area, turn_id=new_turn_id()
        )

    def say(self, text: str) -> AudioClip:
        """``text`` as one clip of speech."""
        from assistant.audio.files import join_clips

        return join_clips(list(self.voices.plain.synthesize(text)))

    @contextmanager
    def reply_sink(self, out: Path | None, *, play: bool) -> Iterator[ReplySink]:
        """Where a reply goes; everything is written and heard when the block is left."""
        sink = ReplySink(out, play, self.config)
        try:
            yield sink
        finally:
            sink.finish()


@runtime_checkable
class Forgetful(Protocol):
    """A conversation that can begin anew."""

    def forget(self) -> None: ...


class LazyEars:
    """Ears for one turn: loaded when there is sound to hear, with the names that the home has by then, and let go after.

    A command of one turn would else hold the recogniser's memory beside the language model's.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.last_wait_ms = 0.0

    def transcribe(self, clip: AudioClip) -> Transcript:
        """See ``Ears``."""
        ears = self._parts.hearing.ears_for(self._parts.mind)
        transcript = ears.transcribe(clip)
        self.last_wait_ms = ears.last_wait_ms
        del ears
        self._parts.hearing.release()
        return transcript

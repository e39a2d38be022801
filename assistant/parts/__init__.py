"""Builds the stages from the configuration, each when it is first needed, and closes what must be closed.

The command line and the daemon both take their parts from here, so that a turn is the same whoever runs it.
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeVar, runtime_checkable

from assistant.config import Config
from assistant.errors import AudioError, ModelError
from assistant.han import has_no_spaces
from assistant.llm.queue import ModelQueue, Priority
from assistant.models.installed import resolve
from assistant.models.manifest import load_manifest
from assistant.turn import Ears, HouseLike, Mind, Skills, Talk, Turn, new_turn_id
from assistant.types import AudioClip, Home, Transcript, TurnContext

if TYPE_CHECKING:
    from assistant.ahead import ThinkAhead
    from assistant.asr.bias import Bias
    from assistant.asr.ears import HomeEars
    from assistant.asr.lexicon import Lexicon
    from assistant.asr.vosk_engine import VoskModel
    from assistant.home.house import House
    from assistant.llm.chooser import ModelChooser
    from assistant.llm.client import ModelClient
    from assistant.llm.engine import Engine
    from assistant.nlu.embedding import Embedder
    from assistant.nlu.learned import Learned
    from assistant.nlu.matcher import SentenceMatcher
    from assistant.nlu.mind import DialogueMind, ModelPart
    from assistant.nlu.vectors import Vectors
    from assistant.parts.skills import SkillParts
    from assistant.tts.piper import PiperVoiceEngine
    from assistant.tts.speaker import Speaker

T = TypeVar("T")
EMBEDDING_MODEL = "minilm-l6-v2-int8"
KEPT_HOMES = 8
KEPT_EARS = 2
"""Decoders are large; what they are made of is on the disk."""
HOME_WAIT_S = 3.0
"""So long a command waits at its start for the home's devices to be found."""


class ReplySink:
    """Takes a reply's clips: plays them, keeps them for a file, or both. ``note`` says afterwards what became of them."""

    def __init__(self, out: Path | None, play: bool, config: Config) -> None:
        self._out = out
        self._clips: list[AudioClip] = []
        self._player = None
        self.note: str | None = None
        self.heard = out is not None
        if play:
            from assistant.audio.playback import Player

            try:
                self._player = Player.open(config.audio.output, volume=config.audio.volume)
                self.heard = True
            except AudioError as error:
                self.note = f"not played: {error}"

    def __call__(self, clip: AudioClip) -> None:
        if self._player is not None:
            self._player.play(clip)
        if self._out is not None:
            self._clips.append(clip)

    def finish(self) -> None:
        """Write the file and wait until all is heard."""
        if self._out is not None:
            from assistant.audio.files import join_clips, save_clip

            save_clip(join_clips(self._clips), self._out)
            self.note = str(self._out)
        if self._player is not None:
            self._player.drain()
            self._player.close()


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
        self._engine: Engine | None = None
        self.model_queue = ModelQueue()
        """Who may use the language model now: voice first."""
        self.sentence_problems: tuple[str, ...] = ()
        """Files of the owner's sentences that are left out, and why."""
        self._matchers: OrderedDict[Hashable, SentenceMatcher] = OrderedDict()
        self._models: OrderedDict[Hashable, ModelPart] = OrderedDict()
        self._voices: dict[str, tuple[Speaker, str]] = {}
        self._ears: OrderedDict[Hashable, tuple[object, HomeEars]] = OrderedDict()

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
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def reload(self, config: Config) -> None:
        """Take an edited configuration and inventory; what is loaded stays. Raises ConfigError, and changes nothing then."""
        from assistant.home.house import base_home
        from assistant.nlu.matcher import SentenceMatcher

        home = base_home(config.home.inventory, bool(self.house.connections.status()))
        sentences = config.home.sentences
        SentenceMatcher(home, config.assistant.language, [sentences] if sentences else [])  # refuses what is wrong
        self.house.replace_home(home)
        self.config = config
        self._inventory = config.home.inventory
        self._matchers.clear()
        self._models.clear()
        self._ears.clear()
        self.__dict__.pop("mind", None)

    # --- models --------------------------------------------------------------------------------------

    @cached_property
    def vosk(self) -> VoskModel:
        """The acoustic model and its dictionary, shared by all recognisers."""
        from assistant.asr.vosk_engine import VoskModel

        return VoskModel(resolve(self.config.asr.model, self.config.paths.models).directory)

    @cached_property
    def lexicon(self) -> Lexicon:
        """How written words are said; what it works out for one home's names is there for the next."""
        from assistant.asr.lexicon import Lexicon

        return Lexicon(self.vosk)

    @cached_property
    def open_ears(self) -> HomeEars:
        """Recognition with the open vocabulary alone."""
        from assistant.asr.ears import HomeEars

        return HomeEars(self.vosk)

    def release_ears(self) -> None:
        """Free the recogniser; it is loaded again when it is next needed."""
        from assistant.machine.memory import give_back

        self._ears.clear()
        for name in ("open_ears", "lexicon", "vosk"):
            self.__dict__.pop(name, None)
        give_back()

    @property
    def engine_path(self) -> Path:
        """The language model's file: the configured one, or its stand-in."""
        return resolve(self.config.llm.model, self.config.paths.models).path

    @property
    def engine_loaded(self) -> bool:
        """Whether the language model is in memory."""
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """The language model, loaded at first use. One thread at a time may use it: take a ``model_client``."""
        if self._engine is None:
            from assistant.llm.engine import Engine

            self._engine = Engine.open(
                self.engine_path,
                context=self.config.llm.context,
                threads=self.config.llm.threads,
                state_dir=self.config.paths.state / "llm",
            )
        return self._engine

    def model_client(self, name: str, priority: Priority, *, quoting: bool = False) -> ModelClient:
        """The language model for one user of it: safe from any thread, in turn with the others.

        ``quoting``: its answers repeat their prompt, so that what follows is guessed from there.
        """
        from assistant.llm.client import ModelClient
        from assistant.llm.drafting import prompt_lookup

        return ModelClient(
            lambda: self.engine, self.model_queue, name, priority, draft=prompt_lookup if quoting else None
        )

    @cached_property
    def embedder(self) -> Embedder:
        """The sentence embedding. It may not be there: then its use raises ModelError, and the templates do without."""
        from assistant.nlu.embedding import Embedder

        return Embedder(self.config.paths.models / EMBEDDING_MODEL)

    @cached_property
    def plain_voice(self) -> PiperVoiceEngine:
        """Piper alone: whole texts in, sound out."""
        from assistant.tts.piper import PiperVoiceEngine

        directory = resolve(self.config.tts.voice, self.config.paths.models).directory
        return PiperVoiceEngine(directory, speed=self.config.tts.speed)

    @cached_property
    def voice(self) -> Speaker:
        """Piper behind spoken forms, sentence splitting and the phrase cache.

        Where the configured voice does not speak the assistant's language, an installed one that does, or espeak-ng.
        """
        from assistant.tts.speaker import Speaker

        language = self.config.assistant.language.partition("-")[0]
        if voice_language(self.config.tts.voice) not in (language, None):
            return self._other_voice(language)[0]
        return Speaker(
            self.plain_voice,
            language=language,
            cache_dir=self.config.paths.state / "phrases",
            while_synthesising=self.model_queue.quiet,
        )

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

        return ModelChooser(self.model_client("intent", Priority.VOICE))

    # --- stages over a home --------------------------------------------------------------------------

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
        from assistant.nlu.languages import dialogue_for
        from assistant.nlu.mind import DialogueMind

        home = house.snapshot()
        matcher = self._matcher(home, sentences)
        if sentences is not None:
            self._give_actions(house, matcher)
        return DialogueMind(
            home=house.snapshot,
            matcher=matcher,
            memory=dialogue_for(self.config.assistant.language),
            learned=self.learned,
            model=lambda: self._model(house.snapshot()),
        )

    @staticmethod
    def _give_actions(house: HouseLike, matcher: SentenceMatcher) -> None:
        """Have the house carry out what the user's own sentences do."""
        from assistant.home.backends.sending import Sender
        from assistant.home.house import House
        from assistant.parts.custom_actions import CustomActions

        if isinstance(house, House):
            house.custom = CustomActions(matcher.own, house, Sender(house.connections.publisher))

    def _matcher(self, home: Home, sentences: Path | None) -> SentenceMatcher:
        from assistant.nlu.matcher import SentenceMatcher

        def make() -> SentenceMatcher:
            problems: list[str] = []
            folders = self._sentence_folders(sentences)
            matcher = SentenceMatcher(home, self.config.assistant.language, folders, problems=problems)
            self.sentence_problems = tuple(problems)
            return matcher

        return _kept(self._matchers, (names_of(home), sentences), make)

    def fresh_matcher(self) -> SentenceMatcher:
        """A matcher over the sentences as they are on the disk now."""
        from assistant.nlu.matcher import SentenceMatcher

        folders = self._sentence_folders(self.config.home.sentences)
        return SentenceMatcher(self.house.snapshot(), self.config.assistant.language, folders)

    def _sentence_folders(self, sentences: Path | None) -> list[Path]:
        """The owner's sentences, and those that corrections in the panel have added."""
        corrections = self.config.paths.state / "sentences"
        own = [sentences] if sentences is not None else []
        return [*own, corrections] if corrections.is_dir() else own

    def _model(self, home: Home) -> ModelPart:
        from assistant.nlu.languages import concern_for
        from assistant.nlu.model_parser import ModelUnderstander

        language = self.config.assistant.language

        def make() -> ModelPart:
            plain = concern_for(language, home)
            return plain or ModelUnderstander(home, self.vectors, lambda: self.chooser, language)

        return _kept(self._models, names_of(home), make)

    def ears_for(self, mind: DialogueMind) -> HomeEars:
        """Recognition that is helped by the sentences that ``mind`` understands."""
        if not self.config.asr.bias or has_no_spaces(self.config.assistant.language):
            return self.open_ears
        from assistant.asr.ears import HomeEars

        mind.follow_home()
        key = (id(mind.matcher), mind.revision)
        # The matcher is kept with its ears: another one could else get the same id.
        kept = _kept(self._ears, key, lambda: (mind.matcher, HomeEars(self.vosk, self._bias(mind))), KEPT_EARS)
        return kept[1]

    def _bias(self, mind: DialogueMind) -> Bias:
        from assistant.asr.bias import compile_template_bias
        from assistant.asr.network import Sentences
        from assistant.asr.packing import key_of
        from assistant.machine.memory import give_back
        from assistant.parts.ear_store import EarStore
        from assistant.skills.heard import heard_sentences

        intents, lists = mind.matcher.templates()
        skills = heard_sentences(self.config.assistant.language)
        also = [] if skills is None else [Sentences(skills.intents, skills.open)]
        bias = EarStore(self.config.paths.state / "ear").bias(
            key_of(intents, lists, self.vosk.identity, also),
            lambda: compile_template_bias(intents, lists, self.lexicon, also=also),
        )
        self.lexicon.release()
        give_back()
        return bias

    def talk(self, room: str | None = None, priority: Priority = Priority.VOICE) -> Talk:
        """A fresh conversation; each room has one of its own."""
        from assistant.llm.chat import ChatTalk

        client = self.model_client(f"chat:{room}" if room else "chat", priority)
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
            model=lambda name: self.model_client(name, Priority.VOICE, quoting=name == "manual"),
            embedder=lambda: self.embedder,
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
            voices=self.foreign_voice,
            ahead=self._ahead(own_mind, own_house, own_talk, own_skills, voice),
        )

    def _ahead(
        self, mind: Mind, house: HouseLike, talk: Talk, skills: Skills, voice: Speaker | None
    ) -> ThinkAhead | None:
        """Thinking while somebody speaks, for stages that can be asked without consequences."""
        from assistant.ahead import ThinkAhead
        from assistant.home.house import House
        from assistant.llm.chat import ChatTalk
        from assistant.nlu.mind import DialogueMind

        if voice is None or not isinstance(mind, DialogueMind):
            return None
        return ThinkAhead(
            mind=mind,
            rehearse=lambda: House.from_home(house.snapshot(), self.config.assistant.language),
            talk=talk if isinstance(talk, ChatTalk) else None,
            voice=voice,
            others=skills.reads,
        )

    def foreign_voice(self, language: str) -> tuple[Speaker, str]:
        """The voice of another language: an installed Piper voice, else espeak-ng's, else the assistant's own."""
        if language == self.config.assistant.language.partition("-")[0]:
            return self.voice, self.config.tts.voice
        if language not in self._voices:
            self._voices[language] = self._other_voice(language)
        return self._voices[language]

    def _other_voice(self, language: str) -> tuple[Speaker, str]:
        from assistant.tts.espeak import EspeakVoiceEngine, espeak_available
        from assistant.tts.piper import PiperVoiceEngine
        from assistant.tts.speaker import Speaker

        speed = self.config.tts.speed
        installed = installed_voice(language, self.config.paths.models)
        if installed is not None:
            return Speaker(PiperVoiceEngine(installed, speed=speed), language=language), installed.name
        if espeak_available():
            engine = EspeakVoiceEngine(language, speed)
            return Speaker(engine, language=language), engine.name
        own = Speaker(self.plain_voice, language=language)
        return own, f"{self.plain_voice.name}, for want of one for {language}"

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

        return join_clips(list(self.plain_voice.synthesize(text)))

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
        ears = self._parts.ears_for(self._parts.mind)
        transcript = ears.transcribe(clip)
        self.last_wait_ms = ears.last_wait_ms
        del ears
        self._parts.release_ears()
        return transcript


def installed_voice(language: str, models_dir: Path) -> Path | None:
    """The folder of an installed Piper voice of a language such as ``fr``."""
    for model in load_manifest().models:
        if model.role == "tts" and model.language.replace("_", "-").partition("-")[0] == language:
            try:
                return resolve(model.name, models_dir).directory
            except ModelError:
                continue
    return None


def voice_language(name: str) -> str | None:
    """The language of a voice of the manifest, such as ``en``; ``None`` for one that it does not list."""
    models = (model for model in load_manifest().models if model.role == "tts" and model.name == name)
    found = next(models, None)
    return found.language.replace("_", "-").partition("-")[0] if found is not None else None


def names_of(home: Home) -> Hashable:
    """What matcher, bias and grammar are compiled from: two homes with equal names share them."""
    return (
        home.floors,
        home.areas,
        tuple((d.id, d.name, d.aliases, d.area, d.device_class) for d in home.devices),
    )


def _kept(store: OrderedDict[Hashable, T], key: Hashable, make: Callable[[], T], most: int = KEPT_HOMES) -> T:
    """The value of ``key``, made where it is missing; the least used one beyond the limit is let go."""
    if key not in store:
        store[key] = make()
        if len(store) > most:
            store.popitem(last=False)
    store.move_to_end(key)
    return store[key]

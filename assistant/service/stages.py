"""The stages of the running assistant: what was loaded makes conversations, and what is missing is done without.

Loading is done in parallel, each part told with its time. A part that cannot be loaded is a trouble, not the end: without
the recogniser sentences can still be typed, without the voice replies are text, without the language model the house is
still commanded. ``load_missing`` tries such parts again; when, is ``retrying``'s business.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, ConfigError
from assistant.events import PartReady
from assistant.llm.queue import Priority
from assistant.parts import Parts
from assistant.parts.prepared import warm_model
from assistant.service.conversations import VOICE
from assistant.service.core import Core
from assistant.service.judge import Judge
from assistant.service.waking import interjections, wake_engine
from assistant.telling import Telling
from assistant.turn.turn import Turn
from assistant.types import AudioClip, TurnContext

if TYPE_CHECKING:
    from assistant.asr.ears import EarStream, HomeEars
    from assistant.audio.wake import WakeEngine
    from assistant.nlu.mind import DialogueMind

log = logging.getLogger(__name__)

NEEDS = {"wake": ("recogniser",), "ears": ("recogniser", "mind"), "notices": ("voice",)}
"""Parts that cannot be loaded before others are."""
NOTICES = ("ready", "failed", "not_understood", "heard_nothing")
"""Of what the assistant says of itself, what is kept as sound from the start."""
ROOMS = "wyoming"
"""Conversations whose name begins so are rooms with a microphone of their own: they are voice as well."""


class LoadedStages:
    """Implements ``ports.Stages`` over ``Parts``. Filled by ``load``, then by ``warm``. ``loaders``: for tests."""

    def __init__(self, parts: Parts, *, loaders: Mapping[str, Callable[[], Any]] | None = None) -> None:
        self.parts = parts
        self.ears: HomeEars | None = None
        self.wake: WakeEngine | None = None
        self.phrases: WakeEngine | None = None
        self._loaders: Mapping[str, Callable[[], Any]] = loaders or {
            "voice": self._load_voice,
            "mind": self._load_mind,
            "recogniser": lambda: self.parts.hearing.vosk,
            "wake": self._load_wake,
            "ears": self._load_ears,
            "embedding": self._warm_mind,
            "model": lambda: warm_model(self.parts),
            "notices": self._prepare_notices,
        }
        self._missing = set(self._loaders)
        self._all_tried = False
        self._mind: DialogueMind | None = None
        self._revision = -1
        self._compiling = threading.Lock()

    @property
    def missing(self) -> tuple[str, ...]:
        """The parts that could not be loaded, in the order in which that is tried; none while the first try goes on."""
        return tuple(name for name in self._loaders if name in self._missing) if self._all_tried else ()

    @property
    def warmed(self) -> bool:
        """Whether the language model is ready at once."""
        return "model" not in self._missing

    @property
    def has_voice(self) -> bool:
        """Whether replies can be spoken."""
        return "voice" not in self._missing

    # --- core.Stages ---------------------------------------------------------------------------------

    def conversation(self, name: str) -> Turn:
        """See ``ports.Stages``."""
        parts = self.parts
        mind = parts.mind_for(parts.house, sentences=parts.config.home.sentences)
        spoken = name == VOICE or name.startswith(ROOMS)
        talk = parts.talk(None if name == VOICE else name, Priority.VOICE if spoken else Priority.API)
        return parts.turn(mind=mind, ears=self.ears, talk=talk, speak=self.has_voice)

    def context(self, *, area: str | None = None) -> TurnContext:
        """See ``ports.Stages``."""
        return self.parts.context(area=area)

    def speak(self, text: str) -> Iterator[AudioClip]:
        """See ``ports.Stages``. Raises ModelError without a voice."""
        return self.parts.voice.speak([text])

    # --- recogniser.Ears -----------------------------------------------------------------------------

    def start(self) -> EarStream:
        """A new utterance, heard with what the house has now."""
        if self.ears is None:
            raise AssistantError("there is no speech recogniser")
        return self.ears.start()

    def judge(self) -> Judge:
        """Whether the words so far are a whole command, for the endpointing."""

        def reader() -> DialogueMind | None:
            return self._mind

        return Judge(reader, self.parts.context)

    def _prepare_notices(self) -> None:
        telling = Telling(self.parts.config.assistant.language)
        self.parts.voice.prepare([telling.say(key) for key in NOTICES])

    # --- loading -------------------------------------------------------------------------------------

    def load(self, core: Core) -> None:
        """Everything that a spoken command needs. Raises ConfigError; what else is missing becomes a trouble."""
        with ThreadPoolExecutor(4, "loading") as pool:
            voice, mind, vosk = (pool.submit(self._load, core, name) for name in ("voice", "mind", "recogniser"))
            wake = pool.submit(lambda: vosk.result() and self._load(core, "wake"))
            ears = pool.submit(lambda: vosk.result() and mind.result() and self._load(core, "ears"))
            for loaded in (mind, vosk, wake, ears, voice):
                loaded.result()

    def warm(self, core: Core) -> None:
        """What a question needs: the language model with its prompts' heads, and the bank of phrasings."""
        for name in ("embedding", "model", "notices"):
            self._load(core, name)
        self._all_tried = True

    def load_missing(self, core: Core) -> tuple[str, ...]:
        """Try again what could not be loaded; the names of what is there now. What is wrong stays among the troubles."""
        loaded = []
        with self._compiling:
            for name in self.missing:
                try:
                    if self._load(core, name):
                        loaded.append(name)
                except ConfigError as error:  # at the start it would have ended the assistant: now it runs
                    core.trouble(name, str(error))
        return tuple(loaded)

    def _warm_mind(self) -> None:
        if self._mind is not None:
            self._mind.warm()

    def follow_home(self, core: Core, *, anew: bool = False) -> bool:
        """Compile what is made of names where they have changed (or ``anew``); whether that was done. Off the loop."""
        with self._compiling:
            home = self.parts.house.snapshot()
            if home.revision == self._revision and not anew:
                return False
            if self.ears is None:
                self._load(core, "mind")
                return True
            begun_s = time.monotonic()
            self._load(core, "ears")
            self.parts.keep_present()
            log.info("%d devices: the ear was compiled in %.1f s", len(home.devices), time.monotonic() - begun_s)
            return True

    def _load(self, core: Core, name: str) -> bool:
        """Load a part, unless another one is missing that it needs; whether it is there."""
        if not self._missing.isdisjoint(NEEDS.get(name, ())):
            return False
        begun_s = time.monotonic()
        try:
            self._loaders[name]()
        except ConfigError:
            raise
        except AssistantError as error:
            return self._without(core, name, str(error))
        except ImportError as error:
            return self._without(core, name, f"is not installed: {error}")
        self._missing.discard(name)
        core.trouble(name, "")
        core.trouble("sentences", "; ".join(self.parts.understanding.sentence_problems))
        core.events.publish(PartReady(name, time.monotonic() - begun_s))
        return True

    def _without(self, core: Core, name: str, why: str) -> bool:
        self._missing.add(name)
        core.trouble(name, why)
        return False

    def _load_voice(self) -> None:
        self.parts.voices.plain.warm_up()
        self.parts.voice  # noqa: B018  (built here, so that what is wrong with it is told here)

    def _load_mind(self) -> None:
        parts = self.parts
        self._revision = parts.house.snapshot().revision
        self._mind = parts.mind_for(parts.house, sentences=parts.config.home.sentences)
        self._mind.read("turn on the light", parts.context())

    def _load_wake(self) -> None:
        wake = self.parts.config.wake
        self.wake = wake_engine(wake.words, wake.sensitivity, self.parts.config, self.parts.hearing.vosk)
        self.phrases = interjections(self.parts.hearing.vosk)

    def _load_ears(self) -> None:
        parts = self.parts
        home = parts.house.snapshot()
        mind = parts.mind_for(parts.house, sentences=parts.config.home.sentences)
        fresh = parts.hearing.ears_for(mind)
        if self.ears is None or not parts.config.asr.bias:
            self.ears = fresh
        else:
            self.ears.hear_as(fresh)
        self._mind = mind
        self._revision = home.revision

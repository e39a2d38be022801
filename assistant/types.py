"""The values that cross from one stage to the next: frozen, slotted, without behaviour of their own.

Devices, states and intents follow Home Assistant's model: ``light.kitchen``, ``brightness`` 0-255,
``HassTurnOn``. Nothing here imports more than the standard library, so that every stage can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt

    import numpy as np
    import numpy.typing as npt

JsonScalar = str | int | float | bool | None
JsonValue = JsonScalar | list["JsonValue"] | dict[str, "JsonValue"]
Attributes = Mapping[str, JsonValue]

NO_ATTRIBUTES: Attributes = MappingProxyType({})

Route = Literal["match", "model", "skill", "none"]


# --- the home ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey of the house."""

    name: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A room, or another place that devices are in."""

    name: str
    floor: str | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a device reports of itself: Home Assistant's state string and attributes."""

    state: str
    attributes: Attributes = field(default_factory=lambda: NO_ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Device:
    """One controllable or readable thing; ``id`` is Home Assistant's ``domain.object_id``."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    area: str | None = None
    state: str = "unknown"
    attributes: Attributes = field(default_factory=lambda: NO_ATTRIBUTES)
    confirm: bool | None = None
    """Whether acts on it want a spoken yes first: always, never, or (``None``) as the kind of act calls for."""
    source: str = "simulated"
    """What it is reached by: ``simulated``, ``mqtt``, ``homeassistant``, ``gpio``, ``http``."""

    @property
    def domain(self) -> str:
        """``light`` of ``light.kitchen``."""
        return self.id.partition(".")[0]

    @property
    def device_class(self) -> str | None:
        """Home Assistant's device class (``curtain``, ``temperature``, …) where one is set."""
        value = self.attributes.get("device_class")
        return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Home:
    """A snapshot of the live registry at one moment.

    ``revision`` grows when floors, areas, devices, names or aliases change (not when states do), so that what is
    compiled from names (matcher, speech bias, grammar, prompt prefix) knows when to compile again.
    """

    floors: tuple[Floor, ...] = ()
    areas: tuple[Area, ...] = ()
    devices: tuple[Device, ...] = ()
    revision: int = 0


# --- speech -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioClip:
    """Mono sound. ``samples``: int16, shape (n,)."""

    samples: npt.NDArray[np.int16]
    rate_hz: int

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate_hz


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its place in the audio and the recogniser's confidence (0-1)."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard. ``biased`` tells whether the house's own sentences decided the words."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 1.0
    biased: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech that was recognised while it was being spoken. ``wait_ms``: from its last sample to its transcript.

    ``sound``: what was heard, for where recordings are kept.
    """

    transcript: Transcript
    wait_ms: float = 0.0
    sound: AudioClip | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class WakeDetection:
    """A wake word or phrase. ``end_sample``: where it ended in the 16 kHz stream, to about 0.1 s; ``score``: 0 to 1."""

    name: str
    end_sample: int
    score: float

    @property
    def at_s(self) -> float:
        """The word's end in seconds from the beginning of the stream."""
        return self.end_sample / 16_000


# --- understanding ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What is known around an utterance besides its words."""

    now: dt.datetime
    area: str | None = None
    """Name of the area that the microphone stands in."""
    turn_id: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """One understood command or question: an intent's name and its slots.

    ``name`` is Home Assistant's (``HassTurnOn``) or a custom one. ``slots`` uses Home Assistant's slot names:
    ``name`` (a device's name), ``area``, ``floor``, ``domain``, ``device_class``, ``state``, ``brightness``
    (0-100), ``color``, ``temperature``, ``position``, ``percentage``, ``volume_level`` (0-100), ``volume_step``,
    ``item``, … A slot ``device_id`` (str or list) fixes the targets where the caller already knows them.
    ``response`` is the key of Home Assistant's response template (``one_yesno``, ``which``, ``brightness``).
    """

    name: str
    slots: Mapping[str, JsonValue] = field(default_factory=dict)
    response: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """The sentence is one or more commands or questions about the house; they are carried out in order."""

    intents: tuple[Intent, ...]
    route: Route
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """The assistant has to ask back before it may act."""

    question: str
    candidates: tuple[Intent, ...]
    """One for each answer; for a yes/no confirmation, the one intent that a yes carries out."""
    then: tuple[Intent, ...] = ()
    """What the sentence asked for beside it, which waits for the answer too."""
    missing: str = ""
    """The slot of the one candidate that the answer's own words fill ("what shall I put on the list?")."""


@dataclass(frozen=True, slots=True)
class NoIntent:
    """Nothing to do. Talk is for the chat model; what is ``about_home`` never is, for it knows nothing of the house."""

    reason: str = ""
    about_home: bool = False


Understanding = Understood | Ask | NoIntent


NOT_UNDERSTOOD = Intent("HassRespond", response="not_understood")
"""What the house says to a sentence about it that nobody understood. It is no act."""
UNCLEAR = Intent("HassRespond", response="unclear")
HEARD_NOTHING = Intent("HassRespond", response="heard_nothing")
"""The same to one that nobody understood at all, and to silence."""


# --- acting -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Action:
    """One intent as it was carried out. ``targets``: ids of the devices that it was addressed to."""

    intent: str
    slots: Mapping[str, JsonValue]
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Handled:
    """An intent was carried out (or a question answered). ``reply`` is made from states read back."""

    action: Action
    reply: str
    is_question: bool = False


@dataclass(frozen=True, slots=True)
class NotHandled:
    """An intent could not be carried out; ``reply`` says why in plain words. Nothing was changed."""

    reply: str


Outcome = Handled | NotHandled | Ask


@dataclass(frozen=True, slots=True)
class SkillReply:
    """What a skill (timers, arithmetic, lists …) did and says.

    ``pieces``: the reply's text, possibly still being generated. ``language``: of the reply, where it is another than
    the assistant's. ``notes``: for the record, not spoken (which source, which voice).
    """

    skill: str
    pieces: Iterable[str]
    actions: tuple[Action, ...] = ()
    expects_answer: bool = False
    language: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TurnResult:
    """Everything that one turn did; what ``assistant batch`` and ``assistant ask --json`` print.

    ``states``: every device that differs from before the turn, with its new state. ``ms``: stage -> milliseconds,
    at least ``asr`` (after the last audio), ``nlu``, ``act``, ``tts_first`` (to the reply's first sample), ``total``.
    """

    turn_id: str
    transcript: str
    intents: tuple[Intent, ...] = ()
    actions: tuple[Action, ...] = ()
    states: Mapping[str, DeviceState] = field(default_factory=dict)
    reply: str = ""
    route: Route = "none"
    ms: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    expects_answer: bool = False
    skill: str | None = None
    """The skill that answered, where ``route`` is ``skill``."""
    notes: tuple[str, ...] = ()
    """For the record, not spoken: an answer's source, the voice that spoke it."""

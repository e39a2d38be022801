"""Fakes, one for each Protocol of the turn: they record what they were asked and answer as told."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from assistant.errors import AssistantError
from assistant.home.backend import ServiceCall, Sink, SourceStatus
from assistant.llm.requests import Called, Finished, GenerateRequest, Output, Piece, ToolCall
from assistant.turn.turn import Turn
from assistant.types import (
    Action,
    Ask,
    AudioClip,
    Device,
    DeviceState,
    Handled,
    Home,
    Intent,
    NoIntent,
    Outcome,
    Transcript,
    TurnContext,
    Understanding,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass
class FakeClock:
    """Nanoseconds that pass only when told; each reading costs ``step_ns``."""

    now_ns: int = 0
    step_ns: int = 0

    def __call__(self) -> int:
        self.now_ns += self.step_ns
        return self.now_ns

    def advance_ms(self, ms: float) -> None:
        """Let time pass."""
        self.now_ns += int(ms * 1e6)


@dataclass
class FakeTime:
    """The skills' clock: both clocks pass together; the wall clock may jump, and the machine may be started again."""

    wall: dt.datetime = dt.datetime(2026, 3, 9, 14, 5, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin"))
    steady: float = 1000.0
    boots: int = 1

    def now(self) -> dt.datetime:
        return self.wall

    def steady_s(self) -> float:
        return self.steady

    @property
    def boot(self) -> str:
        return f"boot {self.boots}"

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.jump(seconds)
        self.steady += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock by so much."""
        self.wall = dt.datetime.fromtimestamp(self.wall.timestamp() + seconds, self.wall.tzinfo)

    def reboot(self, off_s: float = 30.0, *, clock_knows: bool = True) -> None:
        """Start the machine again after ``off_s``; without ``clock_knows`` the wall clock stood still meanwhile."""
        if clock_knows:
            self.jump(off_s)
        self.steady = 5.0
        self.boots += 1


@dataclass
class FakeRinger:
    """Keeps what rings and what was announced; ``hears``: whether announcements are heard."""

    ringing: dict[str, str] = field(default_factory=dict)
    rang: list[str] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    hears: bool = True

    def ring(self, key: str, text: str) -> None:
        self.ringing[key] = text
        self.rang.append(text)

    def silence(self, key: str) -> None:
        self.ringing.pop(key, None)

    def announce(self, text: str, heard: Callable[[], None]) -> None:
        self.announced.append(text)
        if self.hears:
            heard()


@dataclass
class FakeEars:
    """Hears the given texts, one an utterance."""

    texts: Sequence[str]
    last_wait_ms: float = 12.5
    heard: list[AudioClip] = field(default_factory=list)

    def transcribe(self, clip: AudioClip) -> Transcript:
        self.heard.append(clip)
        return Transcript(self.texts[len(self.heard) - 1])


@dataclass
class FakeMind:
    """Understands the sentences that it is given, and nothing else."""

    known: Mapping[str, Understanding]
    asked: list[str] = field(default_factory=list)
    remembered: list[tuple[str, tuple[Intent, ...], tuple[Action, ...], Ask | None]] = field(default_factory=list)

    def read(self, text: str, context: TurnContext) -> Understanding:
        return self.known.get(text, NoIntent("unknown"))

    def understand(self, text: str, context: TurnContext) -> Understanding:
        self.asked.append(text)
        return self.known.get(text, NoIntent("unknown"))

    def remember(self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None) -> None:
        self.remembered.append((text, intents, actions, ask))


class FakeHouse:
    """A house in which an intent sets the state of the device that its ``device_id`` slot names."""

    def __init__(self, devices: Iterable[Device] = (), outcomes: Mapping[str, Outcome] | None = None) -> None:
        self.devices = {device.id: device for device in devices}
        self.outcomes = dict(outcomes or {})
        self.calls: list[tuple[Intent, bool]] = []
        self.fail: Callable[[], None] = lambda: None

    def snapshot(self) -> Home:
        return Home(devices=tuple(self.devices.values()))

    def carry_out(self, intent: Intent, context: TurnContext, *, confirmed: bool = False) -> Outcome:
        self.calls.append((intent, confirmed))
        self.fail()
        if intent.name in self.outcomes and not confirmed:
            return self.outcomes[intent.name]
        if intent.name == "HassRespond":
            return Handled(Action(intent.name, {}), f"{intent.response}.")
        device_id = str(intent.slots["device_id"])
        old = self.devices[device_id]
        self.devices[device_id] = Device(old.id, old.name, state=str(intent.slots["state"]))
        return Handled(
            Action(intent.name, intent.slots, (device_id,)), f"{old.name} is {self.devices[device_id].state}."
        )

    def changed_since(self, before: Home) -> dict[str, DeviceState]:
        return {
            device.id: DeviceState(self.devices[device.id].state, self.devices[device.id].attributes)
            for device in before.devices
            if device != self.devices[device.id]
        }


@dataclass
class FakeTalk:
    """Answers everything with the same pieces; counts how many were taken."""

    pieces: Sequence[str]
    taken: int = 0

    def answer(self, text: str, context: TurnContext, cancelled: Callable[[], bool]) -> Iterator[str]:
        for piece in self.pieces:
            if cancelled():
                return
            self.taken += 1
            yield piece


@dataclass
class FakeVoice:
    """One clip for each sentence that ends with a full stop; ``clip`` is what they sound like."""

    clip: AudioClip
    spoken: list[str] = field(default_factory=list)

    def speak(self, pieces: Iterable[str]) -> Iterator[AudioClip]:
        text = ""
        for piece in pieces:
            text += piece
            while "." in text:
                sentence, _, text = text.partition(".")
                self.spoken.append(sentence.strip() + ".")
                yield self.clip
        if text.strip():
            self.spoken.append(text.strip())
            yield self.clip


class FakeSource:
    """A source whose devices do what ``applies`` makes of a call; what it was told is in ``calls``."""

    def __init__(
        self,
        name: str,
        found: Home = Home(),  # noqa: B008  # a frozen value
        applies: Callable[[Device, ServiceCall], DeviceState] = lambda device, _call: DeviceState(device.state),
    ) -> None:
        self.name = name
        self.found = found
        self.applies = applies
        self.calls: list[ServiceCall] = []
        self.sink: Sink | None = None
        self.running = False

    def start(self, sink: Sink) -> None:
        self.sink, self.running = sink, True
        sink.devices(self.found)

    def stop(self) -> None:
        self.running = False

    def wait_ready(self, timeout_s: float) -> bool:
        return self.running

    def status(self) -> SourceStatus:
        return SourceStatus(self.name, self.running, devices=len(self.found.devices))

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        self.calls.append(call)
        return self.applies(device, call)

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        self.calls.append(ServiceCall(device.id, "restore"))
        return state


@dataclass
class FakePlayer:
    """A loudspeaker that takes no time. ``on_play`` is called with each clip before it counts as heard."""

    volume: float = 1.0
    played: list[AudioClip] = field(default_factory=list)
    volumes: list[float] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    on_play: Callable[[AudioClip], None] = lambda _clip: None
    stopped: bool = False

    def play(self, clip: AudioClip) -> bool:
        self.volumes.append(self.volume)
        self.on_play(clip)
        if self.stopped:
            return False
        self.played.append(clip)
        return True

    def stop(self) -> None:
        self.stopped = True
        self.calls.append("stop")

    def resume(self) -> None:
        self.stopped = False

    def drain(self) -> None:
        self.calls.append("drain")

    def close(self) -> None:
        self.calls.append("close")


@dataclass
class FakePulse:
    """Notes who works and who rests."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    def watch(self, name: str, limit_s: float) -> None:
        self.calls.append(("watch", name))

    def beat(self, name: str) -> None:
        self.calls.append(("beat", name))

    def rest(self, name: str) -> None:
        self.calls.append(("rest", name))


class FakeStages:
    """Conversations over one fake house, whose minds know the same sentences; see ``ports.Stages``."""

    def __init__(self, turn: Callable[[], Turn], clip: AudioClip) -> None:
        self._turn = turn
        self._clip = clip
        self.spoken: list[str] = []
        self.fail: AssistantError | None = None

    def conversation(self, name: str) -> Turn:
        return self._turn()

    def context(self, *, area: str | None = None) -> TurnContext:
        return TurnContext(now=dt.datetime(2026, 1, 5, 7, 0, tzinfo=dt.UTC), area=area)

    def speak(self, text: str) -> Iterator[AudioClip]:
        if self.fail is not None:
            raise self.fail
        self.spoken.append(text)
        yield self._clip


@dataclass
class FakeTextModel:
    """Answers with the same pieces; ``hold`` is called before each of them. ``calls`` come where tools were offered."""

    pieces: Sequence[str] = ("Hello", " there", ".")
    calls: Sequence[ToolCall] = ()
    error: Exception | None = None
    hold: Callable[[], None] = lambda: None
    requests: list[GenerateRequest] = field(default_factory=list)
    cancelled: int = 0

    def generate(self, request: GenerateRequest, cancelled: Callable[[], bool]) -> Iterator[Output]:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        made = 0
        calls = self.calls if request.tools and request.tool_choice != "none" else ()
        for piece in () if calls else self.pieces:
            self.hold()
            if cancelled():
                self.cancelled += 1
                return
            if request.max_tokens is not None and made >= request.max_tokens:
                break
            made += 1
            yield Piece(piece)
        yield from map(Called, calls)
        reason: Literal["stop", "length"] = "stop" if calls or made == len(self.pieces) else "length"
        yield Finished(reason, 7, 3, made, 1_000, 2_000, 3_000, 6_000)


@dataclass
class FakeEmbedder:
    """Unit vectors of two dimensions: the first for short texts, the second for long ones."""

    def encode(self, sentences: Sequence[str]) -> npt.NDArray[np.float32]:
        import numpy as np

        return np.array([[1.0, 0.0] if len(text) < 10 else [0.0, 1.0] for text in sentences], np.float32)

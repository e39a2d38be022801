"""Builds the hearing side and the way to the loudspeaker from configuration and loaded stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.audio.capture import Backend, Microphone
from assistant.audio.echo import EchoSuppressor, PassThrough
from assistant.audio.endpointing import Pauses
from assistant.audio.listener import Listener, Manners
from assistant.audio.microphone import SoundDeviceBackend
from assistant.audio.playback import Player
from assistant.audio.vad import SpeechDetector
from assistant.config import Config
from assistant.errors import AssistantError
from assistant.service.hearing import Hearing
from assistant.service.waking import STOPPING
from assistant.service.worker import Pulse

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from assistant.audio.capture import Stream
    from assistant.audio.devices import InputDevice
    from assistant.service.core import Core
    from assistant.service.loudspeaker import Loudspeaker
    from assistant.service.output import PlayerLike
    from assistant.service.stages import LoadedStages


def open_player(config: Config) -> tuple[EchoSuppressor, Callable[[], PlayerLike]]:
    """What knows of all that is played, and what opens the loudspeaker. The latter raises AudioError."""
    echo = EchoSuppressor(None if config.listening.echo_cancellation else PassThrough())
    return echo, lambda: Player.open(config.audio.output, volume=config.audio.volume, tap=echo.played)


def manners(config: Config) -> Manners:
    """How the listener behaves under a configuration."""
    listening = config.listening
    pauses = Pauses(
        complete_s=listening.complete_silence_s,
        silence_s=listening.silence_s,
        unfinished_s=listening.unfinished_silence_s,
        nothing_s=listening.nothing_said_s,
        longest_s=listening.longest_s,
    )
    return Manners(
        pauses=pauses,
        follow_up_s=listening.follow_up_s,
        barge_in=listening.barge_in,
        stopping=frozenset(STOPPING),
    )


class SharedSoundSystem:
    """Opens microphones; looks for new devices only with the loudspeaker closed, which uses the same PortAudio."""

    def __init__(self, backend: Backend, loudspeaker: Loudspeaker) -> None:
        self._backend = backend
        self._loudspeaker = loudspeaker

    def open(self, give: Callable[[npt.NDArray[np.int16], bool], None]) -> tuple[Stream, InputDevice]:
        """See ``capture.Backend``."""
        return self._backend.open(give)

    def look_again(self) -> None:
        """See ``capture.Backend``."""
        with self._loudspeaker.given_back():
            self._backend.look_again()


def build_hearing(core: Core, stages: LoadedStages, config: Config, pulse: Pulse, echo: EchoSuppressor) -> Hearing:
    """The hearing side. Raises AssistantError where the wake words were not loaded."""
    if stages.wake is None:
        raise AssistantError("there are no wake words to listen for")
    loudspeaker = core.loudspeaker
    device = Microphone(
        SharedSoundSystem(SoundDeviceBackend(config.audio.input), loudspeaker),
        may_rescan=lambda: not loudspeaker.busy,
    )
    listener = Listener(
        stages.wake,
        SpeechDetector(),
        manners=manners(config),
        echo=echo,
        interjections=stages.phrases,
        judge=stages.judge(),
    )

    def think_ahead() -> bool:
        """Not while the language model is being loaded: the end of speech would wait for that."""
        return config.listening.think_ahead and stages.warmed

    return Hearing(core, device, listener, stages, pulse, echo=echo, think_ahead=think_ahead)

"""The assistant about itself, by voice: volume, microphone, what it heard and why it did something, version, address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from assistant.skills.base import Handler, Said
from assistant.skills.language import Language
from assistant.skills.templates import Reading
from assistant.types import Action, Handled, Intent, Outcome, TurnContext, TurnResult

STEP = 0.1
VOLUME_INTENTS = ("HassSetVolume", "HassSetVolumeRelative", "HassMediaPlayerMute", "HassMediaPlayerUnmute")


class Controls(Protocol):
    """The running assistant's own knobs."""

    @property
    def volume(self) -> float:
        """0 to 1."""
        ...

    def set_volume(self, volume: float) -> float: ...

    def mute(self, on: bool) -> None:
        """Switch the microphone off or on."""
        ...

    def restart(self) -> None:
        """Begin anew, after the reply was said."""
        ...


class Machine(Protocol):
    """What the machine tells of itself."""

    @property
    def version(self) -> str: ...

    def addresses(self) -> Sequence[str]:
        """Its addresses in the network."""
        ...

    def temperature_c(self) -> float | None:
        """Of the processor."""
        ...


class HousekeepingSkill:
    """One conversation's housekeeping: it remembers the last turn. ``controls`` is missing on the command line."""

    def __init__(self, language: Language, name: str, machine: Machine, controls: Controls | None) -> None:
        self._language = language
        self._name = name
        self._machine = machine
        self._controls = controls
        self._say = language.wording.say
        self._last: TurnResult | None = None
        self.handlers: Mapping[str, Handler] = {
            "VolumeSet": self._volume_set,
            "VolumeStep": self._volume_step,
            "VolumeQuery": lambda _r, _c: self._volume_told(),
            "MicrophoneOff": self._microphone_off,
            "WhatCanYouDo": lambda _r, _c: Said(self._say("can_do")),
            "WhatDidYouHear": lambda _r, _c: self._heard(),
            "WhyDidYouDoThat": lambda _r, _c: self._why(),
            "RepeatThat": lambda _r, _c: self._repeat(),
            "Version": lambda _r, _c: Said(self._say("version", name=self._name, version=self._machine.version)),
            "Address": lambda _r, _c: self._address(),
            "MachineTemperature": lambda _r, _c: self._temperature(),
            "Restart": self._restart,
            "WhoAreYou": lambda _r, _c: Said(self._say("who", name=self._name)),
            "Maker": lambda _r, _c: Said(self._say("maker")),
            "Forecast": lambda _r, _c: Said(self._say("no_forecast")),
            "News": lambda _r, _c: Said(self._say("no_news")),
        }

    def note(self, result: TurnResult) -> None:
        """Remember a turn, but for questions about turns."""
        if not any(action.intent in _ABOUT_TURNS for action in result.actions):
            self._last = result

    # --- volume -------------------------------------------------------------------------------------

    def volume_intent(self, intent: Intent) -> Outcome | None:
        """The house's volume sentences, where the house has nothing that plays: the assistant's own volume is meant."""
        if self._controls is None or any(key in intent.slots for key in ("name", "device_id", "area", "floor")):
            return None
        if intent.name == "HassSetVolume":
            self._controls.set_volume(_number(intent.slots.get("volume_level")) / 100)
        elif intent.name == "HassSetVolumeRelative":
            step = intent.slots.get("volume_step")
            change = {"up": STEP, "down": -STEP}.get(str(step), _number(step) / 100)
            self._controls.set_volume(self._controls.volume + change)
        else:
            return None
        return Handled(Action(intent.name, dict(intent.slots)), self._level())

    def _volume_set(self, reading: Reading, _context: TurnContext) -> Said:
        if self._controls is None:
            return Said(self._say("only_running"))
        level = reading.slots.get("number")
        fixed = reading.slots.get("level")
        percent = float(level) if isinstance(level, Fraction) else _number(fixed)
        self._controls.set_volume(min(1.0, max(0.0, percent / 100)))
        return Said(self._level(), acted=True)

    def _volume_step(self, reading: Reading, _context: TurnContext) -> Said:
        if self._controls is None:
            return Said(self._say("only_running"))
        amount = reading.slots.get("number")
        step = float(amount) / 100 if isinstance(amount, Fraction) else STEP
        sign = -1 if reading.slots.get("sign") == -1 else 1
        self._controls.set_volume(min(1.0, max(0.0, self._controls.volume + sign * step)))
        return Said(self._level(), acted=True)

    def _volume_told(self) -> Said:
        return Said(self._level() if self._controls is not None else self._say("only_running"))

    def _level(self) -> str:
        assert self._controls is not None
        return self._say("volume_is", percent=round(self._controls.volume * 100))

    def _microphone_off(self, _reading: Reading, _context: TurnContext) -> Said:
        if self._controls is None:
            return Said(self._say("only_running"))
        self._controls.mute(True)
        return Said(self._say("microphone_off"), acted=True)

    # --- the last turn ------------------------------------------------------------------------------

    def _heard(self) -> Said:
        if self._last is None:
            return Said(self._say("heard_nothing"))
        return Said(self._say("heard", text=self._last.transcript))

    def _why(self) -> Said:
        last = self._last
        if last is None:
            return Said(self._say("did_nothing_yet"))
        values = {"text": last.transcript, "what": self._done(last)}
        if last.error:
            return Said(self._say("why_error", **values))
        if not last.actions and last.route != "model":
            return Said(self._say("why_nothing", **values))
        if not last.actions:
            return Said(self._say("why_talk", **values))
        return Said(self._say(f"why_{last.route}", **values))

    def _done(self, last: TurnResult) -> str:
        """The intents in plain words: ``turn on light kitchen``."""
        words = []
        for action in last.actions:
            name = "".join(f" {c.lower()}" if c.isupper() else c for c in action.intent.removeprefix("Hass")).strip()
            targets = [target.partition(".")[2].replace("_", " ") for target in action.targets]
            words.append(self._language.wording.part("done_to", act=name, targets=self._language.wording.names(targets))
                         if targets else name)  # fmt: skip
        return self._language.wording.names(words)

    def _repeat(self) -> Said:
        return Said(self._last.reply if self._last is not None and self._last.reply else self._say("said_nothing"))

    # --- the machine --------------------------------------------------------------------------------

    def _address(self) -> Said:
        addresses = self._machine.addresses()
        if not addresses:
            return Said(self._say("no_address"))
        return Said(self._say("address", addresses=self._language.wording.names(list(addresses))))

    def _temperature(self) -> Said:
        temperature = self._machine.temperature_c()
        if temperature is None:
            return Said(self._say("no_temperature"))
        return Said(self._say("machine_temperature", degrees=round(temperature)))

    def _restart(self, _reading: Reading, _context: TurnContext) -> Said:
        controls = self._controls
        if controls is None:
            return Said(self._say("only_running"))

        def answer(text: str, _context: TurnContext) -> Said | None:
            agreed = self._language.yes_or_no(text)
            if not agreed:
                return None if agreed is None else Said(self._say("left_as_is"))
            controls.restart()
            return Said(self._say("restarting"), acted=True)

        return Said(self._say("restart_really"), question=answer)


_ABOUT_TURNS = frozenset({"WhatDidYouHear", "WhyDidYouDoThat", "RepeatThat"})


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0

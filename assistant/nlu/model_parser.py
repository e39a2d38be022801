"""The model's part of understanding: what people want without saying it, chosen among what this house can do.

A sentence embedding finds the nearest acts in the bank of phrasings; only acts whose devices exist here are candidates.
A sure one is taken; in between the language model must choose the same one, under a grammar of the candidates; else it
is talk. A question, or talk about the past, never acts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from assistant.nlu.bank import Act, Bank, Near
from assistant.nlu.normalise import plain, tidy
from assistant.types import Home, Intent, NoIntent, TurnContext, Understanding, Understood

SURE = 0.80
POSSIBLE = 0.66
MARGIN = 0.08
"""How much nearer than the nearest talk an act must be."""
CLOSE = 0.02
"""Acts whose similarities differ by less are told apart by the language model."""
NONE_OF_THESE = "nothing, it is only talk"
_QUESTION = re.compile(
    r"^(?:who|whose|why|when|where|which|how (?!about)|what (?!about)|does|do (?!something)|did|has|have|was|were|should|would it|will)\b"
)
_ASKING = frozenset({"HassClimateGetTemperature", "HassGetWeather", "HassGetState"})
_DOMAINS = {
    "HassClimate": "climate",
    "HassMedia": "media_player",
    "HassSetVolume": "media_player",
    "HassVacuum": "vacuum",
    "HassLawnMower": "lawn_mower",
    "HassGetWeather": "weather",
}


class Chooser(Protocol):
    """The language model under a grammar: which of ``choices`` does the speaker want?"""

    def choose(self, sentence: str, choices: Sequence[str]) -> int: ...


class ModelUnderstander:
    """``understand`` gives an act of this house, or NoIntent. ``chooser`` is called only where the embedding is unsure."""

    def __init__(self, home: Home, bank: Bank, chooser: Callable[[], Chooser]) -> None:
        self._bank = bank
        self._chooser = chooser
        self.update(home)

    def update(self, home: Home) -> None:
        """Take the devices and rooms of a changed home."""
        self._areas = {plain(name): area.name for area in home.areas for name in (area.name, *area.aliases)}
        self._domains: dict[str | None, set[str]] = {None: set()}
        for device in home.devices:
            self._domains[None].add(device.domain)
            if device.area:
                self._domains.setdefault(plain(device.area), set()).add(device.domain)

    def understand(self, text: str, context: TurnContext) -> Understanding:
        """The act that ``text`` asks for, with its room."""
        sentence = plain(tidy(text))
        if len(sentence.split()) < 2:
            return NoIntent("too short to be sure")
        area, masked = self._spot_area(sentence)
        near, talk = self._bank.nearest(masked)
        asked = bool(_QUESTION.match(sentence))
        possible = [n for n in near if self._can(n.act, area, context) and not (asked and n.act.intent not in _ASKING)]
        if not possible or possible[0] is not near[0]:
            return NoIntent("nothing that this house can do")
        best = possible[0]
        if best.similarity < POSSIBLE or best.similarity < talk + MARGIN:
            return NoIntent("talk")
        rivals = [n for n in possible[1:] if best.similarity - n.similarity < CLOSE]
        if (best.similarity < SURE or rivals) and not self._model_agrees(text, best, possible):
            return NoIntent("not sure")
        return Understood((self._intent(best.act, area, context),), "model", best.similarity)

    def _spot_area(self, sentence: str) -> tuple[str | None, str]:
        """The area that the sentence names, and the sentence with 'room' in its place."""
        for name in sorted(self._areas, key=len, reverse=True):
            if name and re.search(rf"\b{re.escape(name)}\b", sentence):
                return self._areas[name], re.sub(rf"\b{re.escape(name)}\b", "room", sentence)
        return None, sentence

    def _can(self, act: Act, area: str | None, context: TurnContext) -> bool:
        wanted = act.slots.get("domain")
        domains = set(wanted) if isinstance(wanted, list) else {wanted} if wanted else set()
        domains |= {domain for start, domain in _DOMAINS.items() if act.intent.startswith(start)}
        if not domains:
            return True
        place = area or (context.area if act.in_room else None)
        here = self._domains.get(plain(place), set()) if place else self._domains[None]
        return bool(domains & (here or set())) or (area is None and bool(domains & self._domains[None]))

    def _intent(self, act: Act, area: str | None, context: TurnContext) -> Intent:
        place = area or context.area
        intent = act.as_intent(place)
        domains = self._domains.get(plain(place), set()) if place else set()
        kind = next((d for start, d in _DOMAINS.items() if act.intent.startswith(start)), None)
        if area is None and kind is not None and kind not in domains:
            # The room has no thermostat or player of its own: the house's is meant.
            slots = {key: value for key, value in intent.slots.items() if key not in ("area", "here")}
            return Intent(intent.name, slots)
        return intent

    def _model_agrees(self, text: str, best: Near, possible: Sequence[Near]) -> bool:
        choices = [describe(near.act) for near in possible]
        return self._chooser().choose(text, [*choices, NONE_OF_THESE]) == choices.index(describe(best.act))


_ACT_WORDS = {
    "HassTurnOn": "switch on",
    "HassTurnOff": "switch off",
    "HassMediaPause": "pause the player",
    "HassMediaUnpause": "play",
    "HassMediaNext": "next song",
    "HassMediaPlayerMute": "mute the sound",
    "HassVacuumStart": "start the vacuum cleaner",
    "HassVacuumReturnToBase": "send the vacuum cleaner home",
    "HassLawnMowerStartMowing": "start the lawn mower",
    "HassLawnMowerDock": "send the lawn mower home",
    "HassClimateGetTemperature": "say the temperature",
    "HassGetWeather": "say the weather",
    "AssistUndo": "undo the last act",
}


def describe(act: Act) -> str:
    """The act in a few plain words."""
    step = act.slots.get("brightness_step") or act.slots.get("temperature_step") or act.slots.get("volume_step")
    if step is not None:
        what = {"HassLightSet": "the light", "HassSetVolumeRelative": "the volume"}.get(act.intent, "the heating")
        return f"turn {step} {what}"
    domain = act.slots.get("domain")
    if domain == "cover":
        return "open the curtains" if act.intent == "HassTurnOn" else "close the curtains"
    if domain == "lock":
        return "lock the doors"
    if isinstance(domain, str):
        return f"{_ACT_WORDS[act.intent]} the {domain}"
    return _ACT_WORDS.get(act.intent, act.intent) + (" everything" if isinstance(domain, list) else "")

"""Which readings of a sentence make sense: templates allow some that are too little to go by, or that no device can be in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.nlu.name_index import NameIndex
from assistant.nlu.network import Path as Way
from assistant.nlu.templates import Template
from assistant.nlu.words import Words, joined, plain, words_of
from assistant.types import JsonValue

_OPENING = frozenset({"cover", "valve", "binary_sensor"})
MOST_UNKNOWN_WORDS = 2
_OFFERS = ("options", "operation_list", "source_list")
_ROBOTS = frozenset({"vacuum", "lawn_mower"})
# Which domains a state that is asked about can be of; states that are not listed can be any's.
_CAN_BE: Mapping[str, frozenset[str]] = {
    "locked": frozenset({"lock"}),
    "unlocked": frozenset({"lock"}),
    "open": _OPENING,
    "closed": _OPENING,
    "opening": _OPENING,
    "closing": _OPENING,
    "cleaning": frozenset({"vacuum"}),
    "mowing": frozenset({"lawn_mower"}),
    "docked": _ROBOTS,
    "returning": _ROBOTS,
    "playing": frozenset({"media_player"}),
    "muted": frozenset({"media_player"}),
    "paused": frozenset({"media_player", *_ROBOTS}),
    "heat": frozenset({"climate", "water_heater"}),
    "cool": frozenset({"climate"}),
    "armed": frozenset({"alarm_control_panel"}),
    "disarmed": frozenset({"alarm_control_panel"}),
    "home": frozenset({"person", "device_tracker"}),
    "not_home": frozenset({"person", "device_tracker"}),
}
_NO_ITEM_START = frozenset({"to", "back", "there", "home", "out", "up", "into", "away", "rid"})
_SWITCH_STATES = ("on", "off")
_NEVER_ON = frozenset({"lock", "cover", "sensor", "weather", "person", "scene", "button", "todo"})


class Sense:
    """Judges readings by the names of one home."""

    def __init__(self, index: NameIndex) -> None:
        self._index = index

    def is_nothing(self, template: Template, way: Way, words: Words, slots: Mapping[str, JsonValue]) -> bool:
        """Whether a reading is too little to go by, though a template allows it."""
        if template.is_custom:
            return False
        wild = [words.tokens[e.start : e.found.end] for e in way.entities if e.step.wildcard]
        if template.intent == "HassGetState" and wild:
            return True  # "who is the president": any words may be a place where someone is
        if template.intent == "HassMediaSearchAndPlay" and any(self._is_no_media(tokens) for tokens in wild):
            return True
        if "option" in slots and any(not self._is_choice(tokens) for tokens in wild):
            return True
        if "item" in slots and any(
            set(t) <= self._index.vocabulary.no_item | self._index.vocabulary.articles for t in wild
        ):
            return True
        if any(
            e.step.slot == "item" and words.tokens[e.start] in _NO_ITEM_START for e in way.entities if e.step.wildcard
        ):
            return True  # "I need to get to the station"
        return self._is_bare(template, way, words, slots)

    def _is_choice(self, tokens: Sequence[str]) -> bool:
        """Whether words may name a choice: one that a device offers, or so few that it can be told that there is none such."""
        said = joined(tuple(tokens))
        if len(tokens) <= MOST_UNKNOWN_WORDS and not any(token.isdecimal() for token in tokens):
            return True
        offered = (device.attributes.get(key) for device in self._index.devices.values() for key in _OFFERS)
        known = (
            str(option).replace("_", " ") for options in offered if isinstance(options, list) for option in options
        )
        return any(joined(words_of(option).tokens) == said for option in known)

    def _is_no_media(self, tokens: Sequence[str]) -> bool:
        if all(token in self._index.vocabulary.articles for token in tokens):
            return True
        return any(
            tuple(tokens[i : i + len(words)]) == words
            for words in self._index.vocabulary.not_media
            for i in range(len(tokens) - len(words) + 1)
        )

    def _is_bare(self, template: Template, way: Way, words: Words, slots: Mapping[str, JsonValue]) -> bool:
        """Whether nothing but a name was said: only the full name of a scene or script is a command by itself."""
        if way.literals > 3 or template.intent not in ("HassTurnOn", "HassToggle"):
            return False
        covered = {i for entity in way.entities for i in range(entity.start, entity.found.end)}
        rest = [token for i, token in enumerate(words.tokens) if i not in covered]
        if any(token not in self._index.vocabulary.articles and token != "'s" for token in rest):
            return False
        exact = all(entity.found.penalty == 0 for entity in way.entities)
        return not (exact and slots.get("domain") in ("scene", "script"))

    def fits(self, intent: str, slots: Mapping[str, JsonValue]) -> bool:
        """Whether a device is where the sentence says it is, and can be in the state that is asked about."""
        domain, state = slots.get("domain"), slots.get("state")
        if isinstance(domain, str) and isinstance(state, str) and domain not in _CAN_BE.get(state, {domain}):
            return False
        if state in _SWITCH_STATES and isinstance(domain, str) and domain in _NEVER_ON:
            return False
        area, device_id = slots.get("area"), slots.get("device_id")
        if intent == "HassGetState" and domain == "todo":
            return False  # what is on a list is asked of the list
        device = self._index.devices.get(device_id) if isinstance(device_id, str) else None
        return device is None or not isinstance(area, str) or plain(device.area or "") == plain(area)

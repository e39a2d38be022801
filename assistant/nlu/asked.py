"""Questions that no template reads, word by word: "how much battery has the hoover got left", "is it damp in the cellar".

Every word of the question must be explained by one sort of device: by its names, its room, what it measures, or a state that
it can be in. What is explained like that is a question about it, in whatever order the words come. It never acts.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from assistant.nlu.intents import property_of
from assistant.nlu.normalise import tidy
from assistant.nlu.sharing import stem
from assistant.nlu.words import singular, words_of
from assistant.types import Device, Home, Intent, JsonValue, TurnContext

MAX_DEVICES = 4
_YES_OR_NO = frozenset("is are was were has have did does do".split())
_TELLING = (
    "tell me",
    "check",
    "do you know",
    "show me",
    "what",
    "how",
    "which",
    "where",
    "any",
    "read",
    "give me",
    "list",
)
_GOING_OFF = re.compile(r"\b(?:going|gone|go|went) off\b")
_ANYBODY = frozenset({"somebody", "someone", "anybody", "anyone"})
_STATED = frozenset({"on", "off", "running", "open", "closed", "shut", "working"})
_MEASURING = frozenset({"sensor", "binary_sensor"})


@dataclass(frozen=True, slots=True)
class Asking:
    """The tables of a language: words without meaning, states, and words of device classes and domains."""

    empty: frozenset[str]
    knowledge: tuple[str, ...]
    states: Mapping[str, str]
    classes: Mapping[str, frozenset[str]]
    domains: Mapping[str, frozenset[str]]


@cache
def asking(language: str) -> Asking | None:
    """The tables of ``language``; ``None`` where it has none."""
    file = resources.files("assistant") / "data" / "sentences" / language / "asked.toml"
    if not file.is_file():
        return None
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return Asking(
        empty=frozenset(data["empty"].split()),
        knowledge=tuple(data["knowledge"]),
        states={word: state for state, words in data["states"].items() for word in words},
        classes={key: _singulars(words) for key, words in data["classes"].items()},
        domains={key: _singulars(words) for key, words in data["domains"].items()},
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """A device with the words that speak of it: its own, its room's, and what can be asked of it."""

    device: Device
    names: tuple[tuple[str, ...], ...]
    named: frozenset[str]
    stems: frozenset[str]
    placed: frozenset[str]
    asked: frozenset[str]


class QuestionReader:
    """Reads questions about one home."""

    def __init__(self, home: Home, language: str = "en") -> None:
        self._tables = asking(language)
        floors = {area.name: (area.floor or "", *area.aliases) for area in home.areas}
        self._devices = [self._known(device, floors) for device in home.devices] if self._tables else []

    def _known(self, device: Device, floors: Mapping[str, tuple[str, ...]]) -> _Known:
        tables = self._tables
        assert tables is not None
        own = tables.classes.get(device.device_class or "", frozenset()) if device.domain in _MEASURING else frozenset()
        own |= _ANYBODY if device.domain == "binary_sensor" else frozenset()
        return _Known(
            device,
            tuple(
                tuple(map(singular, words_of(name).tokens))
                for name in (device.name, *device.aliases)
                if words_of(name).tokens
            ),
            _words((device.name, *device.aliases)),
            frozenset(map(stem, _words((device.name, *device.aliases)))),
            _words((device.area or "", *floors.get(device.area or "", ()))),
            own | tables.domains.get(device.domain, frozenset()),
        )

    def read(self, text: str, context: TurnContext) -> Intent | None:
        """The question, or ``None`` where a word of it is not explained."""
        tables = self._tables
        sentence = " ".join(words_of(tidy(text)).tokens)
        if tables is None or not _is_question(sentence, text) or _begins(sentence, tables.knowledge):
            return None
        said = _GOING_OFF.sub("triggered", sentence).split()
        content = [singular(word) for word in said if word not in tables.empty and word != "'s"]
        general = said[0] in ("what", "how", "which") and "there" not in said
        if not content or (general and any(_next_is_content(said, article, tables) for article in ("a", "an"))):
            return None
        found = self._explaining(content)
        return self._intent(found, said, context) if found else None

    def _explaining(self, content: list[str]) -> list[_Known]:
        """The devices that explain every word, those that do so most by what they are called and measure."""
        states = self._tables.states if self._tables else {}
        best: list[_Known] = []
        most = (0, 0, 0)
        for known in self._devices:
            words = [_place_of(word, known, states) for word in content]
            if "" in words:
                continue
            named, asked, placed = words.count("named"), words.count("asked"), words.count("placed")
            if not _speaks_of(known, set(content), named, asked, placed):
                continue
            # What measures is asked about what it measures; of others the name must be said.
            rank = (int(asked > 0 and known.device.domain in _MEASURING), named + asked, placed)
            if rank > most:
                best, most = [], rank
            if rank == most:
                best.append(known)
        return best

    def _intent(self, found: list[_Known], said: list[str], context: TurnContext) -> Intent | None:
        here = [known for known in found if known.device.area is not None and known.device.area == context.area]
        devices = [known.device for known in (here or found)]
        if len(devices) > MAX_DEVICES:
            return None
        ids: list[JsonValue] = [device.id for device in devices]
        slots: dict[str, JsonValue] = {"device_id": ids[0] if len(ids) == 1 else ids}
        if len(ids) == 1:
            slots["name"] = devices[0].name
        state = self._state(said, devices)
        if state is None:
            asked = property_of(said)
            if asked is not None:
                slots["asked"] = asked
            if len(ids) > 1:
                slots["all"] = True
            return Intent("HassGetState", slots, "one")
        return Intent("HassGetState", {**slots, "state": state}, "one_yesno")

    def _state(self, said: list[str], devices: Iterable[Device]) -> str | None:
        if said[0] not in _YES_OR_NO and " ".join(said[:2]) not in ("tell me", "check if", "check whether"):
            return None
        states = self._tables.states if self._tables else {}
        told = [states[word] for word in said if word in states]
        if len(set(told)) > 1:
            return None  # "open or closed"
        binary = all(device.domain == "binary_sensor" for device in devices)
        if told:
            return "on" if binary and told[0] == "on" else told[0]
        return "on" if binary else None


def _speaks_of(known: _Known, content: set[str], named: int, asked: int, placed: int) -> bool:
    """Whether enough is said to mean the device: what it measures with its place, or the better part of a name."""
    if asked and (placed or named or len(content) == 1):
        return known.device.domain in _MEASURING or named > 0
    if not named:
        return False
    if any(name[-1] in content or 2 * len(content & set(name)) > len(name) for name in known.names):
        return True
    # "What's the fridge at": of a thermometer, what it measures goes without saying.
    bare = [set(name) - known.asked for name in known.names] if known.device.domain == "sensor" else []
    return not content & _STATED and any(name and name <= content for name in bare)


def _place_of(word: str, known: _Known, states: Mapping[str, str]) -> str:
    """What explains a word of the question; empty where nothing does."""
    if word in known.named:
        return "named"
    if word in known.asked:
        return "asked"
    if stem(word) in known.stems:
        return "named"
    if word in known.placed:
        return "placed"
    return "state" if word in states else ""


def _words(texts: Iterable[str]) -> frozenset[str]:
    return _singulars(token for text in texts for token in words_of(text).tokens)


def _singulars(words: Iterable[str]) -> frozenset[str]:
    return frozenset(singular(word) for word in words if word != "'s")


def _is_question(sentence: str, text: str) -> bool:
    first = sentence.split(" ", 1)[0]
    return first in _YES_OR_NO or _begins(sentence, _TELLING) or text.rstrip().endswith("?")


def _begins(sentence: str, beginnings: Iterable[str]) -> bool:
    return any(sentence == start or sentence.startswith(f"{start} ") for start in beginnings)


def _next_is_content(said: list[str], article: str, tables: Asking) -> bool:
    """ "A fan" is any fan: knowledge is asked for, not this house's."""
    place = said.index(article) if article in said else len(said)
    return place + 1 < len(said) and said[place + 1] not in tables.empty

"""The sentence templates: Home Assistant's own, this project's additions, and the user's, merged and made a network."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigError
from assistant.nlu.actions import CustomAction
from assistant.nlu.custom import CustomIntents, Known, load_custom
from assistant.nlu.network import Network
from assistant.nlu.values import TextValues, ValueList, value_list

if TYPE_CHECKING:
    from hassil.intents import IntentData, Intents

# Intents of Home Assistant's sentences that this house carries out; sentences of others would promise what is not done.
SUPPORTED = frozenset(
    """
    HassTurnOn HassTurnOff HassToggle HassLightSet HassFanSetSpeed HassSetPosition HassStopMoving
    HassClimateSetTemperature HassClimateSetFanMode HassClimateSetMode HassClimateGetTemperature
    HassHumidifierSetpoint HassHumidifierMode
    HassSetVolume HassSetVolumeRelative HassMediaPause HassMediaUnpause HassMediaStop HassMediaNext HassMediaPrevious
    HassMediaPlayerMute HassMediaPlayerUnmute HassMediaSearchAndPlay
    HassVacuumStart HassVacuumReturnToBase HassVacuumPause HassVacuumCleanArea HassLawnMowerStartMowing HassLawnMowerDock
    HassLawnMowerPause AssistSetValue AssistSelectOption AssistSelectSource
    HassListAddItem HassListRemoveItem HassListCompleteItem HassShoppingListAddItem HassShoppingListCompleteItem
    HassShoppingListRemoveItem HassListClear AssistListQuery
    HassGetState AssistCompare HassGetWeather HassGetCurrentTime HassGetCurrentDate HassNevermind AssistUndo
    AssistArmAlarm AssistDisarmAlarm
    """.split()
)
NOUN_LISTS = frozenset({"name", "area", "floor", "things"})


@dataclass(frozen=True, slots=True)
class Template:
    """One template's intent and the block that it stands in."""

    intent: str
    block: IntentData
    is_custom: bool
    is_own: bool
    """Whether it is this project's, or the user's; else Home Assistant's."""


@dataclass(frozen=True, slots=True)
class Templates:
    """All templates of a language: hassil's for the speech bias, the network for matching, and the lists' values."""

    intents: Intents
    network: Network
    rows: tuple[Template, ...]
    lists: Mapping[str, ValueList]
    own: CustomIntents = field(default_factory=CustomIntents)
    """What the user's own files say of their intents."""
    custom: frozenset[str] = field(default_factory=frozenset)
    """Names of the intents that only the user's own files have."""


@cache
def _base(language: str) -> bytes:
    """Home Assistant's sentences and this project's, as pickled plain data: a copy of it is asked for each time."""
    from home_assistant_intents import get_intents
    from yaml import CSafeLoader, load

    data = get_intents(language)
    if data is None:
        raise ConfigError(f"there are no sentences for the language {language!r}")
    merged: dict[str, Any] = {
        "language": language,
        "settings": data.get("settings", {}),
        "skip_words": list(data.get("skip_words", ())),
        "intents": {name: intent for name, intent in data["intents"].items() if name in SUPPORTED},
        "lists": dict(data["lists"]),
        "expansion_rules": dict(data["expansion_rules"]),
    }
    merged["theirs"] = {name: len(intent["data"]) for name, intent in merged["intents"].items()}
    folder = resources.files("assistant") / "data" / "sentences" / language
    if folder.is_dir():
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".yaml"):
                _merge(merged, load(file.read_text(encoding="utf-8"), CSafeLoader))
    return pickle.dumps(merged)


@cache
def _plain_templates(language: str) -> Templates:
    return _compile(pickle.loads(_base(language)), frozenset())  # our own data


def load_templates(language: str, custom: Sequence[Path] = (), problems: list[str] | None = None) -> Templates:
    """All templates; those without sentences of the user's own are compiled once a process.

    Raises ConfigError naming file, line and rule of a custom sentence that cannot be used; with ``problems`` that is
    added there, and the file left out.
    """

    def refuse(error: ConfigError) -> None:
        if problems is None:
            raise error
        problems.append(str(error))

    if not custom:
        return _plain_templates(language)
    merged = pickle.loads(_base(language))  # our own data
    actions: dict[str, tuple[CustomAction, ...]] = {}
    responses: dict[str, Mapping[str, str]] = {}
    names: set[str] = set()
    for folder in custom:
        known = Known(tuple(merged["lists"]), tuple(merged["expansion_rules"]))
        for file in load_custom(folder, language, known, refuse):
            names |= set(file.data["intents"])
            actions.update(file.actions)
            responses.update(file.responses)
            _merge(merged, file.data)
    return replace(_compile(merged, frozenset(names - SUPPORTED)), own=CustomIntents(actions, responses))


def _compile(merged: dict[str, Any], custom: frozenset[str]) -> Templates:
    from hassil.intents import Intents, WildcardSlotList

    theirs: dict[str, int] = merged.pop("theirs")
    intents = Intents.from_dict(merged)
    lists: dict[str, ValueList] = {}
    wildcards = {name for name, values in intents.slot_lists.items() if isinstance(values, WildcardSlotList)}
    for name, values in intents.slot_lists.items():
        if name not in wildcards:
            lists[name] = value_list(values, intents.expansion_rules, intents.language)
    rows: list[Template] = []
    network = Network(wildcards.__contains__)
    for intent in intents.intents.values():
        for number, block in enumerate(intent.data):
            local = {name: f"{intent.name}/{len(rows)}/{name}" for name in block.slot_lists}
            for name, key in local.items():
                if isinstance(block.slot_lists[name], WildcardSlotList):
                    wildcards.add(key)
                else:
                    lists[key] = value_list(block.slot_lists[name], intents.expansion_rules, intents.language)
            rules = (
                {**intents.expansion_rules, **block.expansion_rules}
                if block.expansion_rules
                else intents.expansion_rules
            )
            for sentence in block.sentences:
                network.add(sentence.expression, len(rows), rules, local)
            is_own = number >= theirs.get(intent.name, 0)
            rows.append(Template(intent.name, block, intent.name in custom, is_own))
    return Templates(intents, network, tuple(rows), lists, custom=custom)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, intent in (more.get("intents") or {}).items():
        present = into["intents"].setdefault(name, {"data": []})
        present["data"] = [*present["data"], *intent["data"]]
    for section in ("lists", "expansion_rules"):
        into[section].update(more.get(section) or {})
    into["skip_words"] += list(more.get("skip_words") or ())


__all__ = ["NOUN_LISTS", "SUPPORTED", "Template", "Templates", "TextValues", "load_templates"]

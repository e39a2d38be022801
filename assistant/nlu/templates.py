"""The sentence templates: Home Assistant's own, this project's additions, and the user's, merged for hassil."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ConfigError
from assistant.nlu.custom import load_custom

if TYPE_CHECKING:
    from hassil.intents import Intents

# Intents of Home Assistant's sentences that this house carries out; sentences of others would promise what is not done.
SUPPORTED = frozenset(
    """
    HassTurnOn HassTurnOff HassToggle HassLightSet HassFanSetSpeed HassSetPosition HassStopMoving
    HassClimateSetTemperature HassClimateSetFanMode HassClimateSetMode HassClimateGetTemperature
    HassSetVolume HassSetVolumeRelative HassMediaPause HassMediaUnpause HassMediaStop HassMediaNext HassMediaPrevious
    HassMediaPlayerMute HassMediaPlayerUnmute HassMediaSearchAndPlay
    HassVacuumStart HassVacuumReturnToBase HassVacuumPause HassVacuumCleanArea HassLawnMowerStartMowing HassLawnMowerDock
    HassListAddItem HassListRemoveItem HassListCompleteItem HassShoppingListAddItem HassShoppingListCompleteItem
    HassShoppingListRemoveItem HassListClear AssistListQuery
    HassGetState HassGetWeather HassGetCurrentTime HassGetCurrentDate HassNevermind AssistUndo
    AssistArmAlarm AssistDisarmAlarm
    """.split()
)


@cache
def _base(language: str) -> dict[str, Any]:
    """Home Assistant's sentences and this project's, as plain data."""
    from home_assistant_intents import get_intents
    from yaml import safe_load

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
    folder = resources.files("assistant") / "data" / "sentences" / language
    if folder.is_dir():
        for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith(".yaml"):
                _merge(merged, safe_load(file.read_text(encoding="utf-8")))
    return merged


def load_templates(language: str, custom: Sequence[Path] = ()) -> tuple[Intents, frozenset[str]]:
    """All templates for hassil, and the names of the intents that the user's own files define.

    Raises ConfigError naming file, line and rule of a custom sentence that cannot be used.
    """
    from hassil.intents import Intents

    merged = _copy(_base(language))
    own: set[str] = set()
    for folder in custom:
        for data in load_custom(folder, language):
            own |= set(data.get("intents", {}))
            _merge(merged, data)
    return Intents.from_dict(merged), frozenset(own - SUPPORTED)


def _copy(data: dict[str, Any]) -> dict[str, Any]:
    result = pickle.loads(pickle.dumps(data))  # noqa: S301  # our own data; several times faster than deepcopy
    return result if isinstance(result, dict) else copy.deepcopy(data)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, intent in (more.get("intents") or {}).items():
        present = into["intents"].setdefault(name, {"data": []})
        present["data"] = [*present["data"], *intent["data"]]
    for section in ("lists", "expansion_rules"):
        into[section].update(more.get(section) or {})
    into["skip_words"] += list(more.get("skip_words") or ())

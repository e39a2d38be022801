"""An act in a few plain words, as the language model is asked about it."""

from __future__ import annotations

from assistant.nlu.wishes import Wish
from assistant.types import Intent

NONE_OF_THESE = "nothing, it is only talk"
_VERBS = {
    "on": "switch on", "off": "switch off", "open": "open", "close": "close", "lock": "lock", "unlock": "unlock", "arm": "arm",
    "clean": "start", "dock": "send home", "mow": "start", "run": "start", "cool": "switch on",
}  # fmt: skip
_ACT_WORDS = {
    "HassTurnOn": "switch on",
    "HassTurnOff": "switch off",
    "HassMediaPause": "pause the player",
    "HassMediaUnpause": "play",
    "HassMediaNext": "next song",
    "HassMediaPlayerMute": "mute the sound",
    "HassClimateGetTemperature": "say the temperature",
    "HassGetWeather": "say the weather",
    "AssistUndo": "undo the last act",
}


def describe(wish: Wish, intent: Intent) -> str:
    """The act in a few plain words: "switch on the kettle", "turn up the heating"."""
    if wish.act is None:
        name = intent.slots.get("name")
        what = str(name).lower() if isinstance(name, str) else wish.devices[0].domain.replace("_", " ")
        return f"{_VERBS[wish.key]} the {what}"
    slots = wish.act.slots
    step = slots.get("brightness_step") or slots.get("temperature_step") or slots.get("volume_step")
    if step is not None:
        what = {"HassLightSet": "the light", "HassSetVolumeRelative": "the volume"}.get(wish.intent, "the heating")
        return f"turn {step} {what}"
    if wish.intent == "HassLightSet":
        return "dim the light"
    domain = slots.get("domain")
    if domain == "lock":
        return "lock the doors"
    if isinstance(domain, str):
        return f"{_ACT_WORDS[wish.intent]} the {domain}"
    return _ACT_WORDS.get(wish.intent, wish.intent) + (" everything" if isinstance(domain, list) else "")

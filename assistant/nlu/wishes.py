"""What can be wished for in one home: acts on its rooms and its things, each with the phrasings that ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.nlu.phrasings import Act, Phrasings, Thing
from assistant.nlu.words import singular, words_of
from assistant.types import Device, Home, Intent, JsonValue

LEAST_COMPOUND = 5
"""A word of so many letters is found inside a longer one too: "Kaffeemaschine"."""
_INTENTS = {
    "on": "HassTurnOn", "off": "HassTurnOff", "open": "HassTurnOn", "close": "HassTurnOff", "lock": "HassTurnOn",
    "unlock": "HassTurnOff", "arm": "AssistArmAlarm", "clean": "HassVacuumStart", "mow": "HassLawnMowerStartMowing",
    "run": "HassTurnOn", "cool": "HassTurnOn",
}  # fmt: skip
LAMPS = frozenset({"lamp", "light", "sconce", "spot", "chandelier"})
_DOCK = {"vacuum": "HassVacuumReturnToBase", "lawn_mower": "HassLawnMowerDock"}
ROBOTS = frozenset(_DOCK)
_RESPONSES = {"lock": "lock", "unlock": "lock"}
_KINDS = {
    "HassClimate": "climate",
    "HassMedia": "media_player",
    "HassSetVolume": "media_player",
    "HassGetWeather": "weather",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One act that this house can do. ``devices``: those that it can be about; none where it is about a room.

    ``key``: what is done, in a word (``on``, ``close``, ``mow`` …).
    """

    intent: str
    key: str
    devices: tuple[Device, ...] = ()
    act: Act | None = None
    in_room: bool = False
    """Whether it is about the room that it is said in."""

    def on(self, devices: Sequence[Device], place: Mapping[str, JsonValue]) -> Intent:
        """The act on these devices; of several, which is meant is asked."""
        ids: list[JsonValue] = [device.id for device in devices]
        slots: dict[str, JsonValue] = {"domain": devices[0].domain, "device_id": ids[0] if len(ids) == 1 else ids}
        if len(ids) == 1:
            slots["name"] = devices[0].name
        if self.intent == "HassVacuumStart":
            slots.update(place)
        return Intent(self.intent, slots, _RESPONSES.get(self.key))


def named_wish(key: str, devices: tuple[Device, ...]) -> Wish:
    """The wish to switch, start or send home (``on``, ``off``, ``clean``, ``dock``) devices of one domain."""
    domain = devices[0].domain
    if key == "dock":
        return Wish(_DOCK[domain], key, devices)
    key = "mow" if key == "clean" and domain == "lawn_mower" else key
    return Wish(_INTENTS[key], key, devices)


def wishes_of(home: Home, phrasings: Phrasings) -> Iterator[tuple[Wish, tuple[str, ...]]]:
    """Every wish that the house can fulfil, with its phrasings."""
    domains = {device.domain for device in home.devices}
    for act in phrasings.acts:
        if not kinds_of(act) or kinds_of(act) & domains:
            yield Wish(act.intent, act.intent, act=act), act.phrasings
    for thing in phrasings.things:
        found = [(device, word) for device in home.devices if (word := word_of(device, thing)) is not None]
        if not found:
            continue
        devices = tuple(device for device, _word in found)
        for key, texts in thing.acts.items():
            for bound in (False, True):
                plain = tuple(text for text in texts if "{" not in text and (text in thing.bound) == bound)
                if plain:
                    yield from _by_domain(key, devices, plain, in_room=bound)
            named = tuple(text for text in texts if "{" in text)
            for device, word in found if named else ():
                filled = tuple(text for text in (_filled(text, device, word) for text in named) if text)
                yield from _by_domain(key, (device,), filled)


def kinds_of(act: Act) -> set[str]:
    """The domains of which a house must have one for the act; none where it needs no device."""
    wanted = act.slots.get("domain")
    kinds = (
        {str(domain) for domain in wanted}
        if isinstance(wanted, list)
        else {wanted}
        if isinstance(wanted, str)
        else set()
    )
    return kinds | {domain for start, domain in _KINDS.items() if act.intent.startswith(start)}


def word_of(device: Device, thing: Thing) -> str | None:
    """The thing's word that the device's names have; ``None`` where it is no such thing."""
    if device.domain not in thing.domains:
        return None
    names = [tuple(map(singular, words_of(name).tokens)) for name in (device.name, *device.aliases)]
    if any(_has(name, word) for name in names for word in thing.unless):
        return None
    if LAMPS & {word for name in names for word in name} and not any(LAMPS & set(word.split()) for word in thing.words):
        return None  # the "coffee table lamp" makes no coffee
    found = [word for word in thing.words if any(_has(name, word) for name in names)]
    if found:
        return max(found, key=len)
    if thing.all and (not thing.classes or device.device_class in thing.classes):
        return thing.words[0]
    return None


def _has(name: tuple[str, ...], word: str) -> bool:
    parts = tuple(map(singular, word.split()))
    if any(name[i : i + len(parts)] == parts for i in range(len(name) - len(parts) + 1)):
        return True
    return len(parts) == 1 and len(word) >= LEAST_COMPOUND and any(word in token for token in name)


def _filled(text: str, device: Device, word: str) -> str:
    """The phrasing for one device; empty where it speaks of an owner and nobody's name is in the device's."""
    called = f"{device.name} {device.area or ''}".lower().split()
    owner = next((token for token in called if token.endswith("'s")), "").removesuffix("'s")
    if "{owner}" in text and not owner:
        return ""
    values = {"{name}": device.name.lower(), "{word}": word, "{short}": word.split()[0], "{owner}": owner}
    for key, value in values.items():
        text = text.replace(key, value)
    return text


def _by_domain(
    key: str, devices: tuple[Device, ...], texts: tuple[str, ...], *, in_room: bool = False
) -> Iterator[tuple[Wish, tuple[str, ...]]]:
    if key != "dock":
        yield Wish(_INTENTS[key], key, devices, in_room=in_room), texts
        return
    for domain, intent in _DOCK.items():
        group = tuple(device for device in devices if device.domain == domain)
        if group:
            yield Wish(intent, key, group, in_room=in_room), texts

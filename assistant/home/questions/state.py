"""Questions about states: is it, are any, are all, which, how many, what is it, where is she."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.home.ask import distinct_name, which_device
from assistant.home.features import number
from assistant.home.kinds import KNOWN_DOMAINS, OPENINGS, cover_kind, opening_kind
from assistant.home.names import find_areas, has_word, normalise
from assistant.home.questions import lists
from assistant.home.questions.base import answered, with_named_areas
from assistant.home.questions.meaning import is_in
from assistant.home.targets import Ambiguous, NoTarget, Slots, Targets, resolve, values
from assistant.home.wording import Wording
from assistant.types import Device, Home, Intent, NotHandled, Outcome, TurnContext

MOST_LISTED = 8
_GROUPS = frozenset({"any", "all", "which", "how_many"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at the devices found. ``wanted``: Home Assistant's word; ``None`` where none was asked for.

    ``others``: those that are not so. Devices for which the question makes no sense are in neither.
    """

    devices: tuple[Device, ...]
    named: bool
    wanted: str | None = None
    matching: tuple[Device, ...] = ()
    others: tuple[Device, ...] = ()

    @property
    def is_so(self) -> bool:
        """The answer to "is it" and "are any"."""
        return bool(self.matching)


def answer(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Outcome:
    """``HassGetState``: slots name, area, floor, domain, device_class, state, above, below; see the response keys."""
    found = examine(home, intent, context, wording)
    if isinstance(found, Ambiguous):
        return which_device(intent, found, wording)
    if isinstance(found, NoTarget):
        return NotHandled(wording.missing(found.key, found.values))
    if intent.slots.get("area") is None:
        found = _told_apart(found, home, wording)
    if found.wanted is None and found.devices[0].domain == "todo" and len(found.devices) == 1:
        return lists.answer(home, intent_for(intent, found.devices[0]), context, wording)
    if found.wanted is None and intent.response == "how_many":
        return answered(intent, found.devices, _counted(found.devices, intent, wording))
    if found.wanted is None:
        details = [detail(device, intent.slots.get("asked"), wording) for device in found.devices[:1]]
        said = values_of(found.devices, wording)
        return answered(
            intent, found.devices, " ".join([said, *(text for text in details if text and len(found.devices) == 1)])
        )
    grouped = intent.response in _GROUPS and (not found.named or intent.slots.get("all") is True)
    if not grouped and (found.named or len(found.devices) == 1):
        return answered(intent, found.devices, _yes_or_no(found, wording))
    if not found.matching and not found.others:
        return answered(intent, found.devices, values_of(found.devices, wording))
    return answered(intent, (*found.matching, *found.others), _group(found, intent, wording))


def _told_apart(found: Finding, home: Home, wording: Wording) -> Finding:
    """Devices of one name are spoken of with their rooms: "the window in the study is open"."""
    names: dict[str, str] = {}
    for device in found.devices:
        same = [d for d in home.devices if normalise(d.name) == normalise(device.name)]
        if len({other.area for other in same}) == len(same) > 1:
            names[device.id] = distinct_name(device, same, wording)

    def called(devices: Sequence[Device]) -> tuple[Device, ...]:
        return tuple(replace(device, name=names.get(device.id, device.name)) for device in devices)

    return (
        replace(found, devices=called(found.devices), matching=called(found.matching), others=called(found.others))
        if names
        else found
    )


def intent_for(intent: Intent, device: Device) -> Intent:
    """The same question about one device that was found."""
    return replace(intent, slots={"device_id": device.id, **{k: v for k, v in intent.slots.items() if k == "name"}})


def examine(home: Home, intent: Intent, context: TurnContext, wording: Wording) -> Finding | NoTarget | Ambiguous:
    """The devices that are asked about, and which of them are as asked."""
    home, slots = with_named_areas(home), intent.slots
    wanted = wording.meant(str(slots["state"])) if slots.get("state") is not None else None
    found = _asked_about(home, intent, context, wanted)
    if isinstance(found, NoTarget):
        return found
    devices = found.devices
    if isinstance(found, Ambiguous):
        able = tuple(device for device in devices if _can_tell(device, slots, wanted))
        here = tuple(device for device in able if device.area and device.area == context.area)
        devices = here if len(here) == 1 else able or devices
        if wanted is None and len({normalise(device.name) for device in devices}) > 1:
            return Ambiguous(devices)
    if wanted is None and slots.get("above") is None and slots.get("below") is None:
        return Finding(devices, found_named(found))
    told = [(device, _is_so(device, slots, wanted)) for device in devices]
    matching = tuple(device for device, so in told if so is True)
    others = tuple(device for device, so in told if so is False)
    if not matching and not others and found_named(found):
        telling = _of_that_name(home, devices, slots, wanted)
        if telling:
            return replace(examine_all(telling, slots, wanted), named=True)
    return Finding(devices, found_named(found), wanted or "so", matching, others)


def examine_all(devices: Sequence[Device], slots: Slots, wanted: str | None) -> Finding:
    """Which of ``devices`` are as asked."""
    matching = tuple(device for device in devices if _is_so(device, slots, wanted) is True)
    others = tuple(device for device in devices if _is_so(device, slots, wanted) is False)
    return Finding(tuple(devices), False, wanted or "so", matching, others)


def _of_that_name(home: Home, devices: Sequence[Device], slots: Slots, wanted: str | None) -> tuple[Device, ...]:
    """What can tell where the device itself can't: a lock's door has a contact, "front door contact"."""
    names = [set(normalise(device.name).split()) for device in devices]
    return tuple(
        other
        for other in home.devices
        if other not in devices
        and any(name < set(normalise(other.name).split()) for name in names)
        and _can_tell(other, slots, wanted)
    )


def found_named(found: Targets | Ambiguous) -> bool:
    """Whether devices were meant by name."""
    return isinstance(found, Ambiguous) or found.named


def _is_so(device: Device, slots: Slots, wanted: str | None) -> bool | None:
    above, below = number(slots.get("above")), number(slots.get("below"))
    if above is None and below is None:
        return is_in(device, wanted or "")
    value = number(device.state)
    if value is None:
        value = number(device.attributes.get("current_temperature"))
    if value is None:
        return None
    return (above is None or value > above) and (below is None or value < below)


def _can_tell(device: Device, slots: Slots, wanted: str | None) -> bool:
    return wanted is None or _is_so(device, slots, wanted) is not None


# --- which devices are asked about ----------------------------------------------------------------------


def _asked_about(
    home: Home, intent: Intent, context: TurnContext, wanted: str | None
) -> Targets | NoTarget | Ambiguous:
    slots = intent.slots
    if slots.get("name") is not None or slots.get("device_id") is not None:
        return resolve(home, intent, context, KNOWN_DOMAINS)
    widened = _with_sensed_openings(home, intent, context)
    found = widened or resolve(home, intent, context, KNOWN_DOMAINS)
    if isinstance(found, Targets) and wanted is not None and slots.get("domain") is None:
        able = tuple(device for device in found.devices if is_in(device, wanted) is not None and _tells(device, wanted))
        if able:
            return Targets(able, False)
        return _of_the_areas_name(home, slots, wanted) or NoTarget("none_here", {"kind": "other"})
    if isinstance(found, NoTarget) and wanted is not None and found.key == "none_here":
        return _of_the_areas_name(home, slots, wanted) or found
    return found


def _tells(device: Device, wanted: str) -> bool:
    """ "Is anything on here" is not about sensors and scenes, "open" not about what is only switched."""
    if wanted in ("on", "off"):
        return device.domain in ("light", "switch", "fan", "media_player", "climate", "humidifier", "input_boolean")
    return True


def _with_sensed_openings(home: Home, intent: Intent, context: TurnContext) -> Targets | None:
    """Doors and windows may be covers, or have contact sensors; "doors" that lock may be locks, or be sensed too."""
    slots = intent.slots
    domains, classes = values(slots.get("domain")), set(values(slots.get("device_class")))
    if domains == ["lock"]:
        keep = [
            d for d in home.devices if d.domain == "lock" or (d.domain == "binary_sensor" and d.device_class == "lock")
        ]
    elif classes & OPENINGS and (not domains or set(domains) <= {"cover", "binary_sensor"}):
        keep = [device for device in home.devices if opening_kind(device) in classes or cover_kind(device) in classes]
    else:
        return None
    narrowed = replace(home, devices=tuple(keep))
    rest = {key: value for key, value in slots.items() if key not in ("domain", "device_class")}
    found = resolve(narrowed, replace(intent, slots=rest), context, KNOWN_DOMAINS)
    return found if isinstance(found, Targets) else None


def _of_the_areas_name(home: Home, slots: Slots, wanted: str) -> Targets | None:
    """ "Is the garage open" where the garage's door is in no area: devices that have the area's name in theirs."""
    if slots.get("domain") is not None and slots.get("device_class") is None:
        return None
    words = [area.name for spoken in values(slots.get("area")) for area in find_areas(home, spoken)]
    able = tuple(
        device
        for device in home.devices
        if any(_has_words(device, area) for area in words)
        and is_in(device, wanted) is not None
        and _tells(device, wanted)
    )
    return Targets(able, False) if able else None


def _has_words(device: Device, text: str) -> bool:
    return all(has_word(device, (part.removesuffix("s"),)) for part in normalise(text).split())


# --- words ------------------------------------------------------------------------------------------------


def is_what(device: Device, wording: Wording) -> str:
    """``The front door is locked.``, ``Hall sensor: motion detected.``"""
    if device.state == "unavailable":
        return wording.say_in("unavailable", name=wording.the(device))
    key = "reports" if wording.is_report(device) else "is"
    return wording.say_in(key, name=wording.the(device), state=wording.value(device))


def values_of(devices: Sequence[Device], wording: Wording) -> str:
    """What each of some devices is now; devices of one name are said together."""
    names = {normalise(device.name) for device in devices}
    if len(devices) > 1 and len(names) == 1 and len({device.area for device in devices}) == 1:
        states = [wording.value(device) for device in devices]
        return wording.say("reports", name=wording.the(devices[0]), state=wording.names(states, most=MOST_LISTED))
    lines = [is_what(device, wording) for device in devices[:MOST_LISTED]]
    return " ".join(line[:1].upper() + line[1:] for line in lines)


_DETAILS = {
    "volume": ("volume_level", 100.0),
    "position": ("current_position", 1.0),
    "brightness": ("brightness", 100 / 255),
    "speed": ("percentage", 1.0),
    "battery": ("battery_level", 1.0),
    "humidity": ("humidity", 1.0),
}


def detail(device: Device, asked: object, wording: Wording) -> str:
    """What was asked of one property, where the device's state does not say it: ``Its volume is 25 percent.``"""
    key, scale = _DETAILS.get(str(asked), ("", 1.0))
    value = number(device.attributes.get(key))
    if value is None or str(round(value * scale)) in wording.value(device):
        return ""
    return wording.say("detail", what=str(asked), value=f"{round(value * scale)} percent")


def _counted(devices: Sequence[Device], intent: Intent, wording: Wording) -> str:
    """``There are two lights in the kitchen: …``"""
    slots = intent.slots
    place = wording.place([(slot, values(slots[slot])[0]) for slot in ("area", "floor") if slots.get(slot) is not None])
    names = wording.names(sorted(wording.the(device) for device in devices), most=MOST_LISTED)
    kinds = _kind_word(devices, slots, len(devices), wording)
    key = "counted_one" if len(devices) == 1 else "counted"
    return wording.say(key, count=wording.count(len(devices)), kind=kinds, place=place, names=names)


def _yes_or_no(found: Finding, wording: Wording) -> str:
    if found.matching:
        return wording.say("yes", what=is_what(found.matching[0], wording))
    if found.others:
        return wording.say("no", what=is_what(found.others[0], wording))
    device = found.devices[0]
    if device.state == "unavailable":
        return wording.say("unavailable", name=wording.the(device))
    wanted = wording.word(found.wanted or "")
    return wording.say("cannot_tell", name=wording.the(device), wanted=wanted, state=wording.value(device))


def _group(found: Finding, intent: Intent, wording: Wording) -> str:
    told = (*found.matching, *found.others)
    slots = intent.slots
    if len(told) == 1 and intent.response not in ("which", "how_many"):
        return _yes_or_no(found, wording)
    place = wording.place([(slot, values(slots[slot])[0]) for slot in ("area", "floor") if slots.get(slot) is not None])
    kinds = _kind_word(told, slots, len(found.matching), wording)
    state = _state_word(found, wording)
    if intent.response == "how_many":
        return _how_many(found, kinds, place, state, wording)
    if intent.response == "all":
        if not found.others:
            return wording.say(
                "all_are", count=wording.count(len(found.matching)), kind=kinds, place=place, state=state
            )
        return wording.say("no", what=_those(found.others, wording))
    if not found.matching:
        kinds = _kind_word(told, slots, 2, wording)
        key = "no_one_is" if intent.response == "which" else "nothing_is"
        return wording.say(key, kind=kinds, place=place, state=state)
    those = _those(found.matching, wording, state)
    return those[:1].upper() + those[1:] if intent.response == "which" else wording.say("yes", what=those)


def _how_many(found: Finding, kinds: str, place: str, state: str, wording: Wording) -> str:
    count = len(found.matching)
    if not count:
        return wording.say("count_none", kind=kinds, place=place, state=state)
    names = wording.names(sorted(wording.the(device) for device in found.matching), most=MOST_LISTED)
    key = "count_one" if count == 1 else "count"
    return wording.say(key, count=wording.count(count), kind=kinds, place=place, state=state, names=names)


def _those(devices: Sequence[Device], wording: Wording, state: str | None = None) -> str:
    """``the hall light and the lamp are on.`` ``state``: the word for all; else one by one where theirs differ."""
    if len(devices) == 1:
        return is_what(devices[0], wording)
    words = {wording.state_word(device) for device in devices}
    if any(wording.is_report(device) for device in devices) or (len(words) > 1 and state is None):
        first, *more = [is_what(device, wording) for device in devices[:MOST_LISTED]]
        return " ".join([first, *(line[:1].upper() + line[1:] for line in more)])
    names = wording.names(sorted(wording.the(device) for device in devices), most=MOST_LISTED)
    return wording.say_in("are", name=names, state=words.pop() if len(words) == 1 else state)


def _kind_word(devices: Sequence[Device], slots: Slots, count: int, wording: Wording) -> str:
    asked = values(slots.get("device_class")) or values(slots.get("domain"))
    kinds = asked if len(asked) == 1 else [wording.kind_key(device) for device in devices]
    return wording.kind_of(kinds, count)


def _state_word(found: Finding, wording: Wording) -> str:
    """The word for the asked state, of the devices' own kind where that has one (``on`` -> ``wet``)."""
    if found.matching:
        words = {wording.state_word(device) for device in found.matching}
        if len(words) == 1:
            return words.pop()
    elif found.others and found.wanted in ("on", "off"):
        words = {wording.state_word(replace(device, state=found.wanted)) for device in found.others}
        if len(words) == 1:
            return words.pop()
    return wording.word(found.wanted or "")

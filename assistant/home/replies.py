"""What is said of an act, made of the states that were read back after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.home.backend import ServiceCall
from assistant.home.features import number
from assistant.home.intents.base import Refusal
from assistant.home.registry import state_of
from assistant.home.targets import values
from assistant.home.wording import Wording
from assistant.types import Device, Intent

_FULFILLED: Mapping[str, frozenset[str]] = {
    "open_cover": frozenset({"open", "opening"}),
    "close_cover": frozenset({"closed", "closing"}),
    "open_valve": frozenset({"open", "opening"}),
    "close_valve": frozenset({"closed", "closing"}),
    "lock": frozenset({"locked", "locking"}),
    "unlock": frozenset({"unlocked", "unlocking", "open"}),
    "turn_off": frozenset({"off", "standby", "idle"}),
    "media_pause": frozenset({"paused", "idle"}),
    "start": frozenset({"cleaning"}),
    "start_mowing": frozenset({"mowing"}),
    "alarm_disarm": frozenset({"disarmed"}),
}
_MOMENTARY = {"scene": "activated", "script": "started", "button": "pressed", "input_button": "pressed"}
_TRACKS = {"media_next_track": "next_track", "media_previous_track": "previous_track"}


@dataclass(frozen=True, slots=True)
class Done:
    """One call that was carried out: the device before, and as it was read back after."""

    before: Device
    after: Device
    call: ServiceCall

    @property
    def changed(self) -> bool:
        """Whether the device is other than it was."""
        return state_of(self.before) != state_of(self.after)

    @property
    def assumed(self) -> bool:
        """Whether the device does not report back: its state is only what it was told to be."""
        return self.after.attributes.get("assumed_state") is True and self.after.domain not in _MOMENTARY

    @property
    def fulfilled(self) -> bool:
        """Whether the state read back is what the call asks for; what cannot be told counts as such."""
        if self.call.service == "turn_on":
            off = self.call.data.get("brightness") == 0 or self.after.domain in _MOMENTARY
            return off or self.after.state not in ("off", "unavailable", "standby")
        wanted = _FULFILLED.get(self.call.service)
        return wanted is None or self.after.state in wanted


def refusals(refused: Sequence[tuple[Device, Refusal]], wording: Wording) -> list[str]:
    """One sentence for each reason, with the names of all devices that it holds for."""
    by_reason: dict[tuple[str, str], list[Device]] = {}
    for device, refusal in refused:
        by_reason.setdefault((refusal.key, repr(sorted(refusal.values.items()))), []).append(device)
    lines = []
    for devices in by_reason.values():
        refusal = next(reason for device, reason in refused if device is devices[0])
        names = wording.names([wording.the(device) for device in devices])
        told = {key: wording.told(key, str(value)) for key, value in refusal.values.items()}
        lines.append(wording.say(refusal.key, **{**told, "name": names}))
    return lines


def read_back(done: Sequence[Done], intent: Intent, wording: Wording) -> list[str]:
    """Sentences that say what the devices are now, alike ones together."""
    lines = [_still(one, wording) for one in done if not one.fulfilled]
    lines += [single(one, wording) for one in done if one.fulfilled and one.assumed]
    groups: dict[tuple[str, str, str], list[Done]] = {}
    for one in done:
        if one.fulfilled and not one.assumed:
            key = (one.call.service, wording.kind_key(one.after), setting(one, wording))
            groups.setdefault(key, []).append(one)
    for (service, kind, state), group in _merged(groups, wording).items():
        if len(group) == 1:
            lines.append(single(group[0], wording))
        else:
            lines.append(_group(service, kind, state, group, intent, wording))
    return lines


def _merged(groups: dict[tuple[str, str, str], list[Done]], wording: Wording) -> dict[tuple[str, str, str], list[Done]]:
    """Groups whose verb says enough ("Turned on") need not be split by the level that each device came back to."""
    merged: dict[tuple[str, str, str], list[Done]] = {}
    for (service, kind, state), group in groups.items():
        plain = wording.done(service) is not None and not group[0].call.data
        merged.setdefault((service, kind, "" if plain else state), []).extend(group)
    return merged


def _still(one: Done, wording: Wording) -> str:
    return wording.say("still", name=wording.the(one.after), state=wording.state(one.after))


def single(one: Done, wording: Wording) -> str:
    """The sentence about one device."""
    device, service, name = one.after, one.call.service, wording.the(one.after)
    if device.domain in _MOMENTARY:
        return wording.say(_MOMENTARY[device.domain], name=name)
    if one.assumed:
        return wording.say("assumed", name=name, state=setting(one, wording))
    if service in _TRACKS:
        return wording.say(_TRACKS[service], name=name)
    if service == "play_media" and device.attributes.get("media_title"):
        return wording.say("plays_title", name=name, title=device.attributes["media_title"])
    if service == "start" and device.attributes.get("cleaning_area"):
        area = wording.the_area(str(device.attributes["cleaning_area"]))
        return wording.say("cleaning_area", name=name, area=area)
    if service == "set_temperature" and device.state == "off":
        return wording.say("but_off", name=name, temperature=_target(device, wording))
    return wording.say("is" if one.changed else "already", name=name, state=setting(one, wording))


_SET_BACK = (
    ("set_fan_mode", "fan_mode"), ("set_mode", "mode"), ("set_humidity", "humidity"), ("select_source", "source"),
)  # fmt: skip
"""Services that set an attribute, which is then read back."""


def setting(one: Done, wording: Wording) -> str:
    """What the call set, read back: the volume after ``volume_set``, the target after ``set_temperature``."""
    device, service, attributes = one.after, one.call.service, one.after.attributes
    if service == "volume_set":
        level = number(attributes.get("volume_level"))
        return wording.setting("volume", percent=round(level * 100)) if level is not None else wording.state(device)
    if service == "volume_mute":
        return wording.setting("muted" if attributes.get("is_volume_muted") else "unmuted")
    if service == "set_temperature":
        return wording.setting("set_to", value=_target(device, wording))
    for key, attribute in _SET_BACK:
        if service == key:
            unit = " %" if attribute == "humidity" else ""
            return wording.setting("set_to", value=f"{str(attributes.get(attribute)).replace('_', ' ')}{unit}")
    if service == "set_operation_mode":
        return wording.setting("set_to", value=device.state.replace("_", " "))
    if service in ("set_value", "select_option"):
        return wording.setting("set_to", value=wording.reading(device))
    if device.domain == "light" and "color_temp_kelvin" in one.call.data and attributes.get("color_temp_kelvin"):
        return wording.setting("kelvin", kelvin=attributes["color_temp_kelvin"])
    if service == "turn_on" and not one.call.data and device.domain in ("light", "fan"):
        return wording.running(device)
    if device.domain == "light" and device.state == "on" and one.call.data.get("brightness") == 255:
        return wording.setting("at_percent", percent=100)
    if device.domain == "light" and device.state == "on" and "rgb_color" in one.call.data:
        return wording.color(device) or wording.state(device)
    return wording.state(device)


def _target(device: Device, wording: Wording) -> str:
    unit = device.attributes.get("temperature_unit") or device.attributes.get("unit_of_measurement")
    target = number(device.attributes.get("temperature"))
    return wording.degrees(target, unit) if target is not None else wording.word("unknown")


def _group(service: str, kind: str, state: str, group: Sequence[Done], intent: Intent, wording: Wording) -> str:
    place = wording.place(
        [(slot, values(intent.slots[slot])[0]) for slot in ("area", "floor") if intent.slots.get(slot)]
    )
    verb = wording.done(service) if not state else None
    changed = sum(one.changed for one in group)
    settled = state or wording.state_word(group[0].after)
    kinds, count = wording.kind(kind, len(group)), wording.count(len(group))
    if not changed:
        return wording.say("group_already", count=count, kind=kinds, place=place, state=settled)
    if verb is None:
        return wording.say("group_is", count=count, kind=kinds, place=place, state=settled)
    if changed == len(group):
        return wording.say("group_done", verb=verb, count=count, kind=kinds, place=place)
    rest = len(group) - changed
    were = wording.say_in("was_one") if rest == 1 else wording.say_in("were_many", count=wording.count(rest))
    counted = {"count": wording.count(changed), "kind": wording.kind(kind, changed)}
    return wording.say("group_done_rest", verb=verb, **counted, place=place, rest=were, state=settled)

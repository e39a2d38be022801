"""The entities that were announced over MQTT: their ids, topics, states and availability. Knows no connection."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from assistant.home.backends.following import StateBook
from assistant.home.backends.mqtt.discovery import Announced, read_announcement
from assistant.home.backends.mqtt.entity import Entity, Live
from assistant.home.backends.plain import RefusalLog, Refused
from assistant.home.backends.template import Missing
from assistant.types import Device, DeviceState, Home

_log = logging.getLogger(__name__)


class Entities:
    """Used by one thread, but for ``find``. ``most``: how many entities are taken."""

    def __init__(self, prefix: str, book: StateBook, *, most: int, ids: Mapping[str, str] | None = None) -> None:
        self._prefix = prefix
        self._book = book
        self._most = most
        self._refuse = RefusalLog(_log)
        self._places: dict[str, tuple[Entity, ...]] = {}
        self._by_id: dict[str, Entity] = {}
        self._lives: dict[str, Live] = {}
        self._available: dict[str, dict[str, bool]] = {}
        self._heard_s: dict[str, float] = {}
        """When those whose values expire were last heard."""
        self._expired: set[str] = set()
        self._listening: dict[str, set[str]] = {}
        self._payloads: dict[str, bytes] = {}
        # What an id was once given to keeps it, so that the inventory's rows stay true.
        self.ids: dict[str, str] = dict(ids or {})
        self._given = set(self.ids.values())

    @property
    def announced(self) -> Mapping[str, bytes]:
        """The announcements that are in use, by topic."""
        return self._payloads

    @property
    def refused(self) -> int:
        """How many messages could not be used."""
        return self._refuse.count

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, device_id: str) -> Entity | None:
        """The entity of that id."""
        return self._by_id.get(device_id)

    def topics(self) -> tuple[str, ...]:
        """All topics that states and availability come on."""
        return tuple(self._listening)

    # --- announcements -----------------------------------------------------------------------------

    def announce(self, topic: str, payload: bytes) -> bool:
        """Take an announcement; whether the entities are others now."""
        if self._payloads.get(topic) == payload:
            return False
        try:
            announced = read_announcement(topic, payload, self._prefix)
        except Refused as error:
            self._refuse(topic, error)
            return False
        if announced is None:
            return False
        for what, reason in announced.refused:
            self._refuse(what, reason)
        changed = self._replace(announced)
        if announced.entities:
            self._payloads[topic] = payload
        else:
            self._payloads.pop(topic, None)
        return changed

    def refuse(self, topic: str, reason: str) -> None:
        """Count, and log once, what was not even looked at."""
        self._refuse(topic, reason)

    def _replace(self, announced: Announced) -> bool:
        before = self._places.pop(announced.key, ())
        for entity in before:
            self._drop(entity)
        taken = []
        for entity in announced.entities:
            if len(self._by_id) >= self._most:
                self._refuse("entities", f"there are more than {self._most}")
                break
            if self._take(entity):
                taken.append(entity)
        if taken:
            self._places[announced.key] = tuple(taken)
        kept = {self.ids[_identity(entity)] for entity in taken}
        for entity in before:
            device_id = self.ids[_identity(entity)]
            if device_id not in kept:
                self._lives.pop(device_id, None)
                self._available.pop(device_id, None)
                self._heard_s.pop(device_id, None)
                self._expired.discard(device_id)
                self._book.forget(device_id)
        return bool(before or taken)

    def _take(self, entity: Entity) -> bool:
        device_id = self._id_of(entity)
        if device_id in self._by_id:
            self._refuse(entity.key, "its unique_id is another entity's")
            return False
        self._by_id[device_id] = entity
        self._lives.setdefault(device_id, Live())
        for topic in _topics_of(entity):
            self._listening.setdefault(topic, set()).add(device_id)
        return True

    def _drop(self, entity: Entity) -> None:
        device_id = self.ids[_identity(entity)]
        self._by_id.pop(device_id, None)
        for topic in _topics_of(entity):
            listeners = self._listening.get(topic, set())
            listeners.discard(device_id)
            if not listeners:
                self._listening.pop(topic, None)

    def _id_of(self, entity: Entity) -> str:
        known = self.ids.get(_identity(entity))
        if known is not None:
            return known
        wanted, number = f"{entity.domain}.{entity.wanted_id}", 1
        device_id = wanted
        while device_id in self._given:
            number += 1
            device_id = f"{wanted}_{number}"
        if len(self.ids) >= 4 * self._most:  # somebody invents new ones without end
            self.ids = {identity: given for identity, given in self.ids.items() if given in self._by_id}
            self._given = set(self.ids.values())
        self.ids[_identity(entity)] = device_id
        self._given.add(device_id)
        return device_id

    # --- states ------------------------------------------------------------------------------------

    def message(self, topic: str, payload: bytes, now_s: float = 0.0) -> list[str]:
        """Take a message of a device; returns the ids of the devices that it said something of."""
        listeners = self._listening.get(topic)
        if not listeners:
            return []
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._refuse(topic, "is no text")
            return []
        return [device_id for device_id in tuple(listeners) if self._hear(device_id, topic, text, now_s)]

    def expire(self, now_s: float) -> list[str]:
        """The devices whose values are by now too old to be true (``expire_after``), each told once."""
        old = [
            device_id
            for device_id, heard_s in self._heard_s.items()
            if device_id not in self._expired
            and device_id in self._by_id
            and now_s - heard_s > self._by_id[device_id].shape.expires_s
        ]
        self._expired |= set(old)
        return old

    def _hear(self, device_id: str, topic: str, text: str, now_s: float) -> bool:
        entity, live = self._by_id[device_id], self._lives[device_id]
        heard = False
        for own, take in entity.shape.readings:
            if own == topic and text != "":
                try:
                    take(text, live)
                    heard = True
                    if entity.shape.expires_s:
                        self._heard_s[device_id] = now_s
                        self._expired.discard(device_id)
                except Missing:
                    continue
                except Refused as error:
                    self._refuse(f"{topic} for {device_id}", error)
        for own, told in entity.availability.topics:
            if own == topic:
                try:
                    available = told(text)
                except Missing:
                    continue
                except Refused as error:
                    self._refuse(f"{topic} for {device_id}", error)
                    continue
                if available is not None:
                    marks = self._available.setdefault(device_id, {})
                    marks.pop(topic, None)  # the latest stands last
                    marks[topic] = available
                    heard = True
        return heard

    def state(self, device_id: str, connected: bool) -> DeviceState:
        """The device's state as it is known now."""
        entity = self._by_id[device_id]
        return entity.view(self._lives[device_id], connected and self._is_available(device_id, entity))

    def assume(self, device_id: str, state: DeviceState) -> None:
        """Take what a device that does not report back was told to be."""
        live = self._lives.get(device_id)
        if live is not None:
            live.state = state.state
            live.attributes = dict(state.attributes)

    def _is_available(self, device_id: str, entity: Entity) -> bool:
        if device_id in self._expired:
            return False
        topics = [topic for topic, _told in entity.availability.topics]
        if not topics:
            return True
        marks = self._available.get(device_id, {})
        if not marks:
            # Nothing was said of it. One that reports its state is there all the same.
            return self._lives[device_id].state != "unknown"
        if entity.availability.mode == "all":
            return all(marks.get(topic, False) for topic in topics)
        if entity.availability.mode == "any":
            return any(marks.values())
        return list(marks.values())[-1]

    def home(self, connected: bool) -> Home:
        """All entities as devices."""
        return Home(devices=tuple(self._device(device_id, connected) for device_id in self._by_id))

    def _device(self, device_id: str, connected: bool) -> Device:
        entity, state = self._by_id[device_id], self.state(device_id, connected)
        return Device(
            id=device_id,
            name=entity.name,
            area=entity.area,
            state=state.state,
            attributes=state.attributes,
            source="mqtt",
        )

    def forget(self, topics: Iterable[str]) -> bool:
        """Take away what was announced on ``topics``; whether there was any."""
        changed = False
        for topic in topics:
            if topic in self._payloads:
                changed = self.announce(topic, b"") or changed
        return changed


def _topics_of(entity: Entity) -> set[str]:
    return {topic for topic, _take in entity.shape.readings} | {topic for topic, _told in entity.availability.topics}


def _identity(entity: Entity) -> str:
    return f"{entity.domain} {entity.unique_id}"

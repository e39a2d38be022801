"""Home Assistant as a source of devices: its areas, aliases and exposed entities, states followed live, services called."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoResult
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.errors import DeviceError
from assistant.home.backend import NoAnswer, NotAvailable, ServiceCall, Sink, SourceAway, SourceStatus
from assistant.home.backends.backoff import BackOff
from assistant.home.backends.following import Limits, StateBook, restore_by_calls
from assistant.home.backends.homeassistant.kept import home_from, table_of
from assistant.home.backends.homeassistant.link import AWAY, Link, LinkError, Result
from assistant.home.backends.homeassistant.reading import (
    SOURCE,
    Registries,
    Row,
    aliases_of,
    exposed_of,
    home_of,
    rows,
    state_of,
)
from assistant.home.backends.homeassistant.todo import items_of, list_calls
from assistant.home.backends.keeping import keep, read_kept
from assistant.types import Device, DeviceState, Home

GRACE_S = 5.0
"""For so long a lost connection leaves the states as they were."""
SETTLE_S = 1.0
"""Changes of registries come in bursts: they are read again when it has been quiet for so long."""
REGISTRY_EVENTS = (
    "area_registry_updated",
    "device_registry_updated",
    "entity_registry_updated",
    "floor_registry_updated",
)
_NOT_THERE = frozenset({"play_media", "set_items"})

_log = logging.getLogger(__name__)


class HomeAssistantSource:
    """Implements ``Source``. ``kept``: the file that remembers names and rooms while Home Assistant is away."""

    name = SOURCE

    def __init__(
        self,
        url: str,
        token: str,
        *,
        ca_file: Path | None = None,
        exposed_only: bool = True,
        limits: Limits = Limits(),  # noqa: B008  # a frozen value
        kept: Path | None = None,
        clock_s: Callable[[], float] = time.monotonic,
        back_off: BackOff | None = None,
    ) -> None:
        self._url = url
        self._token = token
        self._ca_file = ca_file
        self._exposed_only = exposed_only
        self._limits = limits
        self._kept = kept
        self._clock_s = clock_s
        self._back_off = back_off or BackOff()
        self._book = StateBook(clock_s)
        self._link: Link | None = None
        self._home = Home()
        self._states: dict[str, Row] = {}
        self._items: dict[str, list[Any]] = {}
        self._registries = Registries()
        self._renew_s: float | None = None
        self._sink: Sink | None = None
        self._thread: threading.Thread | None = None
        self._ending = threading.Event()
        self._ready = threading.Event()
        self._detail = "not connected yet"

    # --- Source --------------------------------------------------------------------------------------

    def start(self, sink: Sink) -> None:
        """See ``Source``. What was known before is there at once, and not available."""
        self._sink = sink
        self._home = home_from(read_kept(self._kept))
        sink.devices(self._home)
        self._ending.clear()
        self._thread = threading.Thread(target=self._run, name="homeassistant", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """See ``Source``."""
        if self._thread is not None:
            self._ending.set()
            self._thread.join()
            self._thread = None

    def wait_ready(self, timeout_s: float) -> bool:
        """See ``Source``."""
        return self._ready.wait(timeout_s)

    def status(self) -> SourceStatus:
        """See ``Source``."""
        return SourceStatus(self.name, self._link is not None, self._detail, len(self._home.devices))

    # --- Backend -------------------------------------------------------------------------------------

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """See ``Backend``. What Home Assistant says of a refusal is the error."""
        link = self._link
        if link is None:
            raise SourceAway(AWAY)
        if device.state == "unavailable":
            raise NotAvailable(device)
        if device.domain == "todo" and call.service == "set_items":
            return self._set_items(link, device, call)
        if call.service in _NOT_THERE:
            raise DeviceError(f"{device.name} cannot do that")
        try:
            return self._book.command(device, call, lambda: self._call(link, device, call), self._limits)
        except DeviceError:
            if self._link is None:  # it went away meanwhile
                raise SourceAway(AWAY) from None
            raise

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """See ``Backend``: by the services that bring it there."""
        if device.domain == "todo":
            return self.apply(device, ServiceCall(device.id, "set_items", {"items": state.attributes.get("items", [])}))
        return restore_by_calls(self, device, state)

    def _call(self, link: Link, device: Device, call: ServiceCall) -> None:
        future = link.request(
            "call_service",
            domain=device.domain,
            service=call.service,
            service_data={key: value for key, value in call.data.items() if value is not None},
            target={"entity_id": device.id},
        )
        self._take(future, device)

    def _take(self, future: Future[Result], device: Device) -> Result:
        try:
            result = future.result(self._limits.answer_s)
        except NoResult:
            raise NoAnswer(device) from None
        if result.error:
            raise DeviceError(f"{device.name}: {result.error}".rstrip("."))
        return result

    def _set_items(self, link: Link, device: Device, call: ServiceCall) -> DeviceState:
        for service, data in list_calls(device.attributes.get("items"), call.data.get("items")):
            self._call(link, device, ServiceCall(device.id, service, data))
        result = self._take(link.request("todo/item/list", entity_id=device.id), device)
        self._items[device.id] = items_of(result.value)
        return self._with_items(device.id, DeviceState(device.state, device.attributes))

    # --- the thread ----------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._live()
                return
            except LinkError as error:
                self._lost(str(error))
            self._pause(self._back_off.next_s())

    def _live(self) -> None:
        """One connection, until the end is asked for. Raises LinkError."""
        link = Link(self._url, self._token, self._ca_file, self._event)
        try:
            # Events are asked for first: what changes while everything is read is not missed.
            for event in ("state_changed", *REGISTRY_EVENTS):
                link.ask("subscribe_events", event_type=event)
            self._read_all(link)
            self._link, self._detail = link, "connected"
            self._back_off.reset()
            self._tell_home()
            self._ready.set()
            _log.info("Home Assistant: connected, %d devices", len(self._home.devices))
            while not self._ending.is_set():
                link.read()
                if self._renew_s is not None and self._clock_s() > self._renew_s:
                    self._read_all(link)
                    self._tell_home()
        finally:
            self._link = None
            link.close()

    def _lost(self, reason: str) -> None:
        self._ready.clear()
        self._book.wake()
        if reason != self._detail:
            _log.warning("Home Assistant at %s: %s; it is tried again", self._url, reason)
        self._detail = reason

    def _pause(self, wait_s: float) -> None:
        """Wait for the next trial; after the grace nothing is known of the devices any more."""
        if self._ending.wait(min(wait_s, GRACE_S)):
            return
        if self._back_off.waited_s > GRACE_S and self._sink is not None:
            self._sink.devices(_away(self._home))
        self._ending.wait(max(0.0, wait_s - GRACE_S))

    def _read_all(self, link: Link) -> None:
        """All states and registries. What a token without rights may not read is done without."""
        self._renew_s = None
        states = link.ask("get_states")
        if states.error:
            raise LinkError(states.error)
        self._states = {str(row.get("entity_id")): row for row in rows(states.value)}
        exposed = exposed_of(link.ask("homeassistant/expose_entity/list").value) if self._exposed_only else None
        entities = rows(link.ask("config/entity_registry/list").value)
        spoken = sorted(exposed) if exposed is not None else [str(row.get("entity_id")) for row in entities]
        more = link.ask("config/entity_registry/get_entries", entity_ids=spoken).value
        self._registries = Registries(
            floors=rows(link.ask("config/floor_registry/list").value),
            areas=rows(link.ask("config/area_registry/list").value),
            devices=rows(link.ask("config/device_registry/list").value),
            entities=entities,
            exposed=exposed,
            aliases={key: aliases_of(row) for key, row in more.items()} if isinstance(more, dict) else {},
        )
        for entity_id in self._states:
            if entity_id.startswith("todo.") and (exposed is None or entity_id in exposed):
                self._items[entity_id] = items_of(link.ask("todo/item/list", entity_id=entity_id).value)

    def _tell_home(self) -> None:
        home = home_of(self._registries, self._states)
        devices = []
        for device in home.devices:
            state = self._with_items(device.id, DeviceState(device.state, device.attributes))
            self._book.put(device.id, state)
            devices.append(_with_state(device, state))
        self._home = Home(home.floors, home.areas, tuple(devices))
        if self._sink is not None:
            self._sink.devices(self._home)
        keep(self._kept, table_of(self._home))

    def _event(self, event: Mapping[str, Any]) -> None:
        """One event, in the reading thread."""
        data = event.get("data")
        if event.get("event_type") != "state_changed":
            self._renew_s = self._clock_s() + SETTLE_S
            return
        if not isinstance(data, dict):
            return
        entity_id, row = str(data.get("entity_id")), data.get("new_state")
        if not isinstance(row, dict) or entity_id not in self._states:
            self._renew_s = self._clock_s() + SETTLE_S  # an entity came or went
            return
        self._states[entity_id] = row
        self._told(entity_id, state_of(row))

    def _told(self, entity_id: str, state: DeviceState) -> None:
        link = self._link
        if entity_id in self._items and link is not None:

            def listed(result: Result) -> None:
                self._items[entity_id] = items_of(result.value)
                self._put(entity_id, self._with_items(entity_id, state))

            try:
                link.send("todo/item/list", listed, entity_id=entity_id)
                return
            except SourceAway:
                pass
        self._put(entity_id, state)

    def _put(self, entity_id: str, state: DeviceState) -> None:
        self._book.put(entity_id, state)
        if self._sink is not None:
            self._sink.state(entity_id, state)

    def _with_items(self, entity_id: str, state: DeviceState) -> DeviceState:
        items = self._items.get(entity_id)
        if items is None:
            return state
        left = sum(item.get("status") != "completed" for item in items)
        return DeviceState(str(left), {**state.attributes, "items": items})


def _with_state(device: Device, state: DeviceState) -> Device:
    return replace(device, state=state.state, attributes=state.attributes)


def _away(home: Home) -> Home:
    devices = tuple(_with_state(device, DeviceState("unavailable", device.attributes)) for device in home.devices)
    return Home(home.floors, home.areas, devices)

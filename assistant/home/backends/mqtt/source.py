"""MQTT as a source of devices: listens, acts, and reads back what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.errors import DeviceError
from assistant.home.backend import NotAvailable, ServiceCall, Sink, SourceAway, SourceStatus
from assistant.home.backends.backoff import BackOff
from assistant.home.backends.expect import supposed
from assistant.home.backends.following import Limits, restore_by_calls
from assistant.home.backends.mqtt.announce import Announcement
from assistant.home.backends.mqtt.entity import Message
from assistant.home.backends.mqtt.session import AWAY, Broker
from assistant.home.backends.mqtt.worker import Worker
from assistant.home.backends.plain import Refused
from assistant.types import Device, DeviceState

MOST_ENTITIES = 2000


class MqttSource:
    """Implements ``Source``.

    ``prefix``: where devices announce themselves. ``most``: how many entities are taken. ``kept``: the file that
    remembers what was announced while the broker is away. ``announcement``: the assistant's own; ``own_topic``: where that
    is, also of one that runs beside this process.
    """

    name = "mqtt"

    def __init__(
        self,
        broker: Broker,
        *,
        prefix: str = "homeassistant",
        limits: Limits = Limits(),  # noqa: B008  # a frozen value
        most: int = MOST_ENTITIES,
        kept: Path | None = None,
        announcement: Announcement | None = None,
        own_topic: str | None = None,
        back_off: BackOff | None = None,
    ) -> None:
        self._limits = limits
        self.announcement = announcement
        self._worker = Worker(
            broker,
            prefix,
            most=most,
            kept=kept,
            neighbour=announcement,
            own_topic=own_topic,
            back_off=back_off,
        )

    def start(self, sink: Sink) -> None:
        """See ``Source``. Devices known from before are there at once, and not available until the broker is."""
        self._worker.start(sink)

    def stop(self) -> None:
        """See ``Source``."""
        self._worker.stop()

    def wait_ready(self, timeout_s: float) -> bool:
        """See ``Source``."""
        return self._worker.ready.wait(timeout_s)

    def status(self) -> SourceStatus:
        """See ``Source``."""
        entities = self._worker.entities
        refused = f"; {entities.refused} messages refused" if entities.refused else ""
        return SourceStatus(self.name, self._worker.session is not None, self._worker.detail + refused, len(entities))

    def apply(self, device: Device, call: ServiceCall) -> DeviceState:
        """See ``Backend``."""
        entity = self._worker.entities.find(device.id)
        if self._worker.session is None:
            raise SourceAway(AWAY)
        if entity is None or device.state == "unavailable":
            raise NotAvailable(device)
        make = entity.shape.services.get(call.service)
        if make is None:
            raise DeviceError(f"{device.name} cannot do that")
        try:
            messages = make(device, call.data)
        except Refused as error:
            raise DeviceError(f"{device.name} cannot be told that: {error}") from error
        if not entity.shape.reports:
            return self._tell(device, call, messages)
        try:
            return self._worker.book.command(device, call, lambda: self.publish(messages), self._limits)
        except DeviceError:
            if self._worker.session is None:  # it went away meanwhile
                raise SourceAway(AWAY) from None
            raise

    def _tell(self, device: Device, call: ServiceCall, messages: Sequence[Message]) -> DeviceState:
        """Command a device that does not report back."""
        self.publish(messages)
        state = supposed(device, call) or DeviceState(device.state, device.attributes)
        state = DeviceState(state.state, {**state.attributes, "assumed_state": True})
        self._worker.entities.assume(device.id, state)
        return state

    def restore(self, device: Device, state: DeviceState) -> DeviceState:
        """See ``Backend``: by the commands that bring it there."""
        return restore_by_calls(self, device, state)

    def publish(self, messages: Sequence[Message]) -> None:
        """Send messages of any kind. Raises SourceAway where the broker does not take them."""
        session = self._worker.session
        if session is None:
            raise SourceAway(AWAY)
        session.publish(messages)

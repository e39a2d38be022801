"""The sources of a home, started and ended together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from assistant.home.backend import Source, SourceStatus
from assistant.home.registry import Registry
from assistant.types import DeviceState, Home


class RegistrySink:
    """Implements ``Sink`` for one source of a registry."""

    def __init__(self, registry: Registry, source: str) -> None:
        self._registry = registry
        self._source = source

    def devices(self, found: Home) -> None:
        """See ``Sink``."""
        self._registry.put_found(self._source, found)

    def state(self, device_id: str, state: DeviceState) -> None:
        """See ``Sink``."""
        self._registry.report(self._source, device_id, state)


class Connections:
    """A context manager: inside of it the sources are connected, or try to be. Starting and ending twice is harmless."""

    def __init__(self, registry: Registry, sources: Sequence[Source]) -> None:
        self._registry = registry
        self._sources = tuple(sources)
        self._started = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def publisher(self) -> Callable[[str, str, int, bool], None] | None:
        """What sends a message of any kind (topic, payload, qos, retain), where a source has a broker."""
        from assistant.home.backends.mqtt.entity import Message
        from assistant.home.backends.mqtt.source import MqttSource

        for source in self._sources:
            if isinstance(source, MqttSource):
                broker = source
                return lambda topic, payload, qos, retain: broker.publish([Message(topic, payload, qos, retain)])
        return None

    @property
    def sources(self) -> tuple[Source, ...]:
        """All of them."""
        return self._sources

    def start(self) -> None:
        """Start all; returns at once."""
        if not self._started:
            self._started = True
            for source in self._sources:
                source.start(RegistrySink(self._registry, source.name))

    def stop(self) -> None:
        """End all."""
        if self._started:
            self._started = False
            for source in self._sources:
                source.stop()

    def wait_ready(self, timeout_s: float, clock_s: Callable[[], float] = time.monotonic) -> bool:
        """Wait until every source has told what it has, ``timeout_s`` at most for all; whether they all have."""
        end_s = clock_s() + timeout_s
        return all(source.wait_ready(max(0.0, end_s - clock_s())) for source in self._sources)

    def status(self) -> tuple[SourceStatus, ...]:
        """How each source is."""
        return tuple(source.status() for source in self._sources)

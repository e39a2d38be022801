"""The sources that the configuration asks for."""

from __future__ import annotations

import uuid
from pathlib import Path

from assistant.config import Config, MqttSection, read_secret
from assistant.home.backend import Source


def configured_sources(config: Config) -> tuple[Source, ...]:
    """Not started yet; none where nothing but the simulated home is configured. Raises ConfigError."""
    sources: list[Source] = []
    if config.mqtt.host is not None:
        sources.append(_mqtt(config.mqtt, config.paths.state))
    return tuple(sources)


def _mqtt(section: MqttSection, state: Path) -> Source:
    from assistant.home.backends.following import Limits
    from assistant.home.backends.mqtt.session import Broker
    from assistant.home.backends.mqtt.source import MqttSource

    assert section.host is not None
    broker = Broker(
        host=section.host,
        port=section.port or (8883 if section.tls else 1883),
        client_id=f"{section.node}-{uuid.uuid4().hex[:8]}",
        user=section.user,
        password=read_secret(section.password_file, "mqtt_password"),
        tls=section.tls,
        ca_file=section.ca_file,
        cert_file=section.cert_file,
        key_file=section.key_file,
    )
    return MqttSource(
        broker,
        prefix=section.discovery_prefix.strip("/"),
        limits=Limits(answer_s=section.answer_s),
        most=section.max_entities,
        kept=state / "sources" / "mqtt.json",
    )

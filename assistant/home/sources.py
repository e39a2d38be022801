"""The sources that the configuration asks for."""

from __future__ import annotations

import uuid
from pathlib import Path

from assistant.config import Config
from assistant.config.environment import read_secret
from assistant.config.home_sections import HomeassistantSection
from assistant.errors import ConfigError
from assistant.home.backend import Source
from assistant.home.backends.link_fields import read_table
from assistant.home.inventory import link_rows, load_inventory


def configured_sources(config: Config, inventory: Path | None = None, *, announce: bool = False) -> tuple[Source, ...]:
    """Not started yet; none where nothing but the simulated home is configured. Raises ConfigError.

    ``announce``: this process is the running assistant, which shows itself to others where that is configured.
    What is first keeps an id that two have: what the inventory itself describes, then MQTT, then Home Assistant.
    """
    sources = _described(inventory)
    if config.mqtt.host is not None:
        sources.append(_mqtt(config, config.mqtt.host, announce))
    if config.homeassistant.url is not None:
        sources.append(_homeassistant(config.homeassistant, config.homeassistant.url, config.paths.state))
    return tuple(sources)


def _described(inventory: Path | None) -> list[Source]:
    """The devices whose inventory says how they are reached."""
    if inventory is None:
        return []
    devices = load_inventory(inventory).devices
    sources: list[Source] = []
    if rows := link_rows(inventory, "http"):
        from assistant.home.backends.http import HttpDevice, HttpSource

        links = {device_id: read_table(HttpDevice, where, table) for device_id, where, table in rows}
        sources.append(HttpSource(devices, links))
    if rows := link_rows(inventory, "gpio"):
        from assistant.home.backends.gpio import GpioDevice, GpioSource

        pins = {device_id: read_table(GpioDevice, where, table) for device_id, where, table in rows}
        sources.append(GpioSource(devices, pins))
    return sources


def _mqtt(config: Config, host: str, announce: bool) -> Source:
    from assistant import __version__
    from assistant.home.backends.following import Limits
    from assistant.home.backends.mqtt.announce import Announced, Announcement
    from assistant.home.backends.mqtt.session import Broker
    from assistant.home.backends.mqtt.source import MqttSource

    section = config.mqtt
    prefix = section.discovery_prefix.strip("/")
    own = Announced(section.node, config.assistant.name, prefix, config.assistant.area, __version__)
    announces = announce and section.announce
    broker = Broker(
        host=host,
        port=section.port or (8883 if section.tls else 1883),
        client_id=f"{section.node}-{uuid.uuid4().hex[:8]}",
        user=section.user,
        password=read_secret(section.password_file, "mqtt_password"),
        tls=section.tls,
        ca_file=section.ca_file,
        cert_file=section.cert_file,
        key_file=section.key_file,
        will=own.will if announces else None,
    )
    return MqttSource(
        broker,
        prefix=prefix,
        limits=Limits(answer_s=section.answer_s),
        most=section.max_entities,
        kept=config.paths.state / "sources" / "mqtt.json",
        announcement=Announcement(own) if announces else None,
        own_topic=own.topic,
    )


def _homeassistant(section: HomeassistantSection, url: str, state: Path) -> Source:
    from assistant.home.backends.following import Limits
    from assistant.home.backends.homeassistant.source import HomeAssistantSource

    token = read_secret(section.token_file, "homeassistant_token")
    if token is None:
        raise ConfigError(
            "[homeassistant] url: a token is needed too",
            mend="make a long-lived access token in your profile there, and name its file as token_file",
        )
    return HomeAssistantSource(
        url,
        token,
        ca_file=section.ca_file,
        exposed_only=section.exposed_only,
        limits=Limits(answer_s=section.answer_s),
        kept=state / "sources" / "homeassistant.json",
    )

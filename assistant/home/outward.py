"""What custom sentences send out of the house's devices: MQTT messages, and requests to servers that the owner names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from assistant.errors import DeviceError
from assistant.home.backend import Source
from assistant.types import JsonValue

if TYPE_CHECKING:
    from assistant.home.backends.mqtt.entity import Message

LONGEST_TOPIC = 512


class ActionRunner(Protocol):
    """Carries out what leaves the house. Raises DeviceError, with words that can be said."""

    def publish(self, topic: str, payload: JsonValue, *, qos: int = 0, retain: bool = False) -> None: ...

    def request(
        self,
        url: str,
        *,
        method: str = "POST",
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 5.0,
    ) -> str: ...


@runtime_checkable
class Publisher(Protocol):
    """``MqttSource`` is one."""

    def publish(self, messages: Sequence[Message]) -> None: ...


class Outward:
    """Implements ``ActionRunner`` over the house's own connections."""

    def __init__(self, sources: Sequence[Source]) -> None:
        found = [source for source in sources if source.name == "mqtt" and isinstance(source, Publisher)]
        self._publisher: Publisher | None = found[0] if found else None

    def publish(self, topic: str, payload: JsonValue, *, qos: int = 0, retain: bool = False) -> None:
        """Send a message; returns when the broker has it (``qos`` 1 and 2) or it is on its way (0)."""
        from assistant.home.backends.mqtt.entity import Message

        if self._publisher is None:
            raise DeviceError("no MQTT broker is set up")
        # What was understood may have been filled into the topic: it must not become another one.
        if not topic.isprintable() or not topic or len(topic) > LONGEST_TOPIC or any(c in topic for c in "#+"):
            raise DeviceError("that is no topic to send to")
        self._publisher.publish([Message(topic, _text(payload), qos, retain)])

    def request(
        self,
        url: str,
        *,
        method: str = "POST",
        body: JsonValue = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 5.0,
    ) -> str:
        """What the server answers, cut to a sensible length. Nothing is followed to another address."""
        import httpx

        from assistant.home.backends.http import request_text

        content = _text(body) if body is not None else None
        try:
            with httpx.Client(follow_redirects=False, trust_env=False) as client:
                return request_text(client, method, url, content, headers or {}, timeout_s)
        except httpx.TimeoutException as error:
            raise DeviceError("the server did not answer") from error
        except httpx.HTTPStatusError as error:
            raise DeviceError(f"the server refuses: {error.response.status_code}") from error
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise DeviceError("the server cannot be reached") from error


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

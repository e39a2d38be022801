"""What custom sentences send out of the house: HTTP calls to servers that the owner names, messages to his broker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from assistant.errors import DeviceError

Publisher = Callable[[str, str, int, bool], None]
"""(topic, payload, qos, retain); raises DeviceError."""


class Sender:
    """Implements ``ActionRunner``. ``publisher``: the configured broker's; without one no message can be sent."""

    def __init__(self, publisher: Callable[[], Publisher | None] = lambda: None) -> None:
        self._publisher = publisher

    def publish(self, topic: str, payload: str, *, qos: int, retain: bool) -> None:
        """Send a message. Raises DeviceError."""
        publisher = self._publisher()
        if publisher is None:
            raise DeviceError("no MQTT broker is configured")
        # What was said may have been filled into the topic: it must not become another kind of topic.
        if not topic or not topic.isprintable() or any(sign in topic for sign in "#+"):
            raise DeviceError("that is no topic to send to")
        publisher(topic, payload, qos, retain)

    def call(self, method: str, url: str, body: str | None, headers: Mapping[str, str], timeout_s: float) -> None:
        """Send a request; redirects are not followed. Raises DeviceError unless the answer is a success."""
        import httpx

        host = urlsplit(url).netloc.rpartition("@")[2]  # without a password that stands in the address
        try:
            content = body.encode() if body is not None else None
            answer = httpx.request(
                method, url, content=content, headers=dict(headers), timeout=timeout_s, trust_env=False
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise DeviceError(f"{host} did not answer") from error
        if not answer.is_success:
            raise DeviceError(f"{host} answered with {answer.status_code}")
